import type { IncomingMessage } from 'node:http';
import { invalidRequest, notImplemented, S3Error } from './errors.ts';

/** A request, taken apart but not yet understood. */
export interface S3Request {
  readonly method: string;
  /** Decoded, as it was signed. */
  readonly path: string;
  readonly bucket: string | undefined;
  readonly key: string | undefined;
  readonly parameters: readonly (readonly [name: string, value: string])[];
  readonly query: ReadonlyMap<string, string>;
  /** Names in lower case. Presigned requests have theirs in the query as well: they are here too. */
  readonly headers: ReadonlyMap<string, string>;
  /** Names of the headers that came as headers, in lower case. */
  readonly sentHeaders: ReadonlySet<string>;
  readonly body: AsyncIterable<Buffer>;
}

/** These belong to the signature, or to no operation in particular. */
const PLUMBING = new Set([
  'x-amz-algorithm',
  'x-amz-credential',
  'x-amz-date',
  'x-amz-expires',
  'x-amz-security-token',
  'x-amz-signature',
  'x-amz-signedheaders',
]);

const KNOWN_HEADERS = new Set([
  ...PLUMBING,
  'x-amz-checksum-algorithm',
  'x-amz-checksum-crc32',
  'x-amz-checksum-crc32c',
  'x-amz-checksum-crc64nvme',
  'x-amz-checksum-mode',
  'x-amz-checksum-sha1',
  'x-amz-checksum-sha256',
  'x-amz-checksum-type',
  'x-amz-content-sha256',
  'x-amz-copy-source',
  'x-amz-copy-source-if-match',
  'x-amz-copy-source-if-modified-since',
  'x-amz-copy-source-if-none-match',
  'x-amz-copy-source-if-unmodified-since',
  'x-amz-copy-source-range',
  'x-amz-decoded-content-length',
  'x-amz-metadata-directive',
  'x-amz-mp-object-size',
  'x-amz-sdk-checksum-algorithm',
  'x-amz-server-side-encryption',
  'x-amz-server-side-encryption-aws-kms-key-id',
  'x-amz-server-side-encryption-bucket-key-enabled',
  'x-amz-storage-class',
  'x-amz-trailer',
  'x-amz-user-agent',
  'x-amz-website-redirect-location',
]);

const LONGEST_KEY = 1024;

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new S3Error(400, 'InvalidURI', "Couldn't parse the specified URI.");
  }
}

function readParameters(search: string): (readonly [string, string])[] {
  return search
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const [name = '', ...value] = pair.split('=');
      // Java's and browsers' forms write a space as a plus.
      return [decode(name.replaceAll('+', ' ')), decode(value.join('=').replaceAll('+', ' '))] as const;
    });
}

function readHeaders(raw: readonly string[]): Map<string, string> {
  const headers = new Map<string, string>();
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = (raw[i] ?? '').toLowerCase();
    const value = raw[i + 1] ?? '';
    const earlier = headers.get(name);
    headers.set(name, earlier === undefined ? value : `${earlier},${value}`);
  }
  return headers;
}

/** In the style of virtual hosts the bucket is the first part of the host: `bucket.localhost:8000`. */
function bucketOfHost(host: string): string | undefined {
  return /^(.+)\.localhost(?::\d+)?$/.exec(host)?.[1];
}

function locate(path: string, host: string): { bucket: string | undefined; key: string | undefined } {
  const virtual = bucketOfHost(host);
  const whole = virtual === undefined ? path.slice(1) : `${virtual}${path}`;
  const slash = whole.indexOf('/');
  const bucket = slash === -1 ? whole : whole.slice(0, slash);
  const key = slash === -1 ? '' : whole.slice(slash + 1);
  if (Buffer.byteLength(key) > LONGEST_KEY) {
    throw new S3Error(400, 'KeyTooLongError', 'Your key is too long', {
      details: { Size: String(Buffer.byteLength(key)), MaxSizeAllowed: String(LONGEST_KEY) },
    });
  }
  return { bucket: bucket || undefined, key: key || undefined };
}

/** @throws S3Error where it is malformed, or asks for what this server does not know */
export function readRequest(incoming: IncomingMessage): S3Request {
  const [rawPath = '/', ...search] = (incoming.url ?? '/').split('?');
  const path = decode(rawPath);
  const parameters = readParameters(search.join('?'));
  const query = new Map(parameters);
  if (query.size !== parameters.length) throw invalidRequest('A query parameter was given twice');
  const sent = readHeaders(incoming.rawHeaders);
  const headers = new Map(sent);
  for (const [name, value] of parameters) {
    const header = name.toLowerCase();
    if (header.startsWith('x-amz-') && !PLUMBING.has(header)) headers.set(header, value);
  }
  for (const name of headers.keys()) {
    const known = KNOWN_HEADERS.has(name) || name.startsWith('x-amz-meta-');
    if (name.startsWith('x-amz-') && !known) throw notImplemented(name);
  }
  return {
    method: incoming.method ?? 'GET',
    path,
    ...locate(path, sent.get('host') ?? ''),
    parameters,
    query,
    headers,
    sentHeaders: new Set(sent.keys()),
    // Leaving off in the middle would otherwise cut the connection, and nobody would hear why.
    body: { [Symbol.asyncIterator]: () => incoming.iterator({ destroyOnReturn: false }) },
  };
}
