import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { inspectWheel } from '../../../core/archive/wheel.ts';
import { DEFAULT_LIMITS } from '../../../core/archive/limits.ts';
import { bytesInMemory } from '../../../core/bytes.ts';
import { bytesOf, zipOf } from '../../support/archives.ts';
import { buildSdist, buildWheel, recordLine } from '../../support/distributions.ts';

const INFO = 'foo-1.0.dist-info';
const FILES: Readonly<Record<string, string>> = {
  'foo/__init__.py': 'x = 1\n',
  [`${INFO}/METADATA`]: 'Metadata-Version: 2.1\nName: foo\nVersion: 1.0\n',
  [`${INFO}/WHEEL`]: 'Wheel-Version: 1.0\n',
};

function inspect(bytes: Uint8Array) {
  return inspectWheel(bytesInMemory(bytes));
}

function wheelOf(files: Readonly<Record<string, string>>, record: string): Uint8Array {
  const members = Object.entries({ ...files, [`${INFO}/RECORD`]: record });
  return zipOf(members.map(([name, content]) => ({ name, content })));
}

function linesOf(files: Readonly<Record<string, string>>): string[] {
  return [...Object.entries(files).map(([path, content]) => recordLine(path, content)), `${INFO}/RECORD,,`];
}

const hashes = (algorithm: string, encoding: 'hex' | 'base64' | 'base64url'): string =>
  Object.entries(FILES)
    .map(([path, content]) => {
      const digest = createHash(algorithm).update(content).digest(encoding);
      return `${path},${algorithm}=${digest},${content.length}`;
    })
    .join('\n');

async function expectRefusal(bytes: Uint8Array, message: RegExp): Promise<void> {
  await expect(inspect(bytes)).rejects.toMatchObject({
    name: 'WheelstoreError',
    code: 'invalid-archive',
    message: expect.stringMatching(message),
  });
}

test('a wheel gives its METADATA byte for byte, its folder and its members', async () => {
  const metadata = Uint8Array.of(0xef, 0xbb, 0xbf, 0x41, 0x0d, 0x0a, 0xff);
  const { filename, bytes } = buildWheel({ name: 'Foo.Bar', version: '1.0', metadata });
  const contents = await inspect(bytes);
  expect(filename).toBe('foo_bar-1.0-py3-none-any.whl');
  expect(contents.metadata).toEqual(metadata);
  expect(contents.folder).toBe('foo_bar-1.0.dist-info');
  expect([...contents.members].toSorted()).toEqual([
    'foo_bar-1.0.dist-info/METADATA',
    'foo_bar-1.0.dist-info/RECORD',
    'foo_bar-1.0.dist-info/WHEEL',
    'foo_bar/__init__.py',
  ]);
});

describe('RECORD is accepted', () => {
  const lines = linesOf(FILES);
  test.each<[string, string]>([
    ['with LF', lines.join('\n')],
    ['with CRLF', `${lines.join('\r\n')}\r\n`],
    ['with a byte order mark', `\ufeff${lines.join('\n')}`],
    ['with empty lines', `\n${lines.join('\n\n')}\n\n`],
    ['with quoted fields', lines.map((line) => line.replace(/^([^,]*)/, '"$1"')).join('\n')],
    ['without sizes', lines.map((line) => line.replace(/,\d+$/, ',')).join('\n')],
    ['without itself', lines.slice(0, -1).join('\n')],
    ['with a hash of itself that nobody can know', lines.join('\n').replace('RECORD,,', 'RECORD,sha256=x,1')],
    ['with sha384', hashes('sha384', 'base64url')],
    ['with sha512', hashes('sha512', 'base64url')],
    ['with hexadecimal digests, as gmsh has them', hashes('sha256', 'hex')],
  ])('%s', async (_, record) => {
    expect((await inspect(wheelOf(FILES, record))).folder).toBe(INFO);
  });

  test('for names that need quotes', async () => {
    const files = { ...FILES, 'foo/a "quoted", name.txt': 'x', 'foo/ünïcode.txt': 'y' };
    expect((await inspect(wheelOf(files, linesOf(files).join('\n')))).members.size).toBe(6);
  });

  test('without its signatures and folders', async () => {
    const record = lines.join('\n');
    const members = Object.entries({
      ...FILES,
      'foo/data/': '',
      [`${INFO}/`]: '',
      [`${INFO}/RECORD`]: record,
      [`${INFO}/RECORD.jws`]: '{}',
      [`${INFO}/RECORD.p7s`]: 'x',
    }).map(([name, content]) => ({ name, content }));
    expect((await inspect(zipOf(members))).members.size).toBe(6);
  });
});

