import { fileKey } from './keys.ts';
import { inCanonicalOrder } from './record-changes.ts';
import type { FileEntry, ProjectRecord } from './record.ts';

/** What is known of a project besides its record. */
export interface Remains {
  /** Entries that were made again from files. */
  readonly entries: readonly FileEntry[];
  /** The serial that the project's page carries; 0 where there is none. */
  readonly pageSerial: number;
  /** Whether the repository's settings say so. */
  readonly isQuarantined: boolean;
}

/**
 * Adds the files that a record does not name. What the record says stays: a published filename keeps
 * its bytes, a deleted one stays deleted. Of several files of one name, the one that came last counts.
 *
 * A project of which nothing but pages is left gets a record without files.
 */
export function withRestored(record: ProjectRecord, remains: Remains): ProjectRecord {
  const { pageSerial, isQuarantined } = remains;
  const added = missingFrom(record, remains.entries);
  const isNew = record.serial === 0;
  if (added.length === 0 && !(isNew && pageSerial > 0)) return record;
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
  const published = new Set(record.files.map(({ filename }) => filename));
  const deleted = new Set(
    record.tombstones.filter(({ cause }) => cause === 'deleted').map(({ filename }) => filename),
  );
  const buried = new Set(record.tombstones.map((tombstone) => fileKey({ project, ...tombstone })));
  const newest = new Map<string, FileEntry>();
  for (const entry of entries) {
    const { filename } = entry;
    if (published.has(filename) || buried.has(fileKey({ project, ...entry })) || deleted.has(filename))
      continue;
    const other = newest.get(filename);
    if (other === undefined || cameLater(entry, other)) newest.set(filename, entry);
  }
  return [...newest.values()];
}

function cameLater(one: FileEntry, other: FileEntry): boolean {
  if (one.uploadTime !== other.uploadTime) return one.uploadTime > other.uploadTime;
  if (one.generation !== other.generation) return one.generation > other.generation;
  // Any rule will do, as long as everyone has the same.
  return one.sha256 > other.sha256;
}
