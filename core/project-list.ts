import { swapRecord } from './commit.ts';
import { backOff, stopIfAborted, type Environment } from './environment.ts';
import { headersOf, projectOfRecordKey, RECORDS_PREFIX, SETTINGS_KEY } from './keys.ts';
import type { NormalizedName } from './names.ts';
import { renderProjectListPage } from './pages/project-list-page.ts';
import { mapBounded } from './parallel.ts';
import type { ProjectRecord } from './record.ts';
import { EMPTY_SETTINGS, parseSettings, serializeSettings, type RepositorySettings } from './settings.ts';
import { readPageHeads, readRecord, writePage } from './snapshot.ts';
import type { ETag, Store } from './store.ts';

/** The name of every project that has a record, in no particular order. */
export async function projectNames(store: Store): Promise<NormalizedName[]> {
  const names: NormalizedName[] = [];
  for await (const key of store.list(RECORDS_PREFIX)) {
    const name = projectOfRecordKey(key);
    if (name !== undefined) names.push(name);
  }
  return names;
}

/**
 * Brings the project list in line with the records of these projects, once for all of them, and then
 * notes in each record that the list shows it. An interrupted command leaves that note missing, and
 * whichever command next changes the project (or is run again) does this step again.
 */
export async function settleProjectList(
  environment: Environment,
  pending: readonly ProjectRecord[],
): Promise<void> {
  if (pending.length === 0) return;
  const settled: Settled[] = [];
  for (const { name, listPending } of pending) {
    settled.push({
      name,
      statusOf: listPending === 'status' ? await settleQuarantine(environment, name) : undefined,
    });
  }
  await refreshProjectList(environment);
  await mapBounded(settled, environment.jobs, (project) => noteListed(environment, project));
}

interface Settled {
  readonly name: NormalizedName;
  /** The serial of the record whose status the list has taken over, where it has taken over one. */
  readonly statusOf: number | undefined;
}

async function readSettings(
  store: Store,
): Promise<{ readonly settings: RepositorySettings; readonly etag: ETag | undefined }> {
  const object = await store.get(SETTINGS_KEY);
  return object === undefined
    ? { settings: EMPTY_SETTINGS, etag: undefined }
    : { settings: parseSettings(object.body), etag: object.etag };
}

/**
 * Notes in the settings whether the project list must leave a project out. Written even where nothing
 * changes: the new serial is what makes a slower writer with an older view of the project fail.
 *
 * @returns the serial of the record that the settings now follow
 */
async function settleQuarantine(environment: Environment, project: NormalizedName): Promise<number> {
  const { store } = environment;
  for (let attempt = 1; ; attempt++) {
    // The ETag of what is derived before the record it is derived from, as for pages.
    const { settings, etag } = await readSettings(store);
    const { record } = await readRecord(store, project);
    const others = settings.quarantined.filter((name) => name !== project);
    const quarantined = record.status.status === 'quarantined' ? [...others, project] : others;
    const body = serializeSettings({ serial: settings.serial + 1, quarantined });
    const { outcome } = await store.replace(SETTINGS_KEY, body, etag, headersOf(SETTINGS_KEY));
    if (outcome === 'written') return record.serial;
    await backOff(environment, attempt, SETTINGS_KEY);
  }
}

/**
 * Brings the project list in line with the records. Between two changes of the settings, which carry
 * a serial that is on the page, the list only grows: so no two versions of it are alike, and one that
 * was made from an older listing cannot replace a newer one.
 *
 * @returns whether any page had to be written
 */
export async function refreshProjectList(environment: Environment): Promise<boolean> {
  const { store, reporter } = environment;
  let hasWritten = false;
  for (let attempt = 1; ; attempt++) {
    stopIfAborted(environment);
    const heads = await readPageHeads(store, undefined);
    const { settings } = await readSettings(store);
    const hidden = new Set(settings.quarantined);
    const names = (await projectNames(store)).filter((name) => !hidden.has(name));
    const pages = renderProjectListPage(names, settings.serial);
    const { written, lost } = await writePage(store, undefined, pages, heads);
    hasWritten ||= written > 0;
    if (!lost) return hasWritten;
    reporter.emit({ type: 'retry', project: undefined, attempt });
    await backOff(environment, attempt, 'the project list');
  }
}

/**
 * Takes the note that the list is behind from a record: unless its status may have changed since, and
 * then whoever changed it does the same once more.
 */
async function noteListed(environment: Environment, { name, statusOf }: Settled): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const snapshot = await readRecord(environment.store, name);
    const { listPending, ...record } = snapshot.record;
    if (listPending === undefined) return;
    if (listPending === 'status' && record.serial !== statusOf) return;
    if (await swapRecord(environment, snapshot, record)) return;
    await backOff(environment, attempt, `the record of ${name}`);
  }
}
