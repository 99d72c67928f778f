import { deflateRawSync } from 'node:zlib';
import { describe, test } from 'vitest';
import { bytesOf, joinBytes, littleEndian, zipOf, type ZipMemberSpec } from '../../support/archives.ts';
import { PKG_INFO, expectRefused, inspectZip, zipWithMember } from './inspections.ts';

const expectRefusal = (bytes: Uint8Array, message: RegExp): Promise<void> =>
  expectRefused(inspectZip(bytes), message);

/** Of a zip without a comment. */
function directoryStart(zip: Uint8Array): number {
  return new DataView(zip.buffer, zip.byteOffset).getUint32(zip.length - 6, true);
}

describe('a header that contradicts the directory', () => {
  const content = 'content of some length';
  const sizes = (size: number, packedSize: number) =>
    littleEndian([2, 1], [2, 16], [8, size], [8, packedSize]);
  const wide = { packedSize: 0xffffffff, size: 0xffffffff };
  test.each<[string, Partial<ZipMemberSpec>]>([
    ['by name', { local: { name: 'foo-1.0/b.py' } }],
    ['by method', { local: { method: 0 } }],
    ['by flags', { local: { flags: 8 } }],
    ['by CRC', { local: { crc: 1 } }],
    ['by size', { local: { size: 1 } }],
    ['by packed size', { local: { packedSize: 1 } }],
    ['by zero sizes without a descriptor', { local: { size: 0, packedSize: 0, crc: 0 } }],
    ['by a size beside a descriptor', { descriptor: 'signed', local: { size: 1 } }],
    ['by ZIP64 sizes', { local: { ...wide, extra: sizes(1, 1) } }],
    ['by ZIP64 sizes beside right ones', { local: { extra: sizes(1, 1) } }],
    [
      'by ZIP64 sizes of which one is missing',
      { local: { ...wide, extra: littleEndian([2, 1], [2, 8], [8, 1]) } },
    ],
  ])('%s is refused', async (_, member) => {
    await expectRefusal(
      zipWithMember({ content, ...member }),
      /contradicts the central directory|unexplained/,
    );
  });

  test('by its signature is refused', async () => {
    const bytes = zipOf([{ ...PKG_INFO, name: 'foo-1.0/PKG-INFO' }, { name: 'foo-1.0/a.py' }]);
    const second = zipOf([PKG_INFO]).length - 22 - 46 - PKG_INFO.name.length;
    await expectRefusal(bytes.with(second + 3, 0), /"foo-1.0\/a.py" contradicts the central directory/);
  });

  test('in its descriptor is refused', async () => {
    const right = zipWithMember({ content, method: 0, descriptor: 'signed' });
    const wrong = right.slice();
    const at = directoryStart(right) - 1;
    wrong[at] = 1;
    await expectRefusal(wrong, /contradicts the central directory/);
  });
});

