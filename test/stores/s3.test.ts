import { createHash } from 'node:crypto';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { bytesInMemory } from '../../core/bytes.ts';
import type { NewObject } from '../../core/store.ts';
import type { S3Store } from '../../stores/s3.ts';
import { decode, encode, HEADERS, newObject, readAll, sha256 } from '../support/bytes.ts';
import { SLOW_DOWN, startS3Server } from '../support/s3-server.ts';
import { describeStore } from './contract.ts';
import { serveBuckets } from './s3-served.ts';

const PAGE = 'simple/foo/index.html';
const FILE = 'files/foo/0123456789abcdef/foo-1.0+local.1-py3-none-any.whl';
const MEBIBYTE = 1024 * 1024;

const { server, newBucket, connect } = serveBuckets();

/** An object that is written in parts. */
function large(size: number): NewObject {
  const bytes = Buffer.alloc(size, 'wheel ');
  return { source: bytesInMemory(bytes), sha256: sha256(bytes), headers: HEADERS };
}

describe('the S3 store', () => {
  const others = new WeakMap<object, S3Store>();
  describeStore(
    async () => {
      const bucket = newBucket();
      const store = await connect({ bucket, prefix: '/team/p/' });
      // As another process has it: with connections of its own.
      others.set(store, await connect({ bucket, prefix: 'team/p' }));
      return store;
    },
    (store) => others.get(store) ?? (store as S3Store),
  );
});

describe('a bucket over HTTP', () => {
  it('keeps everything below the prefix', async () => {
    const bucket = newBucket();
    const store = await connect({ bucket, prefix: '/p/' });
    await store.replace(PAGE, encode('x'), undefined, HEADERS);
    expect(server().keys(bucket)).toEqual([`p/${PAGE}`]);
    expect(store.description).toBe(`bucket s3://${bucket}/p at ${server().endpoint}`);
  });

  it('takes a file in parts, which is there as a whole with its hash', async () => {
    const bucket = newBucket();
    const store = await connect({ bucket });
    const object = large(20 * MEBIBYTE + 1);
    let sent = 0;
    const created = await store.create(FILE, { ...object, onBytes: (count) => (sent += count) });
    expect(created.outcome).toBe('created');
    expect(sent).toBe(object.source.size);
    expect(await store.head(FILE)).toMatchObject({ size: object.source.size, sha256: object.sha256 });
    const opened = await store.open(FILE);
    if (opened === undefined) throw new Error('absent');
    const hash = createHash('sha256');
    for await (const chunk of opened.stream()) hash.update(chunk);
    expect(hash.digest('hex')).toBe(object.sha256);
    expect(await store.create(FILE, object)).toEqual({ outcome: 'exists' });
    expect(server().pendingUploads(bucket)).toBe(0);
  });

  it.each([
    [0, 1],
    [9 * MEBIBYTE, 9 * MEBIBYTE + 3],
    [20 * MEBIBYTE - 2, 20 * MEBIBYTE],
  ])('gives the bytes from %i to %i of a large file', async (start, end) => {
    const store = await connect();
    await store.create(FILE, large(20 * MEBIBYTE));
    const opened = await store.open(FILE);
    if (opened === undefined) throw new Error('absent');
    const expected = Buffer.alloc(20 * MEBIBYTE, 'wheel ').subarray(start, end);
    expect(Buffer.from(await readAll(opened, start, end)).equals(expected)).toBe(true);
  });

  it('lets exactly one of several writers create a file in parts', async () => {
    const bucket = newBucket();
    const stores = await Promise.all([1, 2, 3].map(() => connect({ bucket })));
    const outcomes = await Promise.all(stores.map((store) => store.create(FILE, large(9 * MEBIBYTE))));
    expect(outcomes.filter(({ outcome }) => outcome === 'created')).toHaveLength(1);
    expect(server().pendingUploads(bucket)).toBe(0);
  });

  it('keeps nothing of a file whose source fails, and no parts', async () => {
    const bucket = newBucket();
    const store = await connect({ bucket });
    const object = large(20 * MEBIBYTE);
    const failure = new Error('interrupted');
    const source = {
      size: object.source.size,
      read: (offset: number, length: number) =>
        offset < 9 * MEBIBYTE ? object.source.read(offset, length) : Promise.reject(failure),
    };
    await expect(store.create(FILE, { ...object, source })).rejects.toBe(failure);
    expect(server().keys(bucket)).toEqual([]);
    expect(server().pendingUploads(bucket)).toBe(0);
  });

  it('keeps its connections, and no more than it may', async () => {
    const store = await connect({ maxConnections: 3 });
    server().log.clear();
    const names = Array.from({ length: 20 }, (_, i) => `simple/p${i}/index.html`);
    await Promise.all(names.map((name) => store.replace(name, encode(name), undefined, HEADERS)));
    expect(server().log.mostAtOnce).toBeLessThanOrEqual(3);
    expect(server().log.entries.every(({ headers }) => headers['expect'] === undefined)).toBe(true);
  });

  it('is readable without credentials where it is open to all', async () => {
    const open = await startS3Server({ allowAnonymous: true, buckets: ['open'] });
    onTestFinished(() => open.close());
    vi.stubEnv('AWS_ACCESS_KEY_ID', undefined);
    const store = await connect({ bucket: 'open', endpointUrl: open.endpoint, noSignRequest: true });
    await store.replace(PAGE, encode('x'), undefined, HEADERS);
    expect(decode((await store.get(PAGE))?.body ?? new Uint8Array())).toBe('x');
    expect(open.log.entries.some(({ headers }) => 'authorization' in headers)).toBe(false);
  });
});

