import { xmlAnswer, type Answer } from './answer.ts';
import { OWNER } from './bucket-operations.ts';
import type { Call } from './call.ts';
import { checksumXml } from './copy-operations.ts';
import { invalidArgument } from './errors.ts';
import { readEncoding, readLimit } from './list-operations.ts';
import { requireUpload } from './multipart-operations.ts';
import type { MultipartUpload, UploadChecksum } from './multipart-upload.ts';
import { compareUtf8 } from './sorted-keys.ts';
import { etagOf } from './stored-object.ts';
import type { Xml } from './xml.ts';

function declarationXml(checksum: UploadChecksum | undefined): Xml[] {
  if (checksum === undefined) return [];
  return [
    ['ChecksumAlgorithm', checksum.algorithm],
    ['ChecksumType', checksum.type],
  ];
}

export function listParts(call: Call): Answer {
  call.authorize('s3:ListMultipartUploadParts', call.key);
  const upload = requireUpload(call);
  const limit = readLimit(call, 'max-parts');
  const marker = call.parameter('part-number-marker') ?? '0';
  if (!/^\d+$/.test(marker)) throw invalidArgument('part-number-marker', marker, 'Not a part number');
  const following = [...upload.parts.values()]
    .filter((part) => part.number > Number(marker))
    .sort((a, b) => a.number - b.number);
  const shown = following.slice(0, limit);
  const isTruncated = limit > 0 && following.length > shown.length;
  return xmlAnswer([
    'ListPartsResult',
    [
      ['Bucket', call.bucketName],
      ['Key', call.key],
      ['UploadId', upload.id],
      OWNER,
      ['StorageClass', 'STANDARD'],
      ['PartNumberMarker', marker],
      isTruncated ? ['NextPartNumberMarker', shown.at(-1)?.number ?? 0] : undefined,
      ['MaxParts', limit],
      ['IsTruncated', isTruncated],
      ...declarationXml(upload.checksum),
      ...shown.map(({ number, lastModified, md5, content, checksum }): Xml => [
        'Part',
        [
          ['PartNumber', number],
          ['LastModified', lastModified.toISOString()],
          ['ETag', etagOf(md5)],
          ['Size', content.size],
          ...checksumXml(checksum).slice(0, 1),
        ],
      ]),
    ],
  ]);
}

function compareUploads(a: MultipartUpload, b: MultipartUpload): number {
  return compareUtf8(a.key, b.key) || compareUtf8(a.id, b.id);
}

export function listMultipartUploads(call: Call): Answer {
  call.authorize('s3:ListBucketMultipartUploads');
  const limit = readLimit(call, 'max-uploads');
  const encode = readEncoding(call);
  const prefix = call.parameter('prefix') ?? '';
  const keyMarker = call.parameter('key-marker') ?? '';
  const idMarker = call.parameter('upload-id-marker') ?? '';
  const isAfterMarkers = ({ key, id }: MultipartUpload): boolean => {
    const order = compareUtf8(key, keyMarker);
    return order > 0 || (order === 0 && idMarker !== '' && id > idMarker);
  };
  const following = [...call.bucket.uploads.values()]
    .filter((upload) => upload.key.startsWith(prefix) && isAfterMarkers(upload))
    .sort(compareUploads);
  const shown = following.slice(0, limit);
  const last = shown.at(-1);
  const isTruncated = last !== undefined && following.length > shown.length;
  return xmlAnswer([
    'ListMultipartUploadsResult',
    [
      ['Bucket', call.bucketName],
      ['KeyMarker', encode(keyMarker)],
      ['UploadIdMarker', idMarker],
      isTruncated ? ['NextKeyMarker', encode(last.key)] : undefined,
      isTruncated ? ['NextUploadIdMarker', last.id] : undefined,
      ['Prefix', encode(prefix)],
      ['MaxUploads', limit],
      ['IsTruncated', isTruncated],
      ...shown.map(({ key, id, initiated, checksum }): Xml => [
        'Upload',
        [
          ['Key', encode(key)],
          ['UploadId', id],
          OWNER,
          ['StorageClass', 'STANDARD'],
          ['Initiated', initiated.toISOString()],
          ...declarationXml(checksum),
        ],
      ]),
    ],
  ]);
}
