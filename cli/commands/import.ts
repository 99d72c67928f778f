import { resolve } from 'node:path';
import { stopIfAborted } from '../../core/environment.ts';
import { quote, WheelstoreError } from '../../core/errors.ts';
import { planImport } from '../../core/import/import-plan.ts';
import { runImport, type ImportTools } from '../../core/import/import.ts';
import { removeImported } from '../../core/import/removal.ts';
import { parseSelections } from '../../core/import/selection.ts';
import type { NormalizedName } from '../../core/names.ts';
import { FileSpool } from '../../stores/spool.ts';
import { CommandReporter } from '../command-reporter.ts';
import { reportFailure } from '../failure.ts';
import { Journal } from '../import/journal.ts';
import {
  openSource,
  refuseEverything,
  sourcePlaceOf,
  targetOptions,
  type SourcePlace,
} from '../import/open-source.ts';
import { notePlan, printReport, reportAsJson, type ImportReport } from '../import/report.ts';
import { interruptSignal } from '../interrupt.ts';
import { MOST_ARCHIVES } from '../settings.ts';
import { openRepository, placeOf, type RepositoryOptions, type RepositoryPlace } from '../repository.ts';
import { note, printJson, type Terminal } from '../terminal.ts';

export interface ImportOptions extends RepositoryOptions {
  readonly all?: boolean;
  readonly newest?: number;
  readonly dryRun?: boolean;
  readonly resume?: boolean;
  readonly removeSource?: boolean;
  readonly json?: boolean;
}

/** `wheelstore import SOURCE [NAME[==VERSION] ...]` */
export async function importFrom(
  terminal: Terminal,
  from: string,
  words: readonly string[],
  options: ImportOptions,
): Promise<number> {
  const started = performance.now();
  const place = sourcePlaceOf(from);
  if (words.length === 0 && options.all !== true) refuseEverything(place);
  refuseContradictions(words, options);
  if (options.removeSource === true && place.kind === 'index') throw cannotRemove();
  const selections = words.length === 0 ? undefined : parseSelections(words);
  // Of what others have built, the report says in a line how much could be better.
  const reporter = new CommandReporter(terminal, { tellsWarnings: options.explain !== undefined });
  const ofTarget = targetOptions(options, place);
  // Each file that arrives is looked into, so by default there are no more of them than of these.
  const paced = { ...ofTarget, jobs: options.jobs ?? MOST_ARCHIVES };
  const environment = await openRepository(paced, {
    reporter,
    signal: interruptSignal(terminal),
    access: options.dryRun === true ? 'dry run' : 'create',
  });
  const { source, traffic } = await openSource(place, options, placeOf(ofTarget), environment);
  const journal = new Journal([
    identityOf(place, source.description),
    identityOf(placeOf(ofTarget), environment.store.description),
    `--newest ${options.newest ?? 'all'}`,
    ...words,
  ]);
  const report = (rest: Pick<ImportReport, 'plan' | 'result' | 'removal' | 'failure'>): ImportReport => ({
    source: source.description,
    target: environment.store.description,
    ...rest,
    ...(traffic === undefined ? {} : { traffic: traffic() }),
    seconds: (performance.now() - started) / 1000,
  });
  const spool = await FileSpool.open();
  try {
    const done = options.resume === true ? await journal.read() : undefined;
    const { newest } = options;
    const wishes = { selections, ...(newest === undefined ? {} : { newest }), ...(done && { done }) };
    const plan = await reporter.during(() => planImport(environment, source, wishes));
    notePlan(terminal, plan);
    stopIfAborted(environment);
    if (options.dryRun === true) return tell(terminal, report({ plan }), options);
    const isKept = await beginJournal(terminal, journal, done);
    const onDone = (project: NormalizedName): Promise<void> => journal.note(project);
    const tools: ImportTools = { source, spool, ...(isKept ? { onDone } : {}) };
    const result = await reporter.during(() => runImport(environment, tools, plan));
    const isWhole = result.failure === undefined;
    const removal =
      isWhole && options.removeSource === true
        ? await removeImported(environment, tools, plan, result)
        : undefined;
    if (isKept && isWhole && result.problems.length === 0) await journal.end();
    const failure = result.failure ?? removal?.failure;
    return tell(terminal, report({ plan, result, ...(removal && { removal }), failure }), options);
  } finally {
    await Promise.all([spool.close(), source.close()]);
  }
}

function tell(terminal: Terminal, report: ImportReport, { json }: ImportOptions): number {
  const { plan, result } = report;
  const problems = result?.problems ?? plan.problems;
  const codes = problems.map((problem) => reportFailure(terminal, problem));
  if (json === true) printJson(terminal, reportAsJson(report));
  else printReport(terminal, report);
  return Math.max(0, ...codes, report.failure === undefined ? 0 : reportFailure(terminal, report.failure));
}

/** Where nothing can be kept on this machine, only --resume is lost. */
async function beginJournal(
  terminal: Terminal,
  journal: Journal,
  done: ReadonlySet<NormalizedName> | undefined,
): Promise<boolean> {
  try {
    await journal.begin(done);
    return true;
  } catch (error) {
    if (!(error instanceof WheelstoreError)) throw error;
    note(terminal, `warning: ${error.message}; --resume will not know what was done`);
    return false;
  }
}

/** A folder is the same one wherever the command runs, and another one where another is called so. */
function identityOf(place: SourcePlace | RepositoryPlace, description: string): string {
  return place.kind === 'folder' ? resolve(place.folder) : description;
}

function refuseContradictions(
  words: readonly string[],
  { all, resume, dryRun, removeSource }: ImportOptions,
): void {
  const refuse = (flag: string, why: string): never => {
    throw new WheelstoreError('usage', `${flag} ${why}`, { value: flag, fix: 'Give one of the two.' });
  };
  if (all === true && words.length > 0) refuse('--all', `and ${quote(words[0] ?? '')} contradict each other`);
  if (removeSource === true && dryRun === true)
    refuse('--remove-source', 'and --dry-run contradict each other');
  if (resume === true && dryRun === true) refuse('--resume', 'and --dry-run contradict each other');
  // To take something away, all of it is looked at.
  if (resume === true && removeSource === true)
    refuse('--resume', 'and --remove-source contradict each other');
}

function cannotRemove(): WheelstoreError {
  return new WheelstoreError('usage', '--remove-source is for folders and buckets', {
    value: '--remove-source',
    fix: 'Leave it out: nothing can be removed from another index from here.',
  });
}
