import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ArchiveContents } from '../../../core/archive/archive.ts';
import { inspectSdistTarGz, inspectSdistZip } from '../../../core/archive/sdist.ts';
import { inspectWheel } from '../../../core/archive/wheel.ts';
import { type ByteSource, bytesInMemory } from '../../../core/bytes.ts';
import { WheelstoreError } from '../../../core/errors.ts';
import { bytesOf, gzipOf, joinBytes, tarOf, zipOf } from '../../support/archives.ts';
import { buildSdist, buildWheel } from '../../support/distributions.ts';

type Inspect = (source: ByteSource) => Promise<ArchiveContents>;

const spec = { name: 'foo', version: '1.0', files: { 'foo/data.bin': 'abcabcabc'.repeat(40) } };
const wheel = buildWheel(spec).bytes;
const streamed = zipOf(
  [
    { name: 'foo-1.0/PKG-INFO', content: 'Name: foo', descriptor: 'signed', zip64: true },
    { name: 'foo-1.0/a', content: 'a'.repeat(300), descriptor: 'plain', method: 0 },
  ],
  { zip64: true, comment: 'comment' },
);
const extended = gzipOf(
  tarOf([
    { name: './foo-1.0/PKG-INFO', content: 'Name: foo', pax: { mtime: '1.5', size: '9' } },
    { name: 'L', type: 'L', content: `foo-1.0/${'x'.repeat(120)}\0`, magic: 'ustar  \0' },
    { name: 'x', content: 'abc', magic: 'ustar  \0' },
    { name: 'foo-1.0/link', type: '2', linkName: 'PKG-INFO' },
  ]),
);

const archives: [string, Inspect, Uint8Array][] = [
  ['a wheel', inspectWheel, wheel],
  ['a tar.gz sdist', inspectSdistTarGz, buildSdist(spec).bytes],
  ['a zip sdist', inspectSdistZip, buildSdist({ ...spec, format: 'zip' }).bytes],
  ['a streamed zip with ZIP64', inspectSdistZip, streamed],
  ['a tar.gz with extension headers', inspectSdistTarGz, extended],
];

/** The contents, or undefined where the archive is refused as it should be. */
async function tryInspect(inspect: Inspect, bytes: Uint8Array): Promise<ArchiveContents | undefined> {
  try {
    return await inspect(bytesInMemory(bytes));
  } catch (error) {
    expect(error).toBeInstanceOf(WheelstoreError);
    expect((error as WheelstoreError).code).toBe('invalid-archive');
    return undefined;
  }
}

describe.each(archives)('%s', (_, inspect, bytes) => {
  test('is accepted', async () => {
    expect(await tryInspect(inspect, bytes)).toBeDefined();
  });

  test('is refused when it is cut off anywhere', async () => {
    for (let end = 0; end < bytes.length; end++) {
      expect(await tryInspect(inspect, bytes.slice(0, end)), `cut at ${end}`).toBeUndefined();
    }
  });

  test('is refused with anything behind it', async () => {
    const tail = fc.uint8Array({ minLength: 1, maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(tail, async (more) => {
        expect(await tryInspect(inspect, joinBytes(bytes, more))).toBeUndefined();
      }),
    );
  });

  test('is the same or refused when any one byte is another', async () => {
    const right = await inspect(bytesInMemory(bytes));
    const anywhere = fc.tuple(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }));
    await fc.assert(
      fc.asyncProperty(anywhere, async ([at, flip]) => {
        const contents = await tryInspect(inspect, bytes.with(at, (bytes[at] ?? 0) ^ flip));
        if (contents) expect(contents).toEqual(right);
      }),
      { numRuns: 1500 },
    );
  });

  test('is refused with no other error when a part of it is something else', async () => {
    const change = fc.tuple(fc.nat(bytes.length - 1), fc.uint8Array({ minLength: 1, maxLength: 16 }));
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
        const changed = bytes.slice();
        for (const [at, part] of changes) changed.set(part.subarray(0, bytes.length - at), at);
        await tryInspect(inspect, changed);
      }),
      { numRuns: 500 },
    );
  });
});

