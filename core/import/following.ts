import { changeRecord } from '../commit.ts';
import type { Environment } from '../environment.ts';
import { WheelstoreError } from '../errors.ts';
import type { NormalizedName } from '../names.ts';
import { setStatus } from '../project-status.ts';
import type { ProjectStatus } from '../record.ts';
import type { OfferedFile } from './source.ts';

/**
 * Yanks what the source has yanked. What was yanked here for another reason keeps its own.
 *
 * @returns how many files that were
 */
export async function followYanks(
  environment: Environment,
  project: NormalizedName,
  yanks: readonly OfferedFile[],
): Promise<number> {
  const reasons = new Map(yanks.map(({ filename, yanked }) => [filename, yanked]));
  let count = 0;
  await changeRecord(environment, project, (record) => {
    const files = record.files.map((file) => {
      const reason = reasons.get(file.filename);
      return reason === undefined || file.yanked !== false ? file : { ...file, yanked: reason };
    });
    count = files.filter((file, index) => file !== record.files[index]).length;
    return count === 0 ? record : { ...record, serial: record.serial + 1, files };
  });
  return count;
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
