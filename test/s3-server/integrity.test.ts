import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import {
  ChecksumAlgorithm,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
} from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { Crc32, Crc32c, Crc64Nvme } from '../support/s3/crc.ts';
import { codeIn, sendRaw } from '../support/s3/raw-request.ts';
import { BUCKET, clientOf, refusalOf, startWithClient } from '../support/s3/sdk-client.ts';

const BODY = Buffer.from('hello');
const digest = (name: string, text: string): string => createHash(name).update(text).digest('base64');

/** Checksums of something else. */
const WRONG: Record<string, Partial<PutObjectCommandInput>> = {
  'Content-MD5': { ContentMD5: digest('md5', 'other') },
  CRC32: { ChecksumCRC32: 'AAAAAA==' },
  CRC32C: { ChecksumCRC32C: 'AAAAAA==' },
  CRC64NVME: { ChecksumCRC64NVME: 'AAAAAAAAAAA=' },
  'SHA-1': { ChecksumSHA1: digest('sha1', 'other') },
  'SHA-256': { ChecksumSHA256: digest('sha256', 'other') },
};

it.each([
  // The check values of the catalogue of CRCs: of the digits from 1 to 9.
  ['CRC-32', new Crc32(), 'cbf43926'],
  ['CRC-32C', new Crc32c(), 'e3069283'],
  ['CRC-64/NVME', new Crc64Nvme(), 'ae8b14860a799888'],
])('%s comes to its check value, also in pieces', (_, crc, expected) => {
  crc.update(Buffer.from('1234'));
  crc.update(Buffer.from('56789'));
  expect(crc.digest().toString('hex')).toBe(expected);
});

describe('an object', () => {
  it.each(Object.keys(WRONG))('whose %s is that of something else is refused', async (name) => {
    const { server, client } = await startWithClient();
    const put = new PutObjectCommand({ Bucket: BUCKET, Key: 'a', Body: BODY, ...WRONG[name] });
    expect(await refusalOf(client.send(put))).toBe('400 BadDigest');
    expect(server.keys(BUCKET)).toEqual([]);
  });

  it('whose checksum cannot be one is refused', async () => {
    const { client } = await startWithClient();
    const put = (more: object): Promise<unknown> =>
      client.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'a', Body: BODY, ...more }));
    expect(await refusalOf(put({ ChecksumSHA256: 'AAAA' }))).toBe('400 InvalidRequest');
    expect(await refusalOf(put({ ContentMD5: 'AAAA' }))).toBe('400 InvalidDigest');
    expect(await refusalOf(put({ ChecksumCRC32: 'AAAAAA==', ChecksumCRC32C: 'AAAAAA==' }))).toBe(
      '400 InvalidRequest',
    );
  });

  it.each([
    ChecksumAlgorithm.CRC32,
    ChecksumAlgorithm.CRC32C,
    ChecksumAlgorithm.SHA1,
    ChecksumAlgorithm.SHA256,
  ])('has its %s returned to whoever asks for it', async (algorithm) => {
    const { client } = await startWithClient();
    const put = new PutObjectCommand({ Bucket: BUCKET, Key: 'a', Body: BODY, ChecksumAlgorithm: algorithm });
    const field = `Checksum${algorithm}` as const;
    const { [field]: checksum } = await client.send(put);
    expect(checksum).toBeDefined();
    const ask = { Bucket: BUCKET, Key: 'a', ChecksumMode: 'ENABLED' } as const;
    const head = await client.send(new HeadObjectCommand(ask));
    expect([head[field], head.ChecksumType]).toEqual([checksum, 'FULL_OBJECT']);
    const part = await client.send(new GetObjectCommand({ ...ask, Range: 'bytes=0-1' }));
    expect([await part.Body?.transformToString(), part[field]]).toEqual(['he', undefined]);
  });
});

