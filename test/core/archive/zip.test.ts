import { describe, expect, test } from 'vitest';
import { DEFAULT_LIMITS } from '../../../core/archive/limits.ts';
import { inspectSdistZip } from '../../../core/archive/sdist.ts';
import { bytesInMemory } from '../../../core/bytes.ts';
import { bytesOf, gzipOf, joinBytes, littleEndian, tarOf, zipOf } from '../../support/archives.ts';
import { PKG_INFO, expectRefused, inspectZip, zipWithMember } from './inspections.ts';

const expectRefusal = (bytes: Uint8Array, message: RegExp): Promise<void> =>
  expectRefused(inspectZip(bytes), message);

describe('what is no zip is told by what it looks like', () => {
  test.each<[string, Uint8Array, RegExp]>([
    ['nothing at all', new Uint8Array(), /an empty file/],
    ['a tar.gz', gzipOf(tarOf([PKG_INFO])), /a gzip file/],
    ['a tar', tarOf([PKG_INFO]), /a tar archive without compression/],
    ['an HTML page', bytesOf('\n<!DOCTYPE html><html></html>'), /an HTML page/],
    ['an XML document', bytesOf('<?xml version="1.0"?><Error/>'), /an XML document/],
    ['a JSON answer', bytesOf('{"message": "forbidden"}'), /JSON/],
    ['a Git LFS pointer', bytesOf('version https://git-lfs.github.com/spec/v1\n'), /a Git LFS pointer/],
    ['bzip2', bytesOf('BZh91AY&SY'), /a bzip2 file/],
    ['other bytes', Uint8Array.of(1, 2, 3, 0xff), /starts with 01 02 03 ff/],
    ['a zip without entries', zipOf([]), /no entries/],
    ['a zip without its directory', zipOf([PKG_INFO]).subarray(0, 60), /truncated/],
  ])('%s', async (_, bytes, message) => {
    await expectRefusal(bytes, message);
  });
});

describe('a zip is accepted as real tools write it', () => {
  const member = { content: 'a'.repeat(1000) };
  test.each<[string, Uint8Array]>([
    ['stored', zipWithMember({ ...member, method: 0 })],
    ['with a comment', zipWithMember(member, { comment: 'built by hand' })],
    ['with a signed data descriptor', zipWithMember({ ...member, descriptor: 'signed' })],
    ['with a plain data descriptor', zipWithMember({ ...member, descriptor: 'plain' })],
    ['with a signed data descriptor of 64 bits', zipWithMember({ ...member, descriptor: 'signed64' })],
    ['with a plain data descriptor of 64 bits', zipWithMember({ ...member, descriptor: 'plain64' })],
    [
      'with a data descriptor behind stored data',
      zipWithMember({ ...member, method: 0, descriptor: 'signed' }),
    ],
    [
      'with a data descriptor and ZIP64 sizes',
      zipWithMember({ ...member, zip64: true, descriptor: 'signed64' }),
    ],
    ['with ZIP64 sizes', zipWithMember({ ...member, zip64: true })],
    ['with ZIP64 end records', zipWithMember(member, { zip64: true })],
    [
      'with a name of UTF-8 that is not declared',
      zipWithMember({ ...member, name: bytesOf('foo-1.0/ä.py') }),
    ],
    ['with Unix modes left out', zipWithMember({ ...member, mode: 0 })],
    ['with compression levels in the flags', zipWithMember({ ...member, flags: 0b110 })],
    [
      'with folders',
      zipOf([{ name: 'foo-1.0/' }, PKG_INFO, { name: 'foo-1.0/a/' }, { name: 'foo-1.0/a/b', content: '' }]),
    ],
    ['with ZIP64 sizes beside the same plain ones, as Bazel writes them', bazelLike()],
    ['with names that differ by case', zipWithMember({ name: 'foo-1.0/pkg-info' })],
  ])('%s', async (_, bytes) => {
    const contents = await inspectZip(bytes);
    expect(contents.folder).toBe('foo-1.0');
    expect(contents.metadata).toEqual(bytesOf(PKG_INFO.content));
    expect(contents.members).toContain(PKG_INFO.name);
  });

  function bazelLike(): Uint8Array {
    const content = bytesOf('content');
    const extra = littleEndian([2, 1], [2, 16], [8, content.length], [8, content.length]);
    return zipWithMember({ content, method: 0, local: { extra } });
  }

  test('members listed in another order than they are stored in', async () => {
    const other = { name: 'foo-1.0/a.py', content: 'a = 1\n' };
    const first = zipOf([PKG_INFO, other]);
    const start = directoryStart(first);
    const size = 46 + PKG_INFO.name.length;
    const end = first.length - 22;
    const swapped = joinBytes(
      first.subarray(0, start),
      first.subarray(start + size, end),
      first.subarray(start, start + size),
      first.subarray(end),
    );
    expect((await inspectZip(swapped)).members.size).toBe(2);
  });
});

/** Of a zip without a comment. */
function directoryStart(zip: Uint8Array): number {
  return new DataView(zip.buffer, zip.byteOffset).getUint32(zip.length - 6, true);
}

