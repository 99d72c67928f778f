import { expect, it } from 'vitest';
import { WheelstoreError } from '../../core/errors.ts';
import type { ETag, Store } from '../../core/store.ts';
import { decode, encode, HEADERS, newObject, readAll, sha256 } from '../support/bytes.ts';

const PAGE = 'simple/foo/index.html';
const FILE = 'files/foo/0123456789abcdef/foo-1.0+local.1-py3-none-any.whl';

async function written(store: Store, key: string, text: string, expected?: ETag): Promise<ETag> {
  const outcome = await store.replace(key, encode(text), expected, HEADERS);
  if (outcome.outcome !== 'written') throw new Error(`${key} was not written`);
  return outcome.etag;
}

async function keysOf(store: Store, prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list(prefix)) keys.push(key);
  return keys.sort();
}

/** What every store must do. `open` gives an empty store, or another view of the one given. */
export function describeStore(open: () => Promise<Store>, sameAgain: (store: Store) => Store): void {
  it('says that what was never written is absent, in every way of asking', async () => {
    const store = await open();
    expect(await store.head(PAGE)).toBeUndefined();
    expect(await store.get(PAGE)).toBeUndefined();
    expect(await store.open(PAGE)).toBeUndefined();
    expect(await keysOf(store, 'simple/')).toEqual([]);
    await expect(store.remove(FILE)).resolves.toBeUndefined();
  });

  it('gives back a mutable object with its size, hash, time and ETag', async () => {
    const store = await open();
    const before = Date.now();
    const etag = await written(store, PAGE, 'héllo');
    const object = await store.get(PAGE);
    expect(object).toMatchObject({ etag, size: 6, sha256: sha256(encode('héllo')) });
    expect(decode(object?.body ?? new Uint8Array())).toBe('héllo');
    expect(Math.abs((object?.lastModified.getTime() ?? 0) - before)).toBeLessThan(60_000);
    expect(await store.head(PAGE)).toMatchObject({ etag, size: 6, sha256: sha256(encode('héllo')) });
  });

  it('replaces an object only if its ETag is the expected one', async () => {
    const store = await open();
    const first = await written(store, PAGE, 'one');
    const second = await written(store, PAGE, 'two', first);
    expect(second).not.toBe(first);
    expect(await store.replace(PAGE, encode('three'), first, HEADERS)).toEqual({ outcome: 'lost' });
    expect(decode((await store.get(PAGE))?.body ?? new Uint8Array())).toBe('two');
  });

  it('creates a mutable object only if it is absent, and replaces none that is', async () => {
    const store = await open();
    expect(await store.replace(PAGE, encode('x'), 'no-such-etag', HEADERS)).toEqual({ outcome: 'lost' });
    expect(await store.get(PAGE)).toBeUndefined();
    await written(store, PAGE, 'one');
    expect(await store.replace(PAGE, encode('two'), undefined, HEADERS)).toEqual({ outcome: 'lost' });
  });

  it('never gives two contents the same ETag, also when an old content comes back', async () => {
    const store = await open();
    const contents = new Map<ETag, string>();
    let etag: ETag | undefined;
    for (const text of ['a', 'b', 'a', 'b', 'c', 'a', 'b']) {
      etag = await written(store, PAGE, text, etag);
      expect(contents.get(etag) ?? text).toBe(text);
      contents.set(etag, text);
    }
  });

  it('lets exactly one of many writers create an object', async () => {
    const store = await open();
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        sameAgain(store).replace(PAGE, encode(`writer ${i}`), undefined, HEADERS),
      ),
    );
    const winners = outcomes.flatMap(({ outcome }, i) => (outcome === 'written' ? [i] : []));
    expect(winners).toHaveLength(1);
    expect(decode((await store.get(PAGE))?.body ?? new Uint8Array())).toBe(`writer ${winners[0]}`);
  });

  it('loses no increment of a counter that many writers swap at once', async () => {
    const store = await open();
    const increment = async (own: Store): Promise<void> => {
      for (;;) {
        const found = await own.get(PAGE);
        const next = Number(decode(found?.body ?? encode('0'))) + 1;
        const { outcome } = await own.replace(PAGE, encode(String(next)), found?.etag, HEADERS);
        if (outcome === 'written') return;
      }
    };
    const worker = async (): Promise<void> => {
      const own = sameAgain(store);
      for (let i = 0; i < 5; i++) await increment(own);
    };
    await Promise.all(Array.from({ length: 10 }, worker));
    expect(decode((await store.get(PAGE))?.body ?? new Uint8Array())).toBe('50');
  });

  it('creates an immutable object once, and leaves it alone afterwards', async () => {
    const store = await open();
    const created = await store.create(FILE, newObject('wheel'));
    expect(created.outcome).toBe('created');
    if (created.outcome === 'created') {
      // A store may say when it took the object, or when it was done.
      const told = (await store.head(FILE))?.lastModified.getTime() ?? Number.NaN;
      expect(Math.abs(created.lastModified.getTime() - told)).toBeLessThan(60_000);
    }
    expect(await store.create(FILE, newObject('other'))).toEqual({ outcome: 'exists' });
    expect(await store.head(FILE)).toMatchObject({ size: 5, sha256: sha256(encode('wheel')) });
  });

  it('lets exactly one of many writers create an immutable object', async () => {
    const store = await open();
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, () => sameAgain(store).create(FILE, newObject('wheel'))),
    );
    expect(outcomes.filter(({ outcome }) => outcome === 'created')).toHaveLength(1);
  });

  it('refuses bytes that are not what was announced, and keeps nothing of them', async () => {
    const store = await open();
    const lie = { ...newObject('wheel'), sha256: sha256(encode('something else')) };
    await expect(store.create(FILE, lie)).rejects.toMatchObject({ code: 'file-changed' });
    expect(await store.head(FILE)).toBeUndefined();
    expect(await keysOf(store, 'files/')).toEqual([]);
  });

  it('keeps nothing of an object whose source fails', async () => {
    const store = await open();
    const failure = new WheelstoreError('unreadable', 'the disk is gone');
    const source = { size: 10, read: () => Promise.reject(failure) };
    await expect(store.create(FILE, { ...newObject('x'), source })).rejects.toBe(failure);
    expect(await keysOf(store, 'files/')).toEqual([]);
  });

  it('reads any part of an open object', async () => {
    const store = await open();
    await store.create(FILE, newObject('0123456789'));
    const ranges = [
      [undefined, undefined, '0123456789'],
      [3, 7, '3456'],
      [9, 10, '9'],
      [0, 0, ''],
    ] as const;
    for (const [start, end, expected] of ranges) {
      const object = await store.open(FILE);
      if (object === undefined) throw new Error('absent');
      expect(object.size).toBe(10);
      expect(decode(await readAll(object, start, end))).toBe(expected);
      await object.close();
    }
  });

  it('reads one version to its end, whatever replaces it meanwhile', async () => {
    const store = await open();
    let etag = await written(store, PAGE, 'old'.repeat(100_000));
    const object = await store.open(PAGE);
    if (object === undefined) throw new Error('absent');
    for (let i = 0; i < 8; i++) etag = await written(store, PAGE, `new ${i}`, etag);
    expect(decode(await readAll(object))).toBe('old'.repeat(100_000));
  });

  it('forgets a removed object, and takes it again', async () => {
    const store = await open();
    await store.create(FILE, newObject('wheel'));
    await store.remove(FILE);
    expect(await store.head(FILE)).toBeUndefined();
    expect(await keysOf(store, 'files/')).toEqual([]);
    expect((await store.create(FILE, newObject('wheel'))).outcome).toBe('created');
  });

  it('lists every key below a prefix, of both kinds, and nothing else', async () => {
    const store = await open();
    const pages = [
      'simple/index.html',
      'simple/1/index.html',
      'simple/foo/index.json',
      'records/default/simple.json',
    ];
    for (const key of pages) await written(store, key, key);
    await store.create(FILE, newObject('wheel'));
    expect(await keysOf(store, 'simple/')).toEqual([
      'simple/1/index.html',
      'simple/foo/index.json',
      'simple/index.html',
    ]);
    expect(await keysOf(store, 'simple/foo/')).toEqual(['simple/foo/index.json']);
    expect(await keysOf(store, 'files/')).toEqual([FILE]);
    expect(await keysOf(store, 'simp/')).toEqual([]);
    expect(await keysOf(store, '')).toEqual([FILE, ...pages].sort());
  });

  it('lists the sizes of objects', async () => {
    const store = await open();
    await written(store, PAGE, 'page');
    await store.create(FILE, newObject('wheel'));
    const sizes = new Map<string, number>();
    for await (const { key, size } of store.list('')) sizes.set(key, size);
    expect(sizes).toEqual(
      new Map([
        [FILE, 5],
        [PAGE, 4],
      ]),
    );
  });

  it('gives back the facts of an immutable object, or none of them', async () => {
    const store = await open();
    const metadata = { version: '1.0+local.1', 'requires-python': '>=3.8, <4' };
    await store.create(FILE, { ...newObject('wheel'), headers: { ...HEADERS, metadata } });
    const kept = (await store.head(FILE))?.metadata;
    if (kept !== undefined) expect(kept).toMatchObject(metadata);
    const page = await written(store, PAGE, 'page');
    expect((await store.head(PAGE))?.etag).toBe(page);
  });
}
