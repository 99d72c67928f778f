import { emptyAnswer, xmlAnswer, type Answer } from './answer.ts';
import { readAttributes } from './attributes.ts';
import type { Call } from './call.ts';
import {
  checksumIn,
  checksumOf,
  digestOf,
  hashDigester,
  parseAlgorithm,
  type ChecksumType,
} from './checksums.ts';
import { checksumXml, readCopySource } from './copy-operations.ts';
import { invalidArgument, invalidRequest, malformedXml, noSuchUpload, S3Error } from './errors.ts';
import {
  assemble,
  chooseParts,
  type ListedPart,
  type MultipartUpload,
  type UploadChecksum,
} from './multipart-upload.ts';
import { checksumHeaders, etagOf } from './stored-object.ts';
import type { XmlElement } from './xml.ts';

const MOST_PARTS = 10_000;

export function requireUpload(call: Call): MultipartUpload {
  const id = call.parameter('uploadId') ?? '';
  const upload = call.bucket.uploads.get(id);
  if (upload === undefined || upload.key !== call.key) throw noSuchUpload(id);
  return upload;
}

/** SHA has no way to be of the whole object without reading it again, and CRC-64 none to be composite. */
function declaredChecksum(call: Call): UploadChecksum | undefined {
  const name = call.header('x-amz-checksum-algorithm');
  const type = call.header('x-amz-checksum-type');
  if (name === undefined) {
    if (type === undefined) return undefined;
    throw invalidRequest(
      'The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.',
    );
  }
  const algorithm = parseAlgorithm(name);
  const possible: readonly ChecksumType[] = algorithm.startsWith('SHA')
    ? ['COMPOSITE']
    : algorithm === 'CRC64NVME'
      ? ['FULL_OBJECT']
      : ['COMPOSITE', 'FULL_OBJECT'];
  const chosen = type === undefined ? possible[0] : possible.find((each) => each === type);
  if (chosen === undefined) {
    throw invalidRequest(`The ${type} checksum type cannot be used with the ${name} checksum algorithm.`);
  }
  return { algorithm, type: chosen };
}

export function createMultipartUpload(call: Call): Answer {
  call.authorize('s3:PutObject', call.key);
  const { bucket, key } = call;
  const upload: MultipartUpload = {
    id: call.service.nextUploadId(),
    key,
    attributes: readAttributes(call.request.headers),
    checksum: declaredChecksum(call),
    initiated: call.now(),
    removals: bucket.removals(key),
    parts: new Map(),
  };
  bucket.uploads.set(upload.id, upload);
  const headers: Record<string, string> =
    upload.checksum === undefined
      ? {}
      : {
          'x-amz-checksum-algorithm': upload.checksum.algorithm,
          'x-amz-checksum-type': upload.checksum.type,
        };
  return xmlAnswer(
    [
      'InitiateMultipartUploadResult',
      [
        ['Bucket', bucket.name],
        ['Key', key],
        ['UploadId', upload.id],
      ],
    ],
    { headers },
  );
}

function readPartNumber(call: Call): number {
  const value = call.parameter('partNumber') ?? '';
  const number = Number(value);
  if (!/^\d+$/.test(value) || number < 1 || number > MOST_PARTS) {
    throw invalidArgument(
      'partNumber',
      value,
      'Part number must be an integer between 1 and 10000, inclusive',
    );
  }
  return number;
}

export async function uploadPart(call: Call): Promise<Answer> {
  call.authorize('s3:PutObject', call.key);
  const number = readPartNumber(call);
  const { checksum: declared } = requireUpload(call);
  const { content, md5, checksum } = await call.receive();
  if (declared !== undefined && checksum?.algorithm !== declared.algorithm) {
    throw invalidRequest(
      `Checksum Type mismatch occurred, expected checksum Type: ${declared.algorithm.toLowerCase()}, actual checksum Type: ${checksum?.algorithm.toLowerCase() ?? 'null'}`,
    );
  }
  // It may have been aborted or completed while the part was on its way.
  requireUpload(call).parts.set(number, { number, content, md5, checksum, lastModified: call.now() });
  return emptyAnswer(200, { etag: etagOf(md5), ...partChecksumHeaders(checksum) });
}

