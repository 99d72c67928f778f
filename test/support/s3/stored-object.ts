import type { Attributes } from './attributes.ts';
import { checksumHeader, type Checksum } from './checksums.ts';
import type { Content } from './content.ts';

export interface StoredObject {
  readonly content: Content;
  /** In quotes. */
  readonly etag: string;
  /** S3 knows whole seconds only. */
  readonly lastModified: Date;
  readonly attributes: Attributes;
  readonly checksum: Checksum | undefined;
}

/** The time in whole seconds, since clients compare what a listing says with what a header says. */
export function wholeSeconds(time: Date): Date {
  return new Date(Math.floor(time.getTime() / 1000) * 1000);
}

export function checksumHeaders(checksum: Checksum | undefined): Record<string, string> {
  if (checksum === undefined) return {};
  return {
    [checksumHeader(checksum.algorithm)]: checksum.value,
    'x-amz-checksum-type': checksum.type,
  };
}

/** The ETag of an object that was written in one piece. */
export function etagOf(md5: Buffer): string {
  return `"${md5.toString('hex')}"`;
}
