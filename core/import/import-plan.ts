import { stopIfAborted, type Environment } from '../environment.ts';
import { quote, WheelstoreError } from '../errors.ts';
import { parseFilename, type SdistCandidate } from '../filenames.ts';
import type { NormalizedName } from '../names.ts';
import { mapBounded } from '../parallel.ts';
import type { FileEntry, ProjectRecord, ProjectStatus } from '../record.ts';
import { readRecord } from '../snapshot.ts';
import { compareVersions, type Version } from '../versions.ts';
import type { Selection } from './selection.ts';
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

/** Why a file is left where it is. */
export type SkipReason = 'not selected' | 'not offered' | 'unsupported format' | 'deleted here';

/** A file of the source that is not imported, and for which nobody is to blame. */
export interface SkippedFile {
  readonly filename: string;
  readonly reason: SkipReason;
}

/** What an import is going to do about one project. */
export interface ProjectImport {
  readonly project: NormalizedName;
  /** To be fetched, checked and published. */
  readonly files: readonly OfferedFile[];
  /** Published here already, with the same hash as far as the source gives one. */
  readonly present: readonly OfferedFile[];
  /** Those of `present` that the source has yanked, and that are not yanked here. */
  readonly yanks: readonly OfferedFile[];
  /** PEP 792: the status to take over. */
  readonly status?: ProjectStatus;
  readonly skipped: readonly SkippedFile[];
}

/** Everything that an import is going to do. */
export interface ImportPlan {
  /** In the order of their names. */
  readonly projects: readonly ProjectImport[];
  /** What is there and cannot be imported. */
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
  const problems: WheelstoreError[] = [];
  const wanted = selections ?? (await everything(source, problems));
  const open = wanted.filter(({ project }) => !done.has(project));
  environment.reporter.emit({ type: 'walking', unit: 'projects', total: open.length });
  const planned = await mapBounded(open, environment.jobs, async (selection) => {
    stopIfAborted(environment);
    const plan = await planProject(environment, source, selection, newest, problems);
    environment.reporter.emit({ type: 'walked', by: 1 });
    return plan;
  });
  const projects = planned.filter((plan) => plan !== undefined);
  return { projects: projects.sort((one, other) => (one.project < other.project ? -1 : 1)), problems };
}

async function everything(source: ImportSource, problems: WheelstoreError[]): Promise<Selection[]> {
  const listed = await source.projects();
  problems.push(...listed.problems);
  return listed.projects.map((project) => ({ project }));
}

async function planProject(
  { store }: Environment,
  source: ImportSource,
  selection: Selection,
  newest: number | undefined,
  problems: WheelstoreError[],
): Promise<ProjectImport | undefined> {
  const { project } = selection;
  const offered = await offerOf(source, project);
  if (offered instanceof WheelstoreError) {
    problems.push(offered);
    return undefined;
  }
  const { record } = await readRecord(store, project);
  const here = new Set(record.files.map(({ filename }) => filename));
  // What is gone there and published here is no loss.
  problems.push(
    ...offered.problems.filter(({ code, value }) => code !== 'not-found' || !here.has(value ?? '')),
  );
  const sorting = new Sorting(record);
  for (const { file } of selected(offered.files, selection, newest, sorting)) {
    sorting.take(file);
  }
  for (const filename of offered.unlisted ?? []) sorting.skip({ filename }, 'not offered');
  const sorted = sorting.result();
  problems.push(...sorting.problems);
  const { status = { status: 'active' } } = offered;
  const isTighter = TIGHTNESS.indexOf(status.status) > TIGHTNESS.indexOf(record.status.status);
  return { project, ...sorted, ...(isTighter ? { status } : {}) };
}

/** PEP 792: each lets less happen than the one before it. A status is followed in this direction alone. */
const TIGHTNESS: readonly ProjectStatus['status'][] = ['active', 'deprecated', 'archived', 'quarantined'];

/** What the source tells of a project; or why it is the only one of which nothing is to be had. */
async function offerOf(
  source: ImportSource,
  project: NormalizedName,
): Promise<OfferedProject | WheelstoreError> {
  try {
    const offered = await source.project(project);
    if (offered !== undefined) return offered;
    return new WheelstoreError('not-found', `${source.description} has no project ${quote(project)}`, {
      value: project,
      fix: 'Check its name.',
    });
  } catch (error) {
    if (error instanceof WheelstoreError && OF_ONE_PAGE.has(error.code)) return error;
    throw error;
  }
}

/** One page that makes no sense says nothing of the others. */
const OF_ONE_PAGE = new Set<WheelstoreError['code']>([
  'invalid-page',
  'corrupt-file',
  'source-failed',
  'store-failed',
]);

interface ReadFile {
  readonly file: OfferedFile;
  readonly version: Version;
}

/** The files that were asked for; the others are told to `sorting`. */
function selected(
  files: readonly OfferedFile[],
  { project, versions }: Selection,
  newest: number | undefined,
  sorting: Sorting,
): ReadFile[] {
  const known = files.flatMap((file): ReadFile[] => {
    const version = sorting.versionOf(project, file);
    return version === undefined ? [] : [{ file, version }];
  });
  const wanted = versions ?? newestOf(known, newest);
  return known.filter(({ file, version }) => {
    const isWanted = wanted === undefined || wanted.has(version.key);
    if (!isWanted) sorting.skip(file, 'not selected');
    return isWanted;
  });
}

