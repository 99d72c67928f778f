import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { quote, WheelstoreError } from '../../core/errors.ts';
import { answerOf } from '../s3/answers.ts';
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
}

/** How to ask AWS. What is left out is found as the AWS CLI finds it. */
export interface AwsAccess {
  readonly profile?: string;
  readonly region?: string;
}

/** The one thing that is needed of the SDK's client. */
export type CloudFormationSender = Pick<CloudFormationClient, 'send'>;

export function connectCloudFormation({ profile, region }: AwsAccess): CloudFormationClient {
  return new CloudFormationClient({
    ...(profile === undefined ? {} : { profile }),
    ...(region === undefined ? {} : { region }),
  });
}

/**
 * Reads what `cdk deploy` has left for us in the outputs of a stack.
 *
 * @throws {WheelstoreError} `not-found` where there is no such stack, or it is none of ours
 */
export async function readStackOutputs(client: CloudFormationSender, name: string): Promise<StackOutputs> {
  const outputs = await describe(client, name);
  const required = (key: string): string => {
    const value = outputs.get(key);
    if (value !== undefined) return value;
    throw new WheelstoreError('not-found', `The stack ${quote(name)} has no output ${key}`, {
      value: name,
      fix: 'Name the stack that "cdk deploy" of Wheelstore has made; deploy it again if it is older than this command.',
    });
  };
  const prefix = required('Prefix');
  return {
    bucket: required('BucketName'),
    prefix: prefix === '/' ? '' : prefix,
    region: required('BucketRegion'),
    indexUrl: required('IndexUrl'),
    distributionId: required('DistributionId'),
    distributionDomain: required('DistributionDomain'),
    pageTtlSeconds: Number(required('PageTtlSeconds')),
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

function noSuchStack(name: string, cause?: unknown): WheelstoreError {
  return new WheelstoreError('not-found', `There is no stack ${quote(name)} in this account and region`, {
    value: name,
    fix: 'Check the name, --profile and --region: it is where "cdk deploy" has made it.',
    cause,
  });
}
