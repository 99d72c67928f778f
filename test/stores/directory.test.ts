import { spawn } from 'node:child_process';
import { link, mkdir, mkdtemp, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { DirectoryStore } from '../../stores/directory.ts';
import { decode, encode, HEADERS, newObject, readAll } from '../support/bytes.ts';
import { describeStore } from './contract.ts';

const PAGE = 'simple/foo/index.html';
const VERSIONS = '.wheelstore/versions';
const folders: string[] = [];

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'wheelstore-test-'));
  folders.push(folder);
  return folder;
}

afterAll(async () => {
  await Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true })));
});

const roots = new WeakMap<object, string>();

/** So that there are versions beside the visible file, which is all there is of an object that was written once. */
async function writeTwice(
  store: DirectoryStore,
  key: string,
  [first, second]: [string, string],
): Promise<void> {
  const outcome = await store.replace(key, encode(first), undefined, HEADERS);
  const etag = outcome.outcome === 'written' ? outcome.etag : 'not written';
  expect((await store.replace(key, encode(second), etag, HEADERS)).outcome).toBe('written');
}

describe('the directory store', () => {
  describeStore(
    async () => {
      const root = join(await newFolder(), 'not', 'there', 'yet');
      const store = new DirectoryStore(root);
      roots.set(store, root);
      return store;
    },
    // As another process has it: nothing in common but the folder.
    (store) => new DirectoryStore(roots.get(store) ?? ''),
  );

  it.each([
    '../outside',
    'simple/../../outside',
    '/etc/passwd',
    'simple//foo',
    'simple/./foo',
    'simple/foo/',
    'simple\\foo',
    'C:/outside',
    'simple/foo\0bar',
    'simple/foo\nbar',
    '.wheelstore/versions/x',
    '',
    `files/${'x'.repeat(256)}`,
  ])('refuses the key %j', async (key) => {
    const root = await newFolder();
    const store = new DirectoryStore(join(root, 'store'));
    const refusal = { code: 'invalid-key' };
    await expect(store.get(key)).rejects.toMatchObject(refusal);
    await expect(store.open(key)).rejects.toMatchObject(refusal);
    await expect(store.replace(key, encode('x'), undefined, HEADERS)).rejects.toMatchObject(refusal);
    await expect(store.create(key, newObject('x'))).rejects.toMatchObject(refusal);
    await expect(store.remove(key)).rejects.toMatchObject(refusal);
    expect(await readdir(root)).toEqual([]);
  });

  it('follows no symbolic link out of the repository', async () => {
    const root = await newFolder();
    const outside = await newFolder();
    await writeFile(join(outside, 'secret'), 'secret');
    await symlink(outside, join(root, 'files'));
    const store = new DirectoryStore(root);
    await expect(store.open('files/secret')).rejects.toMatchObject({ code: 'invalid-key' });
    await expect(store.create('files/new', newObject('x'))).rejects.toMatchObject({ code: 'invalid-key' });
    expect(await readdir(outside)).toEqual(['secret']);
  });

  it('gives no ETag twice, also where an old content comes back', async () => {
    const store = new DirectoryStore(await newFolder());
    const etags = new Set<string>();
    let etag: string | undefined;
    for (const text of ['a', 'b', 'a', 'b', 'a', 'b', 'a', 'b', 'a', 'b', 'a', 'b']) {
      const outcome = await store.replace(PAGE, encode(text), etag, HEADERS);
      etag = outcome.outcome === 'written' ? outcome.etag : undefined;
      etags.add(etag ?? '');
    }
    expect(etags.size).toBe(12);
  });

  it('takes what was copied into the folder by hand as the first version', async () => {
    const root = await newFolder();
    await mkdir(join(root, 'simple/foo'), { recursive: true });
    await writeFile(join(root, PAGE), 'copied');
    const store = new DirectoryStore(root);
    const found = await store.get(PAGE);
    expect(decode(found?.body ?? new Uint8Array())).toBe('copied');
    const replaced = await store.replace(PAGE, encode('new'), found?.etag, HEADERS);
    expect(replaced.outcome).toBe('written');
    expect(await readFile(join(root, PAGE), 'utf8')).toBe('new');
  });

  it('shows the newest version where a writer was killed before the visible file was there', async () => {
    const root = await newFolder();
    const store = new DirectoryStore(root);
    await store.replace(PAGE, encode('one'), undefined, HEADERS);
    // As if killed right after the commit: version 1 is there, the visible file is still the one before.
    await writeFile(join(root, 'two'), 'two');
    await mkdir(join(root, VERSIONS, PAGE), { recursive: true });
    await link(join(root, 'two'), join(root, VERSIONS, PAGE, '1'));
    const object = await store.open(PAGE);
    expect(object && decode(await readAll(object))).toBe('two');
    expect(decode((await store.get(PAGE))?.body ?? new Uint8Array())).toBe('two');
    expect(await readFile(join(root, PAGE), 'utf8')).toBe('two');
  });

  it('lists an object whose visible file was lost', async () => {
    const root = await newFolder();
    const store = new DirectoryStore(root);
    await writeTwice(store, 'records/default/foo.json', ['zero', 'one']);
    await rm(join(root, 'records'), { recursive: true });
    const keys: string[] = [];
    for await (const { key } of store.list('records/default/')) keys.push(key);
    expect(keys).toEqual(['records/default/foo.json']);
  });

  it('reports a lost race to a writer that slept while its version number was used and cleared away', async () => {
    const root = await newFolder();
    const store = new DirectoryStore(root);
    let etag: string | undefined;
    for (let i = 0; i < 12; i++) {
      const outcome = await store.replace(PAGE, encode(`version ${i}`), etag, HEADERS);
      if (outcome.outcome === 'written') etag = outcome.etag;
    }
    const { Layout } = await import('../../stores/directory/layout.ts');
    const { Versions } = await import('../../stores/directory/versions.ts');
    await writeFile(join(root, 'late'), 'late');
    // It has read version 1, and makes version 2, which was there once.
    const isCommitted = await new Versions(new Layout(root)).commit(PAGE, 2, join(root, 'late'));
    expect(isCommitted).toBe(false);
    expect(decode((await store.get(PAGE))?.body ?? new Uint8Array())).toBe('version 11');
    expect((await store.replace(PAGE, encode('next'), etag, HEADERS)).outcome).toBe('written');
  });

  it('keeps few old versions, and clears away what killed writers left', async () => {
    const root = await newFolder();
    const abandoned = join(root, '.wheelstore/tmp', randomUUID());
    await mkdir(join(root, '.wheelstore/tmp'), { recursive: true });
    await writeFile(abandoned, 'half');
    await writeFile(join(root, '.wheelstore/tmp/fresh'), 'being written');
    await utimes(abandoned, 0, 0);
    // Some systems put folders of their own everywhere.
    await mkdir(join(root, '.wheelstore/tmp/@eaDir'));
    await utimes(join(root, '.wheelstore/tmp/@eaDir'), 0, 0);
    const store = new DirectoryStore(root);
    let etag: string | undefined;
    for (let i = 0; i < 20; i++) {
      const outcome = await store.replace(PAGE, encode(`version ${i}`), etag, HEADERS);
      if (outcome.outcome === 'written') etag = outcome.etag;
    }
    expect((await readdir(join(root, VERSIONS, PAGE))).length).toBeLessThanOrEqual(8);
    expect((await readdir(join(root, '.wheelstore/tmp'))).sort()).toEqual(['@eaDir', 'fresh']);
  });

  it('takes only a missing file for a missing object', async () => {
    const root = await newFolder();
    const store = new DirectoryStore(root);
    await mkdir(join(root, 'records/default/foo.json'), { recursive: true });
    await writeFile(join(root, 'simple'), 'no folder');
    for (const key of ['records/default/foo.json', PAGE]) {
      await expect(store.get(key)).rejects.toMatchObject({ name: 'WheelstoreError' });
      await expect(store.head(key)).rejects.toMatchObject({ name: 'WheelstoreError' });
      const write = store.replace(key, encode('x'), undefined, HEADERS);
      await expect(write).rejects.toMatchObject({ name: 'WheelstoreError' });
    }
    expect(await new DirectoryStore(root).get('records/default/bar.json')).toBeUndefined();
  });

  it('reads the newest version where the visible file cannot be mended', async () => {
    const root = await newFolder();
    const store = new DirectoryStore(root);
    await writeTwice(store, PAGE, ['zero', 'one']);
    await rm(join(root, PAGE));
    await mkdir(join(root, PAGE, 'in the way'), { recursive: true });
    expect(decode((await store.get(PAGE))?.body ?? new Uint8Array())).toBe('one');
    // A writer asks for this, and must not believe that everyone sees the page.
    await expect(store.head(PAGE)).rejects.toMatchObject({ code: 'unwritable' });
  });

  it('mends the visible file in a copy that has lost its empty folders', async () => {
    const root = await newFolder();
    const store = new DirectoryStore(root);
    await writeTwice(store, PAGE, ['zero', 'one']);
    await rm(join(root, '.wheelstore/tmp'), { recursive: true });
    await rm(join(root, 'simple'), { recursive: true });
    expect(decode((await store.get(PAGE))?.body ?? new Uint8Array())).toBe('one');
    expect(await readFile(join(root, PAGE), 'utf8')).toBe('one');
  });

  it('gives up where a version is a broken link', async () => {
    const root = await newFolder();
    const store = new DirectoryStore(root);
    await writeTwice(store, PAGE, ['zero', 'one']);
    await symlink('/nonexistent', join(root, VERSIONS, PAGE, '2'));
    await expect(store.open(PAGE)).rejects.toMatchObject({ code: 'unreadable' });
  });

  it('never shows a reader of the plain files half a page', async () => {
    const root = await newFolder();
    const store = new DirectoryStore(root);
    const texts = ['a', 'b'].map((letter) => letter.repeat(300_000));
    let etag: string | undefined;
    let isDone = false;
    const writer = (async () => {
      for (let i = 0; i < 40; i++) {
        const outcome = await store.replace(PAGE, encode(texts[i % 2] ?? ''), etag, HEADERS);
        if (outcome.outcome === 'written') etag = outcome.etag;
      }
      isDone = true;
    })();
    let reads = 0;
    while (!isDone) {
      const text = await readFile(join(root, PAGE), 'utf8').catch(() => undefined);
      if (text === undefined) continue;
      expect(texts.includes(text)).toBe(true);
      reads++;
    }
    await writer;
    expect(reads).toBeGreaterThan(0);
  });
});

