import { xmlAnswer, type Answer } from './answer.ts';
import { copiedAttributes } from './attributes.ts';
import type { Bucket } from './bucket.ts';
import type { Call } from './call.ts';
import {
  checksumElement,
  checksumOf,
  digestOf,
  hashDigester,
  parseAlgorithm,
  type Checksum,
} from './checksums.ts';
import { checkRead } from './conditions.ts';
import { invalidArgument, invalidRequest, notImplemented, preconditionFailed } from './errors.ts';
import { etagOf, type StoredObject } from './stored-object.ts';
import type { Xml } from './xml.ts';

interface CopySource {
  readonly bucket: Bucket;
  readonly key: string;
  readonly object: StoredObject;
}

function decodeSource(header: string): string {
  try {
    return decodeURIComponent(header);
  } catch {
    throw invalidArgument('x-amz-copy-source', header, 'Invalid copy source encoding.');
  }
}

/** What a copy is made of: `bucket/key`, encoded as in a URL. */
export function readCopySource(call: Call): CopySource {
  const header = call.header('x-amz-copy-source') ?? '';
  if (header.includes('?')) throw notImplemented('x-amz-copy-source with a version');
  const source = decodeSource(header).replace(/^\//, '');
  const slash = source.indexOf('/');
  if (slash < 1 || slash === source.length - 1) {
    const message = 'Copy Source must mention the source bucket and key: sourcebucket/sourcekey';
    throw invalidArgument('x-amz-copy-source', header, message);
  }
  const bucket = call.service.bucket(source.slice(0, slash));
  const key = source.slice(slash + 1);
  const object = call.readable(bucket, key);
  const reading = checkRead(object, call.request.headers, 'x-amz-copy-source-');
  // A copy that needs not be made is a failure too, other than with GET.
  if (reading !== 'holds') {
    throw preconditionFailed(reading === 'not modified' ? 'x-amz-copy-source-If-None-Match' : reading.failed);
  }
  return { bucket, key, object };
}

/** The checksum of a copy: of the kind that is asked for, or else as the source has it. */
function copiedChecksum(call: Call, source: StoredObject): Checksum | undefined {
  const wanted = call.header('x-amz-checksum-algorithm');
  const { checksum } = source;
  if (wanted === undefined && checksum?.type !== 'COMPOSITE') return checksum;
  const algorithm = wanted === undefined ? checksum?.algorithm : parseAlgorithm(wanted);
  return algorithm === undefined ? undefined : checksumOf(source.content, algorithm);
}

export function checksumXml(checksum: Checksum | undefined): Xml[] {
  if (checksum === undefined) return [];
  return [
    [checksumElement(checksum.algorithm), checksum.value],
    ['ChecksumType', checksum.type],
  ];
}

export function copyObject(call: Call): Answer {
  call.authorizeWrite();
  const write = call.beginWrite();
  const { bucket, key, object } = readCopySource(call);
  const attributes = copiedAttributes(object.attributes, call.request.headers);
  if (bucket === call.bucket && key === call.key && attributes === object.attributes) {
    throw invalidRequest(
      "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.",
    );
  }
  const etag = etagOf(digestOf(object.content, hashDigester('md5')));
  const checksum = copiedChecksum(call, object);
  const lastModified = call.now();
  write.commit({ content: object.content, etag, lastModified, attributes, checksum });
  return xmlAnswer([
    'CopyObjectResult',
    [['LastModified', lastModified.toISOString()], ['ETag', etag], ...checksumXml(checksum)],
  ]);
}
