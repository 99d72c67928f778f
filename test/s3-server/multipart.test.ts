import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  PutObjectCommand,
  UploadPartCommand,
  UploadPartCopyCommand,
  type CompletedPart,
  type CreateMultipartUploadCommandInput,
  type S3Client,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { describe, expect, it } from 'vitest';
import type { S3Server } from '../support/s3/server.ts';
import { BUCKET, refusalOf, startWithClient } from '../support/s3/sdk-client.ts';

const ADDRESS = { Bucket: BUCKET, Key: 'a' };

/** An upload of parts of a few bytes. */
class SmallUpload {
  readonly client: S3Client;
  readonly id: string | undefined;

  private constructor(client: S3Client, id: string | undefined) {
    this.client = client;
    this.id = id;
  }

  static async begin(
    client: S3Client,
    more: Partial<CreateMultipartUploadCommandInput> = {},
  ): Promise<SmallUpload> {
    const { UploadId } = await client.send(new CreateMultipartUploadCommand({ ...ADDRESS, ...more }));
    return new SmallUpload(client, UploadId);
  }

  async part(PartNumber: number, Body: string, more: object = {}): Promise<CompletedPart> {
    const command = new UploadPartCommand({ ...ADDRESS, UploadId: this.id, PartNumber, Body, ...more });
    const { $metadata: _, ...checksums } = await this.client.send(command);
    return { PartNumber, ...checksums };
  }

  complete(Parts: CompletedPart[], more: object = {}) {
    const request = { ...ADDRESS, UploadId: this.id, MultipartUpload: { Parts }, ...more };
    return this.client.send(new CompleteMultipartUploadCommand(request));
  }
}

const small = (): Promise<{ server: S3Server; client: S3Client }> => startWithClient({ minimumPartSize: 1 });

describe('an upload in parts', () => {
  it('becomes an object when it is completed, and not before', async () => {
    const { server, client } = await small();
    const upload = await SmallUpload.begin(client, { ContentType: 'text/x', Metadata: { k: 'v' } });
    // A part that is sent again replaces the first, and the order is that of the numbers.
    const parts = [
      await upload.part(1, 'wrong'),
      await upload.part(7, 'world'),
      await upload.part(1, 'hello '),
    ];
    expect([server.keys(BUCKET), server.pendingUploads(BUCKET)]).toEqual([[], 1]);
    const done = await upload.complete([parts[2] ?? {}, parts[1] ?? {}]);
    const md5 = (data: string | Buffer): Buffer => createHash('md5').update(data).digest();
    const etag = md5(Buffer.concat([md5('hello '), md5('world')])).toString('hex');
    expect(done.ETag).toBe(`"${etag}-2"`);
    const { Body, ...object } = await client.send(new GetObjectCommand(ADDRESS));
    expect(await Body?.transformToString()).toBe('hello world');
    expect(object).toMatchObject({ ContentType: 'text/x', Metadata: { k: 'v' }, ETag: done.ETag });
    expect(server.pendingUploads(BUCKET)).toBe(0);
    expect(await refusalOf(upload.complete([parts[2] ?? {}]))).toBe('404 NoSuchUpload');
  });

  it('needs parts of five megabytes, but for the last', async () => {
    const { client } = await startWithClient();
    const upload = await SmallUpload.begin(client);
    const large = await upload.part(1, 'x'.repeat(5 * 1024 * 1024));
    const [less, last] = [await upload.part(2, 'x'.repeat(5 * 1024 * 1024 - 1)), await upload.part(3, 'x')];
    expect(await refusalOf(upload.complete([large, less, last]))).toBe('400 EntityTooSmall');
    await upload.complete([large, less]);
  });

  it('can be made of parts of other objects', async () => {
    const { client } = await small();
    await client.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'source', Body: '0123456789' }));
    const upload = await SmallUpload.begin(client);
    const copy = { ...ADDRESS, UploadId: upload.id, PartNumber: 1, CopySource: `${BUCKET}/source` };
    const { CopyPartResult } = await client.send(
      new UploadPartCopyCommand({ ...copy, CopySourceRange: 'bytes=2-4' }),
    );
    await upload.complete([{ PartNumber: 1, ETag: CopyPartResult?.ETag }]);
    const { Body } = await client.send(new GetObjectCommand(ADDRESS));
    expect(await Body?.transformToString()).toBe('234');
    const beyond = new UploadPartCopyCommand({ ...copy, CopySourceRange: 'bytes=2-10' });
    expect(await refusalOf(client.send(beyond))).toMatch(/^40[04] /);
  });

  it('is not completed with parts that are not its own', async () => {
    const { server, client } = await small();
    const upload = await SmallUpload.begin(client);
    const [one, two] = [await upload.part(1, 'a'), await upload.part(2, 'b')];
    expect(await refusalOf(upload.complete([one, { ...two, ETag: one.ETag }]))).toBe('400 InvalidPart');
    expect(await refusalOf(upload.complete([one, { ...two, PartNumber: 3 }]))).toBe('400 InvalidPart');
    expect(await refusalOf(upload.complete([two, one]))).toBe('400 InvalidPartOrder');
    expect(await refusalOf(upload.complete([]))).toBe('400 MalformedXML');
    expect(await refusalOf(upload.part(10_001, 'c'))).toBe('400 InvalidArgument');
    expect(server.keys(BUCKET)).toEqual([]);
  });

  it('can be abandoned', async () => {
    const { server, client } = await small();
    const upload = await SmallUpload.begin(client);
    await client.send(new AbortMultipartUploadCommand({ ...ADDRESS, UploadId: upload.id }));
    expect(await refusalOf(upload.part(1, 'a'))).toBe('404 NoSuchUpload');
    expect(server.pendingUploads(BUCKET)).toBe(0);
  });

  it('that loses at its end is still there to be abandoned', async () => {
    const { server, client } = await small();
    const upload = await SmallUpload.begin(client);
    const part = await upload.part(1, 'late');
    await client.send(new PutObjectCommand({ ...ADDRESS, Body: 'early' }));
    expect(await refusalOf(upload.complete([part], { IfNoneMatch: '*' }))).toBe('412 PreconditionFailed');
    expect(server.pendingUploads(BUCKET)).toBe(1);
    const { Body, ETag } = await client.send(new GetObjectCommand(ADDRESS));
    expect(await Body?.transformToString()).toBe('early');
    await upload.complete([part], { IfMatch: ETag });
  });
});