describe('processes that share a folder', () => {
  const script = fileURLToPath(new URL('counter-process.ts', import.meta.url));
  const start = (root: string, times: number) =>
    spawn(process.execPath, ['--import', 'tsx', script, root, PAGE, String(times)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
  const ended = (child: ReturnType<typeof start>) =>
    new Promise((resolve) => child.on('close', (code, signal) => resolve(code ?? signal)));
  const valueOf = async (root: string): Promise<number> =>
    Number(decode((await new DirectoryStore(root).get(PAGE))?.body ?? encode('0')));

  it('lose no increment of a counter', async () => {
    const root = await newFolder();
    const children = Array.from({ length: 4 }, () => start(root, 25));
    const codes = await Promise.all(
      children.map((child) => {
        child.stdout.resume();
        return ended(child);
      }),
    );
    expect(codes).toEqual([0, 0, 0, 0]);
    expect(await valueOf(root)).toBe(100);
  });

  it('leave nothing that stops another when they are killed at any moment', async () => {
    const root = await newFolder();
    let acknowledged = 0;
    for (const killedAfter of [1, 2, 3, 5, 8, 13]) {
      const child = start(root, 1_000_000);
      let lines = 0;
      for await (const line of createInterface({ input: child.stdout })) {
        acknowledged = Math.max(acknowledged, Number(line));
        if (++lines === killedAfter) child.kill('SIGKILL');
      }
      await ended(child);
      // At most one more was committed and not acknowledged.
      const value = await valueOf(root);
      expect(value).toBeGreaterThanOrEqual(acknowledged);
      acknowledged = value;
      const store = new DirectoryStore(root);
      const found = await store.get(PAGE);
      const outcome = await store.replace(PAGE, encode(String(value + 1)), found?.etag, HEADERS);
      expect(outcome.outcome).toBe('written');
      acknowledged++;
    }
  });
});
