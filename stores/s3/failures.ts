import { quote, WheelstoreError, type ErrorCode } from '../../core/errors.ts';
import { answerOf, type Answer } from './answers.ts';
import { describeDenial } from './denials.ts';

/** What was asked of S3 when something failed. */
interface Asked {
  /** The permission that it needs: `s3:PutObject`. */
  readonly action: string;
  readonly bucket: string;
  /** The bucket's key; absent where the bucket itself was asked. */
  readonly path?: string;
  /** Where requests go, for people: `https://minio.example.com`. */
  readonly endpoint: string;
  /** Who was asked, for people; S3 unless given. */
  readonly service?: string;
}

/** How one kind of failure is told. `name` and so on are what S3 said. */
interface Sentence {
  readonly code: ErrorCode;
  readonly message: string;
  readonly value?: string;
  readonly fix: string;
}

type Rule = (answer: Answer, asked: Asked) => Sentence | undefined;

/**
 * The sentence for a request that failed. What is no failure of a request is given back as it is.
 * Messages hold nothing that S3 did not say of itself: no key, no token, no header.
 */
export function describeS3Failure(error: unknown, asked: Asked): unknown {
  if (error instanceof WheelstoreError) return error;
  const answer = answerOf(error);
  for (const rule of RULES) {
    const sentence = rule(answer, asked);
    if (sentence === undefined) continue;
    const { code, message, value = `s3://${asked.bucket}`, fix } = sentence;
    return new WheelstoreError(code, message, { value, fix, cause: error });
  }
  return error;
}

/** S3's own words, on one line. */
function said({ name, message }: Answer): string {
  return message === '' || message === name || message === 'UnknownError' ? name : `${name}: ${message}`;
}

