import { HeadBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { mockClient } from 'aws-sdk-client-mock';
import { S3Store, type S3StoreOptions } from '../../stores/s3.ts';

/** A store of the bucket `b` whose client answers as a test says, and sends nothing. */
export function mockedStore(options: Partial<S3StoreOptions> = {}) {
  withoutWarnings();
  const client = new S3Client({ region: 'us-east-1' });
  const s3 = mockClient(client);
  s3.on(HeadBucketCommand).resolves({});
  return { s3, store: new S3Store({ client, bucket: 'b', wait: () => Promise.resolve(), ...options }) };
}

/** An error as the SDK makes it of an answer, after so many attempts. */
export function refused(name: string, status: number, attempts = 1): Error {
  return Object.assign(new Error(name), { name, $metadata: { httpStatusCode: status, attempts } });
}

/** The SDK would say on the console what it thinks of this Node. */
export function withoutWarnings(): void {
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';
}
