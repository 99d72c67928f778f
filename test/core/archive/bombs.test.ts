import { deflateRawSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import { DEFAULT_LIMITS } from '../../../core/archive/limits.ts';
import { inspectSdistTarGz, inspectSdistZip } from '../../../core/archive/sdist.ts';
import { inspectWheel } from '../../../core/archive/wheel.ts';
import { type ByteSource, bytesInMemory } from '../../../core/bytes.ts';
import { gzipOf, joinBytes, littleEndian, tarOf, zipOf, type ZipMemberSpec } from '../../support/archives.ts';
import { PKG_INFO } from './inspections.ts';

const MIB = 1024 * 1024;
const BOMB_SIZE = 200 * MIB;
/** Deflate data of 200 MiB of zeros: one flushed block that is repeated. */
let zeros: Uint8Array;

beforeAll(() => {
  const block = deflateRawSync(new Uint8Array(4 * MIB), { finishFlush: 2 }); // Z_SYNC_FLUSH
  const last = Uint8Array.of(0x03, 0x00);
  zeros = joinBytes(...Array<Uint8Array>(BOMB_SIZE / (4 * MIB)).fill(block), last);
});

/** Counts what is read from it. */
function metered(bytes: Uint8Array): ByteSource & { bytesRead: number } {
  const source = bytesInMemory(bytes);
  return {
    bytesRead: 0,
    size: source.size,
    async read(offset, length) {
      const part = await source.read(offset, length);
      this.bytesRead += part.length;
      return part;
    },
  };
}

const expanding = {
  code: 'invalid-archive',
  message: expect.stringMatching(/expands to at least \d+ bytes/),
};

describe('a bomb', () => {
  test('in a zip is refused by the sizes that it declares', async () => {
    const size = { size: BOMB_SIZE };
    const bomb = zipOf([PKG_INFO, { name: 'foo-1.0/a', packed: zeros, local: size, central: size }]);
    await expect(inspectSdistZip(bytesInMemory(bomb))).rejects.toMatchObject(expanding);
    await expect(inspectWheel(bytesInMemory(bomb))).rejects.toMatchObject(expanding);
  });

  test.each([0, 10, MIB])('in a zip that declares %i bytes is refused when it exceeds them', async (size) => {
    const lie = { size };
    const bomb = zipOf([PKG_INFO, { name: 'foo-1.0/a', packed: zeros, local: lie, central: lie }]);
    const before = process.memoryUsage().arrayBuffers;
    await expect(inspectSdistZip(bytesInMemory(bomb))).rejects.toMatchObject({
      code: 'invalid-archive',
      message: expect.stringMatching(/size that it declares|damaged data/),
    });
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(50 * MIB);
  });

  test('in METADATA that declares little is refused', async () => {
    const lie = { size: 100 };
    const bomb = zipOf([{ name: 'foo-1.dist-info/METADATA', packed: zeros, local: lie, central: lie }]);
    await expect(inspectWheel(bytesInMemory(bomb))).rejects.toMatchObject({ code: 'invalid-archive' });
  });

  test('of overlapping members in a zip is refused', async () => {
    await expect(inspectSdistZip(bytesInMemory(overlapping(1)))).rejects.toMatchObject({
      code: 'invalid-archive',
      message: expect.stringMatching(/overlaps another one/),
    });
  });

  test('of members that quote each other in a zip is refused', async () => {
    await expect(inspectSdistZip(bytesInMemory(quoting(5)))).rejects.toMatchObject({
      code: 'invalid-archive',
      message: expect.stringMatching(/overlaps another one/),
    });
  });

  test('in a tar.gz is refused before most of it is read', async () => {
    const header = tarOf([PKG_INFO, { name: 'foo-1.0/a', size: BOMB_SIZE }], { endBlocks: 0 });
    const start = deflateRawSync(header, { finishFlush: 2 });
    const gzip = joinBytes(
      Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3),
      start,
      zeros,
      new Uint8Array(8),
    );
    await expect(inspectSdistTarGz(bytesInMemory(gzip))).rejects.toMatchObject(expanding);
  });

  test('in the padding of a tar.gz is refused', async () => {
    const start = deflateRawSync(tarOf([PKG_INFO]), { finishFlush: 2 });
    const gzip = joinBytes(
      Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3),
      start,
      zeros,
      new Uint8Array(8),
    );
    await expect(inspectSdistTarGz(bytesInMemory(gzip))).rejects.toMatchObject(expanding);
  });
});

