import { S3Client, S3ServiceException, type S3ClientConfig } from '@aws-sdk/client-s3';
import { onTestFinished } from 'vitest';
import { startS3Server, type S3Server, type S3ServerOptions } from './server.ts';

export const BUCKET = 'bucket';

const ignore = (): void => {};

/** A client that asks once: a test wants to see what the server said, and not what came of it. */
export function clientOf(server: S3Server, config: S3ClientConfig = {}): S3Client {
  return new S3Client({
    endpoint: server.endpoint,
    region: server.region,
    credentials: { ...server.credentials },
    forcePathStyle: true,
    maxAttempts: 1,
    // It would tell the console that it cannot try again, which it was not to.
    logger: { debug: ignore, info: ignore, warn: ignore, error: ignore },
    ...config,
  });
}

/** A server with one bucket and a client of it, for one test. */
export async function startWithClient(
  options: S3ServerOptions = {},
): Promise<{ server: S3Server; client: S3Client }> {
  const server = await startS3Server({ buckets: [BUCKET], ...options });
  const client = clientOf(server);
  onTestFinished(async () => {
    client.destroy();
    await server.close();
  });
  return { server, client };
}

/** Status and code of the error that a request is answered with. */
export async function refusalOf(request: Promise<unknown>): Promise<string> {
  try {
    await request;
  } catch (error) {
    if (error instanceof S3ServiceException) return `${error.$metadata.httpStatusCode} ${error.name}`;
    throw error;
  }
  return 'not refused';
}
