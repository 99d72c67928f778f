import process from 'node:process';
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { quote, WheelstoreError } from '../../core/errors.ts';
import { answerOf } from '../s3/answers.ts';
import { clientSettings, regionOf, type AwsAccess } from './connect.ts';
import { describeAwsFailure } from './failures.ts';

/** What the stack of an index says of itself. */
export interface StackOutputs {
  readonly bucket: string;
  /** Empty, or with a slash at its end. */
  readonly prefix: string;
  readonly region: string;
  /** For pip: `https://pypi.example.com/simple/`. */
  readonly indexUrl: string;
  readonly distributionId: string;
  /** The name that CloudFront has given the distribution. */
  readonly distributionDomain: string;
  /** How long CloudFront may serve a page without asking, in seconds. */
  readonly pageTtlSeconds: number;
  /** Who may read: those with a token, or everyone. */
  readonly access: 'private' | 'public';
  /** The key-value store of CloudFront that has the tokens of a private index. */
  readonly tokensStoreArn?: string;
}

/** The one thing that is needed of the SDK's client. */
export type CloudFormationSender = Pick<CloudFormationClient, 'send'>;

/** @throws {WheelstoreError} `usage` where nobody says in which region */
export async function connectCloudFormation(access: AwsAccess): Promise<CloudFormationClient> {
  const region = await regionOf(access, process.env);
  return new CloudFormationClient({ ...clientSettings(access), region });
}

/** How each output looks. They become parts of addresses, and lines on a terminal. */
const SHAPES = {
  BucketName: /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/,
  Prefix: /^(?:\/|(?:[A-Za-z0-9][A-Za-z0-9._-]{0,99}\/)+)$/,
  BucketRegion: /^[a-z0-9-]{1,63}$/,
  IndexUrl: /^https:\/\/[A-Za-z0-9.-]{1,253}(?::\d{1,5})?\/simple\/$/,
  DistributionId: /^[A-Z0-9]{1,64}$/,
  DistributionDomain: /^[A-Za-z0-9.-]{1,253}$/,
  PageTtlSeconds: /^\d{1,8}$/,
  Access: /^(?:private|public)$/,
  TokensStoreArn: /^arn:aws[a-z-]*:cloudfront::\d{12}:key-value-store\/[A-Za-z0-9-]{1,64}$/,
} as const;

/**
 * Reads what `cdk deploy` has left for us in the outputs of a stack.
 *
 * @throws {WheelstoreError} `not-found` where there is no such stack, or it is none of ours;
 *   `unsupported-store` where an output makes no sense
 */
export async function readStackOutputs(client: CloudFormationSender, name: string): Promise<StackOutputs> {
  const outputs = await describe(client, name);
  const optional = (key: keyof typeof SHAPES): string | undefined => {
    const value = outputs.get(key);
    if (value === undefined || SHAPES[key].test(value)) return value;
    throw new WheelstoreError(
      'unsupported-store',
      `The output ${key} of the stack ${quote(name)} makes no sense: ${quote(value)}`,
      { value, fix: 'Name the stack that "cdk deploy" of Wheelstore has made.' },
    );
  };
  const valueOf = (key: keyof typeof SHAPES): string => {
    const value = optional(key);
    if (value === undefined) throw notOurs(name, key);
    return value;
  };
  const prefix = valueOf('Prefix');
  // A stack that was deployed before there were tokens says nothing: everyone reads.
  const isPrivate = optional('Access') === 'private';
  return {
    bucket: valueOf('BucketName'),
    prefix: prefix === '/' ? '' : prefix,
    region: valueOf('BucketRegion'),
    indexUrl: valueOf('IndexUrl'),
    distributionId: valueOf('DistributionId'),
    distributionDomain: valueOf('DistributionDomain'),
    pageTtlSeconds: Number(valueOf('PageTtlSeconds')),
    ...(isPrivate ? { access: 'private', tokensStoreArn: valueOf('TokensStoreArn') } : { access: 'public' }),
  };
}

async function describe(client: CloudFormationSender, name: string): Promise<ReadonlyMap<string, string>> {
  try {
    const { Stacks: [stack] = [] } = await client.send(new DescribeStacksCommand({ StackName: name }));
    if (stack === undefined) throw noSuchStack(name);
    return new Map(
      (stack.Outputs ?? []).flatMap(({ OutputKey: key, OutputValue: value }) =>
        key === undefined || value === undefined ? [] : [[key, value]],
      ),
    );
  } catch (error) {
    // CloudFormation has no code of its own for it.
    const { name: code, message } = answerOf(error);
    if (code === 'ValidationError' && message.includes('does not exist')) throw noSuchStack(name, error);
    throw describeAwsFailure(error, {
      service: 'CloudFormation',
      action: 'cloudformation:DescribeStacks',
      value: name,
    });
  }
}

function notOurs(name: string, key: string): WheelstoreError {
  return new WheelstoreError('not-found', `The stack ${quote(name)} has no output ${key}`, {
    value: name,
    fix: 'Name the stack that "cdk deploy" of Wheelstore has made; deploy it again if it is older than this command.',
  });
}

function noSuchStack(name: string, cause?: unknown): WheelstoreError {
  return new WheelstoreError('not-found', `There is no stack ${quote(name)} in this account and region`, {
    value: name,
    fix: 'Check the name, --profile and --region: it is where "cdk deploy" has made it.',
    cause,
  });
}
