import { afterAll, afterEach, beforeAll, beforeEach, vi } from 'vitest';
import type { S3Store } from '../../stores/s3.ts';
import { connectS3, type S3Connection } from '../../stores/s3/connect.ts';
import { startS3Server, type S3Server, type S3ServerOptions } from '../support/s3-server.ts';

/** A server for the tests of one file, and credentials for it in the environment of each test. */
interface ServedBuckets {
  readonly server: () => S3Server;
  /** The name of a new and empty one. */
  readonly newBucket: () => string;
  /** The store of a new bucket, unless one is named. */
  readonly connect: (options?: Partial<S3Connection>) => Promise<S3Store>;
}

/** To be called once, at the top of a file of tests. */
export function serveBuckets(options: S3ServerOptions = {}): ServedBuckets {
  let server: S3Server;
  let buckets = 0;

  beforeAll(async () => {
    server = await startS3Server(options);
  });

  afterAll(() => server.close());

  beforeEach(() => {
    for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) vi.stubEnv(name, undefined);
    vi.stubEnv('AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED', 'true');
    vi.stubEnv('AWS_ACCESS_KEY_ID', server.credentials.accessKeyId);
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', server.credentials.secretAccessKey);
    vi.stubEnv('AWS_CONFIG_FILE', '/does/not/exist');
    vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/does/not/exist');
    vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
  });

  afterEach(() => {
    vi.unstubAllEnvs();
  });

  const newBucket = (): string => {
    const bucket = `bucket-${++buckets}`;
    server.createBucket(bucket);
    return bucket;
  };
  return {
    server: () => server,
    newBucket,
    connect: (connection = {}) =>
      connectS3({ bucket: connection.bucket ?? newBucket(), endpointUrl: server.endpoint, ...connection }),
  };
}