test('random bytes are refused by all', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 2000 }), async (bytes) => {
      for (const [, inspect] of archives) expect(await tryInspect(inspect, bytes)).toBeUndefined();
    }),
  );
});

test('a tar with any one byte of a header changed is read or refused, without the help of a checksum', async () => {
  const members = [
    { name: 'foo-1.0/PKG-INFO', content: 'Name: foo' },
    { name: 'foo-1.0/link', type: '2', linkName: 'PKG-INFO' },
  ];
  const edit = fc.tuple(fc.constantFrom(0, 1), fc.nat(511), fc.nat(255));
  await fc.assert(
    fc.asyncProperty(edit, async ([index, at, value]) => {
      const changed = members.map((member, place) =>
        place === index
          ? { ...member, edit: (header: Uint8Array) => header.fill(value, at, at + 1) }
          : member,
      );
      await tryInspect(inspectSdistTarGz, gzipOf(tarOf(changed)));
    }),
    { numRuns: 1000 },
  );
});

test('any set of members survives in every format', async () => {
  const segment = fc.stringMatching(/^[A-Za-z0-9_ ü漢",=+-]{1,30}$/);
  const path = fc.array(segment, { minLength: 1, maxLength: 8 }).map((parts) => `pkg/${parts.join('/')}.x`);
  const files = fc.dictionary(path, fc.uint8Array({ maxLength: 2000 }), { maxKeys: 8 });
  await fc.assert(
    fc.asyncProperty(files, async (members) => {
      const built = { name: 'foo', version: '1.0', metadata: 'Name: foo\n', files: members };
      const inWheel = await inspectWheel(bytesInMemory(buildWheel(built).bytes));
      const inZip = await inspectSdistZip(bytesInMemory(buildSdist({ ...built, format: 'zip' }).bytes));
      for (const name of Object.keys(members)) {
        expect(inWheel.members).toContain(name);
        expect(inZip.members).toContain(`foo-1.0/${name}`);
      }
      const tar = tarOf([
        { name: 'foo-1.0/PKG-INFO', content: 'Name: foo\n' },
        ...Object.entries(members).map(([name, content]) => ({
          name: 'replaced',
          content,
          pax: { path: `foo-1.0/${name}` },
        })),
      ]);
      const inTar = await inspectSdistTarGz(bytesInMemory(gzipOf(tar)));
      for (const name of Object.keys(members)) expect(inTar.members).toContain(`foo-1.0/${name}`);
      for (const contents of [inWheel, inZip, inTar])
        expect(contents.metadata).toEqual(bytesOf('Name: foo\n'));
    }),
  );
});

test('no file is both a zip and a tar.gz', async () => {
  const zip = buildSdist({ ...spec, format: 'zip' }).bytes;
  const tar = buildSdist(spec).bytes;
  const inComment = zipOf([{ name: 'foo-1.0/PKG-INFO' }], { comment: tar });
  for (const both of [joinBytes(zip, tar), joinBytes(tar, zip), inComment]) {
    const read = [await tryInspect(inspectSdistZip, both), await tryInspect(inspectSdistTarGz, both)];
    expect(read.filter((contents) => contents !== undefined).length).toBeLessThan(2);
  }
  // A zip in the extra field of a gzip header is at the start of neither; Python finds it all the same.
  const header = joinBytes(
    Uint8Array.of(0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 3, zip.length & 0xff, zip.length >> 8),
  );
  const inExtra = joinBytes(header, zip, tar.subarray(10));
  expect(await tryInspect(inspectSdistTarGz, inExtra)).toBeUndefined();
  expect(await tryInspect(inspectSdistZip, inExtra)).toBeUndefined();
});
