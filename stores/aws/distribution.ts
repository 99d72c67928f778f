import { GetDistributionCommand } from '@aws-sdk/client-cloudfront';
import { WheelstoreError } from '../../core/errors.ts';
import { answerOf } from '../s3/answers.ts';
import type { CloudFrontSender } from './edge-caches.ts';
import { describeAwsFailure } from './failures.ts';

/** What CloudFront says of a distribution. */
export interface Distribution {
  /** `Deployed`, or `InProgress` while a change is on its way to the edge locations. */
  readonly status: string;
  readonly isEnabled: boolean;
  readonly domain: string;
  /** The names of its owner that it serves. */
  readonly aliases: readonly string[];
  readonly origins: readonly { readonly host: string; readonly path: string }[];
  /** The ARN of a web ACL, or empty. */
  readonly webAcl: string;
}

/** @throws {WheelstoreError} `not-found`, `access-denied`, and what else asking AWS can come to */
export async function readDistribution(client: CloudFrontSender, id: string): Promise<Distribution> {
  try {
    const { Distribution: found } = await client.send(new GetDistributionCommand({ Id: id }));
    const config = found?.DistributionConfig;
    return {
      status: found?.Status ?? '',
      isEnabled: config?.Enabled === true,
      domain: found?.DomainName ?? '',
      aliases: config?.Aliases?.Items ?? [],
      origins: (config?.Origins?.Items ?? []).map(({ DomainName: host = '', OriginPath: path = '' }) => ({
        host,
        path,
      })),
      webAcl: config?.WebACLId ?? '',
    };
  } catch (error) {
    if (answerOf(error).name === 'NoSuchDistribution') {
      throw new WheelstoreError('not-found', `There is no distribution ${id} in this account`, {
        value: id,
        fix: 'Somebody has deleted it: deploy the stack again, after "cdk diff" has shown what is gone.',
        cause: error,
      });
    }
    throw describeAwsFailure(error, {
      service: 'CloudFront',
      action: 'cloudfront:GetDistribution',
      value: id,
    });
  }
}