describe('the checksum of an upload in parts', () => {
  it.each([
    ['CRC32', 'COMPOSITE', /-2$/],
    ['SHA256', 'COMPOSITE', /-2$/],
    ['CRC32', 'FULL_OBJECT', /^DUoRhQ==$/],
  ] as const)('%s may be %s', async (algorithm, type, expected) => {
    const { client } = await small();
    const upload = await SmallUpload.begin(client, { ChecksumAlgorithm: algorithm, ChecksumType: type });
    const more = { ChecksumAlgorithm: algorithm };
    const parts = [await upload.part(1, 'hello ', more), await upload.part(2, 'world', more)];
    const done = await upload.complete(parts);
    expect(done[`Checksum${algorithm}`]).toMatch(expected);
    expect(done.ChecksumType).toBe(type);
  });

  it('has to be one that can be', async () => {
    const { client } = await small();
    const begin = SmallUpload.begin(client, { ChecksumAlgorithm: 'SHA256', ChecksumType: 'FULL_OBJECT' });
    expect(await refusalOf(begin)).toBe('400 InvalidRequest');
  });

  it('has to be that of each part', async () => {
    const { client } = await small();
    const upload = await SmallUpload.begin(client, { ChecksumAlgorithm: 'SHA256' });
    expect(await refusalOf(upload.part(1, 'a', { ChecksumAlgorithm: 'CRC32' }))).toBe('400 InvalidRequest');
    const wrong = createHash('sha256').update('b').digest('base64');
    expect(await refusalOf(upload.part(1, 'a', { ChecksumSHA256: wrong }))).toBe('400 BadDigest');
    const { ETag } = await upload.part(1, 'a', { ChecksumAlgorithm: 'SHA256' });
    expect(await refusalOf(upload.complete([{ PartNumber: 1, ETag }]))).toBe('400 InvalidRequest');
    expect(await refusalOf(upload.complete([{ PartNumber: 1, ETag, ChecksumSHA256: wrong }]))).toBe(
      '400 InvalidPart',
    );
  });

  it('and its size have to be that of the whole object, if it says so', async () => {
    const { client } = await small();
    const upload = await SmallUpload.begin(client, {
      ChecksumAlgorithm: 'CRC32',
      ChecksumType: 'FULL_OBJECT',
    });
    const part = await upload.part(1, 'hello world');
    expect(await refusalOf(upload.complete([part], { ChecksumCRC32: 'AAAAAA==' }))).toBe('400 BadDigest');
    expect(await refusalOf(upload.complete([part], { MpuObjectSize: 10 }))).toBe('400 InvalidRequest');
    await upload.complete([part], { ChecksumCRC32: 'DUoRhQ==', MpuObjectSize: 11 });
  });
});

describe('what is under way', () => {
  it('is listed: the parts, page by page', async () => {
    const { client } = await small();
    const upload = await SmallUpload.begin(client);
    for (const number of [1, 2, 10]) await upload.part(number, 'x'.repeat(number));
    const list = (more: object) =>
      client.send(new ListPartsCommand({ ...ADDRESS, UploadId: upload.id, MaxParts: 2, ...more }));
    const first = await list({});
    expect(first.Parts?.map(({ PartNumber, Size }) => [PartNumber, Size])).toEqual([
      [1, 1],
      [2, 2],
    ]);
    const next = await list({ PartNumberMarker: first.NextPartNumberMarker });
    expect(next.Parts?.map(({ PartNumber }) => PartNumber)).toEqual([10]);
    expect([first.IsTruncated, next.IsTruncated]).toEqual([true, false]);
  });

  it('is listed: the uploads, page by page', async () => {
    const { client } = await small();
    for (const Key of ['b', 'a', 'b', 'c/x']) await SmallUpload.begin(client, { Key });
    const list = (more: object) =>
      client.send(new ListMultipartUploadsCommand({ Bucket: BUCKET, MaxUploads: 2, ...more }));
    const first = await list({});
    expect(first.Uploads?.map(({ Key }) => Key)).toEqual(['a', 'b']);
    const { NextKeyMarker: KeyMarker, NextUploadIdMarker: UploadIdMarker } = first;
    const next = await list({ KeyMarker, UploadIdMarker });
    expect(next.Uploads?.map(({ Key }) => Key)).toEqual(['b', 'c/x']);
    expect((await list({ Prefix: 'c/' })).Uploads).toHaveLength(1);
  });
});

it('a stream of unknown length is uploaded in parts by the SDK', async () => {
  const { server, client } = await startWithClient();
  const pieces = Array.from({ length: 12 }, (_, index) => Buffer.alloc(1024 * 1024, index));
  await new Upload({ client, params: { ...ADDRESS, Body: Readable.from(pieces) } }).done();
  expect(server.log.names().filter((name) => name === 'UploadPart')).toHaveLength(3);
  const { Body, ETag } = await client.send(new GetObjectCommand(ADDRESS));
  expect(Buffer.concat(pieces).equals((await Body?.transformToByteArray()) ?? Buffer.alloc(0))).toBe(true);
  expect(ETag).toMatch(/-3"$/);
});
