import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { bytesOf, joinBytes, tarOf, zipOf } from '../../support/archives.ts';
import { buildSdist } from '../../support/distributions.ts';
import { expectRefused, inspectTarGz, inspectZip, PKG_INFO } from './inspections.ts';

/** A tar.gz in which nothing is compressed, so that what is inside can be found from outside. */
const stored = (tar: Uint8Array): Uint8Array => new Uint8Array(gzipSync(tar, { level: 0 }));

test('a tar.gz in which Python would find a zip is refused: pip before 26.1 unpacks that instead', async () => {
  const zip = zipOf([{ name: 'foo-1.0/setup.py', content: 'print("other code")\n' }]);
  const tar = tarOf([PKG_INFO, { name: 'foo-1.0/data.bin', content: zip }]);
  await expectRefused(inspectTarGz(stored(tar)), /zip archive as well/);
});

test.each([
  [65_558, true],
  [65_559, false],
])('a zip is looked for as far from the end as Python does: %d bytes', async (distance, isRefused) => {
  const end = Uint8Array.of(0x50, 0x4b, 0x05, 0x06);
  const room = 70_000;
  const withEndAt = (place: number): Uint8Array => {
    const content = joinBytes(new Uint8Array(place), end, new Uint8Array(room - place));
    return stored(tarOf([PKG_INFO, { name: 'foo-1.0/data.bin', content }]));
  };
  const distanceIn = (bytes: Uint8Array): number => bytes.length - Buffer.from(bytes).lastIndexOf(end);
  const bytes = withEndAt(distanceIn(withEndAt(0)) - distance);
  expect(distanceIn(bytes)).toBe(distance);
  if (isRefused) await expectRefused(inspectTarGz(bytes), /zip archive as well/);
  else expect((await inspectTarGz(bytes)).folder).toBe('foo-1.0');
});

test('a tar.gz with a zip far from its end, or out of sight, is fine', async () => {
  const zip = zipOf([{ name: 'a', content: 'a' }]);
  const padding = { name: 'foo-1.0/padding', content: new Uint8Array(70_000) };
  const far = tarOf([PKG_INFO, { name: 'foo-1.0/data.bin', content: zip }, padding]);
  expect((await inspectTarGz(stored(far))).folder).toBe('foo-1.0');
  const text = 'many words '.repeat(100);
  const compressed = tarOf([
    PKG_INFO,
    { name: 'foo-1.0/a.txt', content: text },
    { name: 'foo-1.0/b.txt', content: text },
  ]);
  expect((await inspectTarGz(new Uint8Array(gzipSync(compressed)))).folder).toBe('foo-1.0');
  expect((await inspectTarGz(buildSdist({ name: 'foo', version: '1.0' }).bytes)).folder).toBe('foo-1.0');
});

test('a zip whose first bytes are the header of a tar is refused', async () => {
  // The local header of the first member is where a tar has a name; its content completes the header.
  const build = (content: Uint8Array): Uint8Array =>
    zipOf([{ name: 'foo-1.0/PKG-INFO', content, method: 0, descriptor: 'plain' }]);
  const content = new Uint8Array(600);
  const contentStart = 30 + 'foo-1.0/PKG-INFO'.length;
  content.fill(0x20, 148 - contentStart, 156 - contentStart);
  const sum = build(content)
    .subarray(0, 512)
    .reduce((total, byte) => total + byte, 0);
  content.set(bytesOf(`${sum.toString(8).padStart(6, '0')}\0 `), 148 - contentStart);
  await expectRefused(inspectZip(build(content)), /tar archive as well/);
});
