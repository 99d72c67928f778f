import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { describe, expect, it } from 'vitest';
import { codeIn, sendRaw, type RawAnswer } from '../support/s3/raw-request.ts';
import { startS3Server } from '../support/s3/server.ts';
import { BUCKET, clientOf, refusalOf, startWithClient } from '../support/s3/sdk-client.ts';

const GET = new GetObjectCommand({ Bucket: BUCKET, Key: 'a b+c/ü~*' });
const PUT = new PutObjectCommand({ Bucket: BUCKET, Key: 'a b+c/ü~*', Body: 'x' });

async function codeOf(url: string, init?: RequestInit): Promise<string | undefined> {
  const response = await fetch(url, init);
  const body = await response.text();
  return response.ok ? body : /<Code>(.*?)<\/Code>/.exec(body)?.[1];
}

describe('a signed request', () => {
  it.each([
    ['a wrong secret', { secretAccessKey: 'wrong' }, '403 SignatureDoesNotMatch'],
    ['an unknown key', { accessKeyId: 'nobody' }, '403 InvalidAccessKeyId'],
    ['a session that is none', { sessionToken: 'none' }, '400 InvalidToken'],
  ])('with %s is refused', async (_, change, expected) => {
    const { server } = await startWithClient();
    const client = clientOf(server, { credentials: { ...server.credentials, ...change } });
    expect(await refusalOf(client.send(PUT))).toBe(expected);
    expect(server.keys(BUCKET)).toEqual([]);
  });

  it('with temporary credentials needs their token', async () => {
    const credentials = { accessKeyId: 'id', secretAccessKey: 'secret', sessionToken: 'token' };
    const { server, client } = await startWithClient({ credentials });
    await client.send(PUT);
    const without = clientOf(server, { credentials: { ...credentials, sessionToken: undefined } });
    expect(await refusalOf(without.send(PUT))).toBe('400 InvalidToken');
  });

  it('for another region is told the right one', async () => {
    const { server } = await startWithClient({ region: 'eu-central-1' });
    const client = clientOf(server, { region: 'us-west-2' });
    await expect(client.send(PUT)).rejects.toMatchObject({
      name: 'AuthorizationHeaderMalformed',
      Region: 'eu-central-1',
    });
  });

  it('is refused when its clock is more than fifteen minutes off', async () => {
    const minutes = (count: number) => async () => {
      const { client } = await startWithClient({ now: () => new Date(Date.now() + count * 60_000) });
      return refusalOf(client.send(PUT));
    };
    expect(await minutes(14)()).toBe('not refused');
    expect(await minutes(16)()).toBe('403 RequestTimeTooSkewed');
    expect(await minutes(-16)()).toBe('403 RequestTimeTooSkewed');
  });

  it('is refused when something of S3 in it is not signed', async () => {
    const { server, client } = await startWithClient();
    client.middlewareStack.add(
      (next) => async (args) => {
        const { headers } = args.request as { headers: Record<string, string> };
        headers['x-amz-meta-smuggled'] = 'x';
        return next(args);
      },
      { step: 'deserialize', name: 'smuggle' },
    );
    expect(await refusalOf(client.send(PUT))).toBe('403 AccessDenied');
    expect(server.keys(BUCKET)).toEqual([]);
  });
});

describe('a request without a signature', () => {
  it('is refused', async () => {
    const { server } = await startWithClient();
    expect(codeIn(await sendRaw(server.endpoint, { method: 'GET', path: `/${BUCKET}/a` }))).toBe(
      'AccessDenied',
    );
  });

  it('is served by a server that allows it', async () => {
    const { server, client } = await startWithClient({ allowAnonymous: true });
    await client.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'a', Body: 'x' }));
    expect(await codeOf(`${server.endpoint}/${BUCKET}/a`)).toBe('x');
  });
});

