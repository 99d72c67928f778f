import { describe, expect, test } from 'vitest';
import { DEFAULT_LIMITS } from '../../../core/archive/limits.ts';
import { inspectSdistTarGz } from '../../../core/archive/sdist.ts';
import { bytesInMemory } from '../../../core/bytes.ts';
import { bytesOf, gzipOf, joinBytes, paxOf, tarOf, type TarMemberSpec } from '../../support/archives.ts';
import { buildSdist } from '../../support/distributions.ts';
import { PKG_INFO, expectRefused, inspectTarGz, packedTar } from './inspections.ts';

const expectRefusal = (bytes: Uint8Array, message: RegExp): Promise<void> =>
  expectRefused(inspectTarGz(bytes), message);

test('an sdist gives its PKG-INFO byte for byte, its folder and its members', async () => {
  const metadata = Uint8Array.of(0xef, 0xbb, 0xbf, 0x41, 0x0d, 0x0a, 0xff);
  const { filename, bytes } = buildSdist({ name: 'Foo.Bar', version: '1.0', metadata });
  const contents = await inspectTarGz(bytes);
  expect(filename).toBe('foo_bar-1.0.tar.gz');
  expect(contents.metadata).toEqual(metadata);
  expect(contents.folder).toBe('foo_bar-1.0');
  expect(contents.members).toContain('foo_bar-1.0/setup.py');
});

describe('a tar is accepted as real tools write it', () => {
  const long = `foo-1.0/${'long/'.repeat(40)}name.py`;
  const gnu = { magic: 'ustar  \0' };
  test.each<[string, readonly TarMemberSpec[], string]>([
    ['with a prefix', [{ name: 'a.py', prefix: 'foo-1.0/b' }], 'foo-1.0/b/a.py'],
    ['with a name of a whole field', [{ name: `foo-1.0/${'x'.repeat(92)}` }], `foo-1.0/${'x'.repeat(92)}`],
    ['with a pax path', [{ name: 'x', pax: { path: long } }], long],
    ['with a pax path in Unicode', [{ name: 'x', pax: { path: 'foo-1.0/ü.py' } }], 'foo-1.0/ü.py'],
    ['with a pax size', [{ name: 'foo-1.0/a', content: 'abc', pax: { size: '3' } }], 'foo-1.0/a'],
    [
      'with other pax records',
      [{ name: 'foo-1.0/a', pax: { mtime: '1.5', 'SCHILY.xattr.user.x': '\0' } }],
      'foo-1.0/a',
    ],
    [
      'with a declared character set',
      [{ name: 'x', pax: { hdrcharset: 'ISO-IR 10646 2000 UTF-8', path: 'foo-1.0/a' } }],
      'foo-1.0/a',
    ],
    [
      'with a global pax comment',
      [{ name: 'g', type: 'g', content: paxOf({ comment: 'abc' }) }, { name: 'foo-1.0/a' }],
      'foo-1.0/a',
    ],
    [
      'with a GNU long name',
      [
        { name: '././@LongLink', type: 'L', content: `${long}\0`, ...gnu },
        { name: 'x', ...gnu },
      ],
      long,
    ],
    [
      'with a GNU long link',
      [
        { name: '././@LongLink', type: 'K', content: `${'a/'.repeat(60)}b\0`, ...gnu },
        { name: 'foo-1.0/link', type: '2', linkName: 'x', ...gnu },
      ],
      'foo-1.0/link',
    ],
    [
      'with a size in base 256',
      [
        {
          name: 'foo-1.0/a',
          content: 'abc',
          edit: (block) => block.set([0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3], 124),
        },
      ],
      'foo-1.0/a',
    ],
    [
      'with a size padded with spaces',
      [{ name: 'foo-1.0/a', content: 'abc', size: '         3 \0' }],
      'foo-1.0/a',
    ],
    ['with the oldest header', [{ name: 'foo-1.0/a', type: '\0', magic: '\0\0\0\0\0\0\0\0' }], 'foo-1.0/a'],
    [
      'with a folder in the oldest way',
      [{ name: 'foo-1.0/b/', type: '\0' }, { name: 'foo-1.0/b/a' }],
      'foo-1.0/b/a',
    ],
    ['with a contiguous file', [{ name: 'foo-1.0/a', type: '7' }], 'foo-1.0/a'],
    ['with a folder twice', [{ name: 'foo-1.0/' }, { name: 'foo-1.0/' }, { name: 'foo-1.0/a' }], 'foo-1.0/a'],
    [
      'with a folder without a slash',
      [{ name: 'foo-1.0/b', type: '5' }, { name: 'foo-1.0/b/a' }],
      'foo-1.0/b/a',
    ],
    ['with "./" in front', [{ name: './' }, { name: './foo-1.0/' }, { name: './foo-1.0/a' }], 'foo-1.0/a'],
    ['with the folder "."', [{ name: '.', type: '5' }, { name: './foo-1.0/a' }], 'foo-1.0/a'],
    ['with a symbolic link beside it', [{ name: 'foo-1.0/a', type: '2', linkName: 'PKG-INFO' }], 'foo-1.0/a'],
    [
      'with a symbolic link upwards',
      [{ name: 'foo-1.0/b/c/a', type: '2', linkName: '../.././b/' }],
      'foo-1.0/b/c/a',
    ],
    ['with a hard link', [{ name: 'foo-1.0/a', type: '1', linkName: 'foo-1.0/PKG-INFO' }], 'foo-1.0/a'],
    [
      'with a hard link to "./"',
      [{ name: 'foo-1.0/a', type: '1', linkName: './foo-1.0/PKG-INFO' }],
      'foo-1.0/a',
    ],
    [
      'with a long pax link',
      [{ name: 'foo-1.0/a', type: '2', pax: { linkpath: 'x/'.repeat(90) } }],
      'foo-1.0/a',
    ],
  ])('%s', async (_, members, expected) => {
    const contents = await inspectTarGz(packedTar(...members));
    expect(contents.members).toContain(expected);
    expect(contents.metadata).toEqual(bytesOf(PKG_INFO.content));
  });

  test('with more padding at its end', async () => {
    expect((await inspectTarGz(gzipOf(tarOf([PKG_INFO], { endBlocks: 20 })))).folder).toBe('foo-1.0');
  });
});