describe('a body that is sent as a stream', () => {
  it('is stored without its framing, and so is its encoding', async () => {
    const { server, client } = await startWithClient();
    const chunks = [Buffer.alloc(70_000, 1), Buffer.alloc(9000, 2), Buffer.from('short')];
    const ContentLength = 79_005;
    const put = { Bucket: BUCKET, Key: 'a', ContentLength, ContentEncoding: 'gzip' };
    await client.send(new PutObjectCommand({ ...put, Body: Readable.from(chunks) }));
    expect(server.log.entries[0]?.headers).toMatchObject({
      'content-encoding': 'gzip,aws-chunked',
      'x-amz-trailer': 'x-amz-checksum-crc32',
    });
    const { Body, ContentEncoding } = await client.send(new GetObjectCommand({ Bucket: BUCKET, Key: 'a' }));
    expect(ContentEncoding).toBe('gzip');
    expect(Buffer.concat(chunks).equals((await Body?.transformToByteArray()) ?? Buffer.alloc(0))).toBe(true);
  });

  it('is refused when it is shorter or longer than announced', async () => {
    const { server, client } = await startWithClient();
    const put = (ContentLength: number): Promise<unknown> =>
      client.send(
        new PutObjectCommand({ Bucket: BUCKET, Key: 'a', Body: Readable.from([BODY]), ContentLength }),
      );
    expect(await refusalOf(put(6))).toBe('400 IncompleteBody');
    expect(await refusalOf(put(4))).toBe('400 IncompleteBody');
    expect(server.keys(BUCKET)).toEqual([]);
  });

  it('is refused when its chunks are small ones', async () => {
    const { client } = await startWithClient();
    const body = Readable.from([BODY, BODY]);
    const put = new PutObjectCommand({ Bucket: BUCKET, Key: 'a', Body: body, ContentLength: 10 });
    expect(await refusalOf(client.send(put))).toBe('403 InvalidChunkSizeError');
  });
});

describe('a trailer', () => {
  const send = async (body: string, headers: object = {}): Promise<string | undefined> => {
    const { server } = await startWithClient({ allowAnonymous: true });
    const answer = await sendRaw(server.endpoint, {
      method: 'PUT',
      path: `/${BUCKET}/a`,
      headers: {
        'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
        'x-amz-decoded-content-length': 5,
        'x-amz-trailer': 'x-amz-checksum-crc32',
        'content-length': body.length,
        ...headers,
      },
      body,
    });
    expect(server.keys(BUCKET)).toEqual(answer.status === 200 ? ['a'] : []);
    return answer.status === 200 ? 'stored' : codeIn(answer);
  };

  it('holds the checksum of what it follows', async () => {
    expect(await send('5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n')).toBe('stored');
    expect(await send('5\r\nhello\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n')).toBe('BadDigest');
  });

  it('has to be there when it was announced, and only then', async () => {
    expect(await send('5\r\nhello\r\n0\r\n\r\n')).toBe('MalformedTrailerError');
    expect(await send('5\r\nhello\r\n0\r\nx-amz-checksum-crc32c:mnG7TA==\r\n\r\n')).toBe(
      'MalformedTrailerError',
    );
  });

  it('has to be whole', async () => {
    expect(await send('5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhC')).toBe('IncompleteBody');
    expect(await send('9\r\nhello')).toBe('IncompleteBody');
  });
});

it('a body must not differ from what was signed', async () => {
  const { server } = await startWithClient();
  const client = clientOf(server, { requestChecksumCalculation: 'WHEN_REQUIRED' });
  client.middlewareStack.add(
    (next) => async (args) => {
      Object.assign(args.request as object, { body: Buffer.from('HELLO') });
      return next(args);
    },
    { step: 'deserialize', name: 'tamper' },
  );
  const put = new PutObjectCommand({ Bucket: BUCKET, Key: 'a', Body: BODY });
  expect(await refusalOf(client.send(put))).toBe('400 XAmzContentSHA256Mismatch');
});

it('a body of unknown length is refused', async () => {
  const { server } = await startWithClient({ allowAnonymous: true });
  const request = { method: 'PUT', path: `/${BUCKET}/a` };
  const chunked = await sendRaw(server.endpoint, {
    ...request,
    headers: { 'transfer-encoding': 'chunked' },
    body: 'hello',
  });
  expect(codeIn(chunked)).toBe('NotImplemented');
});
