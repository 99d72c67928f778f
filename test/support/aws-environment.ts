import type { S3Server } from './s3-server.ts';

/** What the AWS SDK finds in the environment, and nothing else. */
export function awsEnvironment({
  credentials: { accessKeyId, secretAccessKey },
}: Pick<S3Server, 'credentials'>): Record<string, string> {
  return {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_CONFIG_FILE: '/nonexistent',
    AWS_SHARED_CREDENTIALS_FILE: '/nonexistent',
    AWS_EC2_METADATA_DISABLED: 'true',
  };
}
