import { Readable } from 'node:stream';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
} from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { decode, encode, readAll, sha256 } from '../support/bytes.ts';
import { mockedStore as mocked, refused } from './s3-mock.ts';

const PAGE = 'simple/foo/index.html';
const LAST_MODIFIED = new Date('2026-11-21T12:00:00Z');
const HEX = sha256(encode('hello'));
const BASE64 = Buffer.from(HEX, 'hex').toString('base64');

function answered(text: string, more: object = {}) {
  return {
    ...facts(text.length),
    Body: Readable.from([Buffer.from(text)]) as never,
    ...more,
  };
}

const facts = (size: number) => ({ ETag: '"e"', ContentLength: size, LastModified: LAST_MODIFIED });

describe('what is absent in S3', () => {
  it('is a missing key, where the bucket is there: which is asked once', async () => {
    const { s3, store } = mocked();
    s3.on(HeadObjectCommand).rejects(refused('NotFound', 404));
    expect(await store.head(PAGE)).toBeUndefined();
    expect(await store.head(PAGE)).toBeUndefined();
    expect(s3.commandCalls(HeadBucketCommand)).toHaveLength(1);
  });

  it('is not what is in a bucket that is missing', async () => {
    const { s3, store } = mocked();
    s3.on(HeadObjectCommand).rejects(refused('NotFound', 404));
    s3.on(HeadBucketCommand).rejects(refused('NotFound', 404));
    await expect(store.head(PAGE)).rejects.toMatchObject({ code: 'no-such-bucket', value: 'b' });
  });

  it('is a missing key where the bucket may not be looked at', async () => {
    const { s3, store } = mocked();
    s3.on(HeadObjectCommand).rejects(refused('NotFound', 404));
    s3.on(HeadBucketCommand).rejects(refused('Forbidden', 403));
    expect(await store.head(PAGE)).toBeUndefined();
  });

  it.each([
    ['NoSuchBucket', 404, 'no-such-bucket'],
    ['AccessDenied', 403, 'access-denied'],
    ['UnknownError', 404, 'store-failed'],
    ['InternalError', 500, 'store-failed'],
    ['SlowDown', 503, 'store-failed'],
  ])('is nothing that %s (%i) is said of', async (name, status, code) => {
    const { s3, store } = mocked();
    s3.on(GetObjectCommand).rejects(refused(name, status));
    s3.on(HeadObjectCommand).rejects(refused(name, status));
    s3.on(ListObjectsV2Command).rejects(refused(name, status));
    s3.on(DeleteObjectCommand).rejects(refused(name, status));
    await expect(store.get(PAGE)).rejects.toMatchObject({ code });
    await expect(store.open(PAGE)).rejects.toMatchObject({ code });
    await expect(store.head(PAGE)).rejects.toMatchObject({ code });
    await expect(store.remove(PAGE)).rejects.toMatchObject({ code });
    await expect(store.list('simple/').next()).rejects.toMatchObject({ code });
  });

  it('asks again with GET what the refusal of a HEAD does not say', async () => {
    const { s3, store } = mocked();
    s3.on(HeadObjectCommand).rejects(refused('BadRequest', 400));
    s3.on(GetObjectCommand).rejects(refused('ExpiredToken', 400));
    await expect(store.head(PAGE)).rejects.toMatchObject({ code: 'expired-credentials' });
  });
});

describe('the hash of an object in S3', () => {
  it.each([
    ['the checksum of the whole', { ChecksumSHA256: BASE64, ChecksumType: 'FULL_OBJECT' as const }],
    ['a checksum of unknown type', { ChecksumSHA256: BASE64 }],
    ['our metadata', { Metadata: { sha256: HEX } }],
    [
      'our metadata, where the checksum is one of parts',
      {
        ChecksumSHA256: `${sha256(encode('x')).slice(0, 43)}=-2`,
        ChecksumType: 'COMPOSITE' as const,
        Metadata: { sha256: HEX },
      },
    ],
  ])('is %s', async (_what, told) => {
    const { s3, store } = mocked();
    s3.on(HeadObjectCommand).resolves({ ...facts(5), ...told });
    expect(await store.head(PAGE)).toMatchObject({
      etag: 'e',
      size: 5,
      lastModified: LAST_MODIFIED,
      sha256: HEX,
    });
  });

  it('is our metadata, where the ETag says that the checksum can only be one of parts', async () => {
    const { s3, store } = mocked();
    const told = {
      ETag: '"e-2"',
      ChecksumSHA256: Buffer.from(sha256(encode('parts')), 'hex').toString('base64'),
      Metadata: { sha256: HEX },
    };
    s3.on(HeadObjectCommand).resolves({ ...facts(5), ...told });
    expect((await store.head(PAGE))?.sha256).toBe(HEX);
  });

  it.each([{}, { Metadata: { sha256: 'nonsense' } }])(
    'is found by reading where nobody told it (%j)',
    async (told) => {
      const { s3, store } = mocked();
      s3.on(HeadObjectCommand).resolves({ ...facts(5), ...told });
      s3.on(GetObjectCommand).resolves(answered('hello', told));
      expect((await store.head(PAGE))?.sha256).toBe(HEX);
    },
  );
});