describe('the conditions of a store', () => {
  it('are found to hold', async () => {
    const bucket = newBucket();
    await (await connect({ bucket })).probeConditionalWrites();
    expect(server().keys(bucket)).toEqual([]);
  });

  it.each(['ignored', 'refused'] as const)('are found to be %s', async (conditionalWrites) => {
    const without = await startS3Server({ conditionalWrites, buckets: ['bare'] });
    onTestFinished(() => without.close());
    const store = await connect({ bucket: 'bare', endpointUrl: without.endpoint });
    await expect(store.probeConditionalWrites()).rejects.toMatchObject({
      code: 'unsupported-store',
      fix: expect.stringContaining('--single-writer'),
    });
    expect(without.keys('bare')).toEqual([]);
    const alone = await connect({ bucket: 'bare', endpointUrl: without.endpoint, singleWriter: true });
    await alone.probeConditionalWrites();
    expect((await alone.create(FILE, newObject('wheel'))).outcome).toBe('created');
    expect((await alone.create(FILE, newObject('other'))).outcome).toBe('exists');
    expect((await alone.create(`${FILE}2`, large(9 * MEBIBYTE))).outcome).toBe('created');
    const written = await alone.replace(PAGE, encode('x'), undefined, HEADERS);
    expect(written.outcome).toBe('written');
    expect(await alone.replace(PAGE, encode('y'), undefined, HEADERS)).toEqual({ outcome: 'lost' });
  });
});

describe('faults on the way to a bucket', () => {
  it('are survived where the store has had no effect', async () => {
    const store = await connect();
    for (const fault of [SLOW_DOWN, { kind: 'reset', when: 'before' } as const]) {
      const injection = server().inject({ nth: 1, times: 1, fault });
      const { outcome } = await store.replace(
        `simple/${fault.kind}/index.html`,
        encode('x'),
        undefined,
        HEADERS,
      );
      expect(outcome).toBe('written');
      injection.remove();
    }
  });

  it('are survived where a write took effect and its answer was lost', async () => {
    const store = await connect();
    const injection = server().inject({
      operation: 'PutObject',
      nth: 1,
      fault: { kind: 'reset', when: 'after' },
    });
    onTestFinished(() => injection.remove());
    const written = await store.replace(PAGE, encode('x'), undefined, HEADERS);
    expect(injection.hits).toBe(1);
    expect(written).toEqual({ outcome: 'written', etag: (await store.head(PAGE))?.etag });
  });

  it('make a file that was created exist, whose hash tells the rest', async () => {
    const store = await connect();
    const injection = server().inject({
      operation: 'PutObject',
      nth: 1,
      fault: { kind: 'reset', when: 'after' },
    });
    onTestFinished(() => injection.remove());
    expect(await store.create(FILE, newObject('wheel'))).toEqual({ outcome: 'exists' });
    expect((await store.head(FILE))?.sha256).toBe(sha256(encode('wheel')));
  });

  it('make a file in parts exist, whose completion was not heard of', async () => {
    const bucket = newBucket();
    const store = await connect({ bucket });
    const injection = server().inject({
      operation: 'CompleteMultipartUpload',
      nth: 1,
      fault: { kind: 'reset', when: 'after' },
    });
    onTestFinished(() => injection.remove());
    const { outcome } = await store.create(FILE, large(9 * MEBIBYTE));
    expect(['exists', 'created']).toContain(outcome);
    expect(server().keys(bucket)).toEqual([FILE]);
    expect(server().pendingUploads(bucket)).toBe(0);
  });

  it('end a request that is never answered', async () => {
    const store = await connect({ idleTimeout: 300 });
    const injection = server().inject({
      operation: 'PutObject',
      nth: 1,
      fault: { kind: 'silence', when: 'after' },
    });
    onTestFinished(() => injection.remove());
    expect((await store.replace(PAGE, encode('x'), undefined, HEADERS)).outcome).toBe('written');
  });

  it('never make a part of a body pass for the whole', async () => {
    const store = await connect();
    await store.replace(PAGE, encode('0123456789'), undefined, HEADERS);
    const once = server().inject({ operation: 'GetObject', nth: 1, fault: { kind: 'truncate', bytes: 4 } });
    expect(decode((await store.get(PAGE))?.body ?? new Uint8Array())).toBe('0123456789');
    once.remove();
    const always = server().inject({ operation: 'GetObject', fault: { kind: 'truncate', bytes: 4 } });
    onTestFinished(() => always.remove());
    await expect(store.get(PAGE)).rejects.toMatchObject({ code: 'store-failed' });
    const opened = await store.open(PAGE);
    if (opened === undefined) throw new Error('absent');
    await expect(readAll(opened)).rejects.toMatchObject({ code: 'store-failed' });
  });
});
