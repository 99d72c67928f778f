import { stopIfAborted } from '../../core/environment.ts';
import { WheelstoreError } from '../../core/errors.ts';
import type { OverwritePolicy, PlannedFile } from '../../core/publish-plan.ts';
import { publish, type PublishPlan, type PublishResult } from '../../core/publish.ts';
import type { ReportEvent, Reporter } from '../../core/reporter.ts';
import { planInputs } from '../distributions.ts';
import { interruptSignal } from '../interrupt.ts';
import { ProgressBar } from '../progress.ts';
import { printPublished, reportFailures } from '../published.ts';
import { openRepository, placeOf, type RepositoryOptions, type RepositoryPlace } from '../repository.ts';
import { count, formatBytes, note, printJson, printLine, type Terminal } from '../terminal.ts';

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
  const reporter = new UploadReporter(terminal);
  const environment = await openRepository(options, {
    reporter,
    signal: interruptSignal(terminal),
    access: options.dryRun === true ? 'dry run' : 'create',
  });
  const plan = await reporter.during(() => planInputs(environment, inputs, policyOf(options)));
  stopIfAborted(environment);
  if (options.dryRun === true) return showPlan(terminal, plan, options);
  const result = await reporter.during(() => publish(environment, plan));
  const code = reportFailures(terminal, result.failures);
  if (options.json === true) printJson(terminal, resultAsJson(result));
  else if (result.published.length > 0) showResult(terminal, placeOf(options), result);
  return code;
}

function policyOf({ strict, force }: UploadOptions): OverwritePolicy {
  if (strict === true) return 'strict';
  return force === true ? 'replace' : 'refuse';
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

function planLine({ action, distribution: { filename, source } }: PlannedFile): string {
  return `${FORESEEN[action].padEnd(13)}  ${filename}  (${formatBytes(source.size)})`;
}

function showResult(terminal: Terminal, place: RepositoryPlace, result: PublishResult): void {
  printPublished(terminal, result);
  const projects = [...new Set(result.published.map(({ distribution }) => distribution.project))];
  printLine(terminal);
  if (place.kind === 'folder') printLine(terminal, `Serve:    wheelstore serve ${shellWord(place.folder)}`);
  printLine(
    terminal,
    `Install:  pip install --index-url ${indexUrl(place)} ${projects.slice(0, 5).join(' ')}`,
  );
}

/** Where clients find the index: a bucket is named like the host that serves it, as a rule. */
function indexUrl(place: RepositoryPlace): string {
  if (place.kind === 'folder') return 'http://127.0.0.1:8080/simple/';
  return `https://${place.bucket.includes('.') ? place.bucket : 'HOST'}/simple/`;
}

/** A path as a shell takes it. */
function shellWord(text: string): string {
  return /^[\w./~@%+=:-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

function resultAsJson({ published, failures }: PublishResult): object {
  return {
    files: published.map(fileAsJson),
    failures: failures.map(({ project, error }) => ({
      project: project ?? null,
      problems: problemsAsJson(error),
    })),
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

/** After so many lost races with other publishers, the person is told why it takes long. */
const PATIENCE = 10;

/** Tells on the terminal how an upload goes: a bar for a person, lines for a log. */
class UploadReporter implements Reporter {
  readonly #terminal: Terminal;
  #bar: ProgressBar | undefined;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  emit(event: ReportEvent): void {
    if (event.type === 'warning') this.#note(`warning: ${event.subject}: ${event.message}`);
    if (event.type === 'checking') {
      const shown = (done: number): string => `${done} of ${count(event.files, 'file')} checked`;
      this.#bar = new ProgressBar(this.#terminal, event.files, shown);
    }
    if (event.type === 'checked') this.#bar?.advance(1);
    if (event.type === 'retry' && event.attempt % PATIENCE === 0) {
      this.#note(`Others are changing ${event.project ?? 'the project list'} as well; trying again`);
    }
    if (event.type === 'sending' && event.files > 0) {
      this.#note(`Publishing ${count(event.files, 'file')} (${formatBytes(event.bytes)})`);
      const shown = (done: number): string => `${formatBytes(done)} of ${formatBytes(event.bytes)}`;
      this.#bar = new ProgressBar(this.#terminal, event.bytes, shown);
    }
    if (event.type === 'sent') this.#bar?.advance(event.bytes);
  }

  /** Takes the bar away when `work` ends, however it ends. */
  async during<T>(work: () => Promise<T>): Promise<T> {
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
