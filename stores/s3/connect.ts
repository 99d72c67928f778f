import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { S3Store } from '../s3.ts';
import { defaultProfile, findAwsPlace, type Variables } from './aws-profile.ts';
import { checkedEndpoint } from './endpoint.ts';
import { quote, WheelstoreError } from '../../core/errors.ts';
import type { PutArguments } from './put-arguments.ts';
import { checkedRegion } from './region.ts';

/** How to reach a bucket. What is left out is found as the AWS CLI finds it. */
export interface S3Connection {
  readonly bucket: string;
  readonly prefix?: string;
  readonly profile?: string;
  readonly region?: string;
  /** Of a store that speaks S3's language: `https://minio.example.com`. */
  readonly endpointUrl?: string;
  /** Asks without credentials. */
  readonly noSignRequest?: boolean;
  readonly maxConnections?: number;
  readonly putArguments?: PutArguments;
  readonly singleWriter?: boolean;
  /** How often a request is sent before its failure counts. AWS_MAX_ATTEMPTS is the other way to say it. */
  readonly maxAttempts?: number;
  /** Ends a connection on which nothing has moved for so long, in milliseconds. */
  readonly idleTimeout?: number;
  /** What is larger is written in parts of this size, in bytes. S3 takes none below 5 MiB. */
  readonly partSize?: number;
  readonly variables?: Variables;
}

/** With pauses that double: about 3 seconds altogether, and 45 when S3 asks to slow down. */
const MOST_ATTEMPTS = 8;

const CONNECT_TIMEOUT = 10_000;
const IDLE_TIMEOUT = 60_000;

/**
 * What the SDK would say to the console is said by errors, or by nobody. It tells `info` and `error` of each
 * request, and does not put that together where nobody is to be told.
 */
const SILENT = { debug: ignore, warn: ignore } as unknown as NonNullable<S3ClientConfig['logger']>;

/** A client, and where its requests go. */
export interface ConnectedS3 {
  readonly client: S3Client;
  /** Absent for S3 itself. */
  readonly endpoint: URL | undefined;
  /** As anybody has said it. */
  readonly region: string | undefined;
}

/**
 * A client for a bucket. Nothing is asked of it yet.
 *
 * @throws {WheelstoreError} `usage` for an impossible region or endpoint; `no-credentials` for a profile that
 *   is in no file
 */
export async function connectS3Client(connection: Omit<S3Connection, 'bucket'>): Promise<ConnectedS3> {
  const variables = connection.variables ?? process.env;
  const place = await findAwsPlace(connection, variables);
  if (place.isProfileMissing && connection.noSignRequest !== true)
    throw noSuchProfile(place.profile?.value ?? '');
  const region = place.region && checkedRegion(place.region.value);
  const endpoint = place.endpointUrl === undefined ? undefined : checkedEndpoint(place.endpointUrl.value);
  // The SDK warns of Node's version on the console; which version is supported is ours to say.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
  const client = new S3Client({
    ...transport(connection, variables),
    ...authentication({ ...connection, profile: connection.profile ?? defaultProfile(variables) }),
    ...(endpoint === undefined ? {} : compatible(endpoint)),
    // An endpoint of one's own has no regions; and S3 says where a bucket is when asked in the wrong one.
    region: region ?? 'us-east-1',
    followRegionRedirects: region === undefined,
    // What is read is compared with its SHA-256, where all of it is read.
    responseChecksumValidation: 'WHEN_REQUIRED',
  });
  return { client, endpoint, region };
}

/**
 * Opens the repository in a bucket. Nothing is asked of the bucket yet.
 *
 * @throws {WheelstoreError} `usage` for an impossible bucket, prefix, region or endpoint
 */
export async function connectS3(connection: S3Connection): Promise<S3Store> {
  return storeOf(await connectS3Client(connection), connection);
}

/** @throws {WheelstoreError} `usage` for an impossible bucket or prefix */
export function storeOf({ client, endpoint }: ConnectedS3, connection: S3Connection): S3Store {
  const { bucket, prefix, putArguments, singleWriter, partSize } = connection;
  const repository = { client, bucket, prefix, endpoint: endpoint?.origin };
  return new S3Store({ ...repository, putArguments, singleWriter, partSize });
}

/** One pool of connections that stay open, and retries with growing pauses. */
function transport(
  { maxConnections = 50, maxAttempts, idleTimeout = IDLE_TIMEOUT }: Omit<S3Connection, 'bucket'>,
  variables: Variables,
): S3ClientConfig {
  const agent = { keepAlive: true, maxSockets: maxConnections };
  return {
    retryMode: 'standard',
    maxAttempts: maxAttempts ?? (Number(variables['AWS_MAX_ATTEMPTS']) || MOST_ATTEMPTS),
    // All requests of a kind go through the same steps: composing them costs as much as signing.
    cacheMiddleware: true,
    // With it, the SDK would open a connection of its own for each upload.
    expectContinueHeader: false,
    logger: SILENT,
    requestHandler: {
      httpAgent: agent,
      httpsAgent: agent,
      connectionTimeout: CONNECT_TIMEOUT,
      socketTimeout: idleTimeout,
      logger: SILENT,
    },
  };
}

function authentication({
  noSignRequest,
  profile,
}: Pick<S3Connection, 'noSignRequest' | 'profile'>): S3ClientConfig {
  if (noSignRequest !== true) return profile === undefined ? {} : { profile };
  return {
    signer: { sign: (request) => Promise.resolve(request) },
    credentials: { accessKeyId: '', secretAccessKey: '' },
  };
}

/** Other stores know no names of buckets in DNS, and not all of the SDK's checksums. */
function compatible(endpoint: URL): S3ClientConfig {
  return { endpoint: endpoint.href, forcePathStyle: true, requestChecksumCalculation: 'WHEN_REQUIRED' };
}

function ignore(): void {}

function noSuchProfile(name: string): WheelstoreError {
  return new WheelstoreError('no-credentials', `There is no AWS profile ${quote(name)}`, {
    value: name,
    fix: 'Check --profile, or AWS_PROFILE; "aws configure list-profiles" shows those that there are.',
  });
}
