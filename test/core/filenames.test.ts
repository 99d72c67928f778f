import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { WheelstoreError } from '../../core/errors.ts';
import { compareFiles, parseFilename, type ParsedFilename } from '../../core/filenames.ts';
import { isValidName } from '../../core/names.ts';
import { parseVersion } from '../../core/versions.ts';
import { askPackaging, describeWithPackaging } from '../support/python.ts';
import { nearly, samplesOf, sdistFilename, wheelFilename } from './samples.ts';
import { HOSTILE_TEXTS, thrownBy } from './thrown.ts';

function readings(parsed: ParsedFilename): string[] {
  const all = parsed.kind === 'wheel' ? [parsed] : parsed.candidates;
  return all.map(({ project, version }) => `${project} ${version.normalized}`);
}

describe('parseFilename of a wheel', () => {
  test.each([
    ['foo-1.0-py3-none-any.whl', 'foo 1.0', undefined, 'py3', 'none', 'any'],
    ['foo_bar-1.0-py2.py3-none-any.whl', 'foo-bar 1.0', undefined, 'py2.py3', 'none', 'any'],
    ['Foo.Bar-1.0-py3-none-any.whl', 'foo-bar 1.0', undefined, 'py3', 'none', 'any'],
    ['foo-1.0-1-py3-none-any.whl', 'foo 1.0', '1', 'py3', 'none', 'any'],
    ['foo-1.0-2_abc.d-py3-none-any.whl', 'foo 1.0', '2_abc.d', 'py3', 'none', 'any'],
    ['foo-1!2.0a1.post1.dev2-py3-none-any.whl', 'foo 1!2.0a1.post1.dev2', undefined, 'py3', 'none', 'any'],
    [
      'torch-2.1.0+cu121-cp312-cp312-manylinux_2_17_x86_64.manylinux2014_x86_64.whl',
      'torch 2.1.0+cu121',
      undefined,
      'cp312',
      'cp312',
      'manylinux_2_17_x86_64.manylinux2014_x86_64',
    ],
    ['foo-V1.0.RC1-py3-none-any.whl', 'foo 1.0rc1', undefined, 'py3', 'none', 'any'],
  ])('reads %s', (filename, reading, build, python, abi, platform) => {
    const parsed = parseFilename(filename);
    expect(parsed).toMatchObject({ kind: 'wheel', filename, build, tags: { python, abi, platform } });
    expect(readings(parsed)).toEqual([reading]);
  });

  test.each([
    ['foo.whl', /1 parts/],
    ['foo-1.0.whl', /2 parts/],
    ['foo-1.0-py3-none.whl', /4 parts/],
    ['foo-1.0-1-py3-none-any-x.whl', /7 parts/],
    ['foo-bar-1.0-1-py3-none-any.whl', /7 parts/],
    ['foo-bar-1.0-py3-none-any.whl', /build tag|version/],
    ['foo-1.0-x-py3-none-any.whl', /build tag/],
    ['foo-1.0--py3-none-any.whl', /build tag/],
    ['foo-1.0-py3--any.whl', /abi tag/],
    ['foo-1.0-py3-none-.whl', /platform tag/],
    ['foo-1.0-py2..py3-none-any.whl', /python tag/],
    ['foo-1.0-.py3-none-any.whl', /python tag/],
    ['foo-1.0-py3-none-any+x.whl', /platform tag/],
    ['foo--py3-none-any.whl', /version/],
    ['foo-x-py3-none-any.whl', /version/],
    ['foo-1.0_1-py3-none-any.whl', /version/],
    ['foo__bar-1.0-py3-none-any.whl', /escaped name/],
    ['foo_-1.0-py3-none-any.whl', /escaped name/],
    ['_foo-1.0-py3-none-any.whl', /escaped name/],
    ['foo+-1.0-py3-none-any.whl', /escaped name/],
    ['foo-1.0-py3-none-any.WHL', /capitals/],
  ])('refuses %s', (filename, message) => {
    const error = thrownBy(() => parseFilename(filename));
    expect(error.code).toBe('invalid-filename');
    expect(error.message).toMatch(message);
    expect(error.fix).toBeDefined();
  });
});

