import { createHash } from 'node:crypto';
import {
  CopyObjectCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  type GetObjectCommandInput,
  type S3Client,
} from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { codeIn, sendRaw } from '../support/s3/raw-request.ts';
import { BUCKET, refusalOf, startWithClient } from '../support/s3/sdk-client.ts';

const HEADERS = {
  ContentType: 'text/html; charset=utf-8',
  ContentEncoding: 'br',
  ContentLanguage: 'en',
  ContentDisposition: 'attachment; filename="a b.whl"',
  CacheControl: 'max-age=31536000, immutable',
  Metadata: { sha256: 'abc', 'two-words': 'x y' },
};

async function put(client: S3Client, Key: string, Body: string | Uint8Array, more = {}): Promise<void> {
  await client.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body, ...more }));
}

async function get(client: S3Client, Key: string, more: Partial<GetObjectCommandInput> = {}) {
  const result = await client.send(new GetObjectCommand({ Bucket: BUCKET, Key, ...more }));
  return { ...result, text: await result.Body?.transformToString() };
}

describe('an object', () => {
  it('keeps its headers and its metadata', async () => {
    const { client } = await startWithClient();
    await put(client, 'a', 'x', HEADERS);
    expect(await get(client, 'a')).toMatchObject({ ...HEADERS, text: 'x', ContentLength: 1 });
    const head = await client.send(new HeadObjectCommand({ Bucket: BUCKET, Key: 'a' }));
    expect(head).toMatchObject({ ...HEADERS, ContentLength: 1 });
  });

  it('has the MD5 of its content as its ETag, and a time in whole seconds', async () => {
    const { client } = await startWithClient({
      now: () => new Date(Math.floor(Date.now() / 1000) * 1000 + 999),
    });
    await put(client, 'a', '');
    const { ETag, LastModified, text } = await get(client, 'a');
    expect([ETag, text]).toEqual(['"d41d8cd98f00b204e9800998ecf8427e"', '']);
    expect(LastModified?.getMilliseconds()).toBe(0);
    expect(LastModified?.getTime()).toBeLessThanOrEqual(Date.now());
  });

  it('of many megabytes comes back as it was', async () => {
    const { client } = await startWithClient();
    const body = new Uint8Array(20_000_000).map((_, index) => index % 251);
    await put(client, 'a', body);
    const { Body } = await client.send(new GetObjectCommand({ Bucket: BUCKET, Key: 'a' }));
    expect(Buffer.compare((await Body?.transformToByteArray()) ?? Buffer.alloc(0), body)).toBe(0);
  });

  it.each(['a b+c', 'a%2Fb', 'é😀', 'q&r=<s>', '#h?q', '\'"', 'a//b', '../up', `${'x'.repeat(1024)}`])(
    'may be named %j',
    async (key) => {
      const { server, client } = await startWithClient();
      await put(client, key, 'x');
      expect(server.keys(BUCKET)).toEqual([key]);
      expect((await get(client, key)).text).toBe('x');
    },
  );

  it('may not have a longer name, or more metadata, than S3 can hold', async () => {
    const { client } = await startWithClient();
    expect(await refusalOf(put(client, 'x'.repeat(1025), 'x'))).toBe('400 KeyTooLongError');
    const Metadata = { long: 'x'.repeat(2048) };
    expect(await refusalOf(put(client, 'a', 'x', { Metadata }))).toBe('400 MetadataTooLarge');
  });

  it('that is missing is told from a bucket that is', async () => {
    const { client } = await startWithClient();
    expect(await refusalOf(get(client, 'a'))).toBe('404 NoSuchKey');
    expect(await refusalOf(get(client, 'a', { Bucket: 'other' }))).toBe('404 NoSuchBucket');
    const head = client.send(new HeadObjectCommand({ Bucket: BUCKET, Key: 'a' }));
    expect(await refusalOf(head)).toBe('404 NotFound');
    await client.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: 'a' }));
  });
});

describe('a range', () => {
  it.each([
    ['bytes=2-4', '234', 'bytes 2-4/10'],
    ['bytes=7-', '789', 'bytes 7-9/10'],
    ['bytes=7-99', '789', 'bytes 7-9/10'],
    ['bytes=-3', '789', 'bytes 7-9/10'],
    ['bytes=-99', '0123456789', 'bytes 0-9/10'],
  ])('%s is served', async (Range, text, ContentRange) => {
    const { client } = await startWithClient();
    await put(client, 'a', '0123456789');
    expect(await get(client, 'a', { Range })).toMatchObject({
      text,
      ContentRange,
      $metadata: { httpStatusCode: 206 },
    });
  });

  it.each(['bytes=10-', 'bytes=-0'])('%s is beyond the object', async (Range) => {
    const { client } = await startWithClient();
    await put(client, 'a', '0123456789');
    expect(await refusalOf(get(client, 'a', { Range }))).toBe('416 InvalidRange');
  });

  it.each(['bytes=4-2', 'bytes=0-1,3-4', 'lines=1-2'])('%s is none, and all is served', async (Range) => {
    const { client } = await startWithClient();
    await put(client, 'a', '0123456789');
    expect((await get(client, 'a', { Range })).text).toBe('0123456789');
  });
});

