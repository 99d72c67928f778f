import { Readable } from 'node:stream';
import { DeleteObjectCommand, GetObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { expect, it } from 'vitest';
import { BUCKET, refusalOf, startWithClient } from '../support/s3/sdk-client.ts';

const WORKERS = 20;

const workers = <T>(work: (worker: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: WORKERS }, (_, worker) => work(worker)));

async function increment(client: S3Client, Key: string): Promise<boolean> {
  const { Body, ETag } = await client.send(new GetObjectCommand({ Bucket: BUCKET, Key }));
  const next = String(Number(await Body?.transformToString()) + 1);
  const write = client.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body: next, IfMatch: ETag }));
  const refusal = await refusalOf(write);
  if (refusal !== 'not refused') expect(refusal).toBe('412 PreconditionFailed');
  return refusal === 'not refused';
}

it('of twenty that create one object at once, one wins', async () => {
  const { client } = await startWithClient({ latency: 4 });
  const outcomes = await workers((worker) =>
    refusalOf(
      client.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'a', Body: `${worker}`, IfNoneMatch: '*' })),
    ),
  );
  const winner = outcomes.indexOf('not refused');
  expect(outcomes.filter((outcome) => outcome === '412 PreconditionFailed')).toHaveLength(WORKERS - 1);
  const { Body } = await client.send(new GetObjectCommand({ Bucket: BUCKET, Key: 'a' }));
  expect(await Body?.transformToString()).toBe(`${winner}`);
});

it('no increment is lost when twenty count by compare and swap', async () => {
  const { client } = await startWithClient();
  const each = 4;
  await client.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'counter', Body: '0' }));
  await workers(async () => {
    for (let done = 0; done < each;) if (await increment(client, 'counter')) done++;
  });
  const { Body } = await client.send(new GetObjectCommand({ Bucket: BUCKET, Key: 'counter' }));
  expect(await Body?.transformToString()).toBe(String(WORKERS * each));
});

it('a reader gets one version from beginning to end while it is overwritten', async () => {
  const { client } = await startWithClient();
  const size = 2_000_000;
  const write = (letter: string): Promise<unknown> =>
    client.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'a', Body: letter.repeat(size) }));
  await write('a');
  const { Body } = await client.send(new GetObjectCommand({ Bucket: BUCKET, Key: 'a' }));
  await write('b');
  expect(await Body?.transformToString()).toBe('a'.repeat(size));
});

it('a conditional write during which the object was deleted is a conflict', async () => {
  const { server, client } = await startWithClient();
  const address = { Bucket: BUCKET, Key: 'a' };
  const { ETag } = await client.send(new PutObjectCommand({ ...address, Body: 'x' }));
  const fault = { kind: 'hold', until: Promise.resolve() } as const;
  const { struck } = server.inject({ operation: 'PutObject', nth: 1, fault });
  async function* body(): AsyncGenerator<Buffer> {
    yield Buffer.alloc(10_000);
    await struck;
    await client.send(new DeleteObjectCommand(address));
    yield Buffer.alloc(10_000);
  }
  const Body = Readable.from(body(), { objectMode: false });
  const write = new PutObjectCommand({ ...address, IfMatch: ETag, Body, ContentLength: 20_000 });
  expect(await refusalOf(client.send(write))).toBe('409 ConditionalRequestConflict');
  expect(server.keys(BUCKET)).toEqual([]);
});
