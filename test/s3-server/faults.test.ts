import {
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { CONFLICT, PRECONDITION_FAILED, SLOW_DOWN, type Fault } from '../support/s3-server.ts';
import { BUCKET, clientOf, refusalOf, startWithClient } from '../support/s3/sdk-client.ts';

const put = (client: S3Client, Key: string, Body = 'x'): Promise<unknown> =>
  client.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body }));

const read = async (client: S3Client, Key: string): Promise<string | undefined> => {
  const { Body } = await client.send(new GetObjectCommand({ Bucket: BUCKET, Key }));
  return Body?.transformToString();
};

describe('an injected fault', () => {
  it.each([
    ['409 ConditionalRequestConflict', CONFLICT],
    ['412 PreconditionFailed', PRECONDITION_FAILED],
    ['503 SlowDown', SLOW_DOWN],
  ])('answers %s, and nothing has happened', async (expected, fault) => {
    const { server, client } = await startWithClient();
    server.inject({ operation: 'PutObject', fault });
    expect(await refusalOf(put(client, 'a'))).toBe(expected);
    expect(server.keys(BUCKET)).toEqual([]);
  });

  it('strikes in the bucket that it is for, past which a test sees and copies what is there', async () => {
    const { server, client } = await startWithClient();
    server.createBucket('other');
    const injection = server.inject({ bucket: BUCKET, fault: SLOW_DOWN });
    expect(await refusalOf(put(client, 'a'))).toBe('503 SlowDown');
    await client.send(new PutObjectCommand({ Bucket: 'other', Key: 'b', Body: 'bytes' }));
    expect(injection.hits).toBe(1);
    server.copyObjects('other', BUCKET);
    expect(server.bytes(BUCKET, 'b')?.toString()).toBe('bytes');
    expect(server.bytes(BUCKET, 'a')).toBeUndefined();
    injection.remove();
    await put(client, 'b', 'later');
    expect(server.bytes('other', 'b')?.toString()).toBe('bytes');
  });

  it('answers with an error although the write took effect', async () => {
    const { server, client } = await startWithClient();
    server.inject({ fault: { kind: 'answer', when: 'after', status: 500, code: 'InternalError' } });
    expect(await refusalOf(put(client, 'a'))).toBe('500 InternalError');
    expect(server.keys(BUCKET)).toEqual(['a']);
  });

  it.each([
    ['before', []],
    ['after', ['a']],
  ] as const)('resets the connection %s the effect', async (when, keys) => {
    const { server, client } = await startWithClient();
    server.inject({ operation: 'PutObject', fault: { kind: 'reset', when } });
    await expect(put(client, 'a')).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(server.keys(BUCKET)).toEqual(keys);
    expect(server.log.entries).toMatchObject([{ operation: 'PutObject', key: 'a', status: undefined }]);
  });

  it('never answers, until the client gives up', async () => {
    const { server } = await startWithClient();
    server.inject({ fault: { kind: 'silence', when: 'after' } });
    const client = clientOf(server, { requestHandler: { requestTimeout: 100, throwOnRequestTimeout: true } });
    await expect(put(client, 'a')).rejects.toMatchObject({ name: 'TimeoutError' });
    expect(server.keys(BUCKET)).toEqual(['a']);
  });

  it('cuts the body of an answer short', async () => {
    const { server, client } = await startWithClient();
    await put(client, 'a', 'x'.repeat(100_000));
    server.inject({ operation: 'GetObject', fault: { kind: 'truncate', bytes: 70_000 } });
    const { Body, ContentLength } = await client.send(new GetObjectCommand({ Bucket: BUCKET, Key: 'a' }));
    expect(ContentLength).toBe(100_000);
    await expect(Body?.transformToString()).rejects.toThrow(/aborted/);
  });

  it('delays', async () => {
    const { server, client } = await startWithClient();
    server.inject({ fault: { kind: 'delay', milliseconds: 120 } });
    const start = performance.now();
    await put(client, 'a');
    expect(performance.now() - start).toBeGreaterThan(110);
  });

  it('holds a request until the test lets it go on', async () => {
    const { server, client } = await startWithClient();
    let release = (): void => {};
    const until = new Promise<void>((resolve) => (release = resolve));
    const { struck } = server.inject({ key: 'a', fault: { kind: 'hold', until, when: 'after' } });
    let isAnswered = false;
    const writing = put(client, 'a').then(() => (isAnswered = true));
    await struck;
    while (server.keys(BUCKET).length === 0) await put(client, 'b');
    expect(isAnswered).toBe(false);
    release();
    await writing;
  });

  it('is no more when the client tries again', async () => {
    const { server } = await startWithClient();
    const injection = server.inject({ nth: 1, fault: SLOW_DOWN });
    await put(clientOf(server, { maxAttempts: 2 }), 'a');
    expect(injection.hits).toBe(1);
    expect(server.log.entries.map(({ status }) => status)).toEqual([503, 200]);
  });
});

