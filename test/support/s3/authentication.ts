import type { ChunkSigning } from './aws-chunked.ts';
import { accessDenied, invalidRequest, S3Error } from './errors.ts';
import type { S3Request } from './request.ts';
import { ALGORITHM, canonicalRequest, scopeText, sha256, SigningKey, type Scope } from './sigv4.ts';

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** What temporary credentials come with. */
  readonly sessionToken?: string | undefined;
}

export interface Authority {
  readonly credentials: Credentials;
  readonly region: string;
  readonly now: Date;
}

const LARGEST_SKEW = 15 * 60 * 1000;
const LONGEST_EXPIRY = 7 * 24 * 60 * 60;

/** What a signature says of itself, in the header or in the query. */
interface Claim {
  readonly presigned: boolean;
  readonly accessKeyId: string;
  readonly scope: Scope;
  readonly timestamp: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  readonly sessionToken: string | undefined;
}

function malformed(presigned: boolean, message: string, details: Record<string, string> = {}): S3Error {
  return presigned
    ? new S3Error(400, 'AuthorizationQueryParametersError', message, { details })
    : new S3Error(400, 'AuthorizationHeaderMalformed', `The authorization header is malformed; ${message}`, {
        details,
      });
}

function readCredential(credential: string, presigned: boolean): { accessKeyId: string; scope: Scope } {
  const parts = credential.split('/');
  const [accessKeyId, date, region, service, terminator] = parts;
  if (accessKeyId === undefined || !date || !region || !service || !terminator || parts.length !== 5) {
    throw malformed(
      presigned,
      'the Credential is mal-formed; expecting "<KEY>/YYYYMMDD/REGION/SERVICE/aws4_request".',
    );
  }
  return { accessKeyId, scope: { date, region, service, terminator } };
}

function claimInHeader(request: S3Request, authorization: string): Claim {
  const match =
    /^AWS4-HMAC-SHA256 +Credential=([^,]+), *SignedHeaders=([^,]+), *Signature=([0-9a-f]{64})$/.exec(
      authorization,
    );
  const [, credential, signedHeaders, signature] = match ?? [];
  if (credential === undefined || signedHeaders === undefined || signature === undefined) {
    throw malformed(false, 'it has to have Credential, SignedHeaders and Signature.');
  }
  return {
    presigned: false,
    ...readCredential(credential, false),
    timestamp: request.headers.get('x-amz-date') ?? '',
    signedHeaders: signedHeaders.split(';'),
    signature,
    sessionToken: request.headers.get('x-amz-security-token'),
  };
}

function claimInQuery({ query }: S3Request): Claim {
  if (query.get('X-Amz-Algorithm') !== ALGORITHM) {
    throw malformed(true, `X-Amz-Algorithm only supports "${ALGORITHM}"`);
  }
  return {
    presigned: true,
    ...readCredential(query.get('X-Amz-Credential') ?? '', true),
    timestamp: query.get('X-Amz-Date') ?? '',
    signedHeaders: (query.get('X-Amz-SignedHeaders') ?? '').split(';'),
    signature: query.get('X-Amz-Signature') ?? '',
    sessionToken: query.get('X-Amz-Security-Token'),
  };
}

function readClaim(request: S3Request): Claim | undefined {
  const authorization = request.headers.get('authorization');
  const presigned = request.query.has('X-Amz-Signature') || request.query.has('X-Amz-Algorithm');
  if (authorization !== undefined && presigned) {
    throw invalidRequest('Only one auth mechanism allowed');
  }
  if (presigned) return claimInQuery(request);
  return authorization === undefined ? undefined : claimInHeader(request, authorization);
}

