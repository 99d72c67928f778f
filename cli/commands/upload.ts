import { basename } from 'node:path';
import { inspectDistribution, type Distribution } from '../../core/distribution.ts';
import { stopIfAborted, type Environment } from '../../core/environment.ts';
import { quote, WheelstoreError } from '../../core/errors.ts';
import { mapBounded } from '../../core/parallel.ts';
import { rejected, type OverwritePolicy, type PlannedFile } from '../../core/publish-plan.ts';
import { planPublish, publish, type PublishPlan, type PublishResult } from '../../core/publish.ts';
import type { ReportEvent, Reporter } from '../../core/reporter.ts';
import { localFile } from '../../stores/local-file.ts';
import { FAILED, reportFailure } from '../failure.ts';
import { expandInputs } from '../inputs.ts';
import { interruptSignal } from '../interrupt.ts';
import { ProgressBar } from '../progress.ts';
import { environmentFor, repositoryFolder, type RepositoryOptions } from '../repository.ts';
import { count, formatBytes, note, printJson, printLine, styled, type Terminal } from '../terminal.ts';

export interface UploadOptions extends RepositoryOptions {
  readonly dryRun?: boolean;
  readonly strict?: boolean;
  readonly force?: boolean;
  readonly json?: boolean;
}

/** `wheelstore upload DIST...` */
export async function upload(
  terminal: Terminal,
  inputs: readonly string[],
  options: UploadOptions,
): Promise<number> {
  const folder = repositoryFolder(options);
  const reporter = new UploadReporter(terminal);
  const environment = environmentFor(folder, { reporter, signal: interruptSignal(terminal) });
  const paths = await expandInputs(inputs);
  const distributions = await reporter.checking(paths.length, () => inspectFiles(environment, paths));
  const plan = await planPublish(environment, distributions, policyOf(options));
  stopIfAborted(environment);
  if (options.dryRun === true) return showPlan(terminal, plan, options);
  const result = await reporter.publishing(() => publish(environment, plan));
  for (const { error } of result.failures) reportFailure(terminal, error, false);
  if (options.json === true) printJson(terminal, resultAsJson(result));
  else showResult(terminal, folder, result);
  return result.failures.length > 0 ? FAILED : 0;
}

function policyOf({ strict, force }: UploadOptions): OverwritePolicy {
  if (strict === true) return 'strict';
  return force === true ? 'replace' : 'refuse';
}

/**
 * Checks local files completely.
 *
 * @throws {WheelstoreError} `rejected-files` with every problem of every file; `interrupted`
 */
export async function inspectFiles(
  environment: Environment,
  paths: readonly string[],
): Promise<Distribution[]> {
  const { reporter, jobs } = environment;
  const inspected = await mapBounded(paths, jobs, async (path) => {
    stopIfAborted(environment);
    try {
      return await inspectDistribution(basename(path), await localFile(path));
    } catch (error) {
      if (error instanceof WheelstoreError) return withPath(path, error);
      throw error;
    } finally {
      reporter.emit({ type: 'checked' });
    }
  });
  // In the order of the files, not that in which their checks have ended.
  const distributions = inspected.filter((result): result is Distribution => !Array.isArray(result));
  for (const { filename: subject, warnings } of distributions) {
    for (const message of warnings) reporter.emit({ type: 'warning', subject, message });
  }
  const problems = inspected.filter((result) => Array.isArray(result)).flat();
  if (problems.length > 0) throw rejected(problems);
  return distributions;
}

/** The problems of one file, each naming the file. */
function withPath(path: string, error: WheelstoreError): WheelstoreError[] {
  const problems = error.problems.length > 0 ? error.problems : [error];
  return problems.map(({ code, message, value, fix, cause }) => {
    const isNamed = [path, basename(path)].some((name) => message.includes(quote(name)));
    return new WheelstoreError(code, isNamed ? message : `${quote(path)}: ${message}`, {
      cause,
      ...(value === undefined ? {} : { value }),
      ...(fix === undefined ? {} : { fix }),
    });
  });
}

