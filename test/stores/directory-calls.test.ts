import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DirectoryStore } from '../../stores/directory.ts';
import { encode, HEADERS } from '../support/bytes.ts';

/** How often each function of `node:fs` was called. */
const calls = vi.hoisted(() => new Map<string, number>());

vi.mock(import('node:fs'), async (original) => {
  const counted = Object.entries(await original()).map(([name, value]) => {
    if (typeof value !== 'function' || /^[A-Z]/.test(name)) return [name, value];
    const call = value as (...args: unknown[]) => unknown;
    const counting = (...args: unknown[]): unknown => {
      calls.set(name, (calls.get(name) ?? 0) + 1);
      return call(...args);
    };
    return [name, Object.assign(counting, call)];
  });
  return Object.fromEntries(counted);
});

const PAGES = ['index.html', 'index.v1.html', 'index.json', 'index.json.gz'].map(
  (name) => `simple/foo/${name}`,
);

/** Reads say nothing about what is durable; each of these changes the folder, or waits for the disk. */
function costs(): Record<string, number> {
  const kinds = ['open', 'writeFile', 'fsync', 'linkSync', 'renameSync', 'unlinkSync', 'mkdirSync'];
  return Object.fromEntries(kinds.map((kind) => [kind, calls.get(kind) ?? 0]));
}

const total = (): number => [...calls.values()].reduce((sum, count) => sum + count, 0);

describe('what a page costs in a folder', () => {
  let root: string;
  let store: DirectoryStore;

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'wheelstore-test-'));
    store = new DirectoryStore(root);
    // The first write makes what all others find.
    await store.replace('simple/index.html', encode('list'), undefined, HEADERS);
    calls.clear();
  });

  afterEach(() => rm(root, { recursive: true, force: true }));

  const write = (text: string, etags: readonly (string | undefined)[]) =>
    Promise.all(PAGES.map((key, i) => store.replace(key, encode(text), etags[i], HEADERS)));

  it('is one file, one sync of it and one link where there was none', async () => {
    const outcomes = await write('new', []);
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(PAGES.map(() => 'written'));
    const { fsync = 0, linkSync = 0, ...others } = costs();
    expect(others).toEqual({ open: 4, writeFile: 4, renameSync: 0, unlinkSync: 4, mkdirSync: 1 });
    // The folder of the project is missed by the first.
    expect(linkSync).toBe(5);
    // Each file; the folder that names the project, once; that of the project, once for several or for each.
    expect(fsync).toBeGreaterThanOrEqual(6);
    expect(fsync).toBeLessThanOrEqual(9);
    expect(total()).toBeLessThanOrEqual(100);
    // No folder of versions, which would be more than the page itself.
    expect(await readdir(join(root, '.wheelstore'))).toEqual(['tmp']);
  });

  it('is a link more, and a folder the first time, where there was one', async () => {
    const first = await write('one', []);
    const etags = first.map((outcome) => (outcome.outcome === 'written' ? outcome.etag : undefined));
    calls.clear();
    const second = await write('two', etags);
    expect(second.map(({ outcome }) => outcome)).toEqual(PAGES.map(() => 'written'));
    expect(costs()).toMatchObject({ open: 4, writeFile: 4, renameSync: 4, unlinkSync: 0 });
    const again = second.map((outcome) => (outcome.outcome === 'written' ? outcome.etag : undefined));
    calls.clear();
    await write('three', again);
    const { fsync = 0, ...others } = costs();
    expect(others).toEqual({
      open: 4,
      writeFile: 4,
      linkSync: 4,
      renameSync: 4,
      unlinkSync: 0,
      mkdirSync: 0,
    });
    // Each file and its folder of versions; what all see, once for several or for each.
    expect(fsync).toBeGreaterThanOrEqual(9);
    expect(fsync).toBeLessThanOrEqual(12);
  });

  it('is three looks where it is absent and a writer asks for it', async () => {
    await Promise.all(PAGES.map((key) => store.head(key)));
    // Each: its versions, the folder of all pages, that of the project.
    expect(total()).toBeLessThanOrEqual(12);
  });
});

describe('writers of one process that make the same folder', () => {
  it('all wait until its own name is durable', async () => {
    const { Folders } = await import('../../stores/directory/durable.ts');
    const root = await mkdtemp(join(tmpdir(), 'wheelstore-test-'));
    try {
      const folders = new Folders();
      const [outer, inner] = [join(root, 'a'), join(root, 'a/b')];
      folders.make(inner);
      calls.clear();
      // The second writer has made nothing, and must not be told that all is durable before it is.
      await Promise.all([folders.sync(inner), folders.sync(inner)]);
      // Of the root, of a and of b: once each, for both.
      expect(calls.get('fsync')).toBe(3);
      calls.clear();
      await folders.sync(outer);
      expect(calls.get('fsync')).toBe(1);
    } finally {
      await rm(root, { recursive: true });
    }
  });
});
