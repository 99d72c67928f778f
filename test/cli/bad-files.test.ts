import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { gzipOf, tarOf, zipOf } from '../support/archives.ts';
import { buildSdist, buildWheel, type BuiltFile } from '../support/distributions.ts';
import { wheelstore } from '../support/command.ts';
import { expectRefusal } from './outcomes.ts';
import { publishedWorkplace, small, snapshotOf, workplace, writeFiles } from './repositories.ts';

const GOOD = buildWheel({ name: 'foo', version: '1.0' });
const METADATA = 'Metadata-Version: 2.1\nName: foo\nVersion: 1.0\n';
const INFO = 'foo-1.0.dist-info';

function file(bytes: Uint8Array | string, filename = GOOD.filename): BuiltFile {
  return { filename, bytes: typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes };
}

/** A wheel with these members besides the right ones. */
function wheelWith(...members: Parameters<typeof zipOf>[0]): BuiltFile {
  const own = [
    { name: `${INFO}/METADATA`, content: METADATA },
    { name: `${INFO}/WHEEL`, content: 'Wheel-Version: 1.0\n' },
    { name: `${INFO}/RECORD`, content: '' },
  ];
  return file(zipOf([...members, ...own]));
}

function wheelOf(metadata: string | Uint8Array): BuiltFile {
  return buildWheel({ name: 'foo', version: '1.0', metadata });
}

/** An sdist with just these members. */
function sdistOf(members: Readonly<Record<string, string>>, filename = 'foo-1.0.tar.gz'): BuiltFile {
  const specs = Object.entries(members).map(([name, content]) => ({ name, content }));
  return file(gzipOf(tarOf(specs)), filename);
}