describe('a member of a tar', () => {
  const file = { name: 'foo-1.0/a', content: 'abc' };
  test.each<[string, readonly TarMemberSpec[], RegExp]>([
    ['with "..",', [{ name: 'foo-1.0/../../evil' }], /leads out/],
    ['with ".." behind "./"', [{ name: './../evil' }], /leads out/],
    ['with an absolute path', [{ name: '/etc/passwd' }], /absolute path/],
    ['with an absolute path behind "./"', [{ name: './/etc/passwd' }], /absolute path/],
    ['with a backslash', [{ name: 'foo-1.0\\evil' }], /backslash/],
    ['with a control character', [{ name: 'foo-1.0/\u001b[2J' }], /control character/],
    ['with a NUL in a pax path', [{ name: 'x', pax: { path: 'foo-1.0/a\0b' } }], /control character/],
    ['with an empty pax path', [{ name: 'foo-1.0/a', pax: { path: '' } }], /is empty/],
    ['with ".." in a pax path', [{ name: 'foo-1.0/a', pax: { path: '../evil' } }], /leads out/],
    ['with a name that is not UTF-8', [{ name: Uint8Array.of(0x66, 0xff) }], /not UTF-8/],
    ['without a name', [{ name: '' }], /is empty/],
    ['named "." that is a file', [{ name: '.' }], /"\."/],
    ['named like a folder that is a file', [{ name: 'foo-1.0/a/', type: '0' }], /empty or "." segment/],
    ['that is there twice', [file, file], /two members named "foo-1.0\/a"/],
    ['that is there twice with "./"', [file, { name: './foo-1.0/a' }], /two members named/],
    [
      'that replaces a file by a link',
      [file, { name: 'foo-1.0/a', type: '2', linkName: 'b' }],
      /two members named/,
    ],
    [
      'below a link',
      [{ name: 'foo-1.0/l', type: '2', linkName: '.' }, { name: 'foo-1.0/l/a' }],
      /both as a file and/,
    ],
    [
      'that is a link above another',
      [{ name: 'foo-1.0/l/a' }, { name: 'foo-1.0/l', type: '2', linkName: 'x' }],
      /both as a file/,
    ],
    ['that is a character device', [{ name: 'foo-1.0/a', type: '3' }], /type "3"/],
    ['that is a block device', [{ name: 'foo-1.0/a', type: '4' }], /type "4"/],
    ['that is a FIFO', [{ name: 'foo-1.0/a', type: '6' }], /neither a file nor a folder nor a link/],
    ['that is a GNU sparse file', [{ name: 'foo-1.0/a', type: 'S' }], /type "S"/],
    [
      'that is a pax sparse file',
      [{ name: 'foo-1.0/a', pax: { 'GNU.sparse.major': '1' } }],
      /GNU.sparse.major/,
    ],
    ['that is a folder with content', [{ name: 'foo-1.0/b/', content: 'x' }], /has content although/],
    ['that is a link with content', [{ ...file, type: '2', linkName: 'x' }], /has content although/],
    ['in another folder', [{ name: 'bar-1.0/a' }], /more than one top-level folder/],
    ['in a top-level folder with another case', [{ name: 'Foo-1.0/a' }], /more than one top-level folder/],
    ['at the top level', [{ name: 'setup.py' }], /not inside of a top-level folder/],
    ['of another size in pax', [{ ...file, pax: { size: '2' } }], /two sizes, 3 and 2/],
    ['of a size in pax only', [{ ...file, size: 0, pax: { size: '3' } }], /two sizes, 0 and 3/],
    ['of a size that is no number', [{ ...file, pax: { size: '-3' } }], /pax header .* damaged/],
    ['of a negative size', [{ ...file, edit: (block) => block.fill(0xff, 124, 136) }], /impossible number/],
    [
      'of an impossible size',
      [{ ...file, edit: (block) => block.fill(0x80, 124, 136) }],
      /impossible number/,
    ],
    ['of a size that is not octal', [{ ...file, size: '0000000009\0' }], /impossible number/],
    [
      'of 9 GiB that are not there',
      [{ ...file, size: 0, pax: { size: '9663676416' } }],
      /ends in the middle/,
    ],
    ['with a wrong checksum', [{ ...file, checksum: 1 }], /header .* is damaged/],
    [
      'with a prefix that is none',
      [{ ...file, magic: 'ustar  \0', prefix: 'evil' }],
      /a prefix that its format/,
    ],
    [
      'with pax values twice',
      [{ name: 'pax', type: 'x', content: joinBytes(paxOf({ path: 'a' }), paxOf({ path: 'b' })) }, file],
      /two values for "path"/,
    ],
    ['with binary names', [{ ...file, pax: { hdrcharset: 'BINARY' } }], /hdrcharset/],
    [
      'with two pax headers',
      [
        { name: 'x', type: 'x', content: paxOf({ a: 'b' }) },
        { ...file, pax: { a: 'b' } },
      ],
      /two extension headers/,
    ],
    [
      'with a name in pax and in GNU form',
      [
        { name: 'L', type: 'L', content: 'foo-1.0/b\0' },
        { ...file, pax: { path: 'foo-1.0/c' } },
      ],
      /two extension headers with a path/,
    ],
    [
      'with a global path',
      [{ name: 'g', type: 'g', content: paxOf({ path: 'foo-1.0/x' }) }, file],
      /"path" for all/,
    ],
    ['with a global size', [{ name: 'g', type: 'g', content: paxOf({ size: '1' }) }, file], /"size" for all/],
    ['with bytes behind a long name', [{ name: 'L', type: 'L', content: 'foo-1.0/b\0c' }, file], /long name/],
    [
      'with a huge extension header',
      [{ name: 'x', type: 'x', size: 2_000_000 }, file],
      /extension header of 2000000/,
    ],
    [
      'with an extension header and nothing else',
      [{ name: 'x', type: 'x', content: paxOf({ a: 'b' }) }],
      /ends behind an extension/,
    ],
    ['of an unknown kind', [{ name: 'foo-1.0/a', type: 'Z' }], /type "Z"/],
  ])('%s is refused', async (_, members, message) => {
    await expectRefusal(packedTar(...members), message);
  });

  test.each([
    'no length',
    '0 a=b\n',
    '7 a=b\n',
    '99 a=b\n',
    '6 =ab\n',
    '5 ab\n',
    '06 a=b\n',
    ' a=b\n',
    '6 a=b',
  ])('with the pax header %j is refused', async (content) => {
    await expectRefusal(packedTar({ name: 'x', type: 'x', content }, file), /pax header .* damaged/);
  });
});

