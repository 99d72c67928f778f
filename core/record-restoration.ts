import { fileKey, parseFileKey } from './keys.ts';
import { inCanonicalOrder } from './record-changes.ts';
import type { FileEntry, ProjectRecord } from './record.ts';
import { parseVersion } from './versions.ts';

/** What is known of a project besides its record. */
export interface Remains {
  /** Entries that were made again from files. */
  readonly entries: readonly FileEntry[];
  /** The serial that the project's page carries; 0 where there is none. */
  readonly pageSerial: number;
  /** Whether a page of the project, or the project list, says that it exists. */
  readonly isShown: boolean;
  /** Whether the repository's settings say so. */
  readonly isQuarantined: boolean;
}

/**
 * Adds the files that a record does not name. What the record says stays: a published filename keeps
 * its bytes, what was deleted stays deleted, and a file of a release that is yanked is yanked. Of
 * several files of one name, the one that came last counts.
 *
 * A project that is shown, and of which no file is left, gets a record without files.
 */
export function withRestored(record: ProjectRecord, remains: Remains): ProjectRecord {
  const { pageSerial, isShown, isQuarantined } = remains;
  const added = missingFrom(record, remains.entries);
  const isNew = record.serial === 0;
  if (added.length === 0 && !(isNew && isShown)) return record;
  return {
    ...record,
    // No page ever goes back to an earlier serial.
    serial: Math.max(record.serial, pageSerial) + 1,
    files: inCanonicalOrder([...record.files, ...added]),
    ...(isNew ? { listPending: 'added', status: { status: isQuarantined ? 'quarantined' : 'active' } } : {}),
  };
}

function missingFrom(record: ProjectRecord, entries: readonly FileEntry[]): FileEntry[] {
  const project = record.name;
  const admission = new Admission(record);
  const newest = new Map<string, FileEntry>();
  for (const entry of entries) {
    if (!admission.admits(fileKey({ project, ...entry })) || admission.isDeleted(entry)) continue;
    const other = newest.get(entry.filename);
    if (other === undefined || cameLater(entry, other)) newest.set(entry.filename, entry);
  }
  return [...newest.values()].map((entry) => ({ ...entry, yanked: admission.yankOf(entry) }));
}

/** Which of the files that lie about a record can name, by what it says already. */
export class Admission {
  /** Filenames that are published, or that were and are not to come back. */
  readonly #taken = new Set<string>();
  /** Keys whose bytes were removed. */
  readonly #buried = new Set<string>();
  readonly #yanks = new Map<string, FileEntry['yanked']>();
  readonly #deletedReleases = new Set<string>();
  readonly #isClosed: boolean;

  constructor({ name: project, serial, status, files, tombstones }: ProjectRecord) {
    // PEP 792: what takes no uploads takes no files in this way either.
    this.#isClosed = serial > 0 && (status.status === 'archived' || status.status === 'quarantined');
    for (const tombstone of tombstones) {
      this.#buried.add(fileKey({ project, ...tombstone }));
      if (tombstone.cause !== 'deleted') continue;
      this.#taken.add(tombstone.filename);
      this.#deletedReleases.add(keyOf(tombstone.version));
    }
    for (const { filename, version, yanked } of files) {
      this.#taken.add(filename);
      this.#deletedReleases.delete(keyOf(version));
      if (yanked !== false) this.#yanks.set(keyOf(version), yanked);
    }
  }

  /** As far as the key of a file tells. */
  admits(key: string): boolean {
    const filename = parseFileKey(key)?.filename;
    return !this.#isClosed && filename !== undefined && !this.#taken.has(filename) && !this.#buried.has(key);
  }

  /** Whether all that there was of its release was deleted. */
  isDeleted({ version }: FileEntry): boolean {
    return this.#deletedReleases.has(keyOf(version));
  }

  /** PEP 592: a yank is of a release, and of what is added to it. */
  yankOf({ version }: FileEntry): FileEntry['yanked'] {
    return this.#yanks.get(keyOf(version)) ?? false;
  }
}

function keyOf(version: string): string {
  return parseVersion(version).key;
}

function cameLater(one: FileEntry, other: FileEntry): boolean {
  if (one.uploadTime !== other.uploadTime) return one.uploadTime > other.uploadTime;
  if (one.generation !== other.generation) return one.generation > other.generation;
  // Any rule will do, as long as everyone has the same.
  return one.sha256 > other.sha256;
}