/** Parts have no type of checksum. */
function partChecksumHeaders(checksum: Parameters<typeof checksumHeaders>[0]): Record<string, string> {
  const { 'x-amz-checksum-type': _, ...headers } = checksumHeaders(checksum);
  return headers;
}

function readCopyRange(call: Call, size: number): { start: number; end: number } {
  const header = call.header('x-amz-copy-source-range');
  if (header === undefined) return { start: 0, end: size };
  const match = /^bytes=(\d+)-(\d+)$/.exec(header);
  const start = Number(match?.[1]);
  const end = Number(match?.[2]) + 1;
  if (match === null || start >= end || end > size) {
    const message =
      'The x-amz-copy-source-range value must be of the form bytes=first-last, within the source';
    throw invalidArgument('x-amz-copy-source-range', header, message);
  }
  return { start, end };
}

export function uploadPartCopy(call: Call): Answer {
  call.authorize('s3:PutObject', call.key);
  const number = readPartNumber(call);
  const upload = requireUpload(call);
  const { object } = readCopySource(call);
  const { start, end } = readCopyRange(call, object.content.size);
  const content = object.content.slice(start, end);
  const md5 = digestOf(content, hashDigester('md5'));
  const checksum = upload.checksum && checksumOf(content, upload.checksum.algorithm);
  const lastModified = call.now();
  upload.parts.set(number, { number, content, md5, checksum, lastModified });
  return xmlAnswer([
    'CopyPartResult',
    [
      ['LastModified', lastModified.toISOString()],
      ['ETag', etagOf(md5)],
      ...checksumXml(checksum).slice(0, 1),
    ],
  ]);
}

function readListedPart(element: XmlElement): ListedPart {
  const number = Number(element.get('PartNumber'));
  const etag = element.get('ETag');
  if (!Number.isInteger(number) || number < 1 || etag === undefined) throw malformedXml();
  const checksums = element.children
    .filter(({ name }) => name.startsWith('Checksum'))
    .map(({ name, text }) => [name, text] as const);
  return { number, etag, checksums: new Map(checksums) };
}

export async function completeMultipartUpload(call: Call): Promise<Answer> {
  call.authorizeWrite();
  requireUpload(call);
  const request = await call.receiveXml('CompleteMultipartUpload', false);
  const listed = request.all('Part').map(readListedPart);
  if (listed.length === 0) throw malformedXml();
  const upload = requireUpload(call);
  const parts = chooseParts(upload, listed, call.service.settings.minimumPartSize);
  const { content, etag, checksum } = assemble(upload, parts);
  requireAsStated(call, content.size, checksum?.value);
  const { key, attributes, removals, initiated } = upload;
  // When this fails the upload is still there, for its maker to abort. S3 dates an object by when its
  // upload began.
  call.beginWrite(removals).commit({ content, etag, lastModified: initiated, attributes, checksum });
  call.bucket.uploads.delete(upload.id);
  return xmlAnswer([
    'CompleteMultipartUploadResult',
    [
      ['Location', `http://${call.header('host')}/${call.bucket.name}/${key}`],
      ['Bucket', call.bucket.name],
      ['Key', key],
      ['ETag', etag],
      ...checksumXml(checksum),
    ],
  ]);
}

/** What the headers say of the whole object. */
function requireAsStated(call: Call, size: number, checksum: string | undefined): void {
  const stated = checksumIn(call.request.headers);
  if (stated !== undefined && stated.value !== checksum) {
    throw new S3Error(
      400,
      'BadDigest',
      `The ${stated.algorithm} you specified did not match the calculated checksum.`,
    );
  }
  const statedSize = call.header('x-amz-mp-object-size');
  if (statedSize !== undefined && statedSize !== String(size)) {
    throw invalidRequest('The provided x-amz-mp-object-size header does not match the size of the parts.');
  }
}

export function abortMultipartUpload(call: Call): Answer {
  call.authorize('s3:AbortMultipartUpload', call.key);
  call.bucket.uploads.delete(requireUpload(call).id);
  return emptyAnswer(204);
}
