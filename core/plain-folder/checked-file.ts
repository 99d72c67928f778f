import type { Distribution } from '../distribution.ts';
import type { NormalizedName } from '../names.ts';
import type { FileEntry } from '../record.ts';

/** What tells one state of a file from another. Compare for equality only. */
export type Stamp = string;

/** A distribution in a folder that has passed every check, as it was then. */
export interface CheckedFile {
  /** From the folder on, with `/` between its parts. */
  readonly path: string;
  readonly stamp: Stamp;
  readonly project: NormalizedName;
  readonly entry: FileEntry;
}

/**
 * @param modified when the file was last written, which is its upload time: nobody knows a better one
 */
export function checkedFile(
  path: string,
  stamp: Stamp,
  modified: Date,
  { filename, kind, project, version, sha256, source, requiresPython, metadata }: Distribution,
): CheckedFile {
  const entry = {
    filename,
    kind,
    version,
    size: source.size,
    sha256,
    generation: 1,
    uploadTime: writableTime(modified).toISOString(),
    ...(requiresPython === undefined ? {} : { requiresPython }),
    ...(metadata === undefined ? {} : { metadataSha256: metadata.sha256 }),
    yanked: false,
  };
  return { path, stamp, project, entry };
}

/** A file can claim any time, also one that has no place in four digits of a year. */
function writableTime(time: Date): Date {
  const year = time.getUTCFullYear();
  return year >= 0 && year <= 9999 ? time : new Date(0);
}
