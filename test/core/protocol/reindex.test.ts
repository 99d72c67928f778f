import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { bytesInMemory } from '../../../core/bytes.ts';
import { WheelstoreError } from '../../../core/errors.ts';
import { fileKey, metadataKey, recordKey, REPRESENTATIONS } from '../../../core/keys.ts';
import { normalizeName, type NormalizedName } from '../../../core/names.ts';
import { parseRecord, type ProjectRecord } from '../../../core/record.ts';
import { reindex, reindexFromFiles } from '../../../core/reindex.ts';
import { verify } from '../../../core/verify.ts';
import { DirectoryStore } from '../../../stores/directory.ts';
import { MemoryStore } from '../../../stores/memory.ts';
import type { Store } from '../../../core/store.ts';
import { HEADERS, newObject, sha256 } from '../../support/bytes.ts';
import {
  deleting,
  losing,
  publishing,
  reindexing,
  reindexingFromFiles,
  sdist,
  settingStatus,
  wheel,
  yanking,
} from '../../support/commands.ts';
import { buildSdist, buildWheel, type BuiltFile } from '../../support/distributions.ts';
import { testEnvironment } from '../../support/environment.ts';
import { InterceptedStore } from '../../support/intercepted-store.ts';
import { inconsistencies, pageSerials } from '../../support/repository-check.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const FOO = normalizeName('foo');

let store: MemoryStore;

beforeEach(() => {
  store = new MemoryStore();
});

async function recordOf(name: string, of: Store = store): Promise<ProjectRecord> {
  const project = normalizeName(name);
  const object = await of.get(recordKey(project));
  return parseRecord(object?.body ?? new Uint8Array(), project, recordKey(project));
}

async function keysOf(prefix: string, of: Store = store): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of of.list(prefix)) keys.push(key);
  return keys.sort();
}

async function loseRecords(): Promise<void> {
  for (const key of await keysOf('records/')) await store.remove(key);
}

describe('rebuilding the pages', () => {
  it('makes every page and the project list again, and no others', async () => {
    const environment = testEnvironment(store);
    await publishing([await wheel('foo', '1.0'), await wheel('bar', '1.0')])(environment);
    const pages = await keysOf('simple/');
    for (const key of pages) await store.remove(key);
    expect(await reindex(environment)).toMatchObject({ projects: 2, problems: [] });
    expect(await keysOf('simple/')).toEqual(pages);
    expect(await inconsistencies(store)).toEqual([]);
  });

  it('writes nothing where every page is as it must be', async () => {
    await publishing([await wheel('foo', '1.0')])(testEnvironment(store));
    const writes: string[] = [];
    const watched = new InterceptedStore(store, async ({ name, key }, proceed) => {
      if (name === 'replace' || name === 'create' || name === 'remove') writes.push(key);
      return proceed();
    });
    await reindexing()(testEnvironment(watched));
    expect(writes).toEqual([]);
  });

  it('does what an interrupted command has left undone for the project list', async () => {
    const environment = testEnvironment(store);
    await publishing([await wheel('foo', '1.0')])(environment);
    const { etag } = (await store.get(recordKey(FOO))) ?? {};
    const behind = { format: 1, ...(await recordOf('foo')), listPending: 'added' };
    await store.replace(recordKey(FOO), new TextEncoder().encode(JSON.stringify(behind)), etag, HEADERS);
    await store.remove('simple/index.html');
    await reindexing()(environment);
    expect(await inconsistencies(store)).toEqual([]);
  });

  it('goes on past a record that is damaged, and tells it', async () => {
    const environment = testEnvironment(store);
    await publishing([await wheel('foo', '1.0'), await wheel('bar', '1.0')])(environment);
    await store.remove(recordKey(FOO));
    await store.replace(recordKey(FOO), new TextEncoder().encode('x'), undefined, HEADERS);
    await store.remove('simple/bar/index.html');
    const { problems } = await reindex(environment);
    expect(problems).toMatchObject([{ code: 'corrupt-record', value: recordKey(FOO) }]);
    expect(await store.head('simple/bar/index.html')).toBeDefined();
    expect((await store.get(recordKey(FOO)))?.body).toEqual(new TextEncoder().encode('x'));
  });

  it('refuses to make a project list that forgets the projects whose records are lost', async () => {
    const environment = testEnvironment(store);
    await publishing([await wheel('foo', '1.0')])(environment);
    const list = await store.get('simple/index.json');
    await loseRecords();
    await expect(reindex(environment)).rejects.toMatchObject({ code: 'corrupt-record', value: 'foo' });
    expect(await store.get('simple/index.json')).toEqual(list);
    // The pages of the project say so as well.
    await store.remove('simple/index.json');
    await expect(reindex(environment)).rejects.toMatchObject({ code: 'corrupt-record', value: 'foo' });
  });
});

