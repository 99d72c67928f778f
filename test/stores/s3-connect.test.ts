import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { clientSettings } from '../../stores/aws/connect.ts';
import { connectS3, type S3Connection } from '../../stores/s3/connect.ts';
import { encode, HEADERS } from '../support/bytes.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { serveBuckets } from './s3-served.ts';

const PAGE = 'simple/foo/index.html';
const KEYS = 'aws_access_key_id = test\naws_secret_access_key = testtest';

const { server, newBucket, connect } = serveBuckets();

describe('where a bucket is', () => {
  /** A profile `minio` that names the server, as the AWS CLI reads it. */
  function configured(...lines: readonly string[]): void {
    const file = join(temporaryFolder(), 'config');
    writeFileSync(file, ['[default]', 'region = eu-north-1', ...lines, ''].join('\n'));
    vi.stubEnv('AWS_CONFIG_FILE', file);
  }

  async function isFound(options: Partial<S3Connection>): Promise<void> {
    const store = await connectS3({ bucket: newBucket(), ...options });
    await store.replace(PAGE, encode('x'), undefined, HEADERS);
    expect(store.description).toContain(server().endpoint);
  }

  it.each(['AWS_ENDPOINT_URL_S3', 'AWS_ENDPOINT_URL'])('is found in %s', async (name) => {
    vi.stubEnv(name, server().endpoint);
    await isFound({});
  });

  it('is found in the profile that is named, and needs no region', async () => {
    configured(
      '[profile minio] # ours',
      `endpoint_url = ${server().endpoint}/ ; here`,
      'region=us-east-1',
      KEYS,
    );
    await isFound({ profile: 'minio' });
    vi.stubEnv('AWS_PROFILE', 'minio');
    await isFound({});
  });

  it('is found in the profile of AWS_DEFAULT_PROFILE, whose keys count too, for every service', async () => {
    configured(
      '[default]',
      'aws_access_key_id = other',
      'aws_secret_access_key = other',
      '[profile minio]',
      `endpoint_url = ${server().endpoint}`,
      'region=us-east-1',
      KEYS,
    );
    vi.stubEnv('AWS_DEFAULT_PROFILE', 'minio');
    vi.stubEnv('AWS_ACCESS_KEY_ID', '');
    await isFound({});
    expect(clientSettings({})).toMatchObject({ profile: 'minio' });
    expect(clientSettings({ profile: 'mine' })).toMatchObject({ profile: 'mine' });
  });

  it("is found among a profile's services", async () => {
    configured(
      '[profile minio]',
      'services = ours',
      KEYS,
      '[services ours]',
      'dynamodb =',
      '  endpoint_url = http://127.0.0.1:1',
      's3 =',
      `  endpoint_url = ${server().endpoint}`,
    );
    await isFound({ profile: 'minio' });
  });

  it.each([
    [{}, { AWS_REGION: 'eu-west-1', AWS_DEFAULT_REGION: 'eu-west-2' }, 'eu-west-1'],
    [{}, { AWS_DEFAULT_REGION: 'eu-west-2' }, 'eu-west-2'],
    [{ region: 'eu-west-3' }, { AWS_REGION: 'eu-west-1' }, 'eu-west-3'],
    [{}, { AWS_REGION: '' }, 'eu-north-1'],
    [{ profile: 'other' }, {}, 'us-east-1'],
  ])('is in the region that comes first: %j, %j', async (options, variables, region) => {
    configured('[profile other]', KEYS);
    for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
    server().log.clear();
    const store = await connect({ maxAttempts: 1, ...options });
    await store.get(PAGE).catch(() => undefined);
    expect(server().log.entries[0]?.headers['authorization']).toContain(`/${region}/s3/`);
  });

  it.each(['evil.example/#', 'eu west', '-', 'a'.repeat(64)])(
    'is in no region such as %j',
    async (region) => {
      const error: unknown = await connectS3({ bucket: 'b', region }).catch((caught: unknown) => caught);
      expect(error).toMatchObject({ code: 'usage', value: region });
    },
  );

  it.each([
    'minio.example.com',
    'ftp://minio',
    'https://user:secret@minio',
    'https://:secret@minio',
    'https://user:a/secret@minio',
    'user:secret@minio',
    'https://minio?token=secret',
  ])('is at no endpoint such as %j', async (endpointUrl) => {
    const error: unknown = await connectS3({ bucket: 'b', endpointUrl }).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'usage' });
    expect(JSON.stringify(error) + String(error)).not.toContain('secret');
  });
});

describe('what is wrong with a bucket', () => {
  async function failure(options: Partial<S3Connection>, read = true): Promise<unknown> {
    const store = await connect({ maxAttempts: 2, ...options });
    const request = read ? store.head(PAGE) : store.replace(PAGE, encode('x'), undefined, HEADERS);
    return request.then(
      () => undefined,
      (error: unknown) => error,
    );
  }

  it.each([true, false])('is told where there is none (reading: %s)', async (read) => {
    expect(await failure({ bucket: 'not-there' }, read)).toMatchObject({ code: 'no-such-bucket' });
  });

  it.each([true, false])('is told where it is in another region (reading: %s)', async (read) => {
    server().createBucket(`elsewhere-${read}`, 'eu-west-1');
    const error = await failure({ bucket: `elsewhere-${read}`, region: 'us-east-1' }, read);
    expect(error).toMatchObject({ code: 'wrong-region', fix: expect.stringContaining('eu-west-1') });
  });

  it.each([true, false])('is told where the credentials are others (reading: %s)', async (read) => {
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'another');
    expect(await failure({}, read)).toMatchObject({ code: 'invalid-credentials' });
  });

  it('is told where there are no credentials', async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', undefined);
    expect(await failure({})).toMatchObject({ code: 'no-credentials' });
  });

  it.each([
    [true, 's3:GetObject'],
    [false, 's3:PutObject'],
  ] as const)('is told where something is not allowed (reading: %s)', async (read, action) => {
    const bucket = newBucket();
    onTestFinished(server().deny({ bucket, actions: [action] }));
    const error = await failure({ bucket }, read);
    expect(error).toMatchObject({ code: 'access-denied', value: `arn:aws:s3:::${bucket}/${PAGE}` });
    expect(String(error)).toContain(action);
  });

  it('is told where nobody answers', async () => {
    expect(await failure({ endpointUrl: 'http://127.0.0.1:9' })).toMatchObject({
      code: 'unreachable',
      value: 'http://127.0.0.1:9',
    });
  });

  it('is told where something else answers', async () => {
    const other = createServer((_, response) => response.writeHead(200).end('<html>Hello</html>'));
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void other.close());
    const { port } = other.address() as AddressInfo;
    const endpointUrl = `http://127.0.0.1:${port}`;
    expect(await failure({ endpointUrl })).toMatchObject({ code: 'store-failed' });
    expect(await failure({ endpointUrl }, false)).toMatchObject({ code: 'store-failed' });
  });
});
