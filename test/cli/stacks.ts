import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll } from 'vitest';
import { connectS3 } from '../../stores/s3/connect.ts';
import type { S3Store } from '../../stores/s3.ts';
import { DISTRIBUTION, startAwsEndpoint, type AwsEndpoint } from '../support/aws-endpoint.ts';
import { KeyValueStoreContents } from '../support/aws/key-value-store-contents.ts';
import {
  startWheelstore,
  wheelstore,
  type CommandOptions,
  type Ending,
  type RunningProcess,
} from '../support/command.ts';
import { serveCommands } from './buckets.ts';

/** A stack with its bucket, and how commands and tests get at it. */
export interface TestStack {
  readonly name: string;
  readonly bucket: string;
  readonly distribution: string;
  readonly store: S3Store;
  /** Where the tokens of a private index are. */
  readonly tokens: KeyValueStoreContents;
  /** What the SDK of a command finds in its environment. */
  readonly env: Readonly<Record<string, string>>;
  run(words: readonly string[], options?: CommandOptions): Promise<Ending>;
  start(words: readonly string[]): RunningProcess;
  /** The paths of each invalidation there was. */
  invalidated(): (readonly string[])[];
}

/** The outputs of a stack whose index is for those with a token alone. */
export function privateOutputs(): Readonly<Record<string, string>> {
  const store = `arn:aws:cloudfront::123456789012:key-value-store/${randomUUID()}`;
  return { Access: 'private', TokensStoreArn: store };
}

/** To be called once, at the top of a file of tests. */
export function serveStacks() {
  const buckets = serveCommands();
  let aws: AwsEndpoint;
  let stacks = 0;

  beforeAll(async () => {
    aws = await startAwsEndpoint();
  });
  afterAll(() => aws.close());

  /** @param outputs besides those that it has, or instead of them */
  const newStack = async (outputs: Readonly<Record<string, string>> = {}): Promise<TestStack> => {
    const number = ++stacks;
    const [name, bucket] = [`Stack${number}`, `stack-${number}-bucket`];
    const distribution = `E${String(number).padStart(13, '0')}`;
    buckets.server().createBucket(bucket);
    const all = {
      IndexUrl: 'https://pypi.example.com/simple/',
      BucketName: bucket,
      Prefix: '/',
      BucketRegion: 'us-east-1',
      DistributionId: distribution,
      DistributionDomain: DISTRIBUTION.domain,
      PageTtlSeconds: '0',
      ...outputs,
    };
    aws.stacks.set(name, all);
    const tokens = new KeyValueStoreContents();
    if ('TokensStoreArn' in all) aws.keyValueStores.set(String(all.TokensStoreArn), tokens);
    const originPath = all.Prefix === '/' ? '' : `/${all.Prefix.slice(0, -1)}`;
    aws.distributions.set(distribution, {
      ...DISTRIBUTION,
      aliases: ['pypi.example.com'],
      origin: `${bucket}.s3.us-east-1.amazonaws.com`,
      originPath,
    });
    const { endpoint } = buckets.server();
    const env = { ...buckets.awsEnvironment(), ...aws.environment, AWS_ENDPOINT_URL_S3: endpoint };
    const prefix = all.Prefix === '/' ? undefined : all.Prefix;
    const within = (more: CommandOptions = {}): CommandOptions => ({ ...more, env: { ...env, ...more.env } });
    return {
      name,
      bucket,
      distribution,
      store: await connectS3({ bucket, prefix, endpointUrl: endpoint }),
      tokens,
      env,
      run: (words, more) => wheelstore([...words, '--stack', name], within(more)),
      start: (words) => startWheelstore([...words, '--stack', name], within()),
      invalidated: () =>
        aws.invalidations.filter((one) => one.distribution === distribution).map(({ paths }) => paths),
    };
  };

  return { ...buckets, aws: () => aws, newStack };
}
