import type * as Callbacks from 'node:fs';
import type * as FileSystem from 'node:fs/promises';
import { link, mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { KeptVersions, type KeptVersion } from '../../stores/directory/kept-versions.ts';
import { DirectoryStore } from '../../stores/directory.ts';
import { inMemory } from '../../stores/in-memory.ts';
import { decode, encode, HEADERS, newObject, readAll } from '../support/bytes.ts';
import { describeStore } from './contract.ts';

const PAGE = 'simple/foo/index.html';
const FILE = 'files/foo/0123456789abcdef/foo-1.0-py3-none-any.whl';
const VERSIONS = '.wheelstore/versions';
const ROOM = 1024 * 1024;

/** What was asked of the file system since the last look, by name. */
const operations: string[] = vi.hoisted(() => []);

vi.mock('node:fs/promises', async (importOriginal) => {
  const original = await importOriginal<typeof FileSystem>();
  const counted: Record<string, unknown> = {};
  for (const name of ['lstat', 'open', 'readdir', 'readFile', 'realpath', 'stat'] as const) {
    counted[name] = (...words: unknown[]) => {
      operations.push(name);
      return (original[name] as (...words: unknown[]) => unknown)(...words);
    };
  }
  return { ...original, ...counted };
});

vi.mock('node:fs', async (importOriginal) => {
  const original = await importOriginal<typeof Callbacks>();
  const readdir = (...words: Parameters<typeof original.readdir>): void => {
    operations.push('readdir');
    original.readdir(...words);
  };
  return { ...original, readdir };
});

/** Runs something. @returns what it asked of the file system */
async function operationsOf(work: () => Promise<unknown>): Promise<string[]> {
  operations.length = 0;
  await work();
  return operations.toSorted();
}

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'wheelstore-test-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** As `serve` has it, when all that was written is long settled. */
function served(root: string, kept = ROOM): DirectoryStore {
  return new DirectoryStore(root, { kept, now: () => Date.now() + 60_000 });
}

async function textOf(store: DirectoryStore, key: string): Promise<string | undefined> {
  const object = await store.open(key);
  return object && decode(await readAll(object));
}

/** Writes versions of a page, as another process does. */
class Publisher {
  readonly #store: DirectoryStore;
  #etag: string | undefined;

  constructor(root: string) {
    this.#store = new DirectoryStore(root);
  }

  async write(text: string): Promise<void> {
    const outcome = await this.#store.replace(PAGE, encode(text), this.#etag, HEADERS);
    if (outcome.outcome !== 'written') throw new Error('lost');
    this.#etag = outcome.etag;
  }
}

async function put(root: string, key: string, text: string): Promise<string> {
  const path = join(root, key);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
  return path;
}

describe('a directory store that keeps what it has read', () => {
  const roots = new WeakMap<object, string>();
  describeStore(
    async () => {
      const root = await newFolder();
      const store = served(root);
      roots.set(store, root);
      return store;
    },
    (store) => served(roots.get(store) ?? ''),
  );

  it('looks at two things on the disk for a page that it has, and reads nothing', async () => {
    const root = await newFolder();
    await new Publisher(root).write('page');
    const store = served(root);
    expect(await textOf(store, PAGE)).toBe('page');
    expect(await operationsOf(() => textOf(store, PAGE))).toEqual(['readdir', 'stat']);
    const object = await store.open(PAGE);
    expect(decode(object?.body ?? new Uint8Array())).toBe('page');
    expect(object).toMatchObject({ etag: (await store.head(PAGE))?.etag, size: 4 });
  });

  it('looks at two things on the disk for a file that it has', async () => {
    const root = await newFolder();
    await new DirectoryStore(root).create(FILE, newObject('wheel'));
    const store = served(root);
    expect(await textOf(store, FILE)).toBe('wheel');
    expect(await operationsOf(() => textOf(store, FILE))).toEqual(['readdir', 'stat']);
  });

  it('opens what it has not once, and reads the bytes once for all who ask at the same time', async () => {
    const root = await newFolder();
    await new Publisher(root).write('page');
    const store = served(root);
    // Where the file is, and where the root: it could be a link that leads out.
    const first = ['open', 'readdir', 'realpath', 'realpath'];
    expect(await operationsOf(() => textOf(store, PAGE))).toEqual(first);
    const fresh = served(root);
    const objects = await Promise.all(Array.from({ length: 20 }, () => fresh.open(PAGE)));
    expect(new Set(objects.map((object) => object?.body)).size).toBe(1);
  });

  it('has what another process has written, from the next request on', async () => {
    const root = await newFolder();
    const publisher = new Publisher(root);
    const store = served(root);
    for (let version = 1; version <= 25; version++) {
      await publisher.write(`version ${version}`);
      expect(await textOf(store, PAGE)).toBe(`version ${version}`);
      expect(await textOf(store, PAGE)).toBe(`version ${version}`);
    }
  });

  it('has it also where so many versions came that its own number was cleared away', async () => {
    const root = await newFolder();
    const publisher = new Publisher(root);
    await publisher.write('first');
    const store = served(root);
    expect(await textOf(store, PAGE)).toBe('first');
    for (let version = 2; version <= 20; version++) await publisher.write(`version ${version}`);
    expect(await textOf(store, PAGE)).toBe('version 20');
  });

  it('has the version of a writer that was killed before the visible file was there', async () => {
    const root = await newFolder();
    await new Publisher(root).write('one');
    const store = served(root);
    expect(await textOf(store, PAGE)).toBe('one');
    const versions = join(root, VERSIONS, PAGE);
    await mkdir(versions, { recursive: true });
    await link(await put(root, 'two', 'two'), join(versions, '1'));
    expect(await textOf(store, PAGE)).toBe('two');
  });

  it('sees that a version has other bytes, as after a backup was restored', async () => {
    const root = await newFolder();
    const publisher = new Publisher(root);
    await publisher.write('zero');
    await publisher.write('one');
    const store = served(root);
    expect(await textOf(store, PAGE)).toBe('one');
    await rename(await put(root, 'eno', 'eno'), join(root, VERSIONS, PAGE, '1'));
    expect(await textOf(store, PAGE)).toBe('eno');
  });

  it('goes back to the visible file where the versions are gone, and forward when they come', async () => {
    const root = await newFolder();
    const path = await put(root, PAGE, 'copied');
    const store = served(root);
    expect(await textOf(store, PAGE)).toBe('copied');
    expect(await operationsOf(() => textOf(store, PAGE))).toEqual(['readdir', 'stat']);
    await rename(await put(root, 'other', 'copied again'), path);
    expect(await textOf(store, PAGE)).toBe('copied again');
    const other = new DirectoryStore(root);
    await other.replace(PAGE, encode('new'), (await other.head(PAGE))?.etag, HEADERS);
    expect(await textOf(store, PAGE)).toBe('new');
    await writeFile(path, 'edited');
    expect(await textOf(store, PAGE)).toBe('edited');
    await rm(join(root, '.wheelstore'), { recursive: true });
    expect(await textOf(store, PAGE)).toBe('edited');
    await rm(path);
    expect(await store.open(PAGE)).toBeUndefined();
  });

  it('does not have what was removed', async () => {
    const root = await newFolder();
    const other = new DirectoryStore(root);
    await other.create(FILE, newObject('wheel'));
    const store = served(root);
    expect(await textOf(store, FILE)).toBe('wheel');
    await other.remove(FILE);
    expect(await store.open(FILE)).toBeUndefined();
    await other.create(FILE, newObject('wheel'));
    expect(await textOf(store, FILE)).toBe('wheel');
  });

  it('follows no symbolic link that has come in the place of what it has', async () => {
    const [root, outside] = [await newFolder(), await newFolder()];
    const path = await put(root, FILE, 'wheel');
    const store = served(root);
    expect(await textOf(store, FILE)).toBe('wheel');
    await rm(path);
    await symlink(await put(outside, 'secret', 'shhhh'), path);
    await expect(store.open(FILE)).rejects.toMatchObject({ code: 'invalid-key' });
  });

  it('reads again what is so young that the next change could look the same', async () => {
    const root = await newFolder();
    await put(root, PAGE, 'copied');
    let now = Date.now();
    const store = new DirectoryStore(root, { kept: ROOM, now: () => now });
    await textOf(store, PAGE);
    expect(await operationsOf(() => textOf(store, PAGE))).toContain('open');
    now += 60_000;
    await textOf(store, PAGE);
    expect(await operationsOf(() => textOf(store, PAGE))).not.toContain('open');
  });

  it('keeps nothing that is large, and nothing at all unless it was told to', async () => {
    const root = await newFolder();
    await put(root, FILE, 'x'.repeat(1024 * 1024 + 1));
    await put(root, PAGE, 'page');
    const [large, small] = [await served(root).open(FILE), await new DirectoryStore(root).open(PAGE)];
    expect([large?.body, small?.body]).toEqual([undefined, undefined]);
    await Promise.all([large?.close(), small?.close()]);
  });
});

describe('What is kept', () => {
  function version(size: number): KeptVersion {
    const state = { stamp: String(size), size, modified: new Date(0), changed: 0, tick: 0 };
    const object = inMemory(new Uint8Array(size), { etag: 'x', lastModified: new Date(0) });
    return { version: 1, path: '/x', state, object: Promise.resolve(object) };
  }

  it('has a bound, and loses what was not asked for the longest', () => {
    const kept = new KeptVersions(100_000);
    for (const key of ['a', 'b', 'c']) kept.keep(key, version(30_000));
    kept.get('a');
    kept.keep('d', version(30_000));
    expect(['a', 'b', 'c', 'd'].filter((key) => kept.get(key) !== undefined)).toEqual(['a', 'c', 'd']);
    expect(kept.size).toBeLessThanOrEqual(100_000);
    kept.keep('e', version(100_001));
    expect(kept.size).toBe(0);
  });

  it('is bounded also where objects are tiny', () => {
    const kept = new KeptVersions(100_000);
    const keys = Array.from({ length: 1_000 }, (_, i) => String(i));
    for (const key of keys) kept.keep(key, version(1));
    expect(keys.filter((key) => kept.get(key) !== undefined).length).toBeLessThan(50);
  });

  it('counts an object once, whatever comes in its place', () => {
    const kept = new KeptVersions(100_000);
    const first = version(10_000);
    kept.keep('a', first);
    const size = kept.size;
    const second = version(10_000);
    kept.keep('a', second);
    expect(kept.size).toBe(size);
    kept.forget('a', first);
    expect(kept.get('a')).toBe(second);
    kept.forget('a', second);
    expect(kept.size).toBe(0);
  });

  it('is not what could not be read', async () => {
    const kept = new KeptVersions(100_000);
    const object = Promise.reject<never>(new Error('the disk is gone'));
    kept.keep('a', { ...version(1), object });
    await expect(object).rejects.toThrow('the disk is gone');
    expect([kept.get('a'), kept.size]).toEqual([undefined, 0]);
  });
});