describe('a copy', () => {
  const copy = (client: S3Client, more: object): Promise<unknown> =>
    client.send(
      new CopyObjectCommand({ Bucket: BUCKET, Key: 'to', CopySource: `${BUCKET}/from%20here%2B`, ...more }),
    );

  it('has the headers of its source, or its own', async () => {
    const { client } = await startWithClient();
    await put(client, 'from here+', 'x', HEADERS);
    await copy(client, {});
    expect(await get(client, 'to')).toMatchObject({ ...HEADERS, text: 'x' });
    await copy(client, { MetadataDirective: 'REPLACE', ContentType: 'text/plain' });
    const replaced = await get(client, 'to');
    expect(replaced).toMatchObject({ text: 'x', ContentType: 'text/plain', Metadata: {} });
    expect(replaced.CacheControl).toBeUndefined();
  });

  it('onto itself has to change something', async () => {
    const { client } = await startWithClient();
    await put(client, 'from here+', 'x');
    const Key = 'from here+';
    expect(await refusalOf(copy(client, { Key }))).toBe('400 InvalidRequest');
    await copy(client, { Key, MetadataDirective: 'REPLACE', Metadata: { k: 'v' } });
    expect((await get(client, Key)).Metadata).toEqual({ k: 'v' });
  });

  it('of what is missing is refused', async () => {
    const { client } = await startWithClient();
    expect(await refusalOf(copy(client, {}))).toBe('404 NoSuchKey');
    expect(await refusalOf(copy(client, { CopySource: BUCKET }))).toBe('400 InvalidArgument');
  });
});

describe('deleting many', () => {
  it('removes what is there, and says so of all', async () => {
    const { server, client } = await startWithClient();
    await put(client, 'a', 'x');
    await put(client, 'b', 'x');
    const Objects = [{ Key: 'a' }, { Key: 'missing <&>' }];
    const remove = new DeleteObjectsCommand({ Bucket: BUCKET, Delete: { Objects } });
    expect((await client.send(remove)).Deleted).toEqual(Objects);
    expect(server.keys(BUCKET)).toEqual(['b']);
    const quiet = new DeleteObjectsCommand({
      Bucket: BUCKET,
      Delete: { Objects: [{ Key: 'b' }], Quiet: true },
    });
    expect((await client.send(quiet)).Deleted).toBeUndefined();
    expect(server.keys(BUCKET)).toEqual([]);
  });

  it('is for a thousand at most', async () => {
    const { client } = await startWithClient();
    const Objects = Array.from({ length: 1001 }, (_, index) => ({ Key: `${index}` }));
    const remove = new DeleteObjectsCommand({ Bucket: BUCKET, Delete: { Objects } });
    expect(await refusalOf(client.send(remove))).toBe('400 MalformedXML');
  });

  it.each([
    '',
    '<Delete>',
    '<Delete/>',
    '<Other/>',
    '<Delete><Object><Key>&#x110000;</Key></Object></Delete>',
  ])('is not done on the word of %j', async (body) => {
    const { server } = await startWithClient({ allowAnonymous: true });
    const headers = { 'content-md5': createHash('md5').update(body).digest('base64') };
    const answer = await sendRaw(server.endpoint, {
      method: 'POST',
      path: `/${BUCKET}?delete`,
      headers,
      body,
    });
    expect(codeIn(answer)).toBe('MalformedXML');
  });

  it('needs a checksum', async () => {
    const { server } = await startWithClient({ allowAnonymous: true });
    const body = '<Delete><Object><Key>a</Key></Object></Delete>';
    const answer = await sendRaw(server.endpoint, { method: 'POST', path: `/${BUCKET}?delete`, body });
    expect(codeIn(answer)).toBe('InvalidRequest');
  });
});

describe('what this server does not know', () => {
  it.each([
    ['a header', { method: 'PUT', path: `/${BUCKET}/a`, headers: { 'x-amz-acl': 'public-read' } }],
    ['a query parameter', { method: 'GET', path: `/${BUCKET}/a?versionId=1` }],
  ])('fails loudly, as %s', async (_, request) => {
    const { server } = await startWithClient({ allowAnonymous: true });
    const answer = await sendRaw(server.endpoint, request);
    expect([answer.status, codeIn(answer)]).toEqual([501, 'NotImplemented']);
  });

  it('fails loudly, as a method', async () => {
    const { server } = await startWithClient({ allowAnonymous: true });
    const answer = await sendRaw(server.endpoint, { method: 'PATCH', path: `/${BUCKET}/a` });
    expect([answer.status, codeIn(answer)]).toEqual([405, 'MethodNotAllowed']);
  });
});
