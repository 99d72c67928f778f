import { createHash } from 'node:crypto';
import type { HeadObjectCommandOutput } from '@aws-sdk/client-s3';
import { quote, WheelstoreError } from '../../core/errors.ts';
import type { ETag, ObjectHead } from '../../core/store.ts';

/** Where we say the hash of an object ourselves: `x-amz-meta-sha256`. */
const HASH_METADATA = 'sha256';

/** The part of an answer that is about the object. */
interface ObjectAnswer {
  readonly ETag?: string | undefined;
  readonly ContentLength?: number | undefined;
  readonly LastModified?: Date | undefined;
  readonly ChecksumSHA256?: string | undefined;
  readonly ChecksumType?: string | undefined;
  readonly Metadata?: Readonly<Record<string, string>> | undefined;
}

/**
 * What an answer says of the object at `path`.
 *
 * @throws {WheelstoreError} `store-failed` where it says too little
 */
export function factsOf(answer: ObjectAnswer, path: string): Omit<ObjectHead, 'sha256'> {
  const { ETag: etag, ContentLength: size, LastModified: lastModified } = answer;
  if (etag === undefined || size === undefined || lastModified === undefined) throw answeredTooLittle(path);
  return { etag: etagOf(etag), size, lastModified };
}

/** What an answer to a HEAD says that the object is kept with. */
export function keptWith(answer: HeadObjectCommandOutput): Pick<ObjectHead, 'metadata' | 'headers'> {
  const { Metadata: metadata, ContentType, CacheControl, ContentEncoding: contentEncoding } = answer;
  return {
    ...(metadata === undefined ? {} : { metadata }),
    headers: {
      contentType: ContentType ?? '',
      cacheControl: CacheControl ?? '',
      ...(contentEncoding === undefined ? {} : { contentEncoding }),
    },
  };
}

/** The store's answer lacks what every S3 gives. */
export function answeredTooLittle(path: string): WheelstoreError {
  return new WheelstoreError('store-failed', `The store's answer for ${quote(path)} is incomplete`, {
    value: path,
    fix: 'Check that the endpoint is one of S3, and that no proxy changes its answers.',
  });
}

/** An ETag without its quotes, which some stores leave out of some answers. */
export function etagOf(header: string): ETag {
  return header.replace(/^(?:W\/)?"(.*)"$/, '$1');
}

/** An ETag as a condition holds it. */
export function conditionOn(etag: ETag): string {
  return `"${etag}"`;
}

/** The hash that an answer tells, in lower-case hex; `undefined` where it tells none of the whole object. */
export function sha256Of(answer: ObjectAnswer): string | undefined {
  const { ChecksumSHA256, ChecksumType, ETag, Metadata } = answer;
  // The checksum of an object in parts is one of its parts' checksums. Some stores do not say which it is,
  // but the ETag does: "d41d8cd98f00b204e9800998ecf8427e-3".
  const type = ChecksumType ?? (/-\d+"?$/.test(ETag ?? '') ? 'COMPOSITE' : 'FULL_OBJECT');
  if (ChecksumSHA256 !== undefined && type === 'FULL_OBJECT') {
    const digest = Buffer.from(ChecksumSHA256, 'base64');
    if (digest.length === 32 && !ChecksumSHA256.includes('-')) return digest.toString('hex');
  }
  const ours = Metadata?.[HASH_METADATA];
  return ours !== undefined && /^[0-9a-f]{64}$/.test(ours) ? ours : undefined;
}

/** Metadata that holds the hash beside `more`. */
export function metadataWith(
  sha256: string,
  more: Readonly<Record<string, string>> = {},
): Record<string, string> {
  return { ...more, [HASH_METADATA]: sha256 };
}

/** A hash as S3's headers write it. */
export function base64OfHex(hex: string): string {
  return Buffer.from(hex, 'hex').toString('base64');
}

/** Lower-case hex of the SHA-256 of `bytes`. */
export function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