describe('RECORD is refused', () => {
  const lines = linesOf(FILES);
  const [first = ''] = lines;
  const withFirst = (line: string): string => [line, ...lines.slice(1)].join('\n');
  test.each<[string, string, RegExp]>([
    ['that is empty', '', /does not list member "foo\/__init__.py"/],
    ['that leaves out a member', lines.slice(1).join('\n'), /does not list member "foo\/__init__.py"/],
    ['that lists a member twice', [first, ...lines].join('\n'), /lists "foo\/__init__.py" twice/],
    [
      'that lists what is not there',
      [...lines, recordLine('foo/b.py', '')].join('\n'),
      /"foo\/b.py", which is not/,
    ],
    [
      'that lists a signature that is not there',
      [...lines, `${INFO}/RECORD.jws,,`].join('\n'),
      /which is not in/,
    ],
    ['with another hash', withFirst(recordLine('foo/__init__.py', 'y = 1\n')), /does not match its hash/],
    ['with another size', withFirst(first.replace(/\d+$/, '7')), /has 7 bytes, but it has 6/],
    ['without a hash', withFirst('foo/__init__.py,,6'), /has no hash of "foo\/__init__.py"/],
    ['with MD5', withFirst('foo/__init__.py,md5=abc,6'), /by "md5"/],
    ['with SHA-1', withFirst('foo/__init__.py,sha1=abc,6'), /by "sha1"/],
    ['with an unknown algorithm', withFirst('foo/__init__.py,constructor=abc,6'), /by "constructor"/],
    ['with an empty digest', withFirst('foo/__init__.py,sha256=,6'), /malformed line/],
    ['with two columns', withFirst('foo/__init__.py,sha256=abc'), /malformed line/],
    ['with four columns', withFirst(`${first},`), /malformed line/],
    ['with a size that is no number', withFirst(first.replace(/\d+$/, '-1')), /malformed line/],
    ['with an open quote', withFirst(`"${first}`), /not valid CSV/],
    ['with a quote inside of a field', withFirst(first.replace('foo', 'f"oo')), /not valid CSV/],
    ['with backslashes', withFirst(first.replace('/', '\\')), /does not list/],
  ])('%s', async (_, record, message) => {
    await expectRefusal(wheelOf(FILES, record), message);
  });

  test('that is not UTF-8', async () => {
    const members = Object.entries({ ...FILES, [`${INFO}/RECORD`]: Uint8Array.of(0xff) });
    const bytes = zipOf(members.map(([name, content]) => ({ name, content })));
    await expectRefusal(bytes, /RECORD is not UTF-8/);
  });
});

describe('a wheel is refused', () => {
  test.each(['METADATA', 'WHEEL', 'RECORD'])('without %s', async (name) => {
    const files = Object.entries({ ...FILES, [`${INFO}/RECORD`]: '' });
    const left = files.filter(([path]) => path !== `${INFO}/${name}`);
    const bytes = zipOf(left.map(([path, content]) => ({ name: path, content })));
    await expectRefusal(bytes, new RegExp(`has no "${INFO}/${name}"`));
  });

  test.each<[string, Record<string, string>, RegExp]>([
    ['without a .dist-info folder', { 'foo/__init__.py': '' }, /no .dist-info folder/],
    ['with its .dist-info folder deeper', { 'a/foo-1.0.dist-info/METADATA': '' }, /no .dist-info folder/],
    ['with a file named .dist-info', { 'foo-1.0.dist-info': '' }, /no .dist-info folder/],
    ['with .DIST-INFO', { 'foo-1.0.DIST-INFO/METADATA': '' }, /no .dist-info folder/],
    ['with two', { 'a-1.dist-info/METADATA': '', 'b-1.dist-info/METADATA': '' }, /more than one .dist-info/],
    [
      'with two that differ by case',
      { 'a-1.dist-info/METADATA': '', 'a-1.Dist-Info/METADATA': '' },
      /more than one .dist-info/,
    ],
  ])('%s', async (_, files, message) => {
    await expectRefusal(zipOf(Object.entries(files).map(([name, content]) => ({ name, content }))), message);
  });

  test('that is an sdist', async () => {
    await expectRefusal(buildSdist({ name: 'foo', version: '1' }).bytes, /looks like a gzip file/);
  });

  test('with more METADATA or RECORD than may be held in memory', async () => {
    const source = bytesInMemory(wheelOf(FILES, linesOf(FILES).join('\n')));
    for (const limit of [{ maxMetadataBytes: 20 }, { maxRecordBytes: 20 }]) {
      await expect(inspectWheel(source, { ...DEFAULT_LIMITS, ...limit })).rejects.toThrow(/larger than 20/);
    }
  });
});

test('a member of many pieces is checked as a whole', async () => {
  const large = new Uint8Array(3_000_000).map((_, index) => (index * index) >>> 7);
  const { bytes } = buildWheel({ name: 'foo', version: '1.0', files: { 'foo/large.bin': large } });
  expect((await inspect(bytes)).members).toContain('foo/large.bin');
  const lie = { 'foo/large.bin': large.with(2_999_999, 1) };
  const record = Object.entries({ ...FILES, ...lie }).map(([path, content]) => recordLine(path, content));
  const members = { ...FILES, 'foo/large.bin': large, [`${INFO}/RECORD`]: bytesOf(record.join('\n')) };
  const wrong = zipOf(Object.entries(members).map(([name, content]) => ({ name, content })));
  await expectRefusal(wrong, /"foo\/large.bin" does not match its hash/);
});
