import { xmlAnswer, type Answer } from './answer.ts';
import { OWNER } from './bucket-operations.ts';
import type { Call } from './call.ts';
import { invalidArgument } from './errors.ts';
import { listPage } from './listing.ts';
import { encodeUri } from './sigv4.ts';
import type { StoredObject } from './stored-object.ts';
import type { Xml } from './xml.ts';

const LARGEST_PAGE = 1000;

/** A limit on what one answer lists: never more than S3 gives anyone. */
export function readLimit(call: Call, name: string): number {
  const value = call.parameter(name) ?? String(LARGEST_PAGE);
  if (!/^\d{1,10}$/.test(value)) {
    throw invalidArgument(name, value, `Provided ${name} not an integer or within integer range`);
  }
  return Math.min(Number(value), LARGEST_PAGE);
}

/** How keys are written: as they are, or encoded, for those that XML cannot hold. */
export function readEncoding(call: Call): (text: string) => string {
  const encoding = call.parameter('encoding-type');
  if (encoding === undefined) return (text) => text;
  if (encoding !== 'url') {
    throw invalidArgument('encoding-type', encoding, 'Invalid Encoding Method specified in Request');
  }
  return (text) => encodeUri(text).replaceAll('%2F', '/').replaceAll('%20', '+');
}

/** To clients a token means nothing, so this one looks like nothing. */
function writeToken(after: string): string {
  return Buffer.from(`after ${after}`).toString('base64');
}

function readToken(token: string): string {
  const text = Buffer.from(token, 'base64').toString('utf8');
  if (!text.startsWith('after ')) {
    throw invalidArgument('continuation-token', token, 'The continuation token provided is incorrect');
  }
  return text.slice('after '.length);
}

function entry(key: string, object: StoredObject, withOwner: boolean): Xml {
  const { checksum } = object;
  return [
    'Contents',
    [
      ['Key', key],
      ['LastModified', object.lastModified.toISOString()],
      ['ETag', object.etag],
      checksum === undefined ? undefined : ['ChecksumAlgorithm', checksum.algorithm],
      checksum === undefined ? undefined : ['ChecksumType', checksum.type],
      ['Size', object.content.size],
      withOwner ? OWNER : undefined,
      ['StorageClass', object.attributes.get('x-amz-storage-class') ?? 'STANDARD'],
    ],
  ];
}

export function listObjectsV2(call: Call): Answer {
  call.authorize('s3:ListBucket');
  const { bucket } = call;
  const encode = readEncoding(call);
  const limit = readLimit(call, 'max-keys');
  const prefix = call.parameter('prefix') ?? '';
  const delimiter = call.parameter('delimiter') ?? '';
  const startAfter = call.parameter('start-after');
  const token = call.parameter('continuation-token');
  const after = token === undefined ? startAfter : readToken(token);
  const { keys, prefixes, next } = listPage(bucket.keys, { prefix, delimiter, after, limit });
  const contents = keys.flatMap((key) => {
    const object = bucket.get(key);
    return object === undefined ? [] : [entry(encode(key), object, call.parameter('fetch-owner') === 'true')];
  });
  return xmlAnswer([
    'ListBucketResult',
    [
      ['Name', bucket.name],
      ['Prefix', encode(prefix)],
      delimiter === '' ? undefined : ['Delimiter', encode(delimiter)],
      startAfter === undefined ? undefined : ['StartAfter', encode(startAfter)],
      token === undefined ? undefined : ['ContinuationToken', token],
      next === undefined ? undefined : ['NextContinuationToken', writeToken(next)],
      ['KeyCount', keys.length + prefixes.length],
      ['MaxKeys', limit],
      call.parameter('encoding-type') === undefined ? undefined : ['EncodingType', 'url'],
      ['IsTruncated', next !== undefined],
      ...contents,
      ...prefixes.map((group): Xml => ['CommonPrefixes', [['Prefix', encode(group)]]]),
    ],
  ]);
}
