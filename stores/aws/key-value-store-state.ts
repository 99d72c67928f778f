import { DescribeKeyValueStoreCommand } from '@aws-sdk/client-cloudfront-keyvaluestore';
import { describeKeyValueStoreFailure } from './key-value-store-failures.ts';
import type { KeyValueStoreSender } from './key-value-store.ts';

/** What CloudFront says of a key-value store. */
export interface KeyValueStoreState {
  /** `READY`; `PROVISIONING` while it is made. */
  readonly status: string;
  /** Why it is in this state; empty where there is nothing to say. */
  readonly reason: string;
  /** How many values it has. */
  readonly items: number;
  /** Of keys and values together, in bytes. */
  readonly size: number;
  /** The ETag of all values together; empty where there is none. */
  readonly version: string;
}

/** @throws {WheelstoreError} `not-found`, `access-denied`, and what else asking AWS can come to */
export async function readKeyValueStoreState(
  client: KeyValueStoreSender,
  arn: string,
): Promise<KeyValueStoreState> {
  try {
    const found = await client.send(new DescribeKeyValueStoreCommand({ KvsARN: arn }));
    const { Status: status = '', FailureReason: reason = '', ItemCount: items = 0 } = found;
    return { status, reason, items, size: found.TotalSizeInBytes ?? 0, version: found.ETag ?? '' };
  } catch (error) {
    throw describeKeyValueStoreFailure(error, 'DescribeKeyValueStore', arn);
  }
}
