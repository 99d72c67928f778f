import type { Store } from '../core/store.ts';
import { connectS3, type S3Connection } from '../stores/s3/connect.ts';
import { parsePutArguments } from '../stores/s3/put-arguments.ts';
import type { RepositoryOptions } from './repository.ts';

/** A bucket, and where in it the repository is. */
interface BucketPlace {
  readonly bucket: string;
  readonly prefix: string | undefined;
}

/**
 * The store of a repository in a bucket.
 *
 * @param access with `write`, every write fails with `unsupported-store` where the store ignores the
 *   conditions of writes
 * @throws {WheelstoreError} `usage`
 */
export async function connectBucket(
  place: BucketPlace,
  options: RepositoryOptions,
  access: 'read' | 'write',
): Promise<Store> {
  const store = await connectS3(connectionOf(place, options));
  if (access === 'write') {
    options.explain?.('making sure that the store judges conditional writes');
    // In the meantime there are things to read; the first write waits for it, and fails where it does.
    store.probeConditionalWrites().catch(() => undefined);
  }
  return store;
}

/**
 * How the options say to reach a bucket.
 *
 * @throws {WheelstoreError} `usage`
 */
export function connectionOf({ bucket, prefix }: BucketPlace, options: RepositoryOptions): S3Connection {
  return {
    bucket,
    prefix,
    profile: options.profile,
    region: options.region,
    endpointUrl: options.s3EndpointUrl,
    noSignRequest: options.signRequest === false,
    putArguments: options.s3PutArgs === undefined ? undefined : parsePutArguments(options.s3PutArgs),
    singleWriter: options.singleWriter,
  };
}
