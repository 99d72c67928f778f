import { stopIfAborted, type Environment, type Pacing } from '../environment.ts';
import { quote, WheelstoreError } from '../errors.ts';
import type { NormalizedName } from '../names.ts';
import { mapBounded } from '../parallel.ts';
import { settleProjectList } from '../project-list.ts';
import { planPublish, publish } from '../publish.ts';
import type { ReportEvent, Reporter } from '../reporter.ts';
import { inBatches, type ImportBatch, type ImportItem } from './batches.ts';
import { fetchFile, type FetchedFile } from './fetched.ts';
import { followStatus, followYanks } from './following.ts';
import type { ImportPlan, ProjectImport } from './import-plan.ts';
import type { ImportSource, OfferedFile } from './source.ts';
import type { Spool } from './spool.ts';

/** A file that has come over. */
export interface ImportedFile {
  readonly project: NormalizedName;
  readonly offered: OfferedFile;
  /** In bytes. */
  readonly size: number;
  readonly sha256: string;
  /** As `Distribution` has them. */
  readonly warnings: readonly string[];
  readonly isOlderSpelling: boolean;
}

/** What an import came to. */
export interface ImportResult {
  readonly imported: readonly ImportedFile[];
  /** How many files were yanked here, because their source has yanked them. */
  readonly yanked: number;
  /** Those of which everything that was to be done is done. */
  readonly done: readonly NormalizedName[];
  /** What could not be imported, and why. The same command again tries it again. */
  readonly problems: readonly WheelstoreError[];
  /** What ended the import before its end, such as a store that takes nothing; what was imported stays. */
  readonly failure?: unknown;
}

/** What an import works with. */
export interface ImportTools {
  readonly source: ImportSource;
  readonly spool: Spool;
  /** Told as soon as nothing is left to be done for a project. */
  readonly onDone?: (project: NormalizedName) => Promise<void>;
}

/**
 * Carries out a plan. What cannot be imported stops nothing else; a failure of the store, or a source that
 * cannot be reached any more, stops everything.
 */
export async function runImport(
  environment: Environment,
  tools: ImportTools,
  plan: ImportPlan,
): Promise<ImportResult> {
  const run = new ImportRun(environment, tools, plan);
  try {
    await run.run();
    return run.result();
  } catch (failure) {
    return { ...run.result(), failure };
  }
}

class ImportRun {
  readonly #environment: Environment;
  /** Publishing in batches would tell of each one as if it were all. */
  readonly #quiet: Environment;
  readonly #tools: ImportTools;
  readonly #plan: ImportPlan;
  readonly #imported: ImportedFile[] = [];
  readonly #problems: WheelstoreError[] = [];
  readonly #done: NormalizedName[] = [];
  /** How many files of a project are still to come. */
  readonly #left = new Map<ProjectImport, number>();
  /** Projects of which something cannot be imported. */
  readonly #failed = new Set<NormalizedName>();
  /** Ends what is fetched ahead as soon as nobody will publish it. */
  readonly #ending = new AbortController();
  #yanked = 0;
  /** How many of the last files could not be fetched at all. */
  #unreachable = 0;

  constructor(environment: Environment, tools: ImportTools, plan: ImportPlan) {
    this.#environment = environment;
    this.#quiet = { ...environment, reporter: withoutTransfers(environment.reporter) };
    this.#tools = tools;
    this.#plan = plan;
    for (const { project, problems } of plan.projects) if (problems.length > 0) this.#failed.add(project);
  }

  async run(): Promise<void> {
    const { projects } = this.#plan;
    const files = projects.flatMap((project) => project.files);
    const bytes = files.reduce((sum, { size = 0 }) => sum + size, 0);
    this.#environment.reporter.emit({ type: 'importing', files: files.length, bytes });
    for (const project of projects) this.#left.set(project, project.files.length);
    await this.#finish(projects.filter((each) => each.files.length === 0));
    // While one batch is published, the next is fetched.
    let fetched: FetchedBatch | undefined;
    for (const batch of inBatches(projects)) {
      const next = this.#fetch(batch);
      // It is waited for in its turn, or below.
      next.catch(() => {});
      try {
        if (fetched !== undefined) await this.#publish(fetched);
      } catch (error) {
        this.#ending.abort();
        await next.then(releaseAll, () => {});
        throw error;
      }
      fetched = await next;
    }
    if (fetched !== undefined) await this.#publish(fetched);
  }