describe('a rule', () => {
  const fault: Fault = { kind: 'answer', status: 400, code: 'Struck' };

  it('picks requests by operation and by key', async () => {
    const { server, client } = await startWithClient();
    server.inject({ operation: ['GetObject', 'HeadObject'], key: (key) => key.startsWith('x/'), fault });
    await put(client, 'x/a');
    await put(client, 'y/a');
    expect(await refusalOf(read(client, 'x/a'))).toBe('400 Struck');
    expect(await refusalOf(client.send(new HeadObjectCommand({ Bucket: BUCKET, Key: 'x/a' })))).toMatch(
      /^400 /,
    );
    expect(await read(client, 'y/a')).toBe('x');
    await client.send(new ListObjectsV2Command({ Bucket: BUCKET, Prefix: 'x/' }));
  });

  it('strikes some of them, in their order', async () => {
    const { server, client } = await startWithClient();
    server.inject({ key: /^a$/, nth: 2, times: 2, fault });
    const outcomes = [];
    for (let count = 0; count < 5; count++) outcomes.push(await refusalOf(put(client, 'a')));
    expect(outcomes).toEqual(['not refused', '400 Struck', '400 Struck', 'not refused', 'not refused']);
  });

  it('can be taken back', async () => {
    const { server, client } = await startWithClient();
    const injection = server.inject({ key: 'a', fault });
    expect(await refusalOf(put(client, 'a'))).toBe('400 Struck');
    injection.remove();
    await put(client, 'a');
    expect(injection.hits).toBe(1);
  });
});

describe('the log', () => {
  it('has what was asked, and forgets it on demand', async () => {
    const { server, client } = await startWithClient();
    await put(client, 'a');
    await refusalOf(read(client, 'b'));
    await client.send(new ListObjectsV2Command({ Bucket: BUCKET, Prefix: 'p/' }));
    expect(server.log.entries).toMatchObject([
      { operation: 'PutObject', method: 'PUT', bucket: BUCKET, key: 'a', status: 200 },
      { operation: 'GetObject', method: 'GET', key: 'b', status: 404 },
      { operation: 'ListObjectsV2', key: undefined, query: { prefix: 'p/' }, status: 200 },
    ]);
    server.log.clear();
    expect(server.log.entries).toEqual([]);
  });

  it('tells how many requests there were at once', async () => {
    const { server, client } = await startWithClient({ latency: 50 });
    await Promise.all(['a', 'b', 'c'].map((key) => put(client, key)));
    expect(server.log.mostAtOnce).toBe(3);
    server.log.clear();
    await put(client, 'a');
    expect(server.log.mostAtOnce).toBe(1);
  });
});

it('latency is added to every request', async () => {
  const { client } = await startWithClient({ latency: 100 });
  const start = performance.now();
  await put(client, 'a');
  expect(performance.now() - start).toBeGreaterThan(95);
});

it('a write whose client hangs up in the middle has no effect', async () => {
  const { server, client } = await startWithClient();
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.error(new Error('unplugged')),
  });
  const write = new PutObjectCommand({ Bucket: BUCKET, Key: 'a', Body: body, ContentLength: 100_000 });
  await expect(client.send(write)).rejects.toThrow();
  await put(client, 'b');
  expect(server.keys(BUCKET)).toEqual(['b']);
});
