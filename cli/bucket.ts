import type { Store } from '../core/store.ts';
import { connectS3 } from '../stores/s3/connect.ts';
import { parsePutArguments } from '../stores/s3/put-arguments.ts';
import type { RepositoryOptions } from './repository.ts';

/**
 * The store of a repository in a bucket.
 *
 * @throws {WheelstoreError} `usage`; `unsupported-store` where someone is to write and the store ignores
 *   the conditions of writes
 */
export async function connectBucket(
  { bucket, prefix }: { readonly bucket: string; readonly prefix: string | undefined },
  options: RepositoryOptions,
  access: 'read' | 'write',
): Promise<Store> {
  const store = await connectS3({
    bucket,
    prefix,
    profile: options.profile,
    region: options.region,
    endpointUrl: options.s3EndpointUrl,
    noSignRequest: options.signRequest === false,
    putArguments: options.s3PutArgs === undefined ? undefined : parsePutArguments(options.s3PutArgs),
    singleWriter: options.singleWriter,
  });
  if (access === 'write') {
    options.explain?.('making sure that the store judges conditional writes');
    await store.probeConditionalWrites();
  }
  return store;
}
