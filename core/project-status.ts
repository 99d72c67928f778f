import { changeRecord } from './commit.ts';
import type { Environment } from './environment.ts';
import type { NormalizedName } from './names.ts';
import { settleProjectList } from './project-list.ts';
import { withStatus } from './record-changes.ts';
import type { ProjectStatus } from './record.ts';

/**
 * PEP 792: gives a project a status. An archived or quarantined project takes no uploads; a
 * quarantined one offers no files and is left out of the project list.
 *
 * @returns whether anything changed
 * @throws {WheelstoreError} `not-found`
 */
export async function setStatus(
  environment: Environment,
  project: NormalizedName,
  status: ProjectStatus,
): Promise<boolean> {
  const committed = await changeRecord(environment, project, (current) => withStatus(current, status));
  await settleProjectList(environment, [committed]);
  return committed.isChanged;
}