/** What must not be published, and what the message must name. */
const BAD: [title: string, file: BuiltFile, ...texts: (string | RegExp)[]][] = [
  ['an empty wheel', file(''), GOOD.filename],
  ['a wheel that is text', file('not found'), GOOD.filename, 'not a zip archive'],
  ['a wheel that is a page of HTML', file('<!DOCTYPE html><html></html>'), GOOD.filename, 'HTML'],
  ['a wheel that is a gzip file', file(gzipOf(new Uint8Array(9))), GOOD.filename, 'gzip'],
  ['a wheel that is cut off', file(GOOD.bytes.subarray(0, -30)), GOOD.filename, 'truncated'],
  ['a wheel whose end alone is there', file(GOOD.bytes.subarray(40)), GOOD.filename],
  ['a wheel with flipped bits', file(GOOD.bytes.map((byte, at) => (at === 45 ? byte ^ 255 : byte)))],
  [
    'a zip bomb',
    wheelWith({ name: 'foo/bomb.bin', content: new Uint8Array(100 * 1024 * 1024) }),
    'expands',
    'Do not install',
  ],
  [
    'a wheel with the same member twice',
    wheelWith({ name: 'foo/a.py', content: '1' }, { name: 'foo/a.py', content: '2' }),
    '"foo/a.py"',
  ],
  ['a wheel with a member outside of it', wheelWith({ name: '../evil.py', content: '' }), '"../evil.py"'],
  ['a wheel with an absolute member', wheelWith({ name: '/etc/passwd', content: '' }), '"/etc/passwd"'],
  ['a wheel with a symbolic link', wheelWith({ name: 'foo/link', content: '/etc', mode: 0o120777 })],
  [
    'a wheel whose member has a control character',
    wheelWith({ name: 'foo/\u001b[2J.py', content: '' }),
    '\\u001b',
  ],
  ['a wheel without METADATA', file(zipOf([{ name: `${INFO}/WHEEL`, content: '' }])), 'METADATA'],
  ['a wheel without .dist-info', file(zipOf([{ name: 'foo.py', content: '' }])), '.dist-info'],
  ['a wheel with METADATA in Latin-1', wheelOf(Buffer.from(`${METADATA}Author: José\n`, 'latin1')), 'UTF-8'],
  ['a wheel with METADATA in UTF-16', wheelOf(Buffer.from(METADATA, 'utf16le')), GOOD.filename],
  ['a wheel of another name', wheelOf(METADATA.replace('foo', 'bar')), '"foo"', '"bar"'],
  ['a wheel of another version', wheelOf(METADATA.replace('1.0', '2.0')), '1.0', '2.0'],
  ['a wheel without a name', wheelOf('Metadata-Version: 2.1\nVersion: 1.0\n'), 'Name is missing'],
  ['a wheel without a version', wheelOf('Metadata-Version: 2.1\nName: foo\n'), 'Version is missing'],
  ['a name with HTML', wheelOf(METADATA.replace('foo', '<script>alert(1)</script>')), '<script>'],
  ['a version with HTML', wheelOf(METADATA.replace('1.0', '<b>1</b>')), '<b>1</b>'],
  [
    'a Requires-Python that does not parse',
    wheelOf(`${METADATA}Requires-Python: 3.8 or newer\n`),
    'Requires-Python',
    '"3.8 or newer"',
    '>=3.8',
  ],
  [
    'a Requires-Python with HTML',
    wheelOf(`${METADATA}Requires-Python: >=3"><script>alert(1)</script>\n`),
    'Requires-Python',
    '<script>',
  ],
  [
    'a Requires-Dist that does not parse',
    wheelOf(`${METADATA}Requires-Dist: foo bar\n`),
    'Requires-Dist',
    'foo bar',
  ],
  ['an sdist that is no gzip file', file('text', 'foo-1.0.tar.gz'), 'foo-1.0.tar.gz', 'not a .tar.gz'],
  [
    'an sdist that is cut off',
    file(buildSdist({ name: 'foo', version: '1.0' }).bytes.subarray(0, 150), 'foo-1.0.tar.gz'),
    'foo-1.0.tar.gz',
  ],
  ['an sdist without PKG-INFO', sdistOf({ 'foo-1.0/setup.py': '' }), 'PKG-INFO', '"foo-1.0'],
  [
    'an sdist with two top folders',
    sdistOf({ 'foo-1.0/PKG-INFO': METADATA, 'bar/setup.py': '' }),
    'more than one top-level folder',
    '"bar"',
  ],
  [
    'an sdist with a member outside of it',
    sdistOf({ 'foo-1.0/PKG-INFO': METADATA, 'foo-1.0/../../x': '' }),
    '..',
  ],
  ['an sdist without a version', sdistOf({ 'foo/PKG-INFO': METADATA }, 'foo.tar.gz'), '"foo.tar.gz"'],
  ['an sdist of another version', sdistOf({ 'foo-1.0/PKG-INFO': METADATA }, 'foo-2.0.tar.gz'), '2.0', '1.0'],
  ['an egg', file('', 'foo-1.0-py3.8.egg'), 'egg', 'wheel convert'],
  ['an sdist in bzip2', file('', 'foo-1.0.tar.bz2'), 'foo-1.0.tar.bz2', 'python -m build --sdist'],
  ['an extension in capitals', file(GOOD.bytes, 'foo-1.0-py3-none-any.WHL'), 'lower case'],
  ['a filename with too few parts', file(GOOD.bytes, 'foo-1.0-py3.whl'), 'foo-1.0-py3.whl', '5 or 6'],
  ['a filename with a backslash', file(GOOD.bytes, 'x\\foo-1.0-py3-none-any.whl'), '"x\\\\foo-1.0'],
  ['a filename with an encoded slash', file(GOOD.bytes, 'x%2Ffoo-1.0-py3-none-any.whl'), '%2F'],
  ['a filename with HTML', file(GOOD.bytes, '<b>foo-1.0-py3-none-any.whl'), '<b>foo'],
  ['a filename with a control character', file(GOOD.bytes, 'foo\u001b[2J-1.0-py3-none-any.whl'), '\\u001b'],
  ['a filename with a line break', file(GOOD.bytes, 'foo\n-1.0-py3-none-any.whl'), 'foo\\n-1.0'],
  ['a filename that turns text around', file(GOOD.bytes, 'foo\u202e-1.0-py3-none-any.whl'), '\\u202e'],
  ['a filename that is too long', file(GOOD.bytes, `foo-1.${'0'.repeat(230)}-py3-none-any.whl`), '235'],
];