describe('the frame of a zip leaves no choice', () => {
  const inner = zipOf([PKG_INFO]);
  test.each<[string, Uint8Array, RegExp]>([
    [
      'bytes in front, with offsets that fit',
      zipWithMember({}, { prefix: '#!/bin/sh\n' }),
      /in front of its first/,
    ],
    [
      'bytes in front, with offsets that do not',
      joinBytes('MZ', inner),
      /in front of its first|not directly/,
    ],
    ['a whole zip in front', joinBytes(inner, inner), /not directly in front of its end|more than one/],
    ['a tar.gz in front', joinBytes(gzipOf(tarOf([PKG_INFO])), inner), /in front of its first/],
    ['bytes behind', zipWithMember({}, { suffix: 'x' }), /1 bytes behind its end/],
    ['bytes behind a comment', zipWithMember({}, { comment: 'c', suffix: '\n' }), /behind its end/],
    ['a comment that is cut off', zipWithMember({}, { comment: 'comment' }).slice(0, -3), /truncated/],
    [
      'an end record in the comment',
      zipWithMember({}, { comment: inner.slice(-22) }),
      /more than one end record/,
    ],
    ['half an end record in the comment', zipWithMember({}, { comment: 'PK\u0005\u0006' }), /truncated/],
    ['bytes in front of the directory', zipWithMember({}, { beforeDirectory: 'xxxx' }), /unexplained bytes/],
    ['bytes behind the directory', zipWithMember({}, { beforeEnd: 'x' }), /not directly in front/],
    [
      'bytes between members',
      zipOf([{ ...PKG_INFO, behind: bytesOf('x') }, { name: 'foo-1.0/a' }]),
      /unexplained/,
    ],
    ['several disks', zipWithMember({}, { end: { disk: 1 } }), /one part of several/],
    ['a member on another disk', zipWithMember({ central: { disk: 1 } }), /one part of several/],
    [
      'too few entries declared',
      zipWithMember({}, { end: { entries: 1, entriesHere: 1 } }),
      /directory .* damaged/,
    ],
    [
      'too many entries declared',
      zipWithMember({}, { end: { entries: 3, entriesHere: 3 } }),
      /directory .* damaged/,
    ],
    ['different counts of entries', zipWithMember({}, { end: { entriesHere: 1 } }), /one part of several/],
    ['a wrong start of the directory', zipWithMember({}, { end: { start: 0 } }), /not directly in front/],
    [
      'ZIP64: another count',
      zipWithMember({}, { zip64: true, end: { entries: 1 } }),
      /ZIP64 records .* contradict/,
    ],
    [
      'ZIP64: another start',
      zipWithMember({}, { zip64: true, end: { start: 1 } }),
      /ZIP64 records .* contradict/,
    ],
    [
      'ZIP64: another place',
      zipWithMember({}, { zip64: true, end64: { at: 0 } }),
      /ZIP64 records .* contradict/,
    ],
    ['ZIP64: another length', zipWithMember({}, { zip64: true, end64: { recordSize: 50 } }), /ZIP64 records/],
    ['ZIP64: another disk', zipWithMember({}, { zip64: true, end64: { disk: 1 } }), /one part of several/],
    [
      'ZIP64: a huge count',
      zipWithMember({}, { zip64: true, end64: { entries: 2 ** 50 } }),
      /one part of several/,
    ],
    [
      'ZIP64: bytes behind',
      zipWithMember({}, { zip64: true, beforeEnd: 'x' }),
      /ZIP64 records|not directly in front/,
    ],
  ])('%s is refused', async (_, bytes, message) => {
    await expectRefusal(bytes, message);
  });

  test('an impossible 64-bit number is refused', async () => {
    const bytes = zipWithMember({}, { zip64: true });
    bytes.fill(0xff, bytes.length - 22 - 20 + 8, bytes.length - 22 - 20 + 16);
    await expectRefusal(bytes, /impossible size or offset/);
  });
});

describe('a zip sdist', () => {
  test('without PKG-INFO is refused', async () => {
    await expectRefusal(zipOf([{ name: 'foo-1.0/setup.py' }]), /no file "foo-1.0\/PKG-INFO"/);
  });
  test('with PKG-INFO only deeper is refused', async () => {
    await expectRefusal(zipOf([{ name: 'foo-1.0/foo.egg-info/PKG-INFO' }]), /no file/);
  });
  test('with a folder named PKG-INFO is refused', async () => {
    await expectRefusal(zipOf([{ name: 'foo-1.0/PKG-INFO/' }]), /no file/);
  });
  test('with two top-level folders is refused', async () => {
    await expectRefusal(zipOf([PKG_INFO, { name: 'bar-1.0/a' }]), /more than one top-level folder/);
  });
  test('with a file at its top level is refused', async () => {
    await expectRefusal(zipOf([PKG_INFO, { name: 'a' }]), /"a" is not inside of a top-level folder/);
  });
});

describe('limits', () => {
  test('on the number of entries hold before the directory is read', async () => {
    const limits = { ...DEFAULT_LIMITS, maxEntries: 1 };
    await expect(inspectZip(zipWithMember({}), limits)).rejects.toMatchObject({ value: '2' });
  });
  test('on the size of the directory hold', async () => {
    const limits = { ...DEFAULT_LIMITS, maxDirectoryBytes: 100 };
    await expect(inspectZip(zipWithMember({}), limits)).rejects.toMatchObject({ code: 'invalid-archive' });
  });
  test('on the size of the metadata hold', async () => {
    const limits = { ...DEFAULT_LIMITS, maxMetadataBytes: 5 };
    await expect(inspectZip(zipWithMember({}), limits)).rejects.toThrow(/larger than 5 bytes/);
  });
});

test('an error of the source stays what it is', async () => {
  const bytes = zipWithMember({ content: new Uint8Array(500_000), method: 0 });
  const source = bytesInMemory(bytes);
  const failing = {
    size: source.size,
    read: (offset: number, length: number) =>
      offset > 100 && length > 100_000 ? Promise.reject(new Error('EIO')) : source.read(offset, length),
  };
  await expect(inspectSdistZip(failing)).rejects.toThrow('EIO');
});

test('a source that is shorter than it says is refused', async () => {
  const bytes = zipWithMember({});
  const source = { size: bytes.length + 10, read: bytesInMemory(bytes).read };
  await expect(inspectSdistZip(source)).rejects.toMatchObject({ code: 'invalid-archive' });
});