describe('parseFilename of an sdist', () => {
  test.each([
    ['foo-1.0.tar.gz', 'tar.gz', 'foo-1.0', ['foo 1.0']],
    ['foo_bar-1.0.zip', 'zip', 'foo_bar-1.0', ['foo-bar 1.0']],
    ['my-package-1.0.tar.gz', 'tar.gz', 'my-package-1.0', ['my-package 1.0']],
    ['foo-1.0-1.tar.gz', 'tar.gz', 'foo-1.0-1', ['foo 1.0.post1', 'foo-1-0 1']],
    ['foo-1.0-beta1.tar.gz', 'tar.gz', 'foo-1.0-beta1', ['foo 1.0b1']],
    ['foo-2-3.tar.gz', 'tar.gz', 'foo-2-3', ['foo 2.post3', 'foo-2 3']],
    ['foo-1.0+local.1.tar.gz', 'tar.gz', 'foo-1.0+local.1', ['foo 1.0+local.1']],
    ['Foo.Bar-1!1.0RC1.tar.gz', 'tar.gz', 'Foo.Bar-1!1.0RC1', ['foo-bar 1!1.0rc1']],
  ])('reads %s', (filename, format, stem, expected) => {
    const parsed = parseFilename(filename);
    expect(parsed).toMatchObject({ kind: 'sdist', filename, format, stem });
    expect(readings(parsed)).toEqual(expected);
  });

  test.each([
    'foo.tar.gz',
    'foo.zip',
    '1.0.tar.gz',
    'foo-.tar.gz',
    'foo-bar.tar.gz',
    'foo-1.0-x.tar.gz',
    'foo--1.0.tar.gz',
    'foo_-1.0.tar.gz',
    'foo-1.0_1.tar.gz',
    'foo-master.zip',
  ])('refuses %s, which names no project and version', (filename) => {
    const error = thrownBy(() => parseFilename(filename));
    expect(error.code).toBe('invalid-filename');
    expect(error.message).toMatch(/does not name a project and a version/);
  });

  test('refuses capitals in the extension', () => {
    expect(thrownBy(() => parseFilename('foo-1.0.TAR.GZ'))).toMatchObject({ code: 'invalid-filename' });
  });
});