describe('an sdist is refused', () => {
  test('without PKG-INFO', async () => {
    await expectRefusal(gzipOf(tarOf([{ name: 'foo-1.0/setup.py' }])), /no file "foo-1.0\/PKG-INFO"/);
  });
  test('with PKG-INFO only deeper', async () => {
    await expectRefusal(gzipOf(tarOf([{ name: 'foo-1.0/foo.egg-info/PKG-INFO' }])), /no file/);
  });
  test('with PKG-INFO as a link', async () => {
    const link = { name: PKG_INFO.name, type: '2', linkName: 'other' };
    await expectRefusal(gzipOf(tarOf([{ name: 'foo-1.0/other' }, link])), /no file/);
  });
  test.each([0, 1])('with %i zero blocks at its end', async (endBlocks) => {
    await expectRefusal(gzipOf(tarOf([PKG_INFO], { endBlocks })), /ends in the middle|end is incomplete/);
  });
  test('with half a block at its end', async () => {
    await expectRefusal(gzipOf(tarOf([PKG_INFO], { suffix: '\0' })), /end is incomplete/);
  });
  test('with other bytes behind its end', async () => {
    await expectRefusal(
      gzipOf(tarOf([PKG_INFO], { suffix: tarOf([PKG_INFO]) })),
      /other bytes behind its end/,
    );
  });
  test('that ends in the middle of a member', async () => {
    await expectRefusal(gzipOf(tarOf([PKG_INFO]).subarray(0, 515)), /ends in the middle of a member/);
  });
  test('with too many members or too large a PKG-INFO', async () => {
    for (const limit of [{ maxEntries: 1 }, { maxMetadataBytes: 5 }]) {
      const inspected = inspectTarGz(packedTar({ name: 'foo-1.0/a' }), { ...DEFAULT_LIMITS, ...limit });
      await expect(inspected).rejects.toMatchObject({ code: 'invalid-archive' });
    }
  });
});

test('an error of the source stays what it is', async () => {
  const noise = Uint8Array.from({ length: 600_000 }, (_, index) => (Math.sin(index) * 1e6) & 0xff);
  const source = bytesInMemory(packedTar({ name: 'foo-1.0/noise', content: noise }));
  const failing = {
    size: source.size,
    read: (offset: number, length: number) =>
      offset > 200_000 ? Promise.reject(new Error('EIO')) : source.read(offset, length),
  };
  await expect(inspectSdistTarGz(failing)).rejects.toThrow('EIO');
});