  result(): ImportResult {
    const problems = [...this.#plan.problems, ...this.#problems];
    return { imported: this.#imported, yanked: this.#yanked, done: this.#done, problems };
  }

  async #fetch(batch: ImportBatch): Promise<FetchedBatch> {
    const files: FetchedItem[] = [];
    const { signal } = this.#environment;
    const signals = [this.#ending.signal, ...(signal === undefined ? [] : [signal])];
    const pacing = { ...this.#environment, signal: AbortSignal.any(signals) };
    try {
      await mapBounded(batch, this.#environment.jobs, async (item) => {
        stopIfAborted(pacing);
        const fetched = await this.#fetchOne(item, pacing);
        if (fetched !== undefined) files.push({ ...item, fetched });
      });
    } catch (error) {
      await releaseAll({ batch, files });
      throw error;
    }
    // In the order of the plan, not that in which they have come.
    const place = new Map(batch.map(({ file }, index) => [file, index]));
    const inOrder = files.sort((one, other) => (place.get(one.file) ?? 0) - (place.get(other.file) ?? 0));
    return { batch, files: inOrder };
  }

  async #fetchOne(
    { project: { project }, file }: ImportItem,
    pacing: Pacing,
  ): Promise<FetchedFile | undefined> {
    const { source, spool } = this.#tools;
    try {
      const fetched = await fetchFile(pacing, source, spool, file);
      const { distribution } = fetched;
      this.#unreachable = 0;
      if (distribution.project === project) return fetched;
      await fetched.release();
      throw new WheelstoreError(
        'invalid-metadata',
        `${quote(file.filename)} belongs to ${distribution.project}, and its source shows it as ${project}`,
        { value: file.filename, fix: 'Find out why the source shows it there.' },
      );
    } catch (error) {
      this.#refuse(project, file, error);
      return undefined;
    }
  }

  /** @throws what is not about this one file */
  #refuse(project: NormalizedName, { filename, size = 0 }: OfferedFile, error: unknown): void {
    if (!(error instanceof WheelstoreError) || STOPPING.has(error.code)) throw error;
    this.#unreachable = error.code === 'unreachable' ? this.#unreachable + 1 : 0;
    if (this.#unreachable >= MOST_UNREACHABLE) throw error;
    this.#failed.add(project);
    for (const problem of error.problems.length > 0 ? error.problems : [error]) {
      this.#problems.push(about(filename, problem));
    }
    this.#environment.reporter.emit({ type: 'imported', bytes: size });
  }

  async #publish(fetched: FetchedBatch): Promise<void> {
    try {
      await this.#publishTogether(fetched.files);
      for (const { project } of fetched.batch) this.#left.set(project, (this.#left.get(project) ?? 0) - 1);
      const projects = new Set(fetched.batch.map(({ project }) => project));
      await this.#finish([...projects].filter((project) => this.#left.get(project) === 0));
    } finally {
      await releaseAll(fetched);
    }
  }

  /** All of them; where something speaks against one, each half by itself, down to the one. */
  async #publishTogether(files: readonly FetchedItem[]): Promise<void> {
    const [only, another] = files;
    if (only === undefined) return;
    stopIfAborted(this.#environment);
    const { left, problem } = await this.#tryPublish(files);
    if (problem === undefined) return;
    if (another === undefined) return this.#refuse(only.project.project, only.file, problem);
    const half = Math.ceil(left.length / 2);
    await this.#publishTogether(left.slice(0, half));
    await this.#publishTogether(left.slice(half));
  }

