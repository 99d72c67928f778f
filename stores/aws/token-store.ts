// Registers how requests are signed for a service that is in no region (SigV4A).
// oxlint-disable-next-line import/no-unassigned-import
import '@aws-sdk/signature-v4a';
import {
  CloudFrontKeyValueStoreClient,
  DescribeKeyValueStoreCommand,
} from '@aws-sdk/client-cloudfront-keyvaluestore';
import { quote, WheelstoreError } from '../../core/errors.ts';
import { answerOf } from '../s3/answers.ts';
import { clientSettings, type AwsAccess } from './connect.ts';
import { describeAwsFailure } from './failures.ts';

/** What CloudFront says of the key-value store that has the tokens of a private index. */
export interface TokenStoreState {
  /** `READY`; `PROVISIONING` while it is made. */
  readonly status: string;
  /** Why it is in this state; empty where there is nothing to say. */
  readonly reason: string;
  /** How many values it has. */
  readonly items: number;
  /** Of keys and values together, in bytes. */
  readonly size: number;
}

/** The one thing that is needed of the SDK's client. */
export type TokenStoreSender = Pick<CloudFrontKeyValueStoreClient, 'send'>;

/** It has one endpoint for all the world, which the SDK finds by the ARN of a store. */
export function connectTokenStore(access: AwsAccess): CloudFrontKeyValueStoreClient {
  return new CloudFrontKeyValueStoreClient({ ...clientSettings(access), region: 'us-east-1' });
}

/** @throws {WheelstoreError} `not-found`, `access-denied`, and what else asking AWS can come to */
export async function readTokenStore(client: TokenStoreSender, arn: string): Promise<TokenStoreState> {
  try {
    const found = await client.send(new DescribeKeyValueStoreCommand({ KvsARN: arn }));
    const { Status: status = '', FailureReason: reason = '', ItemCount: items = 0 } = found;
    return { status, reason, items, size: found.TotalSizeInBytes ?? 0 };
  } catch (error) {
    if (answerOf(error).name === 'ResourceNotFoundException') {
      throw new WheelstoreError('not-found', `There is no key-value store ${quote(arn)}`, {
        value: arn,
        fix: 'Somebody has deleted it: deploy the stack again, after "cdk diff" has shown what is gone.',
        cause: error,
      });
    }
    throw describeAwsFailure(error, {
      service: "CloudFront's key-value store",
      action: 'cloudfront-keyvaluestore:DescribeKeyValueStore',
      value: arn,
    });
  }
}
