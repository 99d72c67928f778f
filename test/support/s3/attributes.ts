import { invalidArgument, S3Error } from './errors.ts';

/** What is kept with an object and returned as headers: names in lower case, and their values. */
export type Attributes = ReadonlyMap<string, string>;

const KEPT = [
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-type',
  'expires',
  'x-amz-server-side-encryption',
  'x-amz-server-side-encryption-aws-kms-key-id',
  'x-amz-server-side-encryption-bucket-key-enabled',
  'x-amz-storage-class',
  'x-amz-website-redirect-location',
];

const METADATA = 'x-amz-meta-';
const LARGEST_METADATA = 2048;
const DEFAULT_TYPE = 'binary/octet-stream';

function requireSmallMetadata(attributes: Attributes): void {
  let size = 0;
  for (const [name, value] of attributes) {
    if (name.startsWith(METADATA)) size += name.length - METADATA.length + Buffer.byteLength(value);
  }
  if (size <= LARGEST_METADATA) return;
  throw new S3Error(
    400,
    'MetadataTooLarge',
    'Your metadata headers exceed the maximum allowed metadata size',
    { details: { Size: String(size), MaxSizeAllowed: String(LARGEST_METADATA) } },
  );
}

/** `aws-chunked` is about the way the body travelled, and no property of the object. */
function objectEncoding(header: string): string {
  return header
    .split(',')
    .map((coding) => coding.trim())
    .filter((coding) => coding !== '' && coding.toLowerCase() !== 'aws-chunked')
    .join(',');
}

/** What a request wants kept with the object that it writes. */
export function readAttributes(headers: ReadonlyMap<string, string>): Attributes {
  const attributes = new Map([['content-type', DEFAULT_TYPE]]);
  for (const [name, value] of headers) {
    const kept = name === 'content-encoding' ? objectEncoding(value) : value;
    if ((KEPT.includes(name) || name.startsWith(METADATA)) && kept !== '') attributes.set(name, kept);
  }
  // Objects of the standard class are returned without naming it.
  if (attributes.get('x-amz-storage-class') === 'STANDARD') attributes.delete('x-amz-storage-class');
  requireSmallMetadata(attributes);
  return attributes;
}

/** Those that a copy has. */
export function copiedAttributes(source: Attributes, headers: ReadonlyMap<string, string>): Attributes {
  const directive = headers.get('x-amz-metadata-directive') ?? 'COPY';
  if (directive === 'REPLACE') return readAttributes(headers);
  if (directive !== 'COPY') {
    throw invalidArgument('x-amz-metadata-directive', directive, 'Unknown metadata directive.');
  }
  return source;
}
