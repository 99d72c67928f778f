import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import {
  AbortMultipartUploadCommand,
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { normalizeName } from '../../core/names.ts';
import type { S3Store } from '../../stores/s3.ts';
import { connectS3 } from '../../stores/s3/connect.ts';
import { newObject, sha256, HEADERS } from '../support/bytes.ts';
import { bytesInMemory } from '../../core/bytes.ts';
import { publishing, wheel } from '../support/commands.ts';
import { testEnvironment } from '../support/environment.ts';
import { hasMoto, startMoto } from '../support/moto.ts';
import { filenamesOnPages, inconsistencies } from '../support/repository-check.ts';
import { describeStore } from './contract.ts';

const FILE = 'files/foo/0123456789abcdef/foo-1.0-py3-none-any.whl';
const MEBIBYTE = 1024 * 1024;

/** A server of S3's language that is not ours, and how it is stopped. */
interface Server {
  readonly endpoint: string;
  close(): Promise<void>;
}

/**
 * Everything that a store in a bucket of such a server has to do. One bucket is made for it, with a
 * folder for each test, and taken away again with all that is in it.
 */
function describeServer(start: () => Promise<Server>): void {
  const bucket = `wheelstore-test-${randomUUID()}`;
  let server: Server;
  let client: S3Client;

  beforeAll(async () => {
    server = await start();
    process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';
    const region = process.env['AWS_REGION'] ?? process.env['AWS_DEFAULT_REGION'] ?? 'us-east-1';
    client = new S3Client({ endpoint: server.endpoint, region, forcePathStyle: true });
    await client.send(new CreateBucketCommand({ Bucket: bucket }));
  });

  afterAll(async () => {
    await removeBucket(client, bucket);
    client.destroy();
    await server.close();
    vi.unstubAllEnvs();
  });

  const open = (prefix: string): Promise<S3Store> =>
    connectS3({ bucket, prefix, endpointUrl: server.endpoint });

  describe('as a store', () => {
    const others = new WeakMap<object, S3Store>();
    describeStore(
      async () => {
        const prefix = randomUUID();
        const store = await open(prefix);
        others.set(store, await open(prefix));
        return store;
      },
      (store) => others.get(store) ?? (store as S3Store),
    );
  });

  it('judges the conditions of writes', async () => {
    await expect((await open(randomUUID())).probeConditionalWrites()).resolves.toBeUndefined();
  });

  it('takes a file in parts, once', async () => {
    const store = await open(randomUUID());
    const bytes = Buffer.alloc(20 * MEBIBYTE + 1, 'wheel ');
    const large = { source: bytesInMemory(bytes), sha256: sha256(bytes), headers: HEADERS };
    const outcomes = await Promise.all([1, 2, 3].map(() => store.create(FILE, large)));
    expect(outcomes.filter(({ outcome }) => outcome === 'created')).toHaveLength(1);
    expect(await store.head(FILE)).toMatchObject({ size: bytes.length, sha256: sha256(bytes) });
    expect(await store.create(FILE, newObject('other'))).toEqual({ outcome: 'exists' });
    const { Uploads: uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket: bucket }));
    expect(uploads).toEqual([]);
  });

  it('loses nothing to ten publishers at once of one new project', async () => {
    const prefix = randomUUID();
    await Promise.all(
      Array.from({ length: 10 }, async (_, index) => {
        // Each as in a process of its own, with the pauses that it would make.
        const environment = testEnvironment(await open(prefix), { wait, random: Math.random });
        await publishing([await wheel('foo', `1.${index}`)])(environment);
      }),
    );
    const store = await open(prefix);
    for (const names of await filenamesOnPages(store, normalizeName('foo'))) expect(names).toHaveLength(10);
    expect(await inconsistencies(store)).toEqual([]);
  });
}

async function removeBucket(client: S3Client, bucket: string): Promise<void> {
  const { Uploads: uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket: bucket }));
  for (const { Key, UploadId } of uploads) {
    await client.send(new AbortMultipartUploadCommand({ Bucket: bucket, Key, UploadId }));
  }
  for (let isMore = true; isMore;) {
    const page = await client.send(new ListObjectsV2Command({ Bucket: bucket }));
    const keys = (page.Contents ?? []).map(({ Key }) => Key);
    await Promise.all(keys.map((Key) => client.send(new DeleteObjectCommand({ Bucket: bucket, Key }))));
    isMore = page.IsTruncated === true;
  }
  await client.send(new DeleteBucketCommand({ Bucket: bucket }));
}

/** One line says what was skipped, not one for each of these tests. */
function describeWhere(isPossible: boolean, name: string, needs: string, tests: () => void): void {
  if (isPossible) describe(name, tests);
  else it.skip(`${name} (skipped: needs ${needs})`, () => undefined);
}

describeWhere(hasMoto(), 'moto', 'moto[server] in python3', () => {
  describeServer(() => {
    for (const name of Object.keys(process.env)) {
      if (name.startsWith('AWS_')) vi.stubEnv(name, undefined);
    }
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'testtest');
    vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
    return startMoto();
  });
});

// An empty variable is as good as none.
const endpoint = process.env['WHEELSTORE_TEST_S3_ENDPOINT'] || undefined;

describeWhere(endpoint !== undefined, 'a server of yours', 'WHEELSTORE_TEST_S3_ENDPOINT', () => {
  describeServer(() => Promise.resolve({ endpoint: endpoint ?? '', close: () => Promise.resolve() }));
});
