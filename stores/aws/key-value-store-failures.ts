import { quote, WheelstoreError, type ErrorDetails } from '../../core/errors.ts';
import { answerOf, type Answer } from '../s3/answers.ts';
import { describeAwsFailure } from './failures.ts';

/** Something has changed since the version that a write names, so nothing was written. */
export function saysLost(error: unknown): boolean {
  const { name, status, message } = answerOf(error);
  // The reference has ConflictException for it. CloudFront says "Pre-Condition failed", and calls it a
  // ValidationException, as it does all other mistakes in a request.
  return (
    name === 'ConflictException' ||
    status === 409 ||
    status === 412 ||
    (name === 'ValidationException' && /pre-?condition failed/i.test(message))
  );
}

/** The sentence for a request to a key-value store that failed. */
export function describeKeyValueStoreFailure(error: unknown, operation: string, arn: string): unknown {
  if (error instanceof WheelstoreError) return error;
  const answer = answerOf(error);
  const details = { value: arn, cause: error };
  if (saysUnauthenticated(answer)) return notAuthenticated(answer, details);
  if (answer.name === 'ResourceNotFoundException' || answer.status === 404) {
    return new WheelstoreError('not-found', `There is no key-value store ${quote(arn)}`, {
      ...details,
      fix: 'Somebody has deleted it: deploy the stack again, after "cdk diff" has shown what is gone.',
    });
  }
  if (saysLost(error)) return notReady(details);
  if (answer.name === 'ServiceQuotaExceededException' || answer.status === 402 || answer.status === 413) {
    return new WheelstoreError(
      'store-failed',
      `The key-value store ${quote(arn)} takes no more: ${quote(answer.message, 300)}`,
      {
        ...details,
        fix: 'Revoke tokens that nobody needs, such as those that "wheelstore token list" shows as expired; or give this one fewer projects.',
      },
    );
  }
  const action = `cloudfront-keyvaluestore:${operation}`;
  return describeAwsFailure(error, { service: "CloudFront's key-value store", action, value: arn });
}

/** A store in the making, which takes a minute or so. */
export function notReady(details: ErrorDetails & { readonly value: string }): WheelstoreError {
  return new WheelstoreError('store-failed', `The key-value store ${quote(details.value)} is not ready yet`, {
    ...details,
    fix: 'Wait a minute, and run the same command again.',
  });
}

/** Whoever the request is from: CloudFront also calls it AccessDeniedException. */
function saysUnauthenticated({ name, status, message }: Answer): boolean {
  if (status !== 400 && status !== 401 && status !== 403) return false;
  return (
    /^(?:UnrecognizedClient|InvalidSignature|IncompleteSignature|InvalidClientTokenId|InvalidToken|MissingAuthenticationToken)/.test(
      name,
    ) ||
    (name.startsWith('AccessDenied') && /authenticat|security token|signature/i.test(message))
  );
}

function notAuthenticated({ name, message }: Answer, details: ErrorDetails): WheelstoreError {
  const said = quote(`${name}: ${message}`, 300);
  return new WheelstoreError(
    'invalid-credentials',
    `CloudFront's key-value store does not accept the AWS credentials (${said})`,
    {
      ...details,
      // SigV4A knows version 2 of session tokens only, which the global endpoint does not give.
      fix: 'Check the access key and its secret. Temporary credentials must come from a regional endpoint of STS: set AWS_STS_REGIONAL_ENDPOINTS=regional where they are fetched.',
    },
  );
}