function showPlan(terminal: Terminal, { files }: PublishPlan, { json }: UploadOptions): number {
  if (json === true) printJson(terminal, { dryRun: true, files: files.map(fileAsJson) });
  else {
    for (const file of files) printLine(terminal, planLine(file));
    printLine(terminal, 'Nothing was written (--dry-run).');
  }
  return 0;
}

const FORESEEN = { publish: 'would publish', replace: 'would replace', unchanged: 'already there' } as const;
const DONE = { publish: 'published', replace: 'replaced', unchanged: 'already there' } as const;

function planLine({ action, distribution: { filename, source } }: PlannedFile): string {
  return `${FORESEEN[action].padEnd(13)}  ${filename}  (${formatBytes(source.size)})`;
}

function showResult(terminal: Terminal, folder: string, result: PublishResult): void {
  if (result.published.length === 0) return;
  printPublished(terminal, result);
  const projects = [...new Set(result.published.map(({ distribution }) => distribution.project))];
  printLine(terminal);
  printLine(terminal, `Serve:    wheelstore serve ${shellWord(folder)}`);
  const named = projects.slice(0, 5).join(' ');
  printLine(terminal, `Install:  pip install --index-url http://127.0.0.1:8080/simple/ ${named}`);
}

/** Says of each file what has become of it. */
export function printPublished(terminal: Terminal, { published }: PublishResult): void {
  for (const { action, distribution } of published) {
    const label = DONE[action].padEnd(13);
    const shown = action === 'unchanged' ? label : styled('green', label);
    printLine(terminal, shown, `  ${distribution.filename}`);
  }
  const fresh = published.filter(({ action }) => action !== 'unchanged').length;
  printLine(terminal, `${count(fresh, 'file')} published, ${published.length - fresh} already there.`);
}

/** A path as a shell takes it. */
function shellWord(text: string): string {
  return /^[\w./~@%+=:-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

function resultAsJson({ published, failures }: PublishResult): object {
  return {
    files: published.map(fileAsJson),
    failures: failures.map(({ project, error }) => ({ project, problems: problemsAsJson(error) })),
  };
}

function problemsAsJson(error: unknown): object[] {
  if (!(error instanceof WheelstoreError)) return [{ code: 'defect', message: String(error) }];
  if (error.problems.length > 0) return error.problems.flatMap(problemsAsJson);
  return [{ code: error.code, message: error.message, value: error.value, fix: error.fix }];
}

function fileAsJson({ action, key, distribution }: PlannedFile): object {
  const { filename, project, version, sha256, source, warnings } = distribution;
  return { filename, project, version, action, sha256, size: source.size, key, warnings };
}

/** Tells on the terminal how an upload goes: a bar for a person, lines for a log. */
class UploadReporter implements Reporter {
  readonly #terminal: Terminal;
  #bar: ProgressBar | undefined;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  emit(event: ReportEvent): void {
    if (event.type === 'warning') this.#note(`warning: ${event.subject}: ${event.message}`);
    if (event.type === 'checked') this.#bar?.advance(1);
    if (event.type === 'sending' && event.files > 0) {
      this.#note(`Publishing ${count(event.files, 'file')} (${formatBytes(event.bytes)})`);
      const shown = (done: number): string => `${formatBytes(done)} of ${formatBytes(event.bytes)}`;
      this.#bar = new ProgressBar(this.#terminal, event.bytes, shown);
    }
    if (event.type === 'sent') this.#bar?.advance(event.bytes);
  }

  /** Shows how far the checks of the files are. */
  checking<T>(files: number, work: () => Promise<T>): Promise<T> {
    const shown = (done: number): string => `${done} of ${count(files, 'file')} checked`;
    this.#bar = new ProgressBar(this.#terminal, files, shown);
    return this.publishing(work);
  }

  /** Takes the bar away when `work` ends, however it ends. */
  async publishing<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } finally {
      this.#bar?.clear();
      this.#bar = undefined;
    }
  }

  #note(text: string): void {
    this.#bar?.clear();
    note(this.#terminal, text);
  }
}