const credentials: Rule = (answer, { service = 'S3' }) => {
  if (
    EXPIRED.has(answer.name) ||
    (isProviderError(answer) && /expired|sso login|refresh/i.test(answer.message))
  ) {
    return {
      code: 'expired-credentials',
      message: 'The AWS credentials have expired',
      fix: 'Sign in again (such as with "aws sso login"), or fetch new temporary credentials.',
    };
  }
  if (isProviderError(answer)) {
    // The rest of the message may quote the command that was to print some, with its words.
    const profile = /profile:? \[?([\w.@-]+)/i.exec(answer.message)?.[1];
    return {
      code: 'no-credentials',
      message: `No AWS credentials were found${profile === undefined ? '' : ` in the profile ${quote(profile)}`}`,
      fix: 'Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, name a profile with --profile, or pass --no-sign-request.',
    };
  }
  if (!INVALID.has(answer.name)) return undefined;
  return {
    code: 'invalid-credentials',
    message: `${service} does not accept the AWS credentials (${answer.name})`,
    fix: 'Check the access key, its secret and the session token: they must belong together, and to this account.',
  };
};

const EXPIRED = new Set(['ExpiredToken', 'ExpiredTokenException', 'TokenRefreshRequired']);
const INVALID = new Set([
  'InvalidAccessKeyId',
  'SignatureDoesNotMatch',
  'InvalidToken',
  'InvalidClientTokenId',
  'UnrecognizedClientException',
  'InvalidSecurity',
  'NotSignedUp',
]);

function isProviderError({ name }: Answer): boolean {
  return name === 'CredentialsProviderError' || name === 'TokenProviderError';
}

const clock: Rule = ({ name }, { service = 'S3' }) =>
  name === 'RequestTimeTooSkewed' || name === 'RequestExpired' || name === 'RequestInTheFuture'
    ? {
        code: 'clock-skew',
        message: `The clock of this machine is too far from that of ${service} (${name})`,
        value: new Date().toISOString(),
        fix: 'Set the clock, such as by turning on NTP.',
      }
    : undefined;

const bucket: Rule = ({ name }, asked) =>
  name === 'NoSuchBucket' || name === 'InvalidBucketName'
    ? {
        code: 'no-such-bucket',
        message: `There is no bucket ${quote(asked.bucket)} at ${asked.endpoint} (${name})`,
        value: asked.bucket,
        fix: 'Check the name of the bucket, and which account and which endpoint it is in.',
      }
    : undefined;

const region: Rule = ({ name, status, message, region: actual }, asked) => {
  // Other servers redirect for other reasons, such as from http to https.
  const redirected = /^(Permanent|Temporary)Redirect$/.test(name) || (status === 301 && actual !== undefined);
  const refused =
    name === 'IllegalLocationConstraintException' ||
    (name === 'AuthorizationHeaderMalformed' && message.includes('region'));
  // What a HEAD says of it.
  const bare = status === 400 && actual !== undefined && /^(BadRequest|400|Unknown(Error)?)$/.test(name);
  if (!redirected && !refused && !bare) return undefined;
  const place = actual === undefined ? 'in another region' : `in the region ${actual}`;
  return {
    code: 'wrong-region',
    message: `The bucket ${quote(asked.bucket)} is ${place}`,
    value: asked.bucket,
    fix: `Pass --region ${actual ?? 'REGION'}, or set AWS_REGION.`,
  };
};

const connection: Rule = ({ name, systemCode, status }, asked) => {
  if (status !== undefined && name !== 'RequestTimeout') return undefined;
  if (systemCode !== undefined && CERTIFICATE.test(systemCode)) {
    return {
      code: 'unreachable',
      message: `The certificate of ${asked.endpoint} cannot be trusted (${systemCode})`,
      value: asked.endpoint,
      fix: 'Check the endpoint; a certificate authority of your own can be named in NODE_EXTRA_CA_CERTS.',
    };
  }
  const isTimeout = name === 'TimeoutError' || name === 'RequestTimeout';
  if (!isTimeout && (systemCode === undefined || !CONNECTION.test(systemCode))) return undefined;
  return {
    code: 'unreachable',
    message: `The connection to ${asked.endpoint} failed (${systemCode ?? name})`,
    value: asked.endpoint,
    fix: 'Check the network, the proxy and the endpoint, then run the same command again.',
  };
};

const CERTIFICATE = /^(CERT_|ERR_TLS_|ERR_SSL_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_)/;
const CONNECTION =
  /^(ECONN|ENOTFOUND$|EAI_|ETIMEDOUT$|EPIPE$|EHOST|ENET|EPROTO$|ERR_STREAM_PREMATURE_CLOSE$|HPE_)/;

const unsupported: Rule = (answer, asked) =>
  answer.name === 'NotImplemented' || answer.status === 501
    ? {
        code: 'unsupported-store',
        message: `${asked.endpoint} does not support ${asked.action} as it is needed: ${quote(said(answer), 300)}`,
        fix: 'Use a store with conditional writes; or pass --single-writer, and let one publisher at a time write.',
      }
    : undefined;

const overloaded: Rule = ({ name, status, attempts }) =>
  status === 503 || status === 429 || /SlowDown|Throttl|TooManyRequests|RequestLimit/.test(name)
    ? {
        code: 'store-failed',
        message: `S3 asks for fewer requests (${name}), also at attempt ${attempts}`,
        fix: 'Run the same command again later, or with fewer --jobs: it completes what is missing.',
      }
    : undefined;

const argument: Rule = (answer) =>
  /^(InvalidStorageClass|InvalidTag|InvalidArgument|InvalidEncryption\w*|AccessControlListNotSupported)$/.test(
    answer.name,
  )
    ? {
        code: 'store-failed',
        message: `S3 refuses a setting of this write: ${quote(said(answer), 300)}`,
        fix: 'Check what --s3-put-args says, and the settings of the bucket.',
      }
    : undefined;

const altered: Rule = ({ name, message }) =>
  /^(BadDigest|InvalidDigest|XAmzContent\w+Mismatch|IncompleteBody)$/.test(name) ||
  message.startsWith('Checksum mismatch')
    ? {
        code: 'store-failed',
        message: `Bytes were altered on their way (${name})`,
        fix: 'Run the same command again; if it happens often, look for a proxy that changes what passes.',
      }
    : undefined;

const other: Rule = (answer, asked) => {
  if (answer.status === undefined) return undefined;
  const path = asked.path === undefined ? '' : `/${asked.path}`;
  return {
    code: 'store-failed',
    message: `${asked.action} on ${quote(`s3://${asked.bucket}${path}`, 300)} failed with status ${answer.status}: ${quote(said(answer), 300)}`,
    fix:
      answer.status >= 500
        ? 'Run the same command again: it completes what is missing.'
        : 'Check that the endpoint is one of S3, and the settings of the bucket.',
  };
};

/** What can go wrong with any service of AWS. */
export function describeCommonFailure(error: unknown, service: string): WheelstoreError | undefined {
  const asked = { action: service, bucket: service, endpoint: service, service };
  for (const rule of [credentials, clock, connection]) {
    const sentence = rule(answerOf(error), asked);
    if (sentence === undefined) continue;
    const { code, message, value = service, fix } = sentence;
    return new WheelstoreError(code, message, { value, fix, cause: error });
  }
  return undefined;
}

// The order matters: the first that knows the failure tells it.
const RULES: readonly Rule[] = [
  credentials,
  clock,
  bucket,
  region,
  describeDenial,
  connection,
  unsupported,
  overloaded,
  argument,
  altered,
  other,
];
