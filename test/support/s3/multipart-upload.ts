import type { Attributes } from './attributes.ts';
import {
  checksumElement,
  checksumOf,
  compositeChecksum,
  digestOf,
  hashDigester,
  type Checksum,
  type ChecksumAlgorithm,
  type ChecksumType,
} from './checksums.ts';
import { Content } from './content.ts';
import { invalidRequest, S3Error } from './errors.ts';
import { etagOf } from './stored-object.ts';

export interface Part {
  readonly number: number;
  readonly content: Content;
  readonly md5: Buffer;
  readonly checksum: Checksum | undefined;
  readonly lastModified: Date;
}

/** What was declared of the checksums when an upload began. */
export interface UploadChecksum {
  readonly algorithm: ChecksumAlgorithm;
  readonly type: ChecksumType;
}

export interface MultipartUpload {
  readonly id: string;
  readonly key: string;
  readonly attributes: Attributes;
  readonly checksum: UploadChecksum | undefined;
  readonly initiated: Date;
  /** How many removals there had been of the key: a conditional write counts from here. */
  readonly removals: number;
  readonly parts: Map<number, Part>;
}

/** A part as the one who completes an upload lists it. */
export interface ListedPart {
  readonly number: number;
  readonly etag: string;
  readonly checksums: ReadonlyMap<string, string>;
}

function invalidPart(number: number): S3Error {
  const message =
    "One or more of the specified parts could not be found. The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.";
  return new S3Error(400, 'InvalidPart', message, { details: { PartNumber: String(number) } });
}

function requireSameChecksum(part: Part, listed: ListedPart, declared: UploadChecksum | undefined): void {
  for (const [element, value] of listed.checksums) {
    const { checksum } = part;
    if (
      checksum === undefined ||
      checksumElement(checksum.algorithm) !== element ||
      checksum.value !== value
    ) {
      throw invalidPart(part.number);
    }
  }
  if (declared?.type === 'COMPOSITE' && listed.checksums.size === 0) {
    const algorithm = declared.algorithm.toLowerCase();
    throw invalidRequest(
      `The upload was created using a ${algorithm} checksum. The complete request must include the checksum for each part. It was missing for part ${part.number} in the request.`,
    );
  }
}

/**
 * The parts that become the object, in their order.
 *
 * @throws S3Error unless they were uploaded as they are listed, and are large enough
 */
export function chooseParts(
  upload: MultipartUpload,
  listed: readonly ListedPart[],
  minimumSize: number,
): Part[] {
  const parts = listed.map((entry, index) => {
    const before = listed[index - 1];
    if (before !== undefined && before.number >= entry.number) {
      const message = 'The list of parts was not in ascending order. Parts must be ordered by part number.';
      throw new S3Error(400, 'InvalidPartOrder', message);
    }
    const part = upload.parts.get(entry.number);
    if (part === undefined || part.md5.toString('hex') !== entry.etag.replaceAll('"', '')) {
      throw invalidPart(entry.number);
    }
    return part;
  });
  for (const part of parts.slice(0, -1)) {
    if (part.content.size >= minimumSize) continue;
    const message = 'Your proposed upload is smaller than the minimum allowed size';
    throw new S3Error(400, 'EntityTooSmall', message, {
      details: {
        ProposedSize: String(part.content.size),
        MinSizeAllowed: String(minimumSize),
        PartNumber: String(part.number),
      },
    });
  }
  for (const [index, part] of parts.entries()) {
    const entry = listed[index];
    if (entry !== undefined) requireSameChecksum(part, entry, upload.checksum);
  }
  return parts;
}

/** The object that the parts come to. Its ETag is not the MD5 of its content. */
export function assemble(
  upload: MultipartUpload,
  parts: readonly Part[],
): { content: Content; etag: string; checksum: Checksum | undefined } {
  const content = Content.join(parts.map((part) => part.content));
  const md5 = digestOf(new Content(parts.map((part) => part.md5)), hashDigester('md5'));
  return {
    content,
    etag: etagOf(md5).replace(/"$/, `-${parts.length}"`),
    checksum: assembledChecksum(upload.checksum, content, parts),
  };
}

function assembledChecksum(
  declared: UploadChecksum | undefined,
  content: Content,
  parts: readonly Part[],
): Checksum | undefined {
  if (declared === undefined) return undefined;
  if (declared.type === 'FULL_OBJECT') return checksumOf(content, declared.algorithm);
  const checksums = parts.flatMap((part) => part.checksum ?? []);
  return compositeChecksum(declared.algorithm, checksums);
}