describe('parseFilename of something else', () => {
  test.each([
    ['foo-1.0-py2.7.egg', /an egg/, /wheel convert/],
    ['foo-1.0.win32-py2.7.exe', /Windows installer/, /build --wheel/],
    ['foo-1.0.win-amd64.msi', /Windows installer/, /build --wheel/],
    ['foo-1.0-1.noarch.rpm', /operating system/, /build --wheel/],
    ['foo_1.0_all.deb', /operating system/, /build --wheel/],
    ['foo-1.0.dmg', /operating system/, /build --wheel/],
    ['foo-1.0-py312_0.conda', /conda/, /build --wheel/],
    ['foo-1.0-py27_0.tar.bz2', /conda/, /build --wheel/],
    ['foo-1.0.linux-x86_64.tar.gz', /"dumb"/, /build --wheel/],
    ['foo-1.0.macosx-10.9-x86_64.tar.gz', /"dumb"/, /build --wheel/],
    ['foo-1.0.win-amd64.zip', /"dumb"/, /build --wheel/],
    ['foo-1.0.win32.zip', /"dumb"/, /build --wheel/],
    ['foo-1.0.tar.bz2', /no format of an sdist/, /build --sdist/],
    ['foo-1.0.tar.xz', /no format of an sdist/, /build --sdist/],
    ['foo-1.0.tar.Z', /no format of an sdist/, /build --sdist/],
    ['foo-1.0.tar.zst', /no format of an sdist/, /build --sdist/],
    ['foo-1.0.tar', /no format of an sdist/, /build --sdist/],
    ['foo-1.0.tgz', /no format of an sdist/, /build --sdist/],
    ['foo-1.0.tbz', /no format of an sdist/, /build --sdist/],
    ['foo-1.0.tar.gz.asc', /signature/, /distribution alone/],
    ['foo-1.0.tar.gz.sig', /signature/, /distribution alone/],
    ['foo-1.0.tar.gz.sha256', /digest/, /distribution alone/],
    ['foo-1.0-py3-none-any.whl.metadata', /metadata/, /index makes/],
    ['foo-1.0-py3-none-any.whl.publish.attestation', /attestation/, /distribution alone/],
    ['foo-1.0-py3-none-any.whl.provenance', /attestation/, /distribution alone/],
    ['foo-1.0-py3-none-any.whl.sigstore.json', /attestation/, /distribution alone/],
    ['foo-1.0', /neither a wheel/, /python -m build/],
    ['whl', /neither a wheel/, /python -m build/],
    ['README.md', /neither a wheel/, /python -m build/],
    ['index.html', /neither a wheel/, /python -m build/],
  ])('refuses %s', (filename, message, fix) => {
    const error = thrownBy(() => parseFilename(filename));
    expect(error.code).toBe('unsupported-format');
    expect(error.message).toMatch(message);
    expect(error.fix).toMatch(fix);
  });

  test.each([
    '.foo-1.0.tar.gz',
    '-foo-1.0.tar.gz',
    '..',
    '../foo-1.0.tar.gz',
    'a/foo-1.0.tar.gz',
    'a\\foo-1.0.tar.gz',
    'C:foo-1.0.tar.gz',
    'foo bar-1.0.tar.gz',
    'foo-1.0.tar.gz\n',
    'foo-1.0\r.tar.gz',
    'foo%2F-1.0.tar.gz',
    'foo-1.0.tar.gz?x=1',
    'foo-1.0.tar.gz#x',
    'foo-1.0~1.tar.gz',
    'foo-1.0.tar.gz;x',
    'föö-1.0.tar.gz',
    'foo-1.0-py3-none-any\u2044.whl',
    '<b>-1.0.tar.gz',
  ])('refuses %j for its characters', (filename) => {
    expect(thrownBy(() => parseFilename(filename)).code).toBe('invalid-filename');
  });

  test.each(HOSTILE_TEXTS)('refuses $what', ({ text }) => {
    for (const filename of [text, `${text}.tar.gz`, `foo-${text}.zip`, `foo-${text}-py3-none-any.whl`]) {
      const error = thrownBy(() => parseFilename(filename));
      expect(['invalid-filename', 'unsupported-format']).toContain(error.code);
      expect(error.message.length).toBeLessThan(500);
    }
  });

  test('takes 235 characters, so that there is room for what lies beside the file', () => {
    const fits = `foo-1.${'0'.repeat(235 - 'foo-1..tar.gz'.length)}.tar.gz`;
    expect(parseFilename(fits).filename).toHaveLength(235);
    expect(thrownBy(() => parseFilename(`x${fits}`)).code).toBe('invalid-filename');
  });

  test('returns or throws what it says it throws, whatever it is given', () => {
    const anything = fc.oneof(
      fc.string({ unit: 'binary' }),
      nearly(wheelFilename, ' -_.!+\0\n/\\é'),
      nearly(sdistFilename, ' -_.!+\0\n/\\é'),
    );
    fc.assert(
      fc.property(anything, (filename) => {
        try {
          expect(parseFilename(filename).filename).toMatch(/^[A-Za-z0-9][A-Za-z0-9._+!-]*$/);
        } catch (error) {
          if (!(error instanceof WheelstoreError)) throw error;
          expect(['invalid-filename', 'unsupported-format']).toContain(error.code);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('compareFiles', () => {
  const file = (filename: string, version: string) => ({ filename, version: parseVersion(version) });

  test('sorts by version, sdists before wheels, and then by filename', () => {
    const files = [
      file('foo-1.0a1.tar.gz', '1.0a1'),
      file('foo-1.0.0.tar.gz', '1.0.0'),
      file('foo-1.0.zip', '1.0'),
      file('Foo-1.0-py3-none-any.whl', '1.0'),
      file('foo-1.0-cp312-cp312-win32.whl', '1.0'),
      file('foo-1.0-py3-none-any.whl', '1.0'),
      file('foo-1.10-py3-none-any.whl', '1.10'),
      file('foo-1!0.1-py3-none-any.whl', '1!0.1'),
    ];
    expect(files.toReversed().sort(compareFiles)).toEqual(files);
    expect(compareFiles(files[0]!, { ...files[0]! })).toBe(0);
  });
});

describeWithPackaging('filenames compared with packaging', () => {
  const parsedOrNull = (filename: string) => {
    try {
      return parseFilename(filename);
    } catch {
      return null;
    }
  };
  const read = `
utils = packaging('.utils')
version = packaging('.version')
refusals = (utils.InvalidWheelFilename, utils.InvalidSdistFilename, version.InvalidVersion)
def read(parse, filename):
    try:
        return parse(filename)
    except (*refusals, ValueError):
        return None
`;

  test('wheels are read the same, and the same ones are refused', () => {
    // `packaging` looks neither at the ends of a name nor at what a tag is made of.
    const isKnownDifference = (filename: string) => {
      const parts = filename.replace(/\.whl$/, '').split('-');
      const tags = parts.slice(-3).join('.');
      return !isValidName(parts[0] ?? '') || !/^\w+(?:\.\w+)*$/.test(tags);
    };
    const samples = samplesOf(nearly(wheelFilename, '-_.!+x1'), 3000);
    const filenames = samples.filter((filename) => !isKnownDifference(filename));
    const ours = filenames.map((filename) => {
      const parsed = parsedOrNull(filename);
      if (parsed?.kind !== 'wheel') return [filename, null];
      const { project, version, build, tags } = parsed;
      const [python, abi, platform] = [tags.python, tags.abi, tags.platform].map((tag) =>
        tag.toLowerCase().split('.'),
      );
      const expanded = python!.flatMap((p) => abi!.flatMap((a) => platform!.map((x) => `${p}-${a}-${x}`)));
      return [filename, project, version.normalized, build ?? '', [...new Set(expanded)].sort()];
    });
    const theirs = askPackaging(
      `${read}
def wheel(filename):
    found = read(utils.parse_wheel_filename, filename)
    if found is None:
        return [None]
    name, version, build, tags = found
    spelled = filename.split('-')[2] if build else ''
    return [name, str(version), spelled, sorted(map(str, tags))]
answer([[filename, *wheel(filename)] for filename in data])`,
      filenames,
    );
    expect(ours).toEqual(theirs);
    expect(filenames.length).toBeGreaterThan(1500);
    expect(ours.filter(([, project]) => project !== null).length).toBeGreaterThan(500);
  });

  test('the way in which packaging reads an sdist is among ours', () => {
    const filenames = samplesOf(nearly(sdistFilename, '-_.!+x1'), 3000);
    const theirs = askPackaging(
      `${read}
def sdist(filename):
    found = read(utils.parse_sdist_filename, filename)
    name = filename.rpartition('-')[0]
    return None if found is None else [name, found[0], str(found[1])]
answer([sdist(filename) for filename in data])`,
      filenames,
    ) as ([string, string, string] | null)[];
    let compared = 0;
    for (const [index, filename] of filenames.entries()) {
      const found = theirs[index];
      // `packaging` looks at neither the characters nor the ends of a name.
      if (!found || !isValidName(found[0]) || !/^[a-z0-9]/i.test(filename)) continue;
      compared += 1;
      const parsed = parsedOrNull(filename);
      expect([filename, parsed && readings(parsed)]).toEqual([
        filename,
        expect.arrayContaining([`${found[1]} ${found[2]}`]),
      ]);
    }
    expect(compared).toBeGreaterThan(1000);
  });
});
