import { emptyAnswer, xmlAnswer, type Answer } from './answer.ts';
import type { Call } from './call.ts';
import { S3Error } from './errors.ts';
import { parseXml, type Xml } from './xml.ts';

export const OWNER: Xml = [
  'Owner',
  [
    ['ID', '123456789012'],
    ['DisplayName', 'test'],
  ],
];

export function listBuckets(call: Call): Answer {
  call.authorize('s3:ListAllMyBuckets');
  const buckets = call.service.buckets().map(({ name, region, createdAt }): Xml => [
    'Bucket',
    [
      ['Name', name],
      ['CreationDate', createdAt.toISOString()],
      ['BucketRegion', region],
    ],
  ]);
  return xmlAnswer(['ListAllMyBucketsResult', [OWNER, ['Buckets', buckets]]]);
}

export async function createBucket(call: Call): Promise<Answer> {
  call.authorize('s3:CreateBucket');
  const { region } = call.service.settings;
  const { content } = await call.receive();
  const wanted =
    content.size === 0
      ? undefined
      : parseXml(content.text(), 'CreateBucketConfiguration').get('LocationConstraint');
  // The first region of S3 is the one that is never named.
  if ((wanted ?? 'us-east-1') !== region) {
    const message = `The ${wanted ?? 'unspecified'} location constraint is incompatible for the region specific endpoint this request was sent to.`;
    throw new S3Error(400, 'IllegalLocationConstraintException', message);
  }
  call.service.createBucket(call.bucketName);
  return emptyAnswer(200, { location: `/${call.bucketName}` });
}

export function headBucket(call: Call): Answer {
  call.authorize('s3:ListBucket');
  return emptyAnswer(200, { 'x-amz-bucket-region': call.bucket.region });
}

export function deleteBucket(call: Call): Answer {
  call.authorize('s3:DeleteBucket');
  call.service.deleteBucket(call.bucketName);
  return emptyAnswer(204);
}

export function getBucketLocation(call: Call): Answer {
  call.authorize('s3:GetBucketLocation');
  const { region } = call.bucket;
  return xmlAnswer(['LocationConstraint', region === 'us-east-1' ? '' : region]);
}
