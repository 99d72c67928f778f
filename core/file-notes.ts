import type { Distribution } from './distribution.ts';
import { parseFilename } from './filenames.ts';
import type { FileKey } from './keys.ts';
import { type FileEntry, isUploadTime } from './record.ts';
import { parseSpecifierSet } from './specifiers.ts';
import { isVersion, parseVersion } from './versions.ts';

/** What only the distribution itself tells, or its publisher has noted of it. */
export type FileFacts = Pick<
  FileEntry,
  'version' | 'requiresPython' | 'metadataSha256' | 'provenanceSha256'
> &
  Partial<Pick<FileEntry, 'uploadTime'>>;

const NO_METADATA = 'none';

/**
 * What a publisher notes beside the bytes of a file, as metadata of the object: with it, the entry of a
 * record can be made again from the file alone.
 */
export function notesOf({
  sha256,
  version,
  requiresPython,
  metadata,
  provenance,
  history,
}: Distribution): Readonly<Record<string, string>> {
  return {
    sha256,
    version,
    'metadata-sha256': metadata?.sha256 ?? NO_METADATA,
    ...(requiresPython === undefined ? {} : { 'requires-python': requiresPython }),
    ...(provenance === undefined ? {} : { 'provenance-sha256': provenance.sha256 }),
    // Otherwise it is when the store took the bytes, which no note can tell.
    ...(history?.uploadTime === undefined ? {} : { 'upload-time': history.uploadTime }),
  };
}

/** The facts in such notes; `undefined` where there are none, or where they cannot be true of the file. */
export function factsIn(
  notes: Readonly<Record<string, string>> | undefined,
  file: FileKey,
): FileFacts | undefined {
  const version = notes?.['version'];
  const metadata = notes?.['metadata-sha256'];
  const requiresPython = notes?.['requires-python'];
  if (version === undefined || !isVersionOf(version, file)) return undefined;
  if (metadata === undefined || !/^(?:[0-9a-f]{64}|none)$/.test(metadata)) return undefined;
  // A wheel always has one.
  if (metadata === NO_METADATA && file.filename.endsWith('.whl')) return undefined;
  if (requiresPython !== undefined && !isSpecifierSet(requiresPython)) return undefined;
  const provenance = notes?.['provenance-sha256'];
  if (provenance !== undefined && !/^[0-9a-f]{64}$/.test(provenance)) return undefined;
  const uploadTime = notes?.['upload-time'];
  if (uploadTime !== undefined && !isUploadTime(uploadTime)) return undefined;
  return {
    version,
    ...(requiresPython === undefined ? {} : { requiresPython }),
    ...(metadata === NO_METADATA ? {} : { metadataSha256: metadata }),
    ...(provenance === undefined ? {} : { provenanceSha256: provenance }),
    ...(uploadTime === undefined ? {} : { uploadTime }),
  };
}

function isVersionOf(text: string, { project, filename }: FileKey): boolean {
  if (!isVersion(text)) return false;
  const { normalized, key } = parseVersion(text);
  const parsed = parseFilename(filename);
  const readings = parsed.kind === 'wheel' ? [parsed] : parsed.candidates;
  const isIts = readings.some((reading) => reading.project === project && reading.version.key === key);
  return isIts && normalized === text;
}

function isSpecifierSet(text: string): boolean {
  try {
    return parseSpecifierSet(text) === text;
  } catch {
    return false;
  }
}
