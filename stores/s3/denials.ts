import { quote, type ErrorCode } from '../../core/errors.ts';
import type { Answer } from './answers.ts';

/**
 * The sentence for a request that is not allowed: which action on which resource, as S3 says it, or
 * as it was asked.
 *
 * @returns `undefined` for any other failure
 */
export function describeDenial(
  answer: Answer,
  asked: { readonly action: string; readonly bucket: string; readonly path?: string },
): { code: ErrorCode; message: string; value: string; fix: string } | undefined {
  const { name, message, status } = answer;
  const bucketArn = asked.bucket.startsWith('arn:') ? asked.bucket : `arn:aws:s3:::${asked.bucket}`;
  const resource = asked.path === undefined ? bucketArn : `${bucketArn}/${asked.path}`;
  if (name.startsWith('KMS.') || /\bkms:[A-Z]/.test(message)) return keyRefused(answer, resource);
  if (name === 'InvalidObjectState') {
    return {
      code: 'access-denied',
      message: `${quote(resource, 300)} is archived and cannot be read at once (${name})`,
      value: resource,
      fix: 'Restore the object, and keep the files of a repository out of GLACIER and DEEP_ARCHIVE.',
    };
  }
  if (status !== 403 && name !== 'AccessDenied') return undefined;
  const told = authorizationOf(message);
  const action = told.action ?? asked.action;
  const on = told.resource ?? resource;
  return {
    code: 'access-denied',
    message: `S3 does not allow ${action} on ${quote(on, 300)}${told.reason ?? ''}`,
    value: on,
    fix: `Allow ${action} on it for these credentials${remarkOn(action, bucketArn)}.`,
  };
}

function keyRefused({ name, message }: Answer, resource: string): ReturnType<typeof describeDenial> {
  const { action, resource: key } = authorizationOf(message);
  const use = action === undefined ? name : `${action} on ${quote(key ?? 'the key', 300)}`;
  return {
    code: 'kms-denied',
    message: `The KMS key of ${quote(resource, 300)} cannot be used: ${use}`,
    value: key ?? resource,
    fix: 'Allow kms:GenerateDataKey and kms:Decrypt on the key for these credentials, and check that it is enabled.',
  };
}

/** What a message of IAM says: `... to perform: ACTION on resource: "ARN" because ...` */
function authorizationOf(message: string): { action?: string; resource?: string; reason?: string } {
  const found = /perform: ([a-z0-9-]+:\w+)(?: on resource: "?([^"\s]+)"?)?( because [\w ,:'-]{1,200})?/.exec(
    message,
  );
  return { action: found?.[1], resource: found?.[2], reason: found?.[3]?.trimEnd() };
}

function remarkOn(action: string, bucketArn: string): string {
  if (action === 's3:GetObject') {
    return `, and s3:ListBucket on ${bucketArn}: without it, S3 answers the same for what is absent`;
  }
  // A write with If-Match reads the ETag.
  if (action === 's3:PutObject') return ', and s3:GetObject too, which conditional writes need';
  return '';
}
