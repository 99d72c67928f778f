import { stopIfAborted, type Environment } from '../environment.ts';
import { quote, WheelstoreError } from '../errors.ts';
import type { NormalizedName } from '../names.ts';
import { mapBounded } from '../parallel.ts';
import type { ProjectStatus } from '../record.ts';
import { readRecord } from '../snapshot.ts';
import { compareVersions, type Version } from '../versions.ts';
import type { Selection } from './selection.ts';
import { Sorting, versionIn, type SortedFiles } from './sorting.ts';
import type { ImportSource, OfferedFile, OfferedProject } from './source.ts';

/** What to import. */
export interface ImportWishes {
  /** `undefined` means everything that there is. */
  readonly selections: readonly Selection[] | undefined;
  /** Of each project, only so many of the newest versions. */
  readonly newest?: number;
  /** Projects that an interrupted import has done already. */
  readonly done?: ReadonlySet<NormalizedName>;
}

/** What an import is going to do about one project. */
export interface ProjectImport extends SortedFiles {
  readonly project: NormalizedName;
  /** Whether there is such a project here. */
  readonly isHere: boolean;
  /** PEP 792: the status to take over. */
  readonly status?: ProjectStatus;
}

/** Everything that an import is going to do. */
export interface ImportPlan {
  /** In the order of their names. */
  readonly projects: readonly ProjectImport[];
  /** What is there and cannot be imported: of these projects, of others, and of none. */
  readonly problems: readonly WheelstoreError[];
}

/**
 * Plans an import: reads what the source tells, and the record of every project. Fetches no file and
 * writes nothing.
 *
 * @throws {WheelstoreError} what the source and the store throw; `interrupted`
 */
export async function planImport(
  environment: Environment,
  source: ImportSource,
  { selections, newest, done = new Set() }: ImportWishes,
): Promise<ImportPlan> {
  const listed = selections === undefined ? await source.projects() : { projects: [], problems: [] };
  const wanted = selections ?? listed.projects.map((project): Selection => ({ project }));
  const open = wanted.filter(({ project }) => !done.has(project)).sort(byProject);
  environment.reporter.emit({ type: 'walking', unit: 'projects', total: open.length });
  const planned = await mapBounded(open, environment.jobs, async (selection) => {
    stopIfAborted(environment);
    const plan = await planProject(environment, source, selection, newest);
    environment.reporter.emit({ type: 'walked', by: 1 });
    return plan;
  });
  return {
    projects: planned.filter((plan): plan is ProjectImport => !(plan instanceof WheelstoreError)),
    problems: [
      ...listed.problems,
      ...planned.flatMap((plan) => (plan instanceof WheelstoreError ? [plan] : plan.problems)),
    ],
  };
}

function byProject(one: Selection, other: Selection): number {
  return one.project < other.project ? -1 : 1;
}

/** @returns why nothing is to be had of the project, where only that is known */
async function planProject(
  { store }: Environment,
  source: ImportSource,
  selection: Selection,
  newest: number | undefined,
): Promise<ProjectImport | WheelstoreError> {
  const { project } = selection;
  const offered = await unless(OF_ONE_PAGE, source.project(project));
  if (offered instanceof WheelstoreError) return offered;
  if (offered === undefined) return notThere(source, `project ${quote(project)}`, project);
  const snapshot = await unless(OF_ONE_RECORD, readRecord(store, project));
  if (snapshot instanceof WheelstoreError) return snapshot;
  const { record } = snapshot;
  const sorting = new Sorting(record);
  const chosen = new Choice(selection, offered, newest, sorting);
  for (const version of chosen.missing) {
    sorting.refuse(notThere(source, `release ${quote(version)} of ${project}`, version));
  }
  for (const file of chosen.files) sorting.take(file);
  for (const problem of offered.problems) if (chosen.concerns(problem)) sorting.refuse(problem);
  for (const path of offered.unlisted ?? []) sorting.skip(path, 'not offered');
  const { status = { status: 'active' } } = offered;
  const isTighter = TIGHTNESS.indexOf(status.status) > TIGHTNESS.indexOf(record.status.status);
  const isHere = record.serial > 0;
  return { project, isHere, ...sorting.result(), ...(isTighter ? { status } : {}) };
}

/** PEP 792: each lets less happen than the one before it. A status is followed in this direction alone. */
const TIGHTNESS: readonly ProjectStatus['status'][] = ['active', 'deprecated', 'archived', 'quarantined'];

/** A page that makes no sense says nothing of the others. */
const OF_ONE_PAGE = new Set<WheelstoreError['code']>([
  'invalid-page',
  'corrupt-file',
  'file-changed',
  'not-found',
  'source-failed',
  'store-failed',
  'unreadable',
]);

const OF_ONE_RECORD = new Set<WheelstoreError['code']>(['corrupt-record']);

/** What `work` gives; or its failure, if that has one of these codes. */
async function unless<T>(
  codes: ReadonlySet<WheelstoreError['code']>,
  work: Promise<T>,
): Promise<T | WheelstoreError> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof WheelstoreError && codes.has(error.code)) return error;
    throw error;
  }
}

function notThere(source: ImportSource, what: string, value: string): WheelstoreError {
  return new WheelstoreError('not-found', `${source.description} has no ${what}`, {
    value,
    fix: 'Check how it is spelt.',
  });
}

interface ReadFile {
  readonly file: OfferedFile;
  readonly version: Version;
}

/** What of a project was asked for. */
class Choice {
  readonly files: readonly OfferedFile[];
  /** Versions that were asked for and are neither there nor here. */
  readonly missing: readonly string[];
  readonly #project: NormalizedName;
  /** By `Version.key`; `undefined` means all. */
  readonly #wanted: ReadonlySet<string> | undefined;
  readonly #sorting: Sorting;

  /** @param sorting told of what is left out */
  constructor(
    { project, versions }: Selection,
    offered: OfferedProject,
    newest: number | undefined,
    sorting: Sorting,
  ) {
    const known = offered.files.flatMap((file): ReadFile[] => {
      const version = sorting.versionOf(file);
      return version === undefined ? [] : [{ file, version }];
    });
    this.#project = project;
    this.#sorting = sorting;
    this.#wanted = versions === undefined ? newestOf(known, newest) : new Set(versions.keys());
    const there = new Set(known.map(({ version }) => version.key));
    const missing = [...(versions ?? [])].filter(([key]) => !there.has(key) && !sorting.hasVersion(key));
    this.missing = missing.map(([, version]) => version);
    const isWanted = ({ version }: ReadFile): boolean => this.#wanted?.has(version.key) ?? true;
    for (const { file } of known.filter((each) => !isWanted(each)))
      sorting.skip(file.filename, 'not selected');
    this.files = known.filter(isWanted).map(({ file }) => file);
  }

  /** Whether a problem of the source is one of what was asked for. */
  concerns({ code, value = '' }: WheelstoreError): boolean {
    // What is gone there and published here is no loss.
    if (code === 'not-found' && this.#sorting.has(value)) return false;
    if (this.#wanted === undefined) return true;
    try {
      return this.#wanted.has(versionIn(value, this.#project).key);
    } catch {
      // Nobody can say what it is about.
      return true;
    }
  }
}

function newestOf(files: readonly ReadFile[], newest: number | undefined): ReadonlySet<string> | undefined {
  if (newest === undefined) return undefined;
  const versions = new Map(files.map(({ version }) => [version.key, version]));
  const ordered = [...versions.values()].sort((one, other) => compareVersions(other, one));
  return new Set(ordered.slice(0, newest).map(({ key }) => key));
}