describe('what is large but no bomb is accepted', () => {
  test('a zip that expands to less than the bound at a high ratio', async () => {
    const bytes = zipOf([PKG_INFO, { name: 'foo-1.0/a', content: new Uint8Array(8 * MIB) }]);
    expect((await inspectSdistZip(bytesInMemory(bytes))).members.size).toBe(2);
  });

  test('a zip and a tar.gz that expand beyond the bound at a low ratio', async () => {
    const limits = { ...DEFAULT_LIMITS, maxExpandedBytes: 1000 };
    const noise = Uint8Array.from({ length: 300_000 }, (_, index) => (Math.sin(index) * 1e6) & 0xff);
    const members = [PKG_INFO, { name: 'foo-1.0/noise', content: noise }];
    expect((await inspectSdistZip(bytesInMemory(zipOf(members)), limits)).members.size).toBe(2);
    expect((await inspectSdistTarGz(bytesInMemory(gzipOf(tarOf(members))), limits)).members.size).toBe(2);
  });
});

test('a tar.gz that is refused at its beginning is not read to its end', async () => {
  const noise = Uint8Array.from({ length: 4 * MIB }, (_, index) => (Math.sin(index) * 1e6) & 0xff);
  const source = metered(gzipOf(tarOf([{ name: '../evil' }, { name: 'foo-1.0/noise', content: noise }])));
  await expect(inspectSdistTarGz(source)).rejects.toMatchObject({ code: 'invalid-archive' });
  expect(source.bytesRead).toBeLessThan(source.size / 2);
});

test('more entries than are accepted are refused by their declared number', async () => {
  const entries = DEFAULT_LIMITS.maxEntries + 1;
  const bytes = zipOf([PKG_INFO], { zip64: true, end64: { entries, entriesHere: entries } });
  await expect(inspectSdistZip(bytesInMemory(bytes))).rejects.toMatchObject({ value: String(entries) });
});

test('many small members are read in reasonable time', async () => {
  const members = Array.from({ length: 20_000 }, (_, index) => ({ name: `foo-1.0/${index}`, content: 'x' }));
  expect((await inspectSdistZip(bytesInMemory(zipOf([PKG_INFO, ...members])))).members.size).toBe(20_001);
}, 20_000);

/** David Fifield, "A better zip bomb" (2019): all entries of the directory point to one member. */
function overlapping(more: number): Uint8Array {
  const kernel = new Uint8Array(MIB);
  const others: ZipMemberSpec[] = Array.from({ length: more }, (_, index) => ({
    name: `foo-1.0/${index}`,
    content: '',
    central: { start: 0 },
  }));
  return zipOf([{ ...PKG_INFO, content: kernel }, ...others]);
}

/**
 * The same with right headers, sizes and checksums: the data of each member starts with a stored block
 * that quotes the header of the next member, and goes on as the data of that one.
 */
function quoting(count: number): Uint8Array {
  const names = [PKG_INFO.name, ...Array.from({ length: count }, (_, index) => `foo-1.0/${index}`)];
  let next: { content: Uint8Array; packed: Uint8Array; header: Uint8Array } | undefined;
  let specs: (ZipMemberSpec & { readonly packed: Uint8Array })[] = [];
  for (const name of names.toReversed()) {
    const content: Uint8Array = next ? joinBytes(next.header, next.content) : new Uint8Array(1000);
    const packed: Uint8Array = next
      ? joinBytes(storedBlockOf(next.header.length), next.header, next.packed)
      : deflateRawSync(content);
    const header = zipOf([{ name, content, packed }]).slice(0, 30 + name.length);
    next = { content, packed, header };
    specs = [{ name, content, packed }, ...specs];
  }
  const locals = joinBytes(next?.header ?? '', next?.packed ?? '');
  const start = ({ packed, name }: { packed: Uint8Array; name: ZipMemberSpec['name'] }) =>
    locals.length - packed.length - 30 - name.length;
  const apart = zipOf(specs.map((spec) => ({ ...spec, central: { start: start(spec) } })));
  const localsApart = specs.reduce((sum, { packed, name }) => sum + 30 + name.length + packed.length, 0);
  const rest = apart.slice(localsApart);
  new DataView(rest.buffer).setUint32(rest.length - 6, locals.length, true);
  return joinBytes(locals, rest);
}

/** The beginning of a stored block (RFC 1951, 3.2.4) that is not the last. */
function storedBlockOf(length: number): Uint8Array {
  return joinBytes('\0', littleEndian([2, length], [2, 0xffff - length]));
}