describe('a member', () => {
  const unicodePath = (name: string) =>
    joinBytes(littleEndian([2, 0x7075], [2, 5 + name.length]), '\u0001', littleEndian([4, 0]), name);
  test.each<[string, Partial<ZipMemberSpec>, RegExp]>([
    ['that is encrypted', { flags: 1 }, /is encrypted/],
    ['with strong encryption', { flags: 1 << 6 }, /is encrypted/],
    ['with a masked header', { flags: 1 << 13 }, /is encrypted/],
    ['of patched data', { flags: 1 << 5 }, /unknown flags/],
    ['compressed with bzip2', { method: 12 }, /compressed with method 12/],
    ['compressed with LZMA', { method: 14 }, /compressed with method 14/],
    [
      'that is stored in another size',
      { method: 0, local: { size: 1 }, central: { size: 1 } },
      /two different sizes/,
    ],
    ['that is a symbolic link', { mode: 0o120777 }, /neither a file nor a folder/],
    ['that is a device', { mode: 0o020666 }, /neither a file nor a folder/],
    ['that is a FIFO', { mode: 0o010666 }, /neither a file nor a folder/],
    ['that is a folder by mode only', { mode: 0o040755 }, /folder without a slash/],
    ['that is a folder with content', { name: 'foo-1.0/a/' }, /is a folder but has content/],
    ['with malformed extra fields', { central: { extra: bytesOf('xxxxx') } }, /extra fields .* malformed/],
    ['with half an extra field', { central: { extra: bytesOf('x') } }, /extra fields .* malformed/],
    ['with surplus ZIP64 sizes', { central: { extra: littleEndian([2, 1], [2, 8], [8, 1]) } }, /ZIP64 sizes/],
    ['with a second name', { central: { extra: unicodePath('evil') } }, /a second name/],
    ['with a second name in its own header', { local: { extra: unicodePath('evil') } }, /a second name/],
    ['with a wrong CRC', { central: { crc: 1 }, local: { crc: 1 } }, /does not match its CRC/],
    ['of damaged data', { packed: Uint8Array.of(7, 7, 7, 7) }, /damaged data/],
    ['of half its data', { packed: Uint8Array.of(0x4b, 0x54) }, /damaged data/],
    ['with bytes behind its data', { packed: Uint8Array.of(3, 0, 0, 0), content: '' }, /damaged data/],
    ['smaller than it says', { central: { size: 9 }, local: { size: 9 } }, /damaged data/],
    ['larger than it says', { central: { size: 1 }, local: { size: 1 } }, /damaged data/],
    ['overlapping the next', { central: { packedSize: 999 }, local: { packedSize: 999 } }, /overlaps/],
  ])('%s is refused', async (_, member, message) => {
    await expectRefusal(zipWithMember(member), message);
  });

  test.each([
    ['smaller than it says', 200_001],
    ['larger than it says', 199_999],
  ])('that is too large for one piece and %s is refused', async (_, size) => {
    const bytes = zipWithMember({ content: 'x'.repeat(200_000), central: { size }, local: { size } });
    await expectRefusal(bytes, /does not have the size that it declares/);
  });

  test('that is too large for one piece and has bytes behind its data is refused', async () => {
    const content = new Uint8Array(200_000);
    const packed = joinBytes(deflateRawSync(content), 'behind');
    await expectRefusal(zipWithMember({ content, packed }), /followed by unexplained bytes/);
  });

  test('that is too large for one piece and of damaged data is refused', async () => {
    const packed = Uint8Array.of(7, 7, 7, 7);
    await expectRefusal(zipWithMember({ content: new Uint8Array(200_000), packed }), /damaged data/);
  });
});

describe('a member named', () => {
  test.each<[string, string | Uint8Array, RegExp]>([
    ['with ".."', 'foo-1.0/../evil', /"foo-1.0\/..\/evil" leads out/],
    ['".."', '..', /leads out/],
    ['with an absolute path', '/etc/passwd', /absolute path/],
    ['with a drive letter', 'C:/evil', /absolute path/],
    ['with a backslash', 'foo-1.0\\evil', /backslash/],
    ['with a NUL', 'foo-1.0/a\0b', /control character/],
    ['with a line break', 'foo-1.0/a\nb', /"foo-1.0\/a\\nb" has a control character/],
    ['with a C1 control character', 'foo-1.0/a\u0085b', /control character/],
    ['with an empty segment', 'foo-1.0//a', /empty or "." segment/],
    ['with "."', 'foo-1.0/./a', /empty or "." segment/],
    ['""', '', /is empty/],
    ['"/"', '/', /is empty/],
    ['with bytes that are not UTF-8', Uint8Array.of(0x66, 0xff, 0x66), /not UTF-8/],
    ['with an overlong encoding', Uint8Array.of(0x66, 0xc0, 0xaf), /not UTF-8/],
    ['too long', `foo-1.0/${'x'.repeat(2000)}`, /longer than/],
    ['too deep', `foo-1.0/${'x/'.repeat(100)}x`, /more than 64 segments/],
    ['like another', 'foo-1.0/PKG-INFO', /two members named/],
    ['like a folder', 'foo-1.0', /both as a file and as a folder/],
    ['below a file', 'foo-1.0/PKG-INFO/a', /both as a file and as a folder/],
  ])('%s is refused', async (_, name, message) => {
    await expectRefusal(zipWithMember({ name, content: '' }), message);
  });

  test.each<[string, readonly string[]]>([
    ['two folders of one name', ['foo-1.0/a/', 'foo-1.0/a/']],
    ['a file and a folder of one name', ['foo-1.0/a', 'foo-1.0/a/']],
    ['a file and, behind it, its own member', ['foo-1.0/a', 'foo-1.0/a/b']],
    ['a member and, behind it, its folder as a file', ['foo-1.0/a/b/c', 'foo-1.0/a/b']],
  ])('%s are refused', async (_, names) => {
    await expectRefusal(zipOf([PKG_INFO, ...names.map((name) => ({ name }))]), /two members|both as a file/);
  });
});
