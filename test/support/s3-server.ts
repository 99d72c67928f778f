import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { startS3Server } from './s3/server.ts';

export type { Credentials } from './s3/authentication.ts';
export {
  CONFLICT,
  PRECONDITION_FAILED,
  SLOW_DOWN,
  type Fault,
  type FaultRule,
  type Injection,
} from './s3/faults.ts';
export type { LoggedOperation, OperationLog } from './s3/operation-log.ts';
export type { OperationName } from './s3/operations.ts';
export type { Action, Denial } from './s3/policy.ts';
export { startS3Server, type S3Server, type S3ServerOptions } from './s3/server.ts';

/**
 * The server as a process, for benchmarks and for tests with several processes:
 *
 *     npx tsx test/support/s3-server.ts [--port N] [--bucket NAME]... [--region NAME] [--latency MS]
 *
 * Its first line is the endpoint. The credentials are those of the environment (`AWS_ACCESS_KEY_ID`,
 * `AWS_SECRET_ACCESS_KEY`), or else `test` and `testtest`.
 */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '0' },
      bucket: { type: 'string', multiple: true, default: [] },
      region: { type: 'string', default: 'us-east-1' },
      latency: { type: 'string', default: '0' },
    },
  });
  const server = await startS3Server({
    port: Number(values.port),
    buckets: values.bucket,
    region: values.region,
    latency: Number(values.latency),
    credentials: {
      accessKeyId: process.env['AWS_ACCESS_KEY_ID'] ?? 'test',
      secretAccessKey: process.env['AWS_SECRET_ACCESS_KEY'] ?? 'testtest',
    },
  });
  process.stdout.write(`${server.endpoint}\n`);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      server.close().then(
        () => process.exit(0),
        (error: unknown) => {
          process.stderr.write(`${String(error)}\n`);
          process.exit(1);
        },
      );
    });
  }
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  await main();
}
