import { Readable } from 'node:stream';
import {
  CopyObjectCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  type S3Client,
} from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { BUCKET, refusalOf, startWithClient } from '../support/s3/sdk-client.ts';

const OTHER = '"00000000000000000000000000000000"';

async function put(client: S3Client, Key: string, Body: string, more: Partial<PutObjectCommandInput> = {}) {
  const { ETag } = await client.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body, ...more }));
  return ETag;
}

async function read(client: S3Client, Key: string): Promise<string | undefined> {
  const { Body } = await client.send(new GetObjectCommand({ Bucket: BUCKET, Key }));
  return Body?.transformToString();
}

describe('a conditional write', () => {
  it('creates what is not there, and leaves alone what is', async () => {
    const { client } = await startWithClient();
    await put(client, 'a', 'first', { IfNoneMatch: '*' });
    expect(await refusalOf(put(client, 'a', 'second', { IfNoneMatch: '*' }))).toBe('412 PreconditionFailed');
    expect(await read(client, 'a')).toBe('first');
  });

  it('replaces the version that it names, and no other', async () => {
    const { client } = await startWithClient();
    const first = await put(client, 'a', '1');
    await put(client, 'a', '2', { IfMatch: first });
    expect(await refusalOf(put(client, 'a', '3', { IfMatch: first }))).toBe('412 PreconditionFailed');
    expect(await read(client, 'a')).toBe('2');
  });

  it('takes an ETag without its quotes', async () => {
    const { client } = await startWithClient();
    const first = await put(client, 'a', '1');
    await put(client, 'a', '2', { IfMatch: first?.replaceAll('"', '') });
    expect(await read(client, 'a')).toBe('2');
  });

  it('that names a version of what is not there is told so', async () => {
    const { client } = await startWithClient();
    expect(await refusalOf(put(client, 'a', '1', { IfMatch: OTHER }))).toBe('404 NoSuchKey');
  });

  it('cannot ask for what S3 does not offer', async () => {
    const { client } = await startWithClient();
    const etag = await put(client, 'a', '1');
    expect(await refusalOf(put(client, 'a', '2', { IfNoneMatch: OTHER }))).toBe('501 NotImplemented');
    expect(await refusalOf(put(client, 'a', '2', { IfMatch: '*' }))).toBe('501 NotImplemented');
    expect(await refusalOf(put(client, 'a', '2', { IfMatch: etag, IfNoneMatch: '*' }))).toBe(
      '501 NotImplemented',
    );
  });

  it('is judged when its body has arrived, and not when it began', async () => {
    const { server, client } = await startWithClient();
    const fault = { kind: 'hold', until: Promise.resolve() } as const;
    const { struck } = server.inject({ operation: 'PutObject', nth: 1, fault });
    async function* body(): AsyncGenerator<Buffer> {
      yield Buffer.alloc(10_000);
      await struck;
      await put(client, 'a', 'finished first', { IfNoneMatch: '*' });
      yield Buffer.alloc(10_000);
    }
    const Body = Readable.from(body(), { objectMode: false });
    const early = put(client, 'a', '', { Body, ContentLength: 20_000, IfNoneMatch: '*' });
    expect(await refusalOf(early)).toBe('412 PreconditionFailed');
    expect(await read(client, 'a')).toBe('finished first');
  });
});

describe('a conditional copy', () => {
  const copy = (client: S3Client, more: object) =>
    client.send(new CopyObjectCommand({ Bucket: BUCKET, Key: 'to', CopySource: `${BUCKET}/from`, ...more }));

  it('minds what it would overwrite', async () => {
    const { client } = await startWithClient();
    await put(client, 'from', 'new');
    expect(await refusalOf(copy(client, { IfMatch: OTHER }))).toBe('404 NoSuchKey');
    await copy(client, { IfNoneMatch: '*' });
    expect(await refusalOf(copy(client, { IfNoneMatch: '*' }))).toBe('412 PreconditionFailed');
    expect(await refusalOf(copy(client, { IfMatch: OTHER }))).toBe('412 PreconditionFailed');
  });

  it('minds what it is made of', async () => {
    const { client } = await startWithClient();
    const etag = await put(client, 'from', 'new');
    expect(await refusalOf(copy(client, { CopySourceIfMatch: OTHER }))).toBe('412 PreconditionFailed');
    expect(await refusalOf(copy(client, { CopySourceIfNoneMatch: etag }))).toBe('412 PreconditionFailed');
    await copy(client, { CopySourceIfMatch: etag });
    expect(await read(client, 'to')).toBe('new');
  });
});

