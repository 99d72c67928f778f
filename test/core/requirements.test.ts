import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { WheelstoreError } from '../../core/errors.ts';
import { parseRequirement, type Requirement } from '../../core/requirements.ts';
import { askPackaging, describeWithPackaging } from '../support/python.ts';
import { nearly, requirement, samplesOf } from './samples.ts';
import { HOSTILE_TEXTS, thrownBy } from './thrown.ts';

const ANY: Omit<Requirement, 'name'> = { extras: [], specifier: '', url: undefined, marker: undefined };

describe('parseRequirement', () => {
  test.each<[string, Requirement]>([
    ['foo', { ...ANY, name: 'foo' }],
    [' Foo.Bar ', { ...ANY, name: 'Foo.Bar' }],
    ['foo>=1', { ...ANY, name: 'foo', specifier: '>=1' }],
    ['foo-1.0 >= 2', { ...ANY, name: 'foo-1.0', specifier: '>=2' }],
    ['foo (>=1.0)', { ...ANY, name: 'foo', specifier: '>=1.0' }],
    ['foo(>=1.0,<2)', { ...ANY, name: 'foo', specifier: '>=1.0,<2' }],
    ['foo ()', { ...ANY, name: 'foo' }],
    ['foo ~= 1.4 , != 1.4.3,', { ...ANY, name: 'foo', specifier: '~=1.4,!=1.4.3' }],
    ['foo[]', { ...ANY, name: 'foo' }],
    ['foo [ a , b-c ] ==1.*', { ...ANY, name: 'foo', extras: ['a', 'b-c'], specifier: '==1.*' }],
    ['foo===weird', { ...ANY, name: 'foo', specifier: '===weird' }],
    ['foo @ https://x/y.zip', { ...ANY, name: 'foo', url: 'https://x/y.zip' }],
    ['foo@https://x/y;z', { ...ANY, name: 'foo', url: 'https://x/y;z' }],
    [
      'foo[a] @ git+https://x/y@z ; extra == "b"',
      { ...ANY, name: 'foo', extras: ['a'], url: 'git+https://x/y@z', marker: 'extra == "b"' },
    ],
    [
      "foo (>=1) ; python_version<'3' and (os.name=='x' or sys_platform not  in 'y')",
      {
        ...ANY,
        name: 'foo',
        specifier: '>=1',
        marker: "python_version<'3' and (os.name=='x' or sys_platform not  in 'y')",
      },
    ],
    ['foo; "a" in extra', { ...ANY, name: 'foo', marker: '"a" in extra' }],
    ["foo;'a'<'b'or'c'in'd'", { ...ANY, name: 'foo', marker: "'a'<'b'or'c'in'd'" }],
  ])('reads %j', (text, expected) => {
    expect(parseRequirement(text)).toEqual(expected);
  });

  test.each([
    'python_version',
    'python_full_version',
    'os_name',
    'os.name',
    'sys_platform',
    'sys.platform',
    'platform_release',
    'platform_system',
    'platform_version',
    'platform.version',
    'platform_machine',
    'platform.machine',
    'platform_python_implementation',
    'platform.python_implementation',
    'python_implementation',
    'implementation_name',
    'implementation_version',
    'extra',
  ])('knows the marker variable %s', (variable) => {
    expect(parseRequirement(`foo; ${variable} == "x"`).marker).toBe(`${variable} == "x"`);
  });

  test.each([
    ['', /a project name/],
    ['>=1', /a project name/],
    ['foo_', /a project name/],
    ['foo.', /a project name/],
    ['foo 1.0', /comparison operator/],
    ['foo (1.0)', /comparison operator/],
    ['foo bar', /comparison operator/],
    ['foo >=1 <2', /no valid version/],
    ['foo >=1,,<2', /either side/],
    ['foo ,>=1', /either side/],
    ['foo (>=1', /"\)"/],
    ['foo (>=1))', /";" or the end/],
    ['foo >=1.*', /only == and !=/],
    ['foo[a', /"," or "\]"/],
    ['foo[a b]', /"," or "\]"/],
    ['foo[a,]', /name of an extra/],
    ['foo[,a]', /name of an extra/],
    ['foo[a_]', /name of an extra/],
    ['foo>=1[a]', /no valid version/],
    ['foo @', /a URL/],
    ['foo @ https://x >=1', /";" or the end/],
    ['foo;', /marker variable/],
    ['foo; python_version', /one of/],
    ['foo; python_version >', /marker variable/],
    ['foo; python_version > 3', /marker variable/],
    ['foo; python_version > "3', /marker variable/],
    ['foo; python_version => "3"', /one of/],
    ['foo; python_versions > "3"', /marker variable/],
    ['foo; platform.release > "3"', /marker variable/],
    ['foo; extras == "a"', /marker variable/],
    ['foo; os_name not "x"', /one of/],
    ['foo; os_name notin "x"', /one of/],
    ['foo; os_name == "x" os_name', /"and", "or" or the end/],
    ['foo; os_name == "x" and', /marker variable/],
    ['foo; (os_name == "x"', /"and", "or" or "\)"/],
    ['foo; os_name == "x")', /"and", "or" or the end/],
    ['foo; ()', /marker variable/],
    ['foo; os_name == "\\x00"', /marker variable/],
    ['foo>=1\n', /line break/],
    ['foo;\n os_name == "x"', /line break/],
    [`foo; ${'('.repeat(65)}`, /fewer nested/],
    [`foo; os_name == "${'x'.repeat(20_000)}"`, /longer than/],
  ])('refuses %.40j', (text, message) => {
    const error = thrownBy(() => parseRequirement(text));
    expect(error.code).toBe('invalid-metadata');
    expect(error.message).toMatch(message);
    expect(error.value).toBe(text);
    expect(error.fix).toBeDefined();
  });

  test('reads parentheses that are nested 64 deep', () => {
    const text = `foo; ${'('.repeat(64)}os_name == "x"${')'.repeat(64)}`;
    expect(parseRequirement(text).name).toBe('foo');
  });

  test.each(HOSTILE_TEXTS.filter(({ text }) => text !== ''))('refuses $what', ({ text }) => {
    for (const hostile of [
      `-${text}`,
      `foo[${text}`,
      `foo>=${text}`,
      `foo;${text}`,
      `foo; os_name == ${text}`,
    ]) {
      const error = thrownBy(() => parseRequirement(hostile));
      expect(error.code).toBe('invalid-metadata');
      expect(error.message.length).toBeLessThan(600);
    }
  });

  test('returns or throws invalid-metadata, whatever it is given', () => {
    const anything = fc.oneof(
      fc.string({ unit: 'binary' }),
      nearly(requirement, ' ,.!+-_*=<>~x\n\0é;()[]@\'"\\'),
    );
    fc.assert(
      fc.property(anything, (text) => {
        try {
          parseRequirement(text);
        } catch (error) {
          if (!(error instanceof WheelstoreError)) throw error;
          expect(error.code).toBe('invalid-metadata');
        }
      }),
      { numRuns: 2000 },
    );
  });
});

