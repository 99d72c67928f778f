import process from 'node:process';
import { WheelstoreError } from '../../core/errors.ts';
import { defaultProfile, findAwsPlace, type Variables } from '../s3/aws-profile.ts';
import { checkedRegion } from '../s3/region.ts';

/** How to ask AWS. What is left out is found as the AWS CLI finds it. */
export interface AwsAccess {
  readonly profile?: string;
  readonly region?: string;
  /** How often a request is sent before its failure counts; as often as the SDK does, unless given. */
  readonly maxAttempts?: number;
}

/** What the SDK would say to the console is said by errors, or by nobody. */
const SILENT = { debug: ignore, info: ignore, warn: ignore, error: ignore };

const CONNECT_TIMEOUT = 10_000;
const IDLE_TIMEOUT = 60_000;

/** What clients of all services are made with. */
export function clientSettings({ profile = defaultProfile(process.env), maxAttempts }: AwsAccess) {
  // The SDK warns of Node's version on the console; which version is supported is ours to say.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
  return {
    ...(profile === undefined ? {} : { profile }),
    ...(maxAttempts === undefined ? {} : { maxAttempts }),
    logger: SILENT,
    requestHandler: { connectionTimeout: CONNECT_TIMEOUT, socketTimeout: IDLE_TIMEOUT, logger: SILENT },
  };
}

/**
 * The region to ask. Without one, a service that has an endpoint in each region cannot be asked.
 *
 * @throws {WheelstoreError} `usage`
 */
export async function regionOf(access: AwsAccess, variables: Variables): Promise<string> {
  const { region } = await findAwsPlace(access, variables);
  if (region !== undefined) return checkedRegion(region.value);
  throw new WheelstoreError('usage', 'No AWS region is set, and a stack is in one', {
    value: '--region',
    fix: 'Pass --region with the region in which "cdk deploy" has made the stack, or set AWS_REGION.',
  });
}

function ignore(): void {}