describe('settings that are lost or older than the records', () => {
  it.each([reindexing, reindexingFromFiles])('hide a quarantined project again after %o', async (command) => {
    const environment = testEnvironment(store);
    await publishing([await wheel('foo', '1.0'), await wheel('bar', '1.0')])(environment);
    await settingStatus('foo', 'quarantined')(environment);
    await store.remove('repository.json');
    await command()(environment);
    expect(await inconsistencies(store)).toEqual([]);
    expect((await verify(environment, { deep: true })).findings).toEqual([]);
  });
});

describe('making records again from files', () => {
  it('gives the same records, but for yanks and deletions', async () => {
    const environment = testEnvironment(store);
    const [foo1, foo2, bar1] = await Promise.all([
      wheel('foo', '1.0'),
      sdist('foo', '2.0'),
      wheel('bar', '1.0+local'),
    ]);
    await publishing([foo1, foo2, bar1])(environment);
    await yanking('foo', '1.0', 'broken')(environment);
    const before = await recordOf('foo');
    const bar = await recordOf('bar');
    await loseRecords();
    const { restored } = await reindexFromFiles(environment, { dryRun: false });
    expect([...restored.keys()].sort()).toEqual(['bar', 'foo']);
    const after = await recordOf('foo');
    expect(after.files).toEqual(before.files.map((file) => ({ ...file, yanked: false })));
    expect((await recordOf('bar')).files).toEqual(bar.files);
    expect(await inconsistencies(store)).toEqual([]);
  });

  it.each([
    ['every page is there', []],
    ['the page in JSON is lost', ['simple/foo/index.json']],
    ['only one page is left', REPRESENTATIONS.slice(1).map((name) => `simple/foo/${name}`)],
  ])('never takes a page back to an earlier serial where %s', async (_title, lost) => {
    const environment = testEnvironment(store);
    await publishing([await wheel('foo', '1.0')])(environment);
    await publishing([await wheel('foo', '2.0')])(environment);
    await loseRecords();
    for (const key of lost) await store.remove(key);
    const before = await pageSerials(store);
    await reindexingFromFiles()(environment);
    for (const [key, serial] of await pageSerials(store)) {
      if (key.startsWith('simple/foo/')) expect(serial).toBeGreaterThan(before.get(key) ?? 2);
    }
  });

  it('does it from the archives where the store keeps no facts, as a folder', async () => {
    const folder = temporaryFolder();
    const inFolder = new DirectoryStore(folder);
    const environment = testEnvironment(inFolder);
    await publishing([await wheel('foo', '1.0'), await sdist('foo', '1.0')])(environment);
    const before = await recordOf('foo', inFolder);
    // As a backup without them would have it.
    await rm(join(folder, 'records'), { recursive: true });
    await rm(join(folder, '.wheelstore'), { recursive: true });
    await reindexingFromFiles()(environment);
    expect((await recordOf('foo', inFolder)).files).toEqual(before.files);
    expect(await inconsistencies(inFolder)).toEqual([]);
  });

  it('makes metadata files again that were lost as well', async () => {
    const environment = testEnvironment(store);
    await publishing([await wheel('foo', '1.0')])(environment);
    const before = await recordOf('foo');
    await loseRecords();
    for (const key of await keysOf('files/')) if (key.endsWith('.metadata')) await store.remove(key);
    await reindexingFromFiles()(environment);
    expect((await recordOf('foo')).files).toEqual(before.files);
    expect(await inconsistencies(store)).toEqual([]);
  });

  it('adds to a record that was made after the loss what it does not name', async () => {
    const environment = testEnvironment(store);
    await publishing([await wheel('foo', '1.0'), await wheel('foo', '1.1')])(environment);
    await loseRecords();
    await losing('simple/')(environment);
    await publishing([await wheel('foo', '2.0')])(environment);
    await yanking('foo', '2.0', 'too early')(environment);
    await reindexingFromFiles()(environment);
    const { files } = await recordOf('foo');
    expect(files.map(({ version, yanked }) => [version, yanked])).toEqual([
      ['1.0', false],
      ['1.1', false],
      ['2.0', 'too early'],
    ]);
    expect(await inconsistencies(store)).toEqual([]);
  });

  it('gives what it adds to a release the yank of the release', async () => {
    const environment = testEnvironment(store);
    await publishing([await wheel('foo', '1.0')])(environment);
    await yanking('foo', '1.0', 'malware')(environment);
    await putFile(buildSdist({ name: 'foo', version: '1.0' }), FOO);
    await reindexingFromFiles()(environment);
    expect((await recordOf('foo')).files.map(({ yanked }) => yanked)).toEqual(['malware', 'malware']);
  });

  it.each(['archived', 'quarantined'] as const)('adds nothing to a project that is %s', async (status) => {
    const environment = testEnvironment(store);
    await publishing([await wheel('foo', '1.0')])(environment);
    await settingStatus('foo', status)(environment);
    await putFile(buildWheel({ name: 'foo', version: '2.0' }), FOO);
    const record = await recordOf('foo');
    await reindexingFromFiles()(environment);
    expect(await recordOf('foo')).toEqual(record);
  });

  it('adds nothing to a release that was deleted, under whatever filename', async () => {
    const environment = testEnvironment(store);
    await publishing([await wheel('foo', '1.0'), await wheel('foo', '2.0')])(environment);
    await deleting('foo', '1.0')(environment);
    await putFile(buildSdist({ name: 'foo', version: '1.0.0' }), FOO);
    const record = await recordOf('foo');
    await reindexingFromFiles()(environment);
    expect(await recordOf('foo')).toEqual(record);
  });

  it('leaves deleted what a record says was deleted, though its bytes are there', async () => {
    const environment = testEnvironment(store);
    await publishing([await wheel('foo', '1.0'), await wheel('foo', '2.0')])(environment);
    const { files } = await recordOf('foo');
    await deleting('foo', '1.0')(environment);
    const [deleted] = files;
    if (deleted === undefined) throw new Error('absent');
    // The deletion was interrupted; and an uploader of other bytes under that name, too.
    await store.create(fileKey({ project: FOO, ...deleted }), newObject('bytes'));
    await putFile(buildWheel({ name: 'foo', version: '1.0', files: { 'x.txt': 'other' } }), FOO);
    const record = await recordOf('foo');
    const { restored } = await reindexFromFiles(environment, { dryRun: false });
    expect(restored.size).toBe(0);
    expect(await recordOf('foo')).toEqual(record);
  });

  it('lets a published filename have the bytes it has, and takes the last of several otherwise', async () => {
    let seconds = 0;
    store = new MemoryStore(() => new Date(Date.UTC(2026, 0, 1, 0, 0, seconds++)));
    const environment = testEnvironment(store);
    await publishing([await wheel('foo', '1.0')])(environment);
    const published = await recordOf('foo');
    await putFile(buildWheel({ name: 'foo', version: '1.0', files: { 'x.txt': '1' } }), FOO);
    const last = await putFile(buildWheel({ name: 'foo', version: '1.0', files: { 'x.txt': '2' } }), FOO);
    await reindexingFromFiles()(environment);
    expect((await recordOf('foo')).files).toEqual(published.files);
    await loseRecords();
    await reindexingFromFiles()(environment);
    expect((await recordOf('foo')).files.map((file) => fileKey({ project: FOO, ...file }))).toEqual([last]);
  });

  it('writes nothing with dryRun, and tells the same', async () => {
    const environment = testEnvironment(store);
    await publishing([await wheel('foo', '1.0')])(environment);
    await loseRecords();
    for (const key of await keysOf('files/')) if (key.endsWith('.metadata')) await store.remove(key);
    const before = await keysOf('');
    const { restored } = await reindexFromFiles(environment, { dryRun: true });
    expect(restored.get(FOO)?.map(({ filename }) => filename)).toEqual(['foo-1.0-py3-none-any.whl']);
    expect(await keysOf('')).toEqual(before);
  });

  it('keeps a quarantined project quarantined', async () => {
    const environment = testEnvironment(store);
    await publishing([await wheel('foo', '1.0')])(environment);
    await settingStatus('foo', 'quarantined')(environment);
    await loseRecords();
    await reindexingFromFiles()(environment);
    expect(await recordOf('foo')).toMatchObject({ status: { status: 'quarantined' } });
    expect(await inconsistencies(store)).toEqual([]);
  });

  it.each([
    ['every page', []],
    ['pages but for the one in JSON', ['simple/foo/index.json']],
    ['its name on the project list', REPRESENTATIONS.map((name) => `simple/foo/${name}`)],
  ])('keeps a project of which every file was deleted, and %s is left', async (_title, lost) => {
    const environment = testEnvironment(store);
    await publishing([await wheel('foo', '1.0')])(environment);
    await deleting('foo', '1.0')(environment);
    await loseRecords();
    for (const key of lost) await store.remove(key);
    await reindexingFromFiles()(environment);
    expect(await recordOf('foo')).toMatchObject({ files: [] });
    expect((await verify(environment, { deep: true })).findings).toEqual([]);
  });

  it('takes what stands beside a file only for what can be true of it', async () => {
    const environment = testEnvironment(store);
    const built = buildWheel({ name: 'foo', version: '1.0', requiresPython: '>=3.8' });
    const lies: Readonly<Record<string, string>>[] = [
      { version: '2.0' },
      { version: '1.0.0' },
      { version: '1.0', 'requires-python': 'rm -rf' },
      { version: '<script>' },
      { version: '1.0', 'metadata-sha256': 'none' },
      { version: '1.0', 'metadata-sha256': '0'.repeat(64) },
    ];
    for (const metadata of lies) {
      const key = await putFile(built, FOO, metadata);
      await reindexingFromFiles()(environment);
      expect((await recordOf('foo')).files).toMatchObject([{ version: '1.0', requiresPython: '>=3.8' }]);
      await loseRecords();
      await store.remove(key);
      await store.remove(metadataKey(key));
    }
  });

  it('publishes no metadata but that of the file, whatever lies beside it', async () => {
    const environment = testEnvironment(store);
    await publishing([await wheel('foo', '1.0'), await sdist('foo', '2.0')])(environment);
    await loseRecords();
    for (const key of await keysOf('files/')) {
      if (!key.endsWith('.metadata')) continue;
      await store.remove(key);
      await store.create(key, newObject('Metadata-Version: 2.1\nName: foo\nRequires-Dist: evil\n'));
    }
    const { restored, problems } = await reindexFromFiles(environment, { dryRun: false });
    expect(restored.size).toBe(0);
    expect(problems.map(({ code }) => code)).toEqual(['corrupt-file', 'corrupt-file']);
  });

  it('waits for no publisher to put the metadata of an sdist there, and loses none', async () => {
    const file = await sdist('foo', '1.0');
    const publisher = new InterceptedStore(store, async ({ name, key }, proceed) => {
      if (name !== 'create' || !key.endsWith('.metadata')) return proceed();
      // The sdist is there, its metadata is not yet, and someone rebuilds the records.
      while ((await keysOf('files/')).length === 0) await new Promise((resolve) => setImmediate(resolve));
      await reindexingFromFiles()(testEnvironment(store));
      return proceed();
    });
    await publishing([file])(testEnvironment(publisher));
    expect((await recordOf('foo')).files).toMatchObject([{ metadataSha256: file.metadata?.sha256 }]);
    expect(await inconsistencies(store)).toEqual([]);
  });

  it('leaves out what is no distribution, or not the one that its key says, and tells it', async () => {
    const environment = testEnvironment(store);
    await publishing([await wheel('foo', '1.0')])(environment);
    await loseRecords();
    const fooWheel = buildWheel({ name: 'foo', version: '3.0' });
    const misplaced = await putFile(fooWheel, normalizeName('bar'));
    const wrongHash = `files/foo/0123456789abcdef/${fooWheel.filename}`;
    await store.create(wrongHash, newObject('x'));
    const noZip = await putFile({ filename: fooWheel.filename, bytes: new Uint8Array(100) }, FOO);
    const noName = await putFile({ filename: 'README', bytes: new Uint8Array(1) }, FOO);
    const { restored, problems } = await reindexFromFiles(environment, { dryRun: false });
    expect([...restored.values()].flat().map(({ filename }) => filename)).toEqual([
      'foo-1.0-py3-none-any.whl',
    ]);
    expect(problems.map(({ code }) => code).sort()).toEqual([
      'corrupt-file',
      'corrupt-file',
      'invalid-archive',
      'unsupported-format',
    ]);
    const { findings } = await verify(environment, { deep: true });
    expect(findings.map(({ key }) => key)).toEqual([misplaced, wrongHash, noZip, noName].sort());
  });

  it('stops where the store fails, with no record half made', async () => {
    const environment = testEnvironment(store);
    await publishing([await sdist('foo', '1.0'), await wheel('foo', '2.0')])(environment);
    await loseRecords();
    const failing = new InterceptedStore(store, async ({ name, key }, proceed) => {
      if (name === 'head' && key.endsWith('foo-1.0.tar.gz')) throw new WheelstoreError('access-denied', 'no');
      return proceed();
    });
    await expect(reindexingFromFiles()(testEnvironment(failing))).rejects.toMatchObject({
      code: 'access-denied',
    });
    expect(await keysOf('records/')).toEqual([]);
  });
});

/** Puts a file where it belongs, as another program may do it. */
async function putFile(
  { filename, bytes }: BuiltFile,
  project: NormalizedName,
  metadata: Readonly<Record<string, string>> = {},
): Promise<string> {
  const digest = sha256(bytes);
  const key = fileKey({ project, filename, sha256: digest, generation: 1 });
  const headers = { ...HEADERS, metadata };
  await store.create(key, { source: bytesInMemory(bytes), sha256: digest, headers });
  return key;
}