  /**
   * @returns what was not published, and why
   * @throws what is no problem of these files
   */
  async #tryPublish(
    files: readonly FetchedItem[],
  ): Promise<{ readonly left: readonly FetchedItem[]; readonly problem?: unknown }> {
    const distributions = files.map(({ fetched }) => fetched.distribution);
    const planned = await planPublish(this.#quiet, distributions, 'refuse').catch((error: unknown) => {
      if (isAboutFiles(error)) return error;
      throw error;
    });
    if (planned instanceof WheelstoreError) return { left: files, problem: planned };
    const { published, failures } = await publish(this.#quiet, planned);
    const names = new Set(published.map(({ distribution }) => distribution.filename));
    // Before anything is thrown: it is published, whatever has failed beside it.
    for (const item of files) if (names.has(item.file.filename)) this.#note(item);
    const left = files.filter(({ file }) => !names.has(file.filename));
    for (const { project, error } of failures) {
      if (project === undefined || left.length === 0 || !isAboutFiles(error)) throw error;
    }
    return { left, problem: failures[0]?.error };
  }

  #note({ project: { project }, file, fetched: { distribution } }: FetchedItem): void {
    const { filename: subject, warnings, source, sha256, isOlderSpelling = false } = distribution;
    const { reporter } = this.#environment;
    for (const message of warnings) reporter.emit({ type: 'warning', subject, message });
    reporter.emit({ type: 'imported', bytes: file.size ?? 0 });
    this.#imported.push({ project, offered: file, size: source.size, sha256, warnings, isOlderSpelling });
  }

  /** What is left to be done for projects of which no file is to come any more. */
  async #finish(projects: readonly ProjectImport[]): Promise<void> {
    const here = projects.filter(({ isHere }) => isHere);
    const committed = await mapBounded(here, this.#environment.jobs, async ({ project, yanks }) => {
      stopIfAborted(this.#environment);
      const followed = await followYanks(this.#quiet, project, yanks);
      this.#yanked += followed.yanked;
      return followed.committed;
    });
    await settleProjectList(this.#quiet, committed);
    for (const { project, status } of projects.filter((each) => !this.#failed.has(each.project))) {
      stopIfAborted(this.#environment);
      if (status !== undefined) await followStatus(this.#quiet, project, status);
      this.#done.push(project);
      await this.#tools.onDone?.(project);
    }
  }
}

interface FetchedItem extends ImportItem {
  readonly fetched: FetchedFile;
}

interface FetchedBatch {
  readonly batch: ImportBatch;
  readonly files: readonly FetchedItem[];
}

async function releaseAll({ files }: FetchedBatch): Promise<void> {
  await Promise.all(files.map(({ fetched }) => fetched.release()));
}

/** Failures that are not of one file: going on would meet them again, or do what nobody wants any more. */
const STOPPING = new Set<WheelstoreError['code']>([
  'interrupted',
  'unwritable',
  'no-credentials',
  'expired-credentials',
  'invalid-credentials',
]);

/** One server of several may be gone; so many times in a row, it is all of them. */
const MOST_UNREACHABLE = 8;

/** What says nothing of other projects; whoever else the store fails, it fails for all. */
const ABOUT_FILES = new Set<WheelstoreError['code']>(['rejected-files', 'corrupt-record', 'corrupt-file']);

function isAboutFiles(error: unknown): error is WheelstoreError {
  return error instanceof WheelstoreError && ABOUT_FILES.has(error.code);
}

function about(filename: string, problem: WheelstoreError): WheelstoreError {
  if (problem.message.includes(quote(filename))) return problem;
  const { code, message, value, fix, cause } = problem;
  return new WheelstoreError(code, `${quote(filename)}: ${message}`, {
    cause,
    ...(value === undefined ? {} : { value }),
    ...(fix === undefined ? {} : { fix }),
  });
}

function withoutTransfers(reporter: Reporter): Reporter {
  return {
    emit: (event: ReportEvent) => {
      if (event.type !== 'sending' && event.type !== 'sent') reporter.emit(event);
    },
  };
}