describe('a presigned URL', () => {
  it('reads and writes what it was made for', async () => {
    const { server, client } = await startWithClient();
    const writer = clientOf(server, { requestChecksumCalculation: 'WHEN_REQUIRED' });
    const command = new PutObjectCommand({ ...GET.input, ContentType: 'text/css', Metadata: { k: 'v' } });
    const writing = await getSignedUrl(writer, command);
    expect(await codeOf(writing, { method: 'PUT', body: 'x', headers: { 'content-type': 'text/css' } })).toBe(
      '',
    );
    expect(await codeOf(await getSignedUrl(client, GET))).toBe('x');
    const stored = await client.send(GET);
    expect([stored.ContentType, stored.Metadata]).toEqual(['text/css', { k: 'v' }]);
  });

  it('holds for its method, for its key and for its time', async () => {
    const { client } = await startWithClient();
    await client.send(PUT);
    const url = await getSignedUrl(client, GET);
    expect(await codeOf(url, { method: 'PUT', body: 'y' })).toBe('SignatureDoesNotMatch');
    expect(await codeOf(url.replace('/a%20b', '/b%20b'))).toBe('SignatureDoesNotMatch');
    expect(await codeOf(url.replace(/X-Amz-Signature=..../, 'X-Amz-Signature=0000'))).toBe(
      'SignatureDoesNotMatch',
    );
    const signingDate = new Date(Date.now() - 61_000);
    expect(await codeOf(await getSignedUrl(client, GET, { expiresIn: 60, signingDate }))).toBe(
      'AccessDenied',
    );
    expect(await codeOf(await getSignedUrl(client, GET, { expiresIn: 65, signingDate }))).toBe('x');
  });

  it('chooses headers of the answer', async () => {
    const { client } = await startWithClient();
    await client.send(PUT);
    const command = new GetObjectCommand({ ...GET.input, ResponseContentDisposition: 'attachment' });
    const response = await fetch(await getSignedUrl(client, command));
    expect(response.headers.get('content-disposition')).toBe('attachment');
  });

  it('for writing, made in the way of the SDK, holds for an empty body only', async () => {
    const { client } = await startWithClient();
    const url = await getSignedUrl(client, new PutObjectCommand(GET.input));
    expect(await codeOf(url, { method: 'PUT', body: 'x' })).toBe('BadDigest');
  });
});

/**
 * The examples of the documentation of S3, "Signature Calculations for the Authorization Header:
 * Transferring Payload in Multiple Chunks", without and with trailers.
 */
describe('a body with signed chunks', () => {
  const CREDENTIALS = {
    accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
    secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  };
  const PLAIN = {
    seed: '4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9',
    chunks: [
      'ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648',
      '0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497',
      'b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9',
    ],
    signed:
      'content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class',
    payload: 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
    headers: { 'content-length': '66824' },
    trailers: '',
  };
  const TRAILING = {
    seed: '106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e',
    chunks: [
      'b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2',
      '1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7',
      '2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992',
    ],
    signed:
      'content-encoding;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class;x-amz-trailer',
    payload: 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER',
    headers: { 'x-amz-trailer': 'x-amz-checksum-crc32c' },
    trailers:
      'x-amz-checksum-crc32c:sOO8/Q==\r\nx-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n',
  };

  async function send(
    example: typeof PLAIN | typeof TRAILING,
    change = (body: string) => body,
  ): Promise<RawAnswer> {
    const now = (): Date => new Date('2013-05-24T00:00:00Z');
    const server = await startS3Server({ credentials: CREDENTIALS, buckets: ['examplebucket'], now });
    const sizes = [65_536, 1024, 0];
    const chunks = example.chunks.map((signature, index) => {
      const size = sizes[index] ?? 0;
      const end = size === 0 ? '' : '\r\n';
      return `${size.toString(16)};chunk-signature=${signature}\r\n${'a'.repeat(size)}${end}`;
    });
    const answer = await sendRaw(server.endpoint, {
      method: 'PUT',
      path: '/examplebucket/chunkObject.txt',
      headers: {
        host: 's3.amazonaws.com',
        'x-amz-date': '20130524T000000Z',
        'x-amz-storage-class': 'REDUCED_REDUNDANCY',
        'x-amz-content-sha256': example.payload,
        'x-amz-decoded-content-length': '66560',
        'content-encoding': 'aws-chunked',
        ...example.headers,
        authorization: `AWS4-HMAC-SHA256 Credential=${CREDENTIALS.accessKeyId}/20130524/us-east-1/s3/aws4_request,SignedHeaders=${example.signed},Signature=${example.seed}`,
      },
      body: change(`${chunks.join('')}${example.trailers}\r\n`),
    });
    await server.close();
    return answer;
  }

  it.each([
    ['without trailers', PLAIN],
    ['with trailers', TRAILING],
  ])('%s is verified as in the examples of S3', async (_, example) => {
    expect(await send(example)).toMatchObject({ status: 200 });
  });

  it.each([
    ['a byte is another', 'aaaa\r\n400;', 'aaab\r\n400;'],
    ['a signature is another', '1c1344b1', '1c1344b2'],
    ['one is not signed', /;chunk-signature=1c13\w+/, ''],
  ])('is refused when %s', async (_, from, to) => {
    expect(codeIn(await send(TRAILING, (body) => body.replace(from, to)))).toBe('SignatureDoesNotMatch');
  });

  it('is refused when its trailers are not signed', async () => {
    const answer = await send(TRAILING, (body) => body.replace(/x-amz-trailer-signature:\w+\r\n/, ''));
    expect(codeIn(answer)).toBe('SignatureDoesNotMatch');
  });
});
