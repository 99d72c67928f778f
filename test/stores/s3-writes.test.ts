import { Readable } from 'node:stream';
import { GetObjectCommand, HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { encode, HEADERS, newObject, sha256 } from '../support/bytes.ts';
import { mockedStore as mocked, refused } from './s3-mock.ts';

const PAGE = 'simple/foo/index.html';
const FILE = 'files/foo/0123456789abcdef/foo-1.0-py3-none-any.whl';
const BODY = encode('<html></html>');
const WRITTEN = new Date('2026-11-21T12:00:00Z');

function answered(body: Uint8Array) {
  return {
    Body: Readable.from([Buffer.from(body)]) as never,
    ETag: '"theirs"',
    ContentLength: body.length,
    LastModified: WRITTEN,
  };
}

const head = { ETag: '"x"', ContentLength: 5, LastModified: WRITTEN };

describe('replacing an object in S3', () => {
  it('carries the condition, the hash, and the headers', async () => {
    const { s3, store } = mocked();
    s3.on(PutObjectCommand).resolves({ ETag: '"new"' });
    const headers = { contentType: 'text/html', cacheControl: 'max-age=0', contentEncoding: 'gzip' };
    expect(await store.replace(PAGE, BODY, undefined, headers)).toEqual({ outcome: 'written', etag: 'new' });
    expect(await store.replace(PAGE, BODY, 'old', headers)).toEqual({ outcome: 'written', etag: 'new' });
    const [first, second] = s3.commandCalls(PutObjectCommand).map(({ args }) => args[0].input);
    expect(first).toMatchObject({
      Bucket: 'b',
      Key: PAGE,
      IfNoneMatch: '*',
      ContentType: 'text/html',
      CacheControl: 'max-age=0',
      ContentEncoding: 'gzip',
      ChecksumSHA256: Buffer.from(sha256(BODY), 'hex').toString('base64'),
      Metadata: { sha256: sha256(BODY) },
    });
    expect(second).toMatchObject({ IfMatch: '"old"' });
    expect(second).not.toHaveProperty('IfNoneMatch');
  });

  it.each([
    ['PreconditionFailed', 412, undefined],
    ['PreconditionFailed', 412, 'old'],
    ['ConditionalRequestConflict', 409, undefined],
    ['OperationAborted', 409, 'old'],
    ['NoSuchKey', 404, 'old'],
  ])('is lost after %s (%i), expecting %s', async (name, status, expected) => {
    const { s3, store } = mocked();
    s3.on(PutObjectCommand).rejects(refused(name, status));
    expect(await store.replace(PAGE, BODY, expected, HEADERS)).toEqual({ outcome: 'lost' });
    expect(s3.commandCalls(GetObjectCommand)).toHaveLength(0);
  });

  it.each([
    ['NoSuchBucket', 404, 'no-such-bucket'],
    ['AccessDenied', 403, 'access-denied'],
    ['InternalError', 500, 'store-failed'],
    ['SlowDown', 503, 'store-failed'],
  ])('fails after %s (%i)', async (name, status, code) => {
    const { s3, store } = mocked();
    s3.on(PutObjectCommand).rejects(refused(name, status));
    await expect(store.replace(PAGE, BODY, 'old', HEADERS)).rejects.toMatchObject({ code });
  });

  it.each([
    ['PreconditionFailed', 412],
    ['ConditionalRequestConflict', 409],
  ])('is written if an earlier attempt was, whose answer was lost (%s)', async (name, status) => {
    const { s3, store } = mocked();
    s3.on(PutObjectCommand).rejects(refused(name, status, 2));
    s3.on(GetObjectCommand).resolves(answered(BODY));
    expect(await store.replace(PAGE, BODY, 'old', HEADERS)).toEqual({ outcome: 'written', etag: 'theirs' });
  });

  it('is lost if it was sent again and another writer has won', async () => {
    const { s3, store } = mocked();
    s3.on(PutObjectCommand).rejects(refused('PreconditionFailed', 412, 3));
    s3.on(GetObjectCommand).resolves(answered(encode('another')));
    expect(await store.replace(PAGE, BODY, 'old', HEADERS)).toEqual({ outcome: 'lost' });
  });
});

describe('creating an object in S3', () => {
  it('states its condition, and asks for the time that no answer has said', async () => {
    const { s3, store } = mocked();
    s3.on(PutObjectCommand).resolves({ ETag: '"x"' });
    s3.on(HeadObjectCommand).resolves(head);
    expect(await store.create(FILE, newObject('wheel'))).toEqual({
      outcome: 'created',
      lastModified: WRITTEN,
    });
    expect(s3.commandCalls(PutObjectCommand)[0]?.args[0].input).toMatchObject({ IfNoneMatch: '*' });
  });

  it('exists after 412', async () => {
    const { s3, store } = mocked();
    s3.on(PutObjectCommand).rejects(refused('PreconditionFailed', 412));
    expect(await store.create(FILE, newObject('wheel'))).toEqual({ outcome: 'exists' });
  });

  it('tries again after 409, and counts no byte twice', async () => {
    const { s3, store } = mocked();
    s3.on(PutObjectCommand).rejectsOnce(refused('ConditionalRequestConflict', 409)).resolves({ ETag: '"x"' });
    s3.on(HeadObjectCommand).resolves(head);
    const counts: number[] = [];
    const object = { ...newObject('wheel'), onBytes: (count: number) => counts.push(count) };
    expect((await store.create(FILE, object)).outcome).toBe('created');
    expect(counts).toEqual([5]);
  });

  it('gives up after many 409s', async () => {
    const { s3, store } = mocked();
    s3.on(PutObjectCommand).rejects(refused('ConditionalRequestConflict', 409));
    await expect(store.create(FILE, newObject('wheel'))).rejects.toMatchObject({ code: 'contention' });
  });

  it('sends nothing of bytes that are not what was announced', async () => {
    const { s3, store } = mocked();
    const lie = { ...newObject('wheel'), sha256: sha256(encode('other')) };
    await expect(store.create(FILE, lie)).rejects.toMatchObject({ code: 'file-changed' });
    expect(s3.calls()).toHaveLength(0);
  });

  it("keeps a person's headers away from pages and metadata files", async () => {
    const { s3, store } = mocked({ putArguments: { ContentType: 'application/x', SSEKMSKeyId: 'k' } });
    s3.on(PutObjectCommand).resolves({ ETag: '"x"' });
    s3.on(HeadObjectCommand).resolves(head);
    await store.create(FILE, newObject('wheel'));
    await store.create(`${FILE}.metadata`, newObject('metadata'));
    await store.replace(PAGE, BODY, undefined, HEADERS);
    const inputs = s3.commandCalls(PutObjectCommand).map(({ args }) => args[0].input);
    expect(inputs.map(({ ContentType }) => ContentType)).toEqual([
      'application/x',
      'text/plain',
      'text/plain',
    ]);
    expect(inputs.map(({ SSEKMSKeyId }) => SSEKMSKeyId)).toEqual(['k', 'k', 'k']);
  });
});

describe('a single writer', () => {
  it('looks before it writes, and states no conditions', async () => {
    const { s3, store } = mocked({ singleWriter: true, endpoint: 'https://minio.example.com' });
    s3.on(HeadObjectCommand).resolves(head);
    s3.on(PutObjectCommand).resolves({ ETag: '"new"' });
    expect(await store.create(FILE, newObject('wheel'))).toEqual({ outcome: 'exists' });
    expect(await store.replace(PAGE, BODY, undefined, HEADERS)).toEqual({ outcome: 'lost' });
    expect(await store.replace(PAGE, BODY, 'x', HEADERS)).toEqual({ outcome: 'written', etag: 'new' });
    const input = s3.commandCalls(PutObjectCommand)[0]?.args[0].input;
    expect(input).not.toHaveProperty('IfMatch');
    expect(input).not.toHaveProperty('IfNoneMatch');
  });

  it('states them to S3 itself, where another one may have set the switch for another store', async () => {
    const { s3, store } = mocked({ singleWriter: true });
    s3.on(PutObjectCommand).resolves({ ETag: '"new"' });
    await store.replace(PAGE, BODY, 'x', HEADERS);
    expect(s3.commandCalls(PutObjectCommand)[0]?.args[0].input).toHaveProperty('IfMatch');
  });
});

describe('the probe of conditional writes', () => {
  const endpoint = 'https://minio.example.com';
  const failedCondition = refused('PreconditionFailed', 412);

  it('is content with a store that judges them, and asks once', async () => {
    const { s3, store } = mocked({ endpoint });
    s3.on(PutObjectCommand).resolvesOnce({ ETag: '"x"' }).rejects(failedCondition);
    await store.probeConditionalWrites();
    await store.probeConditionalWrites();
    const keys = s3.commandCalls(PutObjectCommand).map(({ args }) => args[0].input.Key);
    expect(keys).toHaveLength(3);
    expect(keys[0]).toMatch(/^\.wheelstore\/probe-/);
  });

  it.each([
    ['If-None-Match', [{ ETag: '"x"' }, { ETag: '"x"' }, failedCondition]],
    ['If-Match', [{ ETag: '"x"' }, failedCondition, { ETag: '"x"' }]],
  ])('refuses a store that ignores %s', async (name, answers) => {
    const { s3, store } = mocked({ endpoint });
    let put = 0;
    s3.on(PutObjectCommand).callsFake(async () => {
      const answer = answers[put++];
      if (answer instanceof Error) throw answer;
      return answer;
    });
    const error = await store.probeConditionalWrites().catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'unsupported-store' });
    expect(String(error)).toContain(name);
    expect(error).toHaveProperty('fix', expect.stringContaining('--single-writer'));
  });

  it('lets nothing be written before it is known', async () => {
    const { s3, store } = mocked({ endpoint });
    s3.on(PutObjectCommand).resolves({ ETag: '"x"' });
    const probing = store.probeConditionalWrites().catch((caught: unknown) => caught);
    const unsupported = { code: 'unsupported-store' };
    await expect(store.replace(PAGE, BODY, undefined, HEADERS)).rejects.toMatchObject(unsupported);
    await expect(store.create(FILE, newObject('wheel'))).rejects.toMatchObject(unsupported);
    await expect(store.remove(FILE)).rejects.toMatchObject(unsupported);
    expect(await probing).toMatchObject(unsupported);
    const keys = s3.calls().map(({ args }) => Reflect.get(args[0].input, 'Key') as string);
    expect(keys).toHaveLength(4);
    expect(keys.every((key) => key.startsWith('.wheelstore/probe-'))).toBe(true);
  });

  it('asks neither S3 itself nor for a single writer', async () => {
    for (const options of [{}, { endpoint, singleWriter: true }]) {
      const { s3, store } = mocked(options);
      await store.probeConditionalWrites();
      expect(s3.calls()).toHaveLength(0);
    }
  });
});
