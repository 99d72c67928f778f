import { DeleteObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, vi } from 'vitest';
import { connectS3 } from '../../stores/s3/connect.ts';
import type { S3Store } from '../../stores/s3.ts';
import { awsEnvironment } from '../support/aws-environment.ts';
import {
  startWheelstore,
  wheelstore,
  type CommandOptions,
  type Ending,
  type RunningProcess,
} from '../support/command.ts';
import { startS3Server, type S3Server } from '../support/s3-server.ts';
import { clientOf } from '../support/s3/sdk-client.ts';

/** A bucket, and how commands and tests get at it. */
export interface TestBucket {
  readonly name: string;
  /** What tells a command of it. */
  readonly options: readonly string[];
  readonly store: S3Store;
  run(words: readonly string[], options?: CommandOptions): Promise<Ending>;
  /** The same, without waiting for its end. */
  start(words: readonly string[]): RunningProcess;
  /** Removes these keys of the bucket, as another program does it. */
  remove(...paths: readonly string[]): Promise<void>;
}

/** A server for the commands of one file of tests. */
interface CommandBuckets {
  readonly server: () => S3Server;
  /** What the AWS SDK finds in the environment, and nothing else. */
  readonly awsEnvironment: (server?: S3Server) => Record<string, string>;
  /** A new bucket, or the prefix of one. */
  readonly newBucket: (prefix?: string) => Promise<TestBucket>;
}

/** To be called once, at the top of a file of tests. */
export function serveCommands(): CommandBuckets {
  let server: S3Server;
  let buckets = 0;

  beforeAll(async () => {
    server = await startS3Server();
    // For the store that the tests look through.
    for (const [name, value] of Object.entries(environment())) vi.stubEnv(name, value);
  });

  afterAll(async () => {
    vi.unstubAllEnvs();
    await server.close();
  });

  const environment = (of: S3Server = server): Record<string, string> => awsEnvironment(of);

  const newBucket = async (prefix?: string): Promise<TestBucket> => {
    const name = `bucket-${++buckets}.pypi.example.com`;
    server.createBucket(name);
    const place = prefix === undefined ? ['--bucket', name] : ['--bucket', name, '--prefix', prefix];
    const options = [...place, '--s3-endpoint-url', server.endpoint];
    const store = await connectS3({ bucket: name, prefix, endpointUrl: server.endpoint });
    const withEnvironment = (more: CommandOptions = {}): CommandOptions => ({
      ...more,
      env: { ...environment(), ...more.env },
    });
    return {
      name,
      options,
      store,
      run: (words, more) => wheelstore([...words, ...options], withEnvironment(more)),
      start: (words) => startWheelstore([...words, ...options], withEnvironment()),
      remove: async (...paths) => {
        const client = clientOf(server);
        for (const path of paths) await client.send(new DeleteObjectCommand({ Bucket: name, Key: path }));
        client.destroy();
      },
    };
  };

  return { server: () => server, awsEnvironment: environment, newBucket };
}
