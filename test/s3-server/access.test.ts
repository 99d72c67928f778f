import { request } from 'node:http';
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectsCommand,
  GetBucketLocationCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { BUCKET, clientOf, refusalOf, startWithClient } from '../support/s3/sdk-client.ts';
import { startS3Server } from '../support/s3/server.ts';

const put = (client: S3Client, Key: string, more: object = {}): Promise<unknown> =>
  client.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body: 'x', ...more }));

describe('a bucket', () => {
  it('is created, found, listed and deleted', async () => {
    const { client } = await startWithClient();
    await client.send(new CreateBucketCommand({ Bucket: 'another' }));
    await client.send(new HeadBucketCommand({ Bucket: 'another' }));
    const { Buckets } = await client.send(new ListBucketsCommand({}));
    expect(Buckets?.map(({ Name }) => Name)).toEqual(['another', BUCKET]);
    await client.send(new DeleteBucketCommand({ Bucket: 'another' }));
    expect(await refusalOf(client.send(new HeadBucketCommand({ Bucket: 'another' })))).toBe('404 NotFound');
  });

  it('is refused when its name is taken, or none', async () => {
    const { client } = await startWithClient();
    const create = (Bucket: string): Promise<unknown> => client.send(new CreateBucketCommand({ Bucket }));
    expect(await refusalOf(create(BUCKET))).toBe('409 BucketAlreadyOwnedByYou');
    expect(await refusalOf(create('Big_Letters'))).toBe('400 InvalidBucketName');
  });

  it('is not deleted while there is something in it', async () => {
    const { client } = await startWithClient();
    await put(client, 'a');
    expect(await refusalOf(client.send(new DeleteBucketCommand({ Bucket: BUCKET })))).toBe(
      '409 BucketNotEmpty',
    );
  });

  it('of another region than the first has to be asked for by name', async () => {
    const { client } = await startWithClient({ region: 'eu-central-1' });
    const create = (LocationConstraint: 'eu-central-1' | 'eu-west-1'): Promise<unknown> =>
      client.send(
        new CreateBucketCommand({ Bucket: 'another', CreateBucketConfiguration: { LocationConstraint } }),
      );
    expect(await refusalOf(create('eu-west-1'))).toBe('400 IllegalLocationConstraintException');
    await create('eu-central-1');
    const location = await client.send(new GetBucketLocationCommand({ Bucket: 'another' }));
    expect(location.LocationConstraint).toBe('eu-central-1');
  });

  it('in another region sends clients there', async () => {
    const { server, client } = await startWithClient();
    server.createBucket('far-away', 'ap-south-1');
    const reading = client.send(new GetObjectCommand({ Bucket: 'far-away', Key: 'a' }));
    expect(await refusalOf(reading)).toBe('301 PermanentRedirect');
    await expect(client.send(new HeadBucketCommand({ Bucket: 'far-away' }))).rejects.toMatchObject({
      $metadata: { httpStatusCode: 301 },
      $response: { headers: { 'x-amz-bucket-region': 'ap-south-1' } },
    });
  });

  it('may be named in the host', async () => {
    const { server } = await startWithClient();
    const { port } = new URL(server.endpoint);
    const client = clientOf(server, { endpoint: `http://localhost:${port}`, forcePathStyle: false });
    // Not every machine resolves names below localhost.
    client.middlewareStack.add(
      (next) => async (args) => {
        Object.assign(args.request as object, { hostname: '127.0.0.1' });
        return next(args);
      },
      { step: 'deserialize', name: 'resolve' },
    );
    await put(client, 'in the/host');
    expect(server.keys(BUCKET)).toEqual(['in the/host']);
    expect(server.log.entries[0]?.headers['host']).toBe(`${BUCKET}.localhost:${port}`);
  });
});

describe('a bucket policy', () => {
  it('denies an action below a prefix, and says which on what', async () => {
    const { server, client } = await startWithClient({
      deny: [{ actions: ['s3:PutObject'], keyPrefix: 'files/' }],
    });
    await put(client, 'simple/a');
    await expect(put(client, 'files/a')).rejects.toMatchObject({
      name: 'AccessDenied',
      message: expect.stringMatching(/s3:PutObject on resource: "arn:aws:s3:::bucket\/files\/a"/),
      $metadata: { httpStatusCode: 403 },
    });
    expect(server.keys(BUCKET)).toEqual(['simple/a']);
  });

  it('hides what is missing from whoever may not list', async () => {
    const { server, client } = await startWithClient();
    await put(client, 'a');
    const allow = server.deny({ actions: ['s3:ListBucket'] });
    const get = (Key: string): Promise<unknown> => client.send(new GetObjectCommand({ Bucket: BUCKET, Key }));
    await get('a');
    await expect(get('b')).rejects.toMatchObject({
      name: 'AccessDenied',
      message: expect.stringMatching(/s3:ListBucket on resource: "arn:aws:s3:::bucket"/),
    });
    expect(await refusalOf(client.send(new HeadObjectCommand({ Bucket: BUCKET, Key: 'b' })))).toMatch(
      /^403 /,
    );
    expect(await refusalOf(client.send(new ListObjectsV2Command({ Bucket: BUCKET })))).toBe(
      '403 AccessDenied',
    );
    expect(await refusalOf(client.send(new HeadBucketCommand({ Bucket: BUCKET })))).toMatch(/^403 /);
    allow();
    expect(await refusalOf(get('b'))).toBe('404 NoSuchKey');
  });

  it('can demand that writes be conditional', async () => {
    const { client } = await startWithClient({ deny: [{ actions: ['s3:PutObject'], unconditional: true }] });
    expect(await refusalOf(put(client, 'a'))).toBe('403 AccessDenied');
    await put(client, 'a', { IfNoneMatch: '*' });
  });

  it('lets nobody compare who may not read', async () => {
    const { client } = await startWithClient({ deny: [{ actions: ['s3:GetObject'] }] });
    await put(client, 'a');
    expect(await refusalOf(put(client, 'a', { IfMatch: '"x"' }))).toBe('403 AccessDenied');
  });

  it('may deny some of many deletes', async () => {
    const { server, client } = await startWithClient({
      deny: [{ actions: ['s3:DeleteObject'], keyPrefix: 'a' }],
    });
    await put(client, 'a');
    await put(client, 'b');
    const Objects = [{ Key: 'a' }, { Key: 'b' }];
    const result = await client.send(new DeleteObjectsCommand({ Bucket: BUCKET, Delete: { Objects } }));
    expect(result).toMatchObject({ Deleted: [{ Key: 'b' }], Errors: [{ Key: 'a', Code: 'AccessDenied' }] });
    expect(server.keys(BUCKET)).toEqual(['a']);
  });
});

it('a server that is closed cuts even those connections that wait', async () => {
  const { server } = await startWithClient({ allowAnonymous: true });
  const injection = server.inject({ fault: { kind: 'silence', when: 'before' } });
  const cut = new Promise((resolve) => {
    request(`${server.endpoint}/${BUCKET}`, { method: 'HEAD' }).on('error', resolve).end();
  });
  await injection.struck;
  await server.close();
  expect(await cut).toMatchObject({ code: 'ECONNRESET' });
});

it('a server that is defective says so when it is closed', async () => {
  let isBroken = false;
  const server = await startS3Server({
    buckets: [BUCKET],
    now: () => {
      if (isBroken) throw new Error('no clock');
      return new Date();
    },
  });
  isBroken = true;
  await expect(put(clientOf(server), 'a')).rejects.toThrow();
  await expect(server.close()).rejects.toThrow(AggregateError);
});
