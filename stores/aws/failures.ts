import { quote, WheelstoreError } from '../../core/errors.ts';
import { answerOf } from '../s3/answers.ts';
import { describeCommonFailure } from '../s3/failures.ts';

/** What was asked of a service when something failed. */
export interface AskedOfAws {
  /** For people: `CloudFormation`. */
  readonly service: string;
  /** The permission that it needs: `cloudformation:DescribeStacks`. */
  readonly action: string;
  /** What it was about: the name of a stack, the ID of a distribution. */
  readonly value: string;
}

/** The sentence for a request to AWS that failed. What is no failure of a request is given back as it is. */
export function describeAwsFailure(error: unknown, { service, action, value }: AskedOfAws): unknown {
  if (error instanceof WheelstoreError) return error;
  const common = describeCommonFailure(error, service);
  if (common !== undefined) return common;
  const { name, status, message } = answerOf(error);
  if (status === 403 || /AccessDenied|NotAuthorized/.test(name)) {
    return new WheelstoreError(
      'access-denied',
      `Access denied: ${action} on ${quote(value)} is not allowed`,
      {
        value,
        fix: `Have someone who may do it allow ${action} to these credentials.`,
        cause: error,
      },
    );
  }
  if (status === undefined) return error;
  const said = quote(message === '' ? name : `${name}: ${message}`, 300);
  return new WheelstoreError('store-failed', `${action} on ${quote(value)} failed: ${said}`, {
    value,
    fix: 'Check the name and the region, and run the same command again.',
    cause: error,
  });
}
