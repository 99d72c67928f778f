import { changeRecord } from '../commit.ts';
import type { Environment } from '../environment.ts';
import { WheelstoreError } from '../errors.ts';
import type { NormalizedName } from '../names.ts';
import { setStatus } from '../project-status.ts';
import type { ProjectStatus } from '../record.ts';
import type { RecordSnapshot } from '../snapshot.ts';
import type { OfferedFile } from './source.ts';

/** What following a source came to. */
interface Followed {
  readonly committed: RecordSnapshot;
  /** How many files were yanked. */
  readonly yanked: number;
}

/**
 * Yanks what the source has yanked. What was yanked here for another reason keeps its own. Brings the pages
 * of the project in line in any case: an import that was interrupted may have left them behind.
 */
export async function followYanks(
  environment: Environment,
  project: NormalizedName,
  yanks: readonly OfferedFile[],
): Promise<Followed> {
  const reasons = new Map(yanks.map(({ filename, yanked }) => [filename, yanked]));
  let yanked = 0;
  const committed = await changeRecord(environment, project, (record) => {
    const files = record.files.map((file) => {
      const reason = reasons.get(file.filename);
      return reason === undefined || file.yanked !== false ? file : { ...file, yanked: reason };
    });
    yanked = files.filter((file, index) => file !== record.files[index]).length;
    return yanked === 0 ? record : { ...record, serial: record.serial + 1, files };
  });
  return { committed, yanked };
}

/** Gives a project the status that it has at the source. */
export async function followStatus(
  environment: Environment,
  project: NormalizedName,
  status: ProjectStatus,
): Promise<void> {
  try {
    await setStatus(environment, project, status);
  } catch (error) {
    // Nothing of it was imported, so there is nothing to have a status.
    if (!(error instanceof WheelstoreError) || error.code !== 'not-found') throw error;
  }
}
