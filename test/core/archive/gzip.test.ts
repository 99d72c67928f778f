import { gzipSync as nodeGzip } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import {
  bytesOf,
  gzipOf,
  joinBytes,
  littleEndian,
  plainCrc32,
  tarOf,
  zipOf,
} from '../../support/archives.ts';
import { PKG_INFO, expectRefused, inspectTarGz } from './inspections.ts';

const expectRefusal = (bytes: Uint8Array, message: RegExp): Promise<void> =>
  expectRefused(inspectTarGz(bytes), message);

describe('what is no tar.gz is told by what it looks like', () => {
  test.each<[string, Uint8Array, RegExp]>([
    ['nothing at all', new Uint8Array(), /an empty file/],
    ['a zip', zipOf([PKG_INFO]), /a zip archive/],
    ['a tar', tarOf([PKG_INFO]), /a tar archive without compression/],
    ['an HTML page', bytesOf('<html>'), /an HTML page/],
    ['compressed text', gzipOf(bytesOf('x'.repeat(600))), /header of the tar archive is damaged|impossible/],
    ['a compressed zip', gzipOf(zipOf([PKG_INFO])), /header of the tar archive|ends in the middle/],
    ['compressed nothing', gzipOf(new Uint8Array()), /ends in the middle/],
    ['a tar without members', gzipOf(tarOf([])), /has no members/],
  ])('%s', async (_, bytes, message) => {
    await expectRefusal(bytes, message);
  });
});

describe('the gzip of an sdist', () => {
  const tar = tarOf([PKG_INFO]);
  const whole = gzipOf(tar);
  const raw = whole.subarray(10);
  const header = (flags: number, rest: Uint8Array | string = '') =>
    joinBytes(Uint8Array.of(0x1f, 0x8b, 8, flags, 0, 0, 0, 0, 0, 3), rest);
  const crc16 = (bytes: Uint8Array) => littleEndian([2, plainCrc32(bytes) & 0xffff]);

  test.each<[string, Uint8Array]>([
    ['one member', whole],
    ['two members', joinBytes(gzipOf(tar.subarray(0, 700)), gzipOf(tar.subarray(700)))],
    ['an empty member behind', joinBytes(whole, gzipOf(new Uint8Array()))],
    ['a file name', joinBytes(header(8, 'foo-1.0.tar\0'), raw)],
    ['a comment', joinBytes(header(16, 'comment\0'), raw)],
    ['an extra field', joinBytes(header(4, '\u0002\0xx'), raw)],
    ['a header checksum', joinBytes(header(2), crc16(header(2)), raw)],
    ['stored blocks', nodeGzip(tar, { level: 0 })],
  ])('may have %s', async (_, bytes) => {
    expect((await inspectTarGz(bytes)).folder).toBe('foo-1.0');
  });

  test.each<[string, Uint8Array, RegExp]>([
    ['bytes behind it', joinBytes(whole, 'x'), /1 bytes behind its end/],
    ['zeros behind it', joinBytes(whole, new Uint8Array(512)), /512 bytes behind its end/],
    ['a zip behind it', joinBytes(whole, zipOf([PKG_INFO])), /a zip archive as well/],
    ['zeros and a member behind it', joinBytes(whole, '\0', whole), /bytes behind its end/],
    ['another tar behind it', joinBytes(whole, whole), /other bytes behind its end/],
    ['a wrong checksum', whole.with(whole.length - 8, 1), /does not match its checksum/],
    ['a wrong size', whole.with(whole.length - 1, 1), /does not match its checksum/],
    ['half a trailer', whole.subarray(0, -4), /truncated/],
    ['half its data', whole.subarray(0, 60), /damaged or incomplete/],
    ['half a header', whole.subarray(0, 5), /truncated/],
    ['another method', whole.with(2, 7), /gzip header/],
    ['reserved flags', whole.with(3, 0x80), /gzip header/],
    ['a wrong header checksum', joinBytes(header(2, '\0\0'), raw), /gzip header/],
    ['a header checksum that is cut off', header(2), /gzip header/],
    ['a file name without an end', header(8, 'x'.repeat(20_000)), /gzip header/],
    ['an extra field beyond its end', header(4, '\u00ff'), /gzip header/],
    ['half the size of an extra field', header(4, 'x'), /gzip header/],
    ['too many members', joinBytes(whole, ...Array(5000).fill(gzipOf(new Uint8Array()))), /more than 4096/],
  ])('may not have %s', async (_, bytes, message) => {
    await expectRefusal(bytes, message);
  });
});
