import { changeRecord } from './commit.ts';
import { stopIfAborted, type Environment } from './environment.ts';
import { WheelstoreError } from './errors.ts';
import { noRepository, objectsOf, takeInventory, type Inventory } from './inventory.ts';
import { fileKey, FILES_PREFIX, isBesideFile, PAGES_PREFIX, RECORDS_PREFIX } from './keys.ts';
import type { NormalizedName } from './names.ts';
import { namesOnList, serialOnPage } from './pages-as-found.ts';
import { mapBounded } from './parallel.ts';
import {
  isListBehind,
  projectNames,
  refuseIfLost,
  readSettings,
  rebuildProjectList,
} from './project-list.ts';
import { Admission, withRestored, type Remains } from './record-restoration.ts';
import type { FileEntry, ProjectRecord } from './record.ts';
import { isAboutTheFile, restoreEntry } from './restored-entry.ts';
import { storeBeside } from './stored-files.ts';
import type { RepositorySettings } from './settings.ts';
import { readRecord, type RecordSnapshot } from './snapshot.ts';

/** What rebuilding came to. */
export interface Reindexed {
  /** How many there are. Their pages, and the project list, are what their records say. */
  readonly projects: number;
  /** Files that a record names again, by project. */
  readonly restored: ReadonlyMap<NormalizedName, readonly FileEntry[]>;
  /** What is damaged, and was left as it is. */
  readonly problems: readonly WheelstoreError[];
}

/**
 * Makes every page that is not what its record says again, and the project list.
 *
 * @throws {WheelstoreError} `corrupt-record` where records are lost: the list would forget their projects;
 *   `not-found` where there is no repository
 */
export async function reindex(environment: Environment): Promise<Reindexed> {
  const { store } = environment;
  const { settings } = await readSettings(store);
  // What is shown first: whoever is new meanwhile is not lost.
  const shown = [
    ...(await namesOnList(store)),
    ...(await takeInventory(environment, [PAGES_PREFIX])).projects.keys(),
  ];
  const names = await projectNames(store);
  refuseIfLost(new Set(shown), new Set(names));
  if (names.length === 0) throw noRepository(store);
  const problems: WheelstoreError[] = [];
  const snapshots = await visitEach(environment, names, { settings, problems }, (project) =>
    changeRecord(environment, project, (record) => record),
  );
  await settle(environment, snapshots);
  return { projects: names.length, restored: new Map(), problems };
}

/**
 * The same, after records were lost: adds to each record what it does not name of what is under
 * `files/`, and makes those that are missing. Whether files were yanked, and which were deleted, is in
 * records alone.
 *
 * @param options `dryRun`: only says which files would be in records again
 */
export async function reindexFromFiles(
  environment: Environment,
  { dryRun }: { readonly dryRun: boolean },
): Promise<Reindexed> {
  const { store } = environment;
  const inventory = await takeInventory(environment, [FILES_PREFIX, PAGES_PREFIX, RECORDS_PREFIX]);
  const { settings } = await readSettings(store);
  const quarantined = new Set(settings.quarantined);
  const listed = await namesOnList(store);
  const names = [...new Set([...inventory.projects.keys(), ...listed])].sort();
  if (names.length === 0) throw noRepository(store);
  const problems: WheelstoreError[] = [];
  const restored = new Map<NormalizedName, readonly FileEntry[]>();
  const parallel = Math.max(1, Math.floor(environment.jobs / Math.max(1, names.length)));
  const snapshots = await visitEach(environment, names, { settings, problems }, async (project) => {
    const before = await readRecord(store, project);
    const keys = unrecordedKeys(inventory, before.record);
    const entries = await restoreEntries(environment, keys, { parallel, dryRun, problems });
    const pageSerial = before.record.serial === 0 ? await serialOnPage(store, project) : 0;
    const isShown = pageSerial > 0 || listed.has(project);
    const remains = { entries, pageSerial, isShown, isQuarantined: quarantined.has(project) };
    const after = dryRun
      ? { ...before, record: withRestored(before.record, remains) }
      : await commit(environment, project, remains);
    const own = new Set(entries.map((entry) => fileKey({ project, ...entry })));
    const added = after.record.files.filter((entry) => own.has(fileKey({ project, ...entry })));
    if (added.length > 0) restored.set(project, added);
    return after;
  });
  if (!dryRun) await settle(environment, snapshots);
  return { projects: names.length, restored, problems };
}

function commit(
  environment: Environment,
  project: NormalizedName,
  remains: Remains,
): Promise<RecordSnapshot> {
  return changeRecord(environment, project, (record) => withRestored(record, remains));
}

/** Damage of one project stops no other; a failure of the store stops everything. */
async function visitEach(
  environment: Environment,
  names: readonly NormalizedName[],
  { settings, problems }: { readonly settings: RepositorySettings; readonly problems: WheelstoreError[] },
  visit: (project: NormalizedName) => Promise<RecordSnapshot>,
): Promise<RecordSnapshot[]> {
  const { reporter, jobs } = environment;
  reporter.emit({ type: 'walking', unit: 'projects', total: names.length });
  const behind = await mapBounded(names, jobs, async (project) => {
    stopIfAborted(environment);
    try {
      const snapshot = await visit(project);
      // A repository may have more records than fit into memory.
      return isListBehind(snapshot.record, settings) ? [snapshot] : [];
    } catch (error) {
      if (!(error instanceof WheelstoreError) || error.code !== 'corrupt-record') throw error;
      problems.push(error);
      return [];
    } finally {
      reporter.emit({ type: 'walked', by: 1 });
    }
  });
  return behind.flat();
}

async function settle(environment: Environment, behind: readonly RecordSnapshot[]): Promise<void> {
  stopIfAborted(environment);
  await rebuildProjectList(environment, behind);
}

/** Distributions that the record could name. */
function unrecordedKeys(inventory: Inventory, record: ProjectRecord): string[] {
  const admission = new Admission(record);
  const keys = [...objectsOf(inventory, record.name).files.keys()];
  return keys.filter((key) => !isBesideFile(key) && admission.admits(key));
}

interface RestorationWork {
  readonly parallel: number;
  readonly dryRun: boolean;
  readonly problems: WheelstoreError[];
}

async function restoreEntries(
  environment: Environment,
  keys: readonly string[],
  { parallel, dryRun, problems }: RestorationWork,
): Promise<FileEntry[]> {
  const { store } = environment;
  const entries = await mapBounded(keys, parallel, async (key): Promise<FileEntry[]> => {
    stopIfAborted(environment);
    try {
      const restored = await restoreEntry(store, key);
      if (restored === undefined) return [];
      const { entry, incomplete } = restored;
      if (incomplete !== undefined && !dryRun) await storeBeside(store, key, incomplete);
      return [entry];
    } catch (error) {
      if (!isAboutTheFile(error)) throw error;
      problems.push(error);
      return [];
    }
  });
  return entries.flat();
}
