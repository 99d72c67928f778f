import fc from 'fast-check';

/** Samples are drawn from one seed, so that a failure can be run again. */
export function samplesOf<T>(arbitrary: fc.Arbitrary<T>, numRuns: number): T[] {
  return fc.sample(arbitrary, { numRuns, seed: 440 });
}

const separator = fc.constantFrom('', '.', '-', '_');
const smallNumber = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('0', '1', '2', '9', '10', '00', '01', '010') },
  { weight: 1, arbitrary: fc.constantFrom('20240131', '9007199254740993', '12345678901234567890123') },
);
const word = fc.constantFrom('alpha', 'a', 'beta', 'b', 'c', 'rc', 'pre', 'preview', 'A', 'RC', 'Beta');

function optional(arbitrary: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.oneof({ weight: 2, arbitrary: fc.constant('') }, { weight: 1, arbitrary });
}

function joined(...parts: fc.Arbitrary<string>[]): fc.Arbitrary<string> {
  return fc.tuple(...parts).map((texts) => texts.join(''));
}

const suffixNumber = optional(smallNumber);

const release = fc.array(smallNumber, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('.'));

const localSegment = fc.constantFrom('1', '01', '10', 'ubuntu', 'Ubuntu', 'cu121', 'a', '0a', '1a');

const local = fc
  .array(fc.tuple(localSegment, fc.constantFrom('.', '-', '_')), { minLength: 1, maxLength: 3 })
  .map((segments) => segments.map(([segment, end], index) => (index === 0 ? '' : end) + segment).join(''));

const publicVersion = joined(
  optional(fc.constantFrom('v', 'V')),
  optional(joined(smallNumber, fc.constant('!'))),
  release,
  optional(joined(separator, word, separator, suffixNumber)),
  optional(
    fc.oneof(
      joined(fc.constant('-'), smallNumber),
      joined(separator, fc.constantFrom('post', 'rev', 'r', 'POST'), separator, suffixNumber),
    ),
  ),
  optional(joined(separator, fc.constantFrom('dev', 'Dev'), separator, suffixNumber)),
);

/** Versions in every spelling of PEP 440. */
export const spelledVersion = joined(publicVersion, optional(joined(fc.constant('+'), local)));

/** The texts of `arbitrary`, a third of them with one or two characters changed. */
export function nearly(arbitrary: fc.Arbitrary<string>, alphabet: string): fc.Arbitrary<string> {
  const edit = fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    removed: fc.nat({ max: 1 }),
    added: fc.constantFrom('', ...alphabet),
  });
  const edits = fc.oneof(
    { weight: 2, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.array(edit, { minLength: 1, maxLength: 2 }) },
  );
  return fc.tuple(arbitrary, edits).map(([text, changes]) =>
    changes.reduce((changed, { at, removed, added }) => {
      const index = Math.floor(at * changed.length);
      return changed.slice(0, index) + added + changed.slice(index + removed);
    }, text),
  );
}

const space = fc.constantFrom('', '', '', ' ', '  ');

const specifier = joined(
  space,
  fc.constantFrom('==', '!=', '>=', '<=', '<', '>', '~=', '==='),
  space,
  fc.oneof({ weight: 2, arbitrary: publicVersion }, { weight: 1, arbitrary: spelledVersion }),
  fc.constantFrom('', '', '', '.*'),
  space,
);

export const specifierSet = fc.array(specifier, { maxLength: 3 }).map((specifiers) => specifiers.join(','));

const identifier = fc.constantFrom('foo', 'Foo.Bar', 'a', 'zope.interface', 'x_y', 'b--c', '3to2', 'foo-1.0');

const operand = fc.constantFrom(
  'python_version',
  'os_name',
  'os.name',
  'sys.platform',
  'platform.python_implementation',
  'python_implementation',
  'platform_release',
  'platform.release',
  'extra',
  '"3.8"',
  "'posix'",
  "'it\"s'",
  '""',
  'os',
);

const operator = fc.constantFrom(
  '<',
  '<=',
  '==',
  '===',
  '~=',
  '!=',
  ' in ',
  ' not in ',
  ' not  in ',
  'notin',
  '=',
);

const comparison = joined(space, operand, space, operator, space, operand, space);

const { marker } = fc.letrec<{ marker: string; atom: string }>((tie) => ({
  marker: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    tie('atom'),
    joined(tie('atom'), fc.constantFrom('and', 'or', ' and ', ' or '), tie('atom')),
  ),
  atom: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    comparison,
    joined(fc.constant('('), tie('marker'), fc.constant(')')),
  ),
}));

const extras = fc.array(identifier, { maxLength: 3 }).map((names) => `[${names.join(', ')}]`);

export const requirement = joined(
  space,
  identifier,
  space,
  optional(extras),
  space,
  fc.oneof(
    specifierSet,
    specifierSet.map((set) => `(${set})`),
    fc.constantFrom('@ https://example.com/foo.zip ', '@file:///x#egg=y ', '@ git+https://x/y@z', '@'),
  ),
  optional(joined(fc.constantFrom(';', ' ; '), marker)),
);

const filenameVersion = fc.oneof({ weight: 3, arbitrary: release }, { weight: 1, arbitrary: spelledVersion });
const filenameName = fc.constantFrom(
  'foo',
  'Foo.Bar',
  'my_package',
  'a',
  'x__y',
  'my-package',
  '3d',
  'foo-1.0',
);
const tag = fc.constantFrom(
  'py3',
  'py2.py3',
  'cp312',
  'none',
  'any',
  'abi3',
  'manylinux_2_17_x86_64',
  'Win32',
);

export const wheelFilename = joined(
  filenameName,
  fc.constant('-'),
  filenameVersion,
  optional(fc.constantFrom('-1', '-2abc', '-0.1', '-x')),
  fc.constant('-'),
  fc.tuple(tag, tag, tag).map((tags) => tags.join('-')),
  fc.constant('.whl'),
);

export const sdistFilename = joined(
  filenameName,
  fc.constant('-'),
  filenameVersion,
  fc.constantFrom('.tar.gz', '.zip'),
);
