import { ArnFormat, Stack } from 'aws-cdk-lib';
import type { IKeyValueStore } from 'aws-cdk-lib/aws-cloudfront';
import * as iam from 'aws-cdk-lib/aws-iam';
import { FILES_PREFIX, PAGES_PREFIX, RECORDS_PREFIX } from '../core/keys.ts';
import type { EdgeDistribution } from './edge-distribution.ts';
import type { RepositoryBucket } from './repository-bucket.ts';

/** What publishing takes: of the bucket, of the caches in front of it, and of the stack's outputs. */
export function publishingStatements(
  repository: RepositoryBucket,
  edge: EdgeDistribution,
  prefix: string,
): iam.PolicyStatement[] {
  return [
    new iam.PolicyStatement({
      sid: 'ReadAndWrite',
      actions: ['s3:GetObject', 's3:PutObject', 's3:AbortMultipartUpload'],
      resources: [
        ...[FILES_PREFIX, RECORDS_PREFIX, PAGES_PREFIX].map((folder) => repository.arnsOf(folder)),
        repository.settingsArn,
      ],
    }),
    listing(repository, prefix),
    invalidating(edge, ['cloudfront:CreateInvalidation', 'cloudfront:GetInvalidation']),
    readingOutputs(edge),
    ...encrypting(repository),
  ];
}

/** What making, listing and revoking tokens takes: of their store, and of the stack's outputs. */
export function tokenStatements(edge: EdgeDistribution, tokens: IKeyValueStore): iam.PolicyStatement[] {
  return [
    new iam.PolicyStatement({
      sid: 'KeepTokens',
      actions: ['DescribeKeyValueStore', 'ListKeys', 'GetKey', 'PutKey', 'DeleteKey', 'UpdateKeys'].map(
        (action) => `cloudfront-keyvaluestore:${action}`,
      ),
      resources: [tokens.keyValueStoreArn],
    }),
    readingOutputs(edge),
  ];
}

/** What bringing pages in line takes: records are read, and their note is written. Files are not touched. */
export function repairStatements(
  repository: RepositoryBucket,
  edge: EdgeDistribution,
  prefix: string,
  options: { readonly invalidates: boolean },
): iam.PolicyStatement[] {
  return [
    new iam.PolicyStatement({
      sid: 'ReadAndWrite',
      actions: ['s3:GetObject', 's3:PutObject'],
      resources: [
        ...[RECORDS_PREFIX, PAGES_PREFIX].map((folder) => repository.arnsOf(folder)),
        repository.settingsArn,
      ],
    }),
    listing(repository, prefix),
    ...(options.invalidates ? [invalidating(edge, ['cloudfront:CreateInvalidation'])] : []),
    ...encrypting(repository),
  ];
}

/**
 * A missing key is 404 only for those who may list. HEAD and GET name no prefix, so a condition on it must
 * hold where there is none.
 */
function listing({ bucket }: RepositoryBucket, prefix: string): iam.PolicyStatement {
  return new iam.PolicyStatement({
    sid: 'List',
    actions: ['s3:ListBucket'],
    resources: [bucket.bucketArn],
    ...(prefix === '' ? {} : { conditions: { StringLikeIfExists: { 's3:prefix': [`${prefix}*`] } } }),
  });
}

function invalidating({ distribution }: EdgeDistribution, actions: string[]): iam.PolicyStatement {
  return new iam.PolicyStatement({
    sid: 'Invalidate',
    actions,
    resources: [
      Stack.of(distribution).formatArn({
        service: 'cloudfront',
        region: '',
        resource: 'distribution',
        resourceName: distribution.distributionId,
      }),
    ],
  });
}

/** A stack is asked for by its name, and its ARN ends with an ID. */
function readingOutputs(scope: EdgeDistribution): iam.PolicyStatement {
  const stack = Stack.of(scope);
  const arn = stack.formatArn({
    service: 'cloudformation',
    resource: 'stack',
    resourceName: `${stack.stackName}/*`,
    arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
  });
  return new iam.PolicyStatement({
    sid: 'ReadOutputs',
    actions: ['cloudformation:DescribeStacks'],
    resources: [arn],
  });
}

function encrypting({ key }: RepositoryBucket): iam.PolicyStatement[] {
  if (key === undefined) return [];
  return [
    new iam.PolicyStatement({
      sid: 'Encrypt',
      actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
      resources: [key.keyArn],
    }),
  ];
}
