import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fileKey, pageKey, provenanceKey } from '../../../core/keys.ts';
import { normalizeName } from '../../../core/names.ts';
import { reindexFromFiles } from '../../../core/reindex.ts';
import { verify } from '../../../core/verify.ts';
import { DirectoryStore } from '../../../stores/directory.ts';
import { MemoryStore } from '../../../stores/memory.ts';
import type { Store } from '../../../core/store.ts';
import { decode, encode, sha256 } from '../../support/bytes.ts';
import { deleting, losing } from '../../support/commands.ts';
import { buildWheel } from '../../support/distributions.ts';
import { testEnvironment } from '../../support/environment.ts';
import { importing, OldIndex } from '../../support/import-sources.ts';
import { inconsistencies, recordsOf } from '../../support/repository-check.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const FOO = normalizeName('foo');
const foo1 = buildWheel({ name: 'foo', version: '1.0', requiresPython: '>=3.8' });
const PROVENANCE = '{"version":1,"attestation_bundles":[]}\n';
const KEY = provenanceKey(
  fileKey({ project: FOO, filename: foo1.filename, sha256: sha256(foo1.bytes), generation: 1 }),
);

function oldIndex(provenance = PROVENANCE): OldIndex {
  const says = { provenance: 'integrity/foo', uploadTime: '2019-02-03T04:05:06.123456Z' };
  return new OldIndex().offer('foo', { ...foo1, says }).answer('integrity/foo', () => encode(provenance));
}

async function importedInto<T extends Store>(store: T): Promise<T> {
  const { problems, failure } = await importing(testEnvironment(store), oldIndex());
  expect([problems, failure]).toEqual([[], undefined]);
  return store;
}

/** A store, and how its records are lost. */
type Kept = readonly [store: Store, loseRecords: () => Promise<unknown>];

const STORES: readonly (readonly [string, () => Kept])[] = [
  [
    'memory',
    () => {
      const store = new MemoryStore();
      return [store, () => losing('records/')(testEnvironment(store))];
    },
  ],
  [
    'a folder',
    () => {
      const folder = temporaryFolder();
      const lost = [join(folder, 'records'), join(folder, '.wheelstore/versions/records')];
      return [new DirectoryStore(folder), async () => lost.map((path) => rmSync(path, { recursive: true }))];
    },
  ],
];

describe.each(STORES)('Provenance (PEP 740) in %s', (where, newStore) => {
  it('is kept byte for byte, and named by pages', async () => {
    const store = await importedInto(newStore()[0]);
    expect(decode((await store.get(KEY))?.body ?? new Uint8Array())).toBe(PROVENANCE);
    const [record] = await recordsOf(store);
    expect(record?.files[0]?.provenanceSha256).toBe(sha256(encode(PROVENANCE)));
    const json = decode((await store.get(pageKey(FOO, 'index.json')))?.body ?? new Uint8Array());
    expect(JSON.parse(json)).toMatchObject({ files: [{ provenance: `../../${KEY}` }] });
    const html = decode((await store.get(pageKey(FOO, 'index.html')))?.body ?? new Uint8Array());
    expect(html).toContain(` data-provenance="../../${KEY}"`);
    expect(await inconsistencies(store)).toEqual([]);
  });

  it('is missed by verify where it is gone', async () => {
    const store = await importedInto(newStore()[0]);
    expect((await verify(testEnvironment(store), { deep: true })).findings).toEqual([]);
    await store.remove(KEY);
    const { findings } = await verify(testEnvironment(store), { deep: false });
    expect(findings.map(({ kind, key }) => [kind, key])).toEqual([['missing-provenance', KEY]]);
  });

  it('goes with its file', async () => {
    const store = await importedInto(newStore()[0]);
    await deleting('foo', '1.0')(testEnvironment(store));
    expect(await store.head(KEY)).toBeUndefined();
    expect(await inconsistencies(store)).toEqual([]);
  });

  it('is in a record again that was lost, with the upload time where the store keeps notes', async () => {
    const [store, loseRecords] = newStore();
    await importedInto(store);
    const [before] = await recordsOf(store);
    await loseRecords();
    const { problems } = await reindexFromFiles(testEnvironment(store), { dryRun: false });
    expect(problems).toEqual([]);
    const [after] = await recordsOf(store);
    const [file, noted] = [after?.files[0], before?.files[0]];
    expect(file?.provenanceSha256).toBe(noted?.provenanceSha256);
    expect(file).toEqual(where === 'memory' ? noted : { ...noted, uploadTime: file?.uploadTime });
    expect(await inconsistencies(store)).toEqual([]);
  });

  it('is not in a record again where it is gone', async () => {
    const [store, loseRecords] = newStore();
    await importedInto(store);
    await loseRecords();
    await store.remove(KEY);
    await reindexFromFiles(testEnvironment(store), { dryRun: false });
    const [after] = await recordsOf(store);
    expect(after?.files).toHaveLength(1);
    expect(after?.files[0]?.provenanceSha256).toBeUndefined();
    expect(await inconsistencies(store)).toEqual([]);
  });
});

describe('Provenance that is none', () => {
  it.each(['<html>', '', '{"version":1'])('is a problem of its file: %j', async (text) => {
    const store = new MemoryStore();
    const { problems, imported } = await importing(testEnvironment(store), oldIndex(text));
    expect([imported, problems.map(({ code, value }) => [code, value])]).toEqual([
      [],
      [['corrupt-file', foo1.filename]],
    ]);
    expect(await recordsOf(store)).toEqual([]);
  });
});
