import { changeRecord } from './commit.ts';
import type { Environment } from './environment.ts';
import type { NormalizedName } from './names.ts';
import { settleProjectList } from './project-list.ts';
import { filesOfVersion, withYanked } from './record-changes.ts';
import type { FileEntry } from './record.ts';
import type { Version } from './versions.ts';

/**
 * PEP 592: yanks every file of a release, or takes that back. Clients then install it only where it is
 * pinned exactly.
 *
 * @param yanked a text is the reason
 * @returns the files of the release as they are now, and whether anything changed
 * @throws {WheelstoreError} `not-found`
 */
export async function setYanked(
  environment: Environment,
  project: NormalizedName,
  version: Version,
  yanked: boolean | string,
): Promise<{ readonly files: readonly FileEntry[]; readonly isChanged: boolean }> {
  const committed = await changeRecord(environment, project, (current) =>
    withYanked(current, version, yanked),
  );
  await settleProjectList(environment, [committed]);
  return { files: filesOfVersion(committed.record.files, version), isChanged: committed.isChanged };
}