describe('a conditional delete', () => {
  const remove = (client: S3Client, IfMatch: string | undefined) =>
    client.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: 'a', IfMatch }));

  it('removes the version that it names, and no other', async () => {
    const { server, client } = await startWithClient();
    const etag = await put(client, 'a', '1');
    expect(await refusalOf(remove(client, OTHER))).toBe('412 PreconditionFailed');
    await remove(client, etag);
    expect(server.keys(BUCKET)).toEqual([]);
  });

  it('can ask that there be something to delete', async () => {
    const { client } = await startWithClient();
    expect(await refusalOf(remove(client, '*'))).toBe('412 PreconditionFailed');
    await put(client, 'a', '1');
    await remove(client, '*');
  });

  it('of many has an outcome for each', async () => {
    const { server, client } = await startWithClient();
    const ETag = await put(client, 'a', '1');
    await put(client, 'b', '1');
    const Objects = [
      { Key: 'a', ETag },
      { Key: 'b', ETag: OTHER },
    ];
    const result = await client.send(new DeleteObjectsCommand({ Bucket: BUCKET, Delete: { Objects } }));
    expect(result.Deleted).toEqual([{ Key: 'a' }]);
    expect(result.Errors).toMatchObject([{ Key: 'b', Code: 'PreconditionFailed' }]);
    expect(server.keys(BUCKET)).toEqual(['b']);
  });
});

describe('a conditional read', () => {
  it('is spared what the reader has', async () => {
    const { client } = await startWithClient();
    const IfNoneMatch = await put(client, 'a', '1');
    const reading = client.send(new GetObjectCommand({ Bucket: BUCKET, Key: 'a', IfNoneMatch }));
    expect(await refusalOf(reading)).toMatch(/^304 /);
    const since = new Date(Date.now() + 1000);
    const head = client.send(new HeadObjectCommand({ Bucket: BUCKET, Key: 'a', IfModifiedSince: since }));
    expect(await refusalOf(head)).toMatch(/^304 /);
  });

  it('is refused another version than it wants', async () => {
    const { client } = await startWithClient();
    await put(client, 'a', '1');
    const reading = client.send(new GetObjectCommand({ Bucket: BUCKET, Key: 'a', IfMatch: OTHER }));
    expect(await refusalOf(reading)).toBe('412 PreconditionFailed');
    const IfUnmodifiedSince = new Date(0);
    const dated = client.send(new GetObjectCommand({ Bucket: BUCKET, Key: 'a', IfUnmodifiedSince }));
    expect(await refusalOf(dated)).toBe('412 PreconditionFailed');
  });
});

describe('a store without conditional writes', () => {
  it('may ignore the conditions', async () => {
    const { client } = await startWithClient({ conditionalWrites: 'ignored' });
    await put(client, 'a', '1');
    await put(client, 'a', '2', { IfNoneMatch: '*' });
    await put(client, 'a', '3', { IfMatch: OTHER });
    expect(await read(client, 'a')).toBe('3');
    await client.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: 'a', IfMatch: OTHER }));
  });

  it('may refuse them', async () => {
    const { server, client } = await startWithClient({ conditionalWrites: 'refused' });
    expect(await refusalOf(put(client, 'a', '1', { IfNoneMatch: '*' }))).toBe('501 NotImplemented');
    expect(server.keys(BUCKET)).toEqual([]);
  });
});