// What `packaging` reads otherwise, and why it is refused here.
const KNOWN_DIFFERENCES: readonly RegExp[] = [
  /_(?![A-Za-z0-9._-]*[A-Za-z0-9])/, // PEP 508: names end with a letter or a digit, not with "_"
  /\\/, // PEP 508 has no backslash in strings; Python would read an escape
  /\n/, // Python's `$` and `\s` let line breaks pass, in some places only
  /===[^;]*,/, // `packaging` takes the comma after `===` for a part of the version
  /===[^;]*[^\x20-\x7e]|===\s*(?:[;)]|$)/, // PEP 440 gives no meaning to these
];

describeWithPackaging('requirements compared with packaging', () => {
  test('are read the same, and the same texts are refused', () => {
    const samples = samplesOf(nearly(requirement, ' ,.!+-_*=<>~x1aé;()[]@\'"'), 6000);
    const texts = samples.filter((text) => !KNOWN_DIFFERENCES.some((pattern) => pattern.test(text)));
    const ours = texts.map((text) => {
      try {
        const { name, extras, specifier, url, marker } = parseRequirement(text);
        const specifiers = [...new Set(specifier.split(',').filter((part) => part !== ''))].sort();
        return [text, name, [...new Set(extras)].sort(), specifiers, url ?? null, marker !== undefined];
      } catch {
        return [text, null];
      }
    });
    const script = `
requirements = packaging('.requirements')
def read(text):
    try:
        parsed = requirements.Requirement(text)
    except ValueError:
        return [None]
    specifiers = sorted({str(specifier) for specifier in parsed.specifier})
    return [parsed.name, sorted(parsed.extras), specifiers, parsed.url, parsed.marker is not None]
answer([[text, *read(text)] for text in data])
`;
    expect(ours).toEqual(askPackaging(script, texts));
    expect(texts.length).toBeGreaterThan(3000);
    expect(ours.filter(([, name]) => name !== null).length).toBeGreaterThan(300);
  });
});
