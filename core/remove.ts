import { changeRecord } from './commit.ts';
import type { Environment } from './environment.ts';
import { fileKey, metadataKey } from './keys.ts';
import type { NormalizedName } from './names.ts';
import { mapBounded } from './parallel.ts';
import { settleProjectList } from './project-list.ts';
import { deletedFiles, filesOfVersion, withoutVersion } from './record-changes.ts';
import type { FileEntry, Tombstone } from './record.ts';
import { readRecord } from './snapshot.ts';
import type { Version } from './versions.ts';

/** What deleting a release takes away. */
export interface RemovalPlan {
  readonly project: NormalizedName;
  readonly files: readonly FileEntry[];
}

/** What deleting a release has come to. */
export interface Removal {
  /** The files that this call took out of the record. */
  readonly removed: readonly FileEntry[];
  /** All of the release, those of earlier calls included. Their bytes are gone. */
  readonly deleted: readonly Tombstone[];
}

/**
 * Says what deleting a release would take away, and writes nothing.
 *
 * @throws {WheelstoreError} `not-found`
 */
export async function planRemoval(
  { store }: Environment,
  project: NormalizedName,
  version: Version,
): Promise<RemovalPlan> {
  const { record } = await readRecord(store, project);
  withoutVersion(record, version);
  return { project, files: filesOfVersion(record.files, version) };
}

/**
 * Deletes a release: the record first, then the pages, and the bytes last, so that no page ever names
 * what is gone. What is left of each file is a tombstone. Deleting again finishes what was
 * interrupted.
 *
 * @throws {WheelstoreError} `not-found`
 */
export async function removeVersion(
  environment: Environment,
  project: NormalizedName,
  version: Version,
): Promise<Removal> {
  let removed: readonly FileEntry[] = [];
  const committed = await changeRecord(environment, project, (current) => {
    removed = filesOfVersion(current.files, version);
    return withoutVersion(current, version);
  });
  const deleted = deletedFiles(committed.record, version);
  await removeBytes(environment, project, deleted);
  await settleProjectList(environment, [committed]);
  return { removed, deleted };
}

/**
 * Removes the bytes of files that no record names, and never will again: their keys end with their
 * tombstones (see `FileAddress`).
 */
export async function removeBytes(
  { store, jobs }: Environment,
  project: NormalizedName,
  tombstones: readonly Tombstone[],
): Promise<void> {
  const keys = tombstones.flatMap((tombstone) => {
    const key = fileKey({ project, ...tombstone });
    return tombstone.metadata ? [key, metadataKey(key)] : [key];
  });
  await mapBounded(keys, jobs, (key) => store.remove(key));
}
