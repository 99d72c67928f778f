import { DeleteObjectCommand, paginateListObjectsV2, S3Client } from '@aws-sdk/client-s3';
import { bundled, startServer } from './servers.ts';
import { startProxy, type Proxy } from './proxy.ts';
import type { Setting } from './part.ts';

/** Of the S3 server, which is for tests and benchmarks alone. */
export const AWS = {
  AWS_ACCESS_KEY_ID: 'test',
  AWS_SECRET_ACCESS_KEY: 'testtest',
  AWS_DEFAULT_REGION: 'us-east-1',
  AWS_REGION: 'us-east-1',
  AWS_CONFIG_FILE: '/nonexistent',
  AWS_SHARED_CREDENTIALS_FILE: '/nonexistent',
  AWS_EC2_METADATA_DISABLED: 'true',
};

/** An S3 server in a process of its own, and what stands between it and the contestants. */
export interface DistantS3 {
  readonly proxy: Proxy;
  /** Without the proxy, to prepare things and to look at them. */
  readonly client: S3Client;
}

/** Starts an S3 server with these buckets behind a proxy. */
export async function startDistantS3(
  { scope, latency }: Pick<Setting, 'scope' | 'latency'>,
  buckets: readonly string[],
): Promise<DistantS3> {
  const words = buckets.flatMap((bucket) => ['--bucket', bucket]);
  const command = [process.execPath, bundled('s3-server'), ...words];
  const { url } = await startServer(scope, command, /^(http:\S+)$/, AWS);
  const client = new S3Client({
    endpoint: url,
    region: AWS.AWS_REGION,
    credentials: { accessKeyId: AWS.AWS_ACCESS_KEY_ID, secretAccessKey: AWS.AWS_SECRET_ACCESS_KEY },
    forcePathStyle: true,
  });
  scope.whenOver(async () => client.destroy());
  return { proxy: await startProxy(scope, url, latency), client };
}

/** One bucket for each turn of each contestant. */
export function bucketOf(contestant: string, turn: number): string {
  return `${contestant}-${turn}`;
}

/** All buckets that the turns of these contestants take. */
export function bucketsOf(contestants: readonly string[], runs: number): string[] {
  return contestants.flatMap((each) => Array.from({ length: runs + 1 }, (_, turn) => bucketOf(each, turn)));
}

/** Removes all that is in a bucket. */
export async function emptyBucket({ client }: DistantS3, bucket: string): Promise<void> {
  const keys: string[] = [];
  for await (const { Contents = [] } of paginateListObjectsV2({ client }, { Bucket: bucket })) {
    keys.push(...Contents.flatMap(({ Key }) => (Key === undefined ? [] : [Key])));
  }
  for (const Key of keys) await client.send(new DeleteObjectCommand({ Bucket: bucket, Key }));
}
