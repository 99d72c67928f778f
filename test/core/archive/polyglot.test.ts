import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { bytesOf, tarOf, zipOf } from '../../support/archives.ts';
import { buildSdist } from '../../support/distributions.ts';
import { expectRefused, inspectTarGz, inspectZip, PKG_INFO } from './inspections.ts';

/** A tar.gz in which nothing is compressed, so that what is inside can be found from outside. */
const stored = (tar: Uint8Array): Uint8Array => new Uint8Array(gzipSync(tar, { level: 0 }));

test('a tar.gz in which Python would find a zip is refused: pip until 24 unpacks that instead', async () => {
  const zip = zipOf([{ name: 'foo-1.0/setup.py', content: 'print("other code")\n' }]);
  const tar = tarOf([PKG_INFO, { name: 'foo-1.0/data.bin', content: zip }]);
  await expectRefused(inspectTarGz(stored(tar)), /zip archive as well/);
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
