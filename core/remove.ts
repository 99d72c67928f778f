import { changeRecord } from './commit.ts';
import type { Environment } from './environment.ts';
import { fileKey, metadataKey, provenanceKey } from './keys.ts';
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
 * @returns the files that this call took out of the record
 * @throws {WheelstoreError} `not-found`
 */
export async function removeVersion(
  environment: Environment,
  project: NormalizedName,
  version: Version,
): Promise<readonly FileEntry[]> {
  let removed: readonly FileEntry[] = [];
  const committed = await changeRecord(environment, project, (current) => {
    removed = filesOfVersion(current.files, version);
    return withoutVersion(current, version);
  });
  await removeBytes(environment, project, deletedFiles(committed.record, version));
  await settleProjectList(environment, [committed]);
  return removed;
}

/**
 * Removes the bytes of files that no record names, and never will again: their keys end with their
 * tombstones (see `FileAddress`).
 */
export async function removeBytes(
  { store, reporter, jobs }: Environment,
  project: NormalizedName,
  tombstones: readonly Tombstone[],
): Promise<void> {
  const keys = tombstones.flatMap((tombstone) => {
    const file = { project, ...tombstone };
    const key = fileKey(file);
    // Before, because a removal that fails may have taken effect all the same.
    reporter.emit({ type: 'removing', file });
    return [
      key,
      ...(tombstone.metadata ? [metadataKey(key)] : []),
      ...(tombstone.provenance === true ? [provenanceKey(key)] : []),
    ];
  });
  await mapBounded(keys, jobs, (key) => store.remove(key));
}