describe('reading an object in S3', () => {
  it('gives the bytes with what the store says of them', async () => {
    const { s3, store } = mocked();
    s3.on(GetObjectCommand).resolves(answered('hello', { Metadata: { sha256: HEX } }));
    const found = await store.get(PAGE);
    expect(found).toMatchObject({ etag: 'e', size: 5, lastModified: LAST_MODIFIED, sha256: HEX });
    expect(decode(found?.body ?? new Uint8Array())).toBe('hello');
  });

  it('asks again where the body breaks off, and gives no part of it', async () => {
    const { s3, store } = mocked();
    s3.on(GetObjectCommand)
      .resolvesOnce(answered('hel', { ContentLength: 5 }))
      .resolvesOnce(answered('hello'));
    expect(decode((await store.get(PAGE))?.body ?? new Uint8Array())).toBe('hello');
    s3.on(GetObjectCommand).callsFake(async () => answered('hel', { ContentLength: 5 }));
    await expect(store.get(PAGE)).rejects.toMatchObject({ code: 'store-failed' });
    const opened = await store.open(PAGE);
    if (opened === undefined) throw new Error('absent');
    await expect(readAll(opened)).rejects.toMatchObject({ code: 'store-failed' });
  });

  it('refuses bytes that are not those that were written', async () => {
    const { s3, store } = mocked();
    s3.on(GetObjectCommand).callsFake(async () => answered('hellO', { Metadata: { sha256: HEX } }));
    await expect(store.get(PAGE)).rejects.toMatchObject({ code: 'corrupt-file' });
  });

  it('asks for the end of a large object alone, and of the same version', async () => {
    const { s3, store } = mocked();
    const size = 20 * 1024 * 1024;
    s3.on(GetObjectCommand).callsFake(async ({ Range }) =>
      Range === undefined ? answered('...', { ContentLength: size }) : answered('end'),
    );
    const opened = await store.open(PAGE);
    if (opened === undefined) throw new Error('absent');
    expect(decode(await readAll(opened, size - 3))).toBe('end');
    expect(s3.commandCalls(GetObjectCommand)[1]?.args[0].input).toMatchObject({
      IfMatch: '"e"',
      Range: `bytes=${size - 3}-${size - 1}`,
    });
    s3.on(GetObjectCommand).callsFake(async ({ Range }) => {
      if (Range === undefined) return answered('...', { ContentLength: size });
      throw refused('PreconditionFailed', 412);
    });
    const replaced = await store.open(PAGE);
    if (replaced === undefined) throw new Error('absent');
    await expect(readAll(replaced, size - 3)).rejects.toMatchObject({ code: 'file-changed' });
  });
});

describe('listing a bucket', () => {
  it('goes on as long as there is a token, however short the pages', async () => {
    const { s3, store } = mocked({ prefix: 'p' });
    s3.on(ListObjectsV2Command)
      .resolvesOnce({ Contents: [], IsTruncated: true, NextContinuationToken: '1' })
      .resolvesOnce({
        Contents: [{ Key: 'p/simple/a', Size: 1 }],
        IsTruncated: true,
        NextContinuationToken: '2',
      })
      .resolvesOnce({
        EncodingType: 'url',
        Contents: [{ Key: 'p/simple/b%2B+%C3%A9', Size: 2 }],
        IsTruncated: false,
      });
    const keys: string[] = [];
    for await (const { key } of store.list('simple/')) keys.push(key);
    expect(keys).toEqual(['simple/a', 'simple/b+ é']);
    const inputs = s3.commandCalls(ListObjectsV2Command).map(({ args }) => args[0].input);
    expect(inputs.map(({ ContinuationToken }) => ContinuationToken)).toEqual([undefined, '1', '2']);
    expect(inputs[0]).toMatchObject({ Prefix: 'p/simple/' });
  });

  it.each([undefined, 'same'])('fails where it is cut off (token %s)', async (token) => {
    const { s3, store } = mocked();
    s3.on(ListObjectsV2Command).resolves({ Contents: [], IsTruncated: true, NextContinuationToken: token });
    await expect(store.list('simple/').next()).rejects.toMatchObject({ code: 'store-failed' });
  });
});

describe('keys in a bucket', () => {
  it.each([
    [undefined, PAGE],
    ['', PAGE],
    ['/', PAGE],
    ['p', `p/${PAGE}`],
    // C20: "//" in s3pypi.
    ['/p/', `p/${PAGE}`],
    ['p//q/', `p/q/${PAGE}`],
  ])('have the prefix %j as %s', async (prefix, path) => {
    const { s3, store } = mocked({ prefix });
    await store.remove(PAGE);
    expect(s3.commandCalls(DeleteObjectCommand)[0]?.args[0].input.Key).toBe(path);
  });

  it.each(['../p', 'p/./q', 'p\nq'])('have no prefix such as %j', (prefix) => {
    expect(() => mocked({ prefix })).toThrow(expect.objectContaining({ code: 'usage' }));
  });

  it.each([
    '',
    'a//b',
    '/a',
    'a/',
    '../a',
    'a/../b',
    'a\\b',
    'a\nb',
    '.wheelstore/x',
    `files/${'x'.repeat(256)}`,
  ])('are never %j', async (key) => {
    const { store } = mocked();
    await expect(store.head(key)).rejects.toMatchObject({ code: 'invalid-key' });
  });

  it.each(['', 'a/b', 's3://b', 'b c'])('are in no bucket such as %j', (bucket) => {
    expect(() => mocked({ bucket })).toThrow(expect.objectContaining({ code: 'usage' }));
  });
});