function checkScope({ presigned, scope, timestamp }: Claim, region: string): void {
  if (scope.region !== region) {
    const message = `the region '${scope.region}' is wrong; expecting '${region}'`;
    throw malformed(presigned, message, { Region: region });
  }
  if (scope.service !== 's3') {
    throw malformed(presigned, `incorrect service "${scope.service}". This endpoint belongs to "s3".`);
  }
  if (scope.terminator !== 'aws4_request')
    throw malformed(presigned, 'incorrect terminal. Use aws4_request.');
  if (!timestamp.startsWith(scope.date)) throw malformed(presigned, 'Invalid credential date.');
}

function readTimestamp(timestamp: string): Date {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(timestamp);
  if (match === null) throw accessDenied('AWS authentication requires a valid Date or x-amz-date header');
  const [, year, month, day, hour, minute, second] = match;
  return new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}

function checkTime({ presigned, timestamp }: Claim, request: S3Request, now: Date): void {
  const signedAt = readTimestamp(timestamp);
  const age = now.getTime() - signedAt.getTime();
  if (!presigned) {
    if (Math.abs(age) <= LARGEST_SKEW) return;
    throw new S3Error(
      403,
      'RequestTimeTooSkewed',
      'The difference between the request time and the current time is too large.',
      {
        details: {
          RequestTime: timestamp,
          ServerTime: now.toISOString(),
          MaxAllowedSkewMilliseconds: String(LARGEST_SKEW),
        },
      },
    );
  }
  const expires = Number(request.query.get('X-Amz-Expires'));
  if (!Number.isInteger(expires) || expires < 1 || expires > LONGEST_EXPIRY) {
    throw malformed(true, 'X-Amz-Expires must be a number of seconds between 1 and 604800');
  }
  if (age < -LARGEST_SKEW) throw accessDenied('Request is not yet valid');
  if (age > expires * 1000) throw accessDenied('Request has expired');
}

/** S3 wants the host and everything that is its own signed, else someone on the way could change it. */
function checkSignedHeaders({ signedHeaders }: Claim, request: S3Request): void {
  const unsigned = [...request.sentHeaders].filter(
    (name) => (name === 'host' || name.startsWith('x-amz-')) && !signedHeaders.includes(name),
  );
  if (unsigned.length === 0) return;
  throw new S3Error(403, 'AccessDenied', 'There were headers present in the request which were not signed', {
    details: { HeadersNotSigned: unsigned.join(', ') },
  });
}

/**
 * Verifies who sent a request.
 *
 * @returns what the chunks of its body go on to be signed with; `undefined` when it is not signed
 */
export function authenticate(request: S3Request, authority: Authority): ChunkSigning | undefined {
  const claim = readClaim(request);
  if (claim === undefined) return undefined;
  const { credentials } = authority;
  if (claim.accessKeyId !== credentials.accessKeyId) {
    const message = 'The AWS Access Key Id you provided does not exist in our records.';
    throw new S3Error(403, 'InvalidAccessKeyId', message, { details: { AWSAccessKeyId: claim.accessKeyId } });
  }
  if (claim.sessionToken !== credentials.sessionToken) {
    throw new S3Error(400, 'InvalidToken', 'The provided token is malformed or otherwise invalid.');
  }
  const payload =
    request.headers.get('x-amz-content-sha256') ?? (claim.presigned ? 'UNSIGNED-PAYLOAD' : undefined);
  if (payload === undefined) {
    throw invalidRequest('Missing required header for this request: x-amz-content-sha256');
  }
  checkScope(claim, authority.region);
  checkTime(claim, request, authority.now);
  checkSignedHeaders(claim, request);
  const key = new SigningKey(credentials.secretAccessKey, claim.scope);
  const scope = scopeText(claim.scope);
  const canonical = canonicalRequest(request, claim.signedHeaders, payload);
  const expected = key.sign([ALGORITHM, claim.timestamp, scope, sha256(canonical)]);
  if (expected !== claim.signature) {
    const message =
      'The request signature we calculated does not match the signature you provided. Check your key and signing method.';
    throw new S3Error(403, 'SignatureDoesNotMatch', message, { details: { CanonicalRequest: canonical } });
  }
  return { key, timestamp: claim.timestamp, scope, seed: expected };
}
