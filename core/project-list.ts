import { swapRecord } from './commit.ts';
import { backOff, stopIfAborted, type Environment } from './environment.ts';
import { WheelstoreError } from './errors.ts';
import { headersOf, pageKey, projectOfRecordKey, RECORDS_PREFIX, SETTINGS_KEY } from './keys.ts';
import type { NormalizedName } from './names.ts';
import type { RenderedPage } from './pages/page.ts';
import { renderProjectListPage } from './pages/project-list-page.ts';
import { mapBounded, together } from './parallel.ts';
import type { ProjectRecord } from './record.ts';
import { EMPTY_SETTINGS, parseSettings, serializeSettings, type RepositorySettings } from './settings.ts';
import { readPageHeads, readRecord, writePage, type PageHeads, type RecordSnapshot } from './snapshot.ts';
import type { ETag, Store } from './store.ts';

/** The name of every project that has a record, in no particular order. */
export async function projectNames(store: Store): Promise<NormalizedName[]> {
  const names: NormalizedName[] = [];
  for await (const { key } of store.list(RECORDS_PREFIX)) {
    const name = projectOfRecordKey(key);
    if (name !== undefined) names.push(name);
  }
  return names;
}

/**
 * Brings the project list in line with these records, once for all of them, and then notes in each
 * that the list shows it. An interrupted command leaves that note missing, and whichever command next
 * changes the project (or is run again) does this step again.
 *
 * @param committed those that the list shows already are left alone
 */
export async function settleProjectList(
  environment: Environment,
  committed: readonly RecordSnapshot[],
): Promise<void> {
  const pending = committed.filter(({ record }) => record.listPending !== undefined);
  if (pending.length > 0) await rebuildProjectList(environment, pending);
}

/**
 * Makes the project list from the records that there are.
 *
 * @param behind records that the settings or the list may be behind of
 */
export async function rebuildProjectList(
  environment: Environment,
  behind: readonly RecordSnapshot[],
): Promise<void> {
  const settled: RecordSnapshot[] = [];
  for (const snapshot of behind) {
    const { name, listPending, status } = snapshot.record;
    const isPlain = listPending === 'added' && status.status === 'active';
    settled.push(isPlain ? snapshot : await settleQuarantine(environment, name));
  }
  await refreshProjectList(environment);
  await mapBounded(settled, environment.jobs, (snapshot) => noteListed(environment, snapshot));
}

/**
 * The page before the records: every project that it names has a record, unless that was lost. So a page
 * that is larger than one of all records names more than these. (A few short names that are lost beside a
 * long one that is new do not show in this way; to read the page each time would cost a request.)
 *
 * @param all the page of every project that has a record
 */
function refuseToForget(heads: PageHeads, all: readonly RenderedPage[]): void {
  const json = all.find(({ representation }) => representation === 'index.json');
  const size = heads['index.json']?.size ?? 0;
  if (json === undefined || size <= json.body.length) return;
  throw lostRecords('of projects that the project list names', pageKey(undefined, 'index.json'));
}

function lostRecords(whose: string, value: string | undefined): WheelstoreError {
  return new WheelstoreError('corrupt-record', `There are no records ${whose}`, {
    value,
    fix: 'Restore records/ from a backup or the bucket’s version history; or make the records again with "wheelstore reindex --from-files".',
  });
}

/** @throws {WheelstoreError} `corrupt-record` where something that is shown has no record */
export function refuseIfLost(shown: ReadonlySet<NormalizedName>, records: ReadonlySet<NormalizedName>): void {
  const lost = [...shown].filter((name) => !records.has(name));
  if (lost.length === 0) return;
  const few = lost.slice(0, 5).join(', ');
  const told = lost.length > 5 ? `${few} and ${lost.length - 5} more` : few;
  throw lostRecords(`of what the project list names: ${told}`, lost[0]);
}

/** Whether the project list, or what the settings say of it, may not have a project as its record does. */
export function isListBehind(
  { name, status, listPending }: ProjectRecord,
  { quarantined }: RepositorySettings,
): boolean {
  return listPending !== undefined || quarantined.includes(name) !== (status.status === 'quarantined');
}

/** @throws {WheelstoreError} `corrupt-record` */
export async function readSettings(
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
 * @returns the record that the settings now follow
 */
async function settleQuarantine(environment: Environment, project: NormalizedName): Promise<RecordSnapshot> {
  const { store } = environment;
  for (let attempt = 1; ; attempt++) {
    // The ETag of what is derived before the record it is derived from, as for pages.
    const { settings, etag } = await readSettings(store);
    const snapshot = await readRecord(store, project);
    const others = settings.quarantined.filter((name) => name !== project);
    const quarantined = snapshot.record.status.status === 'quarantined' ? [...others, project] : others;
    const body = serializeSettings({ serial: settings.serial + 1, quarantined });
    const { outcome } = await store.replace(SETTINGS_KEY, body, etag, headersOf(SETTINGS_KEY));
    if (outcome === 'written') return snapshot;
    await backOff(environment, attempt, SETTINGS_KEY);
  }
}

/**
 * Brings the project list in line with the records. Between two changes of the settings, which carry
 * a serial that is on the page, the list only grows: so no two versions of it are alike, and one that
 * was made from an older listing cannot replace a newer one.
 *
 * @throws {WheelstoreError} `corrupt-record` where the list would forget a project whose record is lost
 */
async function refreshProjectList(environment: Environment): Promise<void> {
  const { store, reporter } = environment;
  for (let attempt = 1; ; attempt++) {
    stopIfAborted(environment);
    const heads = await readPageHeads(store, undefined);
    const [{ settings }, all] = await together([readSettings(store), projectNames(store)]);
    refuseToForget(heads, renderProjectListPage(all, settings.serial));
    const hidden = new Set(settings.quarantined);
    const names = all.filter((name) => !hidden.has(name));
    const pages = renderProjectListPage(names, settings.serial);
    if (await writePage(environment, undefined, pages, heads)) return;
    reporter.emit({ type: 'retry', project: undefined, attempt });
    await backOff(environment, attempt, 'the project list');
  }
}

/**
 * Takes the note that the list is behind from a record: unless its status may have changed since, and
 * then whoever changed it does the same once more.
 */
async function noteListed(environment: Environment, settled: RecordSnapshot): Promise<void> {
  const { name, serial } = settled.record;
  const settledSerial = settled.record.listPending === 'status' ? serial : undefined;
  let snapshot = settled;
  for (let attempt = 1; ; attempt++) {
    const { listPending, ...record } = snapshot.record;
    if (listPending === undefined) return;
    if (listPending === 'status' && record.serial !== settledSerial) return;
    if ((await swapRecord(environment, snapshot, record)) !== undefined) return;
    await backOff(environment, attempt, `the record of ${name}`);
    snapshot = await readRecord(environment.store, name);
  }
}
