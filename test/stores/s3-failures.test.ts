import { describe, expect, it } from 'vitest';
import { WheelstoreError } from '../../core/errors.ts';
import { describeS3Failure } from '../../stores/s3/failures.ts';

const ASKED = {
  action: 's3:PutObject',
  bucket: 'pypi.example.com',
  path: 'p/records/default/foo.json',
  endpoint: 'https://minio.example.com',
};

/** An error as the SDK makes it. */
function failed(name: string, status: number | undefined, message = name, more: object = {}): Error {
  const $metadata = status === undefined ? {} : { httpStatusCode: status, attempts: 8 };
  return Object.assign(new Error(message), { name, $metadata }, more);
}

/** An error as Node makes it. */
function system(code: string): Error {
  return Object.assign(new Error(`connect ${code} 192.0.2.1:443`), { code });
}

const headers = (region: string): object => ({ $response: { headers: { 'x-amz-bucket-region': region } } });

const DENIED =
  'User: arn:aws:iam::123456789012:user/ci is not authorized to perform: s3:PutObject on resource: ' +
  '"arn:aws:s3:::pypi.example.com/p/x" because no identity-based policy allows the s3:PutObject action';
const KEY_DENIED =
  'User: arn:aws:iam::123456789012:user/ci is not authorized to perform: kms:GenerateDataKey on resource: ' +
  'arn:aws:kms:eu-west-1:123456789012:key/1 because no identity-based policy allows it';

function described(error: unknown): WheelstoreError {
  const found = describeS3Failure(error, ASKED);
  if (!(found instanceof WheelstoreError)) throw new Error('not described', { cause: found });
  return found;
}

describe('a failure of S3', () => {
  it.each([
    [
      'no credentials',
      failed('CredentialsProviderError', undefined, 'Could not load credentials from any providers'),
      'no-credentials',
    ],
    [
      'no such profile',
      failed('CredentialsProviderError', undefined, 'Could not resolve credentials using profile: [x]'),
      'no-credentials',
    ],
    [
      'an expired token',
      failed('ExpiredToken', 400, 'The provided token has expired.'),
      'expired-credentials',
    ],
    [
      'an expired session of SSO',
      failed(
        'CredentialsProviderError',
        undefined,
        'The SSO session associated with this profile has expired.',
      ),
      'expired-credentials',
    ],
    ['an unknown key', failed('InvalidAccessKeyId', 403), 'invalid-credentials'],
    ['another secret', failed('SignatureDoesNotMatch', 403), 'invalid-credentials'],
    ['no such bucket', failed('NoSuchBucket', 404), 'no-such-bucket'],
    ['another region, as PUT says it', failed('PermanentRedirect', 301), 'wrong-region'],
    ['another region, as HEAD says it', failed('301', 301, '301', headers('eu-west-1')), 'wrong-region'],
    ['a bare refusal of HEAD', failed('BadRequest', 400, '', headers('eu-west-1')), 'wrong-region'],
    [
      'a signature for another region',
      failed('AuthorizationHeaderMalformed', 400, "the region 'us-east-1' is wrong; expecting 'eu-west-1'"),
      'wrong-region',
    ],
    ['a denial', failed('AccessDenied', 403, DENIED), 'access-denied'],
    ['a bare 403', failed('Forbidden', 403), 'access-denied'],
    ['a denial of KMS', failed('AccessDenied', 403, KEY_DENIED), 'kms-denied'],
    ['a disabled key', failed('KMS.DisabledException', 400), 'kms-denied'],
    ['an archived object', failed('InvalidObjectState', 403), 'access-denied'],
    ['a wrong clock', failed('RequestTimeTooSkewed', 403), 'clock-skew'],
    ['a refused connection', system('ECONNREFUSED'), 'unreachable'],
    ['an unknown host', system('ENOTFOUND'), 'unreachable'],
    ['a reset connection', system('ECONNRESET'), 'unreachable'],
    [
      'several addresses, none of which answers',
      Object.assign(new AggregateError([system('ECONNREFUSED')]), {}),
      'unreachable',
    ],
    ['a time-out', failed('TimeoutError', undefined), 'unreachable'],
    ['a time-out that S3 sees', failed('RequestTimeout', 400), 'unreachable'],
    ['a certificate of unknown origin', system('SELF_SIGNED_CERT_IN_CHAIN'), 'unreachable'],
    ['too many requests', failed('SlowDown', 503), 'store-failed'],
    ['an internal error', failed('InternalError', 500), 'store-failed'],
    ['something that it has not', failed('NotImplemented', 501), 'unsupported-store'],
    ['altered bytes', failed('BadDigest', 400), 'store-failed'],
    ['an impossible setting', failed('InvalidStorageClass', 400), 'store-failed'],
    ['an unknown refusal', failed('SomethingNew', 418), 'store-failed'],
  ])('is told for %s', (_what, error, code) => {
    const found = described(error);
    expect(found.code).toBe(code);
    expect(found.cause).toBe(error);
    expect(found.fix).toMatch(/^[A-Z].*\.$/s);
    expect(found.value).toBeTruthy();
    expect(found.message).not.toContain('\n');
  });

  it('names the region that the bucket is in', () => {
    expect(described(failed('301', 301, '301', headers('eu-west-1'))).fix).toContain('--region eu-west-1');
    const told = failed(
      'AuthorizationHeaderMalformed',
      400,
      "the region 'x' is wrong; expecting 'ap-south-1'",
    );
    expect(described(told).fix).toContain('--region ap-south-1');
  });

  it('names the action and the resource that are denied, as S3 says them', () => {
    const { message, value } = described(failed('AccessDenied', 403, DENIED));
    expect(message).toContain('s3:PutObject on "arn:aws:s3:::pypi.example.com/p/x"');
    expect(message).toContain('because no identity-based policy allows');
    expect(value).toBe('arn:aws:s3:::pypi.example.com/p/x');
    expect(described(failed('AccessDenied', 403, KEY_DENIED)).value).toBe(
      'arn:aws:kms:eu-west-1:123456789012:key/1',
    );
  });

  it('names what was asked where S3 says no more', () => {
    const { message, value } = described(failed('Forbidden', 403, 'UnknownError'));
    expect(message).toContain('s3:PutObject');
    expect(value).toBe('arn:aws:s3:::pypi.example.com/p/records/default/foo.json');
  });

  it('tells a denial of KMS apart from one of S3', () => {
    expect(described(failed('AccessDenied', 403, KEY_DENIED)).message).toContain('kms:GenerateDataKey');
  });

  it('leaves defects and our own errors alone', () => {
    const defect = new TypeError('undefined is not a function');
    expect(describeS3Failure(defect, ASKED)).toBe(defect);
    const ours = new WheelstoreError('file-changed', 'changed');
    expect(describeS3Failure(ours, ASKED)).toBe(ours);
  });

  it('names the profile without credentials, and shows nothing of the command that was to print some', () => {
    const unknown =
      'Could not resolve credentials using profile: [staging] in configuration/credentials file(s).';
    expect(described(failed('CredentialsProviderError', undefined, unknown)).message).toContain('"staging"');
    const process = 'Command failed: get-keys --password=hunter2';
    const { message } = described(failed('CredentialsProviderError', undefined, process));
    expect(message).not.toContain('hunter2');
  });

  it('shows nothing of the headers and the string that was signed', () => {
    const secret = 'wJalrXUtnFEMI';
    const error = failed('SignatureDoesNotMatch', 403, `signature of ${secret}`, { StringToSign: secret });
    const { message, value, fix } = described(error);
    expect(`${message} ${value} ${fix}`).not.toContain(secret);
  });
});
