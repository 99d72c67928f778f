import { emptyAnswer, xmlAnswer, type Answer } from './answer.ts';
import { readAttributes } from './attributes.ts';
import type { Call } from './call.ts';
import { checkDelete, checkRead } from './conditions.ts';
import { invalidRequest, malformedXml, preconditionFailed, S3Error } from './errors.ts';
import { readRange, type ByteRange } from './ranges.ts';
import { checksumHeaders, etagOf, type StoredObject } from './stored-object.ts';
import type { Xml, XmlElement } from './xml.ts';

const MOST_DELETED = 1000;

/** Query parameters by which a signed request chooses the headers of its answer. */
const OVERRIDES = [
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-type',
  'expires',
];

export async function putObject(call: Call): Promise<Answer> {
  call.authorizeWrite();
  const attributes = readAttributes(call.request.headers);
  const write = call.beginWrite();
  const { content, md5, checksum } = await call.receive();
  const etag = etagOf(md5);
  write.commit({ content, etag, lastModified: call.now(), attributes, checksum });
  return emptyAnswer(200, { etag, ...checksumHeaders(checksum) });
}

function overrides(call: Call): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const name of OVERRIDES) {
    const value = call.parameter(`response-${name}`);
    if (value === undefined) continue;
    if (!call.isSigned)
      throw invalidRequest('Request specific response headers cannot be used for anonymous GET requests.');
    headers[name] = value;
  }
  return headers;
}

function requireReadable(object: StoredObject, call: Call): void {
  const reading = checkRead(object, call.request.headers);
  if (reading === 'holds') return;
  if (reading !== 'not modified') throw preconditionFailed(reading.failed);
  throw new S3Error(304, 'NotModified', 'Not Modified', {
    headers: { etag: object.etag, 'last-modified': object.lastModified.toUTCString() },
  });
}

/** RFC 9110: with an outdated If-Range the whole object is sent. */
function chosenRange(object: StoredObject, call: Call): ByteRange | undefined {
  const ifRange = call.header('if-range');
  const outdated =
    ifRange !== undefined && ifRange !== object.etag && ifRange !== object.lastModified.toUTCString();
  return outdated ? undefined : readRange(call.header('range'), object.content.size);
}

/** GetObject and HeadObject, which differ in what is sent of the answer. */
export function getObject(call: Call): Answer {
  const object = call.readable(call.bucket, call.key);
  requireReadable(object, call);
  const range = chosenRange(object, call);
  const { content, checksum } = object;
  const withChecksum = call.header('x-amz-checksum-mode')?.toUpperCase() === 'ENABLED';
  const headers = {
    'accept-ranges': 'bytes',
    etag: object.etag,
    'last-modified': object.lastModified.toUTCString(),
    ...Object.fromEntries(object.attributes),
    ...overrides(call),
    // It is of the whole object, and clients would hold it against the part.
    ...(withChecksum && range === undefined ? checksumHeaders(checksum) : {}),
  };
  if (range === undefined) return { status: 200, headers, body: content };
  const { start, end } = range;
  return {
    status: 206,
    headers: { ...headers, 'content-range': `bytes ${start}-${end - 1}/${content.size}` },
    body: content.slice(start, end),
  };
}

function removeUnderCondition(call: Call, key: string, ifMatch: string | undefined): void {
  call.authorize('s3:DeleteObject', key);
  if (ifMatch !== undefined && ifMatch !== '*') call.authorize('s3:GetObject', key);
  checkDelete(call.bucket.get(key), ifMatch, call.service.settings.conditionalWrites, key);
  call.bucket.remove(key);
}

export function deleteObject(call: Call): Answer {
  removeUnderCondition(call, call.key, call.header('if-match'));
  return emptyAnswer(204);
}

function deleteOne(call: Call, entry: XmlElement, quiet: boolean): Xml | undefined {
  const key = entry.get('Key');
  if (key === undefined || key === '') throw malformedXml();
  try {
    removeUnderCondition(call, key, entry.get('ETag'));
    return quiet ? undefined : ['Deleted', [['Key', key]]];
  } catch (error) {
    if (!(error instanceof S3Error)) throw error;
    return [
      'Error',
      [
        ['Key', key],
        ['Code', error.code],
        ['Message', error.message],
      ],
    ];
  }
}

/** Each key has an outcome of its own, and the answer is 200 whatever they are. */
export async function deleteObjects(call: Call): Promise<Answer> {
  const { headers } = call.request;
  const checked = [...headers.keys()].some((name) =>
    /^(content-md5|x-amz-trailer|x-amz-checksum-.+)$/.test(name),
  );
  if (!checked) throw invalidRequest('Missing required header for this request: Content-MD5');
  const request = await call.receiveXml('Delete');
  const entries = request.all('Object');
  if (entries.length === 0 || entries.length > MOST_DELETED) throw malformedXml();
  // A missing bucket is one error, not one for each key.
  call.service.bucket(call.bucketName);
  const quiet = request.get('Quiet') === 'true';
  return xmlAnswer(['DeleteResult', entries.map((entry) => deleteOne(call, entry, quiet))]);
}