// Windows has no such filenames in the first place.
const POSSIBLE = BAD.filter(
  // oxlint-disable-next-line no-control-regex
  ([, { filename }]) => process.platform !== 'win32' || !/[<>\\\u0000-\u001f]/.test(filename),
);

describe('A file that must not be published', () => {
  it.each(POSSIBLE)('is refused before anything is written: %s', async (_, bad, ...texts) => {
    const { folder, dist } = workplace(bad);
    const before = snapshotOf(folder);
    const ending = await wheelstore(['upload', `${dist}/${bad.filename}`], { cwd: folder });
    expectRefusal(ending, 1, ...texts);
    expect(ending.stderr).toContain(JSON.stringify(bad.filename).slice(1, 8).replace('\u202e', '\\u202e'));
    expect(snapshotOf(folder)).toEqual(before);
  });

  it('keeps what is right beside it from being published, and each one is reported', async () => {
    const { dist, store } = await publishedWorkplace(...small('foo', '0.9'));
    writeFiles(dist, [
      ...small('good', '1.0'),
      file('text', 'one-1.0-py3-none-any.whl'),
      file('', 'two.tar.gz'),
      file(GOOD.bytes, 'three-1.0-py3-none-any.whl'),
      buildWheel({
        name: 'four',
        version: '1.0',
        requiresPython: 'new',
        requiresDist: ['a b'],
        extraHeaders: ['Dynamic: name'],
      }),
    ]);
    const before = snapshotOf(store);
    const ending = await wheelstore(['upload', dist, `${dist}/*.egg`, '--store', store]);
    expectRefusal(ending, 1, '"', '*.egg" matches no file');

    const files = await wheelstore(['upload', dist, '--store', store]);
    expectRefusal(files, 1, 'one-1.0', '"two.tar.gz"', '"three-1.0', '"new"', 'a b', 'Dynamic');
    expect(files.stderr.match(/^error: /gm)).toHaveLength(6);
    // Each is explained: a line with the problem, and one with what to do.
    expect(files.stderr).toMatch(/^(error: \S.*\n {7}\S.*\n){6}$/);
    expect(snapshotOf(store)).toEqual(before);
  });

  it('is refused with --dry-run and with --force as well', async () => {
    const { dist, store } = workplace(file('text'));
    for (const word of ['--dry-run', '--force', '--strict', '--json']) {
      expectRefusal(await wheelstore(['upload', dist, word, '--store', store]), 1, GOOD.filename);
    }
    expect(snapshotOf(store)).toBeUndefined();
  });

  it('is refused whatever its bytes are', async () => {
    const files = Array.from({ length: 40 }, (_, number) =>
      number % 2 === 0
        ? file(randomBytes(number * 50), `random_${number}-1.0-py3-none-any.whl`)
        : file(gzipOf(randomBytes(number * 50)), `random_${number}-1.0.tar.gz`),
    );
    const { dist, store } = workplace(...files);
    const ending = await wheelstore(['upload', dist, '--store', store]);
    expectRefusal(ending, 1);
    for (const { filename } of files) expect(ending.stderr).toContain(filename);
    expect(snapshotOf(store)).toBeUndefined();
  });
});

describe('--debug', () => {
  it.each([
    ['before', (dist: string) => ['--debug', 'upload', dist]],
    ['behind', (dist: string) => ['upload', dist, '--debug']],
  ])('%s the command shows where an error comes from', async (_, words) => {
    const { folder, dist } = workplace(file('text'), file(Buffer.from([0xff]), 'bar-1.0.tar.gz'));
    const { code, stderr } = await wheelstore(words(dist), { cwd: folder });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^ {4}at /m);
    expect(stderr).toContain('WheelstoreError: ');
  });
});