function newestOf(files: readonly ReadFile[], newest: number | undefined): ReadonlySet<string> | undefined {
  if (newest === undefined) return undefined;
  const versions = new Map(files.map(({ version }) => [version.key, version]));
  const ordered = [...versions.values()].sort((one, other) => compareVersions(other, one));
  return new Set(ordered.slice(0, newest).map(({ key }) => key));
}

function contradict(one: OfferedFile, other: OfferedFile): boolean {
  const [hash, otherHash] = [one.hashes['sha256'], other.hashes['sha256']];
  return hash !== undefined && otherHash !== undefined && hash !== otherHash;
}

/** Sorts the files of one project by what is to become of them. */
class Sorting {
  readonly problems: WheelstoreError[] = [];
  readonly #here: ReadonlyMap<string, FileEntry>;
  readonly #deleted: ReadonlySet<string>;
  readonly #record: ProjectRecord;
  readonly #files = new Map<string, OfferedFile>();
  /** Offered several times, with different hashes: nobody knows which one is right. */
  readonly #contradictory = new Set<string>();
  readonly #present: OfferedFile[] = [];
  readonly #yanks: OfferedFile[] = [];
  readonly #skipped: SkippedFile[] = [];

  constructor(record: ProjectRecord) {
    this.#record = record;
    this.#here = new Map(record.files.map((file) => [file.filename, file]));
    const deleted = record.tombstones.filter(({ cause }) => cause === 'deleted');
    this.#deleted = new Set(deleted.map(({ filename }) => filename));
  }

  skip({ filename }: Pick<OfferedFile, 'filename'>, reason: SkipReason): void {
    this.#skipped.push({ filename, reason });
  }

  /** The version that a filename says, where it is of this project at all. */
  versionOf(project: NormalizedName, file: OfferedFile): Version | undefined {
    const { filename } = file;
    try {
      const parsed = parseFilename(filename);
      const readings: readonly SdistCandidate[] = parsed.kind === 'wheel' ? [parsed] : parsed.candidates;
      const reading = readings.find((each) => each.project === project);
      if (reading !== undefined) return reading.version;
      throw new WheelstoreError('invalid-filename', `${quote(filename)} is no file of ${project}`, {
        value: filename,
        fix: 'Find out why the source shows it there.',
      });
    } catch (error) {
      if (!(error instanceof WheelstoreError)) throw error;
      if (error.code === 'unsupported-format') this.skip(file, 'unsupported format');
      else this.problems.push(error);
      return undefined;
    }
  }

  take(file: OfferedFile): void {
    const { filename } = file;
    const here = this.#here.get(filename);
    if (here !== undefined) this.#takePresent(file, here);
    // Who has deleted it here does not want it back, whatever the source says.
    else if (this.#deleted.has(filename)) this.skip(file, 'deleted here');
    else if (this.#record.status.status === 'archived' || this.#record.status.status === 'quarantined') {
      this.#refuse(
        'project-closed',
        file,
        `cannot be imported: ${this.#record.name} is ${this.#record.status.status} here`,
        `Open it with "wheelstore status ${this.#record.name} active".`,
      );
    } else this.#takeNew(file);
  }

  #takePresent(file: OfferedFile, here: FileEntry): void {
    const { sha256 } = file.hashes;
    if ((sha256 ?? here.sha256) !== here.sha256 || (file.size ?? here.size) !== here.size) {
      this.#refuse(
        'file-exists',
        file,
        `is published in ${this.#record.name} already, with other bytes than the source says`,
        'Compare the two; "wheelstore upload --force" replaces the published file.',
      );
      return;
    }
    this.#present.push(file);
    // A yank here is a decision of ours, and stays; one of the source is followed.
    if (file.yanked !== false && here.yanked === false) this.#yanks.push(file);
  }

  #takeNew(file: OfferedFile): void {
    const { filename } = file;
    const other = this.#files.get(filename);
    if (other === undefined) this.#files.set(filename, file);
    else if (contradict(other, file)) this.#contradictory.add(filename);
    // The one of which more is known.
    else if (other.hashes['sha256'] === undefined) this.#files.set(filename, file);
  }

  #refuse(
    code: 'file-exists' | 'project-closed',
    { filename }: OfferedFile,
    what: string,
    fix: string,
  ): void {
    this.problems.push(new WheelstoreError(code, `${quote(filename)} ${what}`, { value: filename, fix }));
  }

  result(): Pick<ProjectImport, 'files' | 'present' | 'yanks' | 'skipped'> {
    const files = [...this.#files.values()];
    for (const file of files.filter(({ filename }) => this.#contradictory.has(filename))) {
      this.#refuse(
        'file-exists',
        file,
        'is offered twice, with different hashes',
        'Find out which one is right.',
      );
    }
    return {
      files: files.filter(({ filename }) => !this.#contradictory.has(filename)),
      present: this.#present,
      yanks: this.#yanks,
      skipped: this.#skipped,
    };
  }
}
