import { quote, WheelstoreError } from './errors.ts';
import { compareFiles } from './filenames.ts';
import type { FileEntry, ProjectRecord, ProjectStatus, Tombstone } from './record.ts';
import { parseVersion, type Version } from './versions.ts';

/** Files as they are shown everywhere: in the order of their versions (PEP 440), then by filename. */
export function inCanonicalOrder<T extends { readonly filename: string; readonly version: string }>(
  files: readonly T[],
): T[] {
  return files
    .map((file) => ({ file, filename: file.filename, version: parseVersion(file.version) }))
    .sort(compareFiles)
    .map(({ file }) => file);
}

/**
 * Files by release, under the first spelling of its version: `1.0` and `1.0.0` are one.
 *
 * @param files in canonical order, which the releases then have as well
 */
export function releasesOf(files: readonly FileEntry[]): Map<string, FileEntry[]> {
  const releases = new Map<string, FileEntry[]>();
  // By key, and by version as it is written, which is quicker: most releases have several files.
  const spellings = new Map<string, string>();
  for (const file of files) {
    let version = spellings.get(file.version);
    if (version === undefined) {
      const { key } = parseVersion(file.version);
      version = spellings.get(key) ?? file.version;
      spellings.set(key, version).set(file.version, version);
    }
    const release = releases.get(version);
    if (release === undefined) releases.set(version, [file]);
    else release.push(file);
  }
  return releases;
}

/** The files of one release, in whatever spelling the version is given: `1.0` is `1.0.0`. */
export function filesOfVersion<T extends { readonly version: string }>(
  files: readonly T[],
  version: Version,
): T[] {
  return files.filter((file) => parseVersion(file.version).key === version.key);
}

/**
 * PEP 592: marks every file of a release as yanked, or as no longer yanked.
 *
 * @param yanked a text is the reason
 * @throws {WheelstoreError} `not-found` where the project has no such release
 */
export function withYanked(record: ProjectRecord, version: Version, yanked: boolean | string): ProjectRecord {
  const affected = new Set(existingFiles(record, version));
  if ([...affected].every((file) => file.yanked === yanked)) return record;
  const files = record.files.map((file) => (affected.has(file) ? { ...file, yanked } : file));
  return { ...record, serial: record.serial + 1, files };
}

/**
 * Takes a release out of a record, leaving a tombstone for each of its files. Nothing changes where
 * that has happened before.
 *
 * @throws {WheelstoreError} `not-found` where the project never had such a release
 */
export function withoutVersion(record: ProjectRecord, version: Version): ProjectRecord {
  const doomed = new Set(filesOfVersion(record.files, version));
  if (doomed.size === 0) {
    if (deletedFiles(record, version).length > 0) return record;
    throw noSuchRelease(record, version);
  }
  return {
    ...record,
    serial: record.serial + 1,
    files: record.files.filter((file) => !doomed.has(file)),
    tombstones: [...record.tombstones, ...[...doomed].map((file) => tombstoneOf(file, 'deleted'))],
  };
}

/** PEP 792: gives a project another status. */
export function withStatus(record: ProjectRecord, status: ProjectStatus): ProjectRecord {
  if (record.serial === 0) throw noSuchProject(record);
  if (record.status.status === status.status && record.status.reason === status.reason) return record;
  return { ...record, serial: record.serial + 1, status, listPending: 'status' };
}

/** What to remember of a file whose bytes are about to be removed. */
export function tombstoneOf(file: FileEntry, cause: Tombstone['cause']): Tombstone {
  const { filename, version, sha256, generation, metadataSha256, provenanceSha256 } = file;
  return {
    filename,
    version,
    sha256,
    generation,
    metadata: metadataSha256 !== undefined,
    ...(provenanceSha256 === undefined ? {} : { provenance: true }),
    cause,
  };
}

/** The tombstones of a release that was deleted. */
export function deletedFiles(record: ProjectRecord, version: Version): Tombstone[] {
  return filesOfVersion(record.tombstones, version).filter(({ cause }) => cause === 'deleted');
}

/** @throws {WheelstoreError} `not-found` */
function existingFiles(record: ProjectRecord, version: Version): FileEntry[] {
  const files = filesOfVersion(record.files, version);
  if (files.length === 0) throw noSuchRelease(record, version);
  return files;
}

/** The error for a project that was never published. */
export function noSuchProject({ name }: ProjectRecord): WheelstoreError {
  return new WheelstoreError('not-found', `There is no project ${quote(name)}`, {
    value: name,
    fix: '"wheelstore list" shows all projects.',
  });
}

function noSuchRelease(record: ProjectRecord, version: Version): WheelstoreError {
  if (record.serial === 0) return noSuchProject(record);
  return new WheelstoreError('not-found', `${record.name} has no release ${quote(version.normalized)}`, {
    value: version.normalized,
    fix: `"wheelstore show ${record.name}" shows its releases.`,
  });
}
