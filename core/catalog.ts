import type { Environment } from './environment.ts';
import type { NormalizedName } from './names.ts';
import { mapBounded } from './parallel.ts';
import { projectNames } from './project-list.ts';
import { noSuchProject } from './record-changes.ts';
import type { ProjectRecord } from './record.ts';
import { readRecord } from './snapshot.ts';

/** The record of every project, in the order of names. Reads each of them. */
export async function readCatalog({ store, jobs }: Environment): Promise<ProjectRecord[]> {
  const names = (await projectNames(store)).sort();
  return mapBounded(names, jobs, async (name) => (await readRecord(store, name)).record);
}

/** @throws {WheelstoreError} `not-found` */
export async function readProject({ store }: Environment, project: NormalizedName): Promise<ProjectRecord> {
  const { record } = await readRecord(store, project);
  if (record.serial === 0) throw noSuchProject(record);
  return record;
}
