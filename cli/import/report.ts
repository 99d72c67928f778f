import { WheelstoreError } from '../../core/errors.ts';
import type { ImportPlan, ProjectImport } from '../../core/import/import-plan.ts';
import type { ImportedFile, ImportResult } from '../../core/import/import.ts';
import type { SourceRemoval } from '../../core/import/removal.ts';
import type { SkipReason } from '../../core/import/sorting.ts';
import type { OfferedFile } from '../../core/import/source.ts';
import { count, formatBytes, note, printLine, type Terminal } from '../terminal.ts';
import type { Traffic } from './open-source.ts';

/** What an import has come to, as far as it went. */
export interface ImportReport {
  readonly source: string;
  readonly target: string;
  readonly plan: ImportPlan;
  /** Without it, it was a dry run. */
  readonly result?: ImportResult;
  readonly removal?: SourceRemoval;
  /** What ended it before its end. */
  readonly failure?: unknown;
  readonly traffic?: Traffic;
  readonly seconds: number;
}

/** Every file of a plan of one kind. */
function all<K extends 'files' | 'present' | 'yanks' | 'skipped'>(
  { projects }: ImportPlan,
  kind: K,
): ProjectImport[K][number][] {
  return projects.flatMap((project): ProjectImport[K][number][] => [...project[kind]]);
}

/** Says in a few lines what is going to happen. */
export function notePlan(terminal: Terminal, plan: ImportPlan): void {
  const files = all(plan, 'files');
  const projects = plan.projects.filter((project) => project.files.length > 0).length;
  const what = `${count(files.length, 'file')} of ${count(projects, 'project')} (${sizeOf(files)})`;
  note(terminal, `To import: ${files.length === 0 ? 'nothing new' : what}`);
  note(terminal, `There already: ${count(all(plan, 'present').length, 'file')}`);
  for (const [reason, number] of skippedBy(plan)) {
    note(terminal, `Left out: ${count(number, 'file')} (${MEANINGS[reason]})`);
  }
  const yanks = all(plan, 'yanks').length;
  if (yanks > 0) note(terminal, `To yank: ${count(yanks, 'file')}, as the source has`);
  if (plan.problems.length > 0) note(terminal, `Not possible: ${count(plan.problems.length, 'problem')}`);
}

/** HTML pages say nothing of sizes. */
function sizeOf(files: readonly OfferedFile[]): string {
  const known = files.flatMap(({ size }) => size ?? []);
  const bytes = formatBytes(known.reduce((sum, size) => sum + size, 0));
  if (known.length === files.length) return bytes;
  if (known.length === 0) return 'the source does not say how large they are';
  return `${bytes}, without ${files.length - known.length} of which the source says no size`;
}

const MEANINGS: Readonly<Record<SkipReason, string>> = {
  'not selected': 'not asked for',
  'not offered': 'not on the page of their project',
  'offered twice': 'there more than once',
  'unsupported format': 'neither wheels nor sdists that pip installs',
  'deleted here': 'deleted here before',
};

function skippedBy(plan: ImportPlan): Map<SkipReason, number> {
  const counts = new Map<SkipReason, number>();
  for (const { reason } of all(plan, 'skipped')) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return counts;
}

/** Lists what a dry run would do. */
function printPlan(terminal: Terminal, plan: ImportPlan): void {
  for (const { filename, size } of all(plan, 'files')) {
    printLine(terminal, `would import  ${filename}${size === undefined ? '' : `  (${formatBytes(size)})`}`);
  }
  for (const { filename } of all(plan, 'yanks')) printLine(terminal, `would yank    ${filename}`);
  for (const { filename, reason } of all(plan, 'skipped')) {
    if (reason !== 'not selected') printLine(terminal, `left out      ${filename}  (${MEANINGS[reason]})`);
  }
  printLine(terminal, 'Nothing was written (--dry-run).');
}

/** Says what an import has come to. */
export function printReport(terminal: Terminal, report: ImportReport): void {
  const { plan, result, removal, traffic, seconds } = report;
  if (result === undefined) return printPlan(terminal, plan);
  const bytes = formatBytes(result.imported.reduce((sum, { size }) => sum + size, 0));
  const projects = new Set(result.imported.map(({ project }) => project)).size;
  printLine(
    terminal,
    `${count(result.imported.length, 'file')} of ${count(projects, 'project')} imported (${bytes}) in ${seconds.toFixed(1)} s; ` +
      `${all(plan, 'present').length} already there, ${count(result.problems.length, 'problem')}.`,
  );
  if (result.yanked > 0) printLine(terminal, `${count(result.yanked, 'file')} yanked, as the source has.`);
  noteWarnings(terminal, result.imported);
  if (traffic !== undefined) {
    const received = formatBytes(traffic.bytesReceived);
    printLine(terminal, `${count(traffic.requests, 'request')} to the source, ${received} received.`);
  }
  if (removal !== undefined) {
    printLine(terminal, `${count(removal.removed.length, 'project')} removed from the source.`);
    if (removal.kept.length > 0) {
      note(terminal, `Left there, because not everything of it is here: ${few(removal.kept)}`);
    }
  }
}

/**
 * Warnings about files that others have published are for nobody to act on here, and there can be hundreds:
 * a line for each kind.
 */
function noteWarnings(terminal: Terminal, imported: readonly ImportedFile[]): void {
  const older = imported.filter(({ isOlderSpelling }) => isOlderSpelling);
  const others = imported.filter(
    ({ warnings, isOlderSpelling }) => warnings.length > (isOlderSpelling ? 1 : 0),
  );
  if (older.length > 0) {
    note(
      terminal,
      `warning: ${count(older.length, 'file')} with an older spelling of the name, kept as it is: ${few(older.map(nameOf))}`,
    );
  }
  if (others.length > 0) {
    note(
      terminal,
      `warning: ${count(others.length, 'file')} with something to mend in the metadata: ${few(others.map(nameOf))} (-v says what, of each)`,
    );
  }
}

function few(names: readonly string[]): string {
  const shown = names.slice(0, 4).join(', ');
  return names.length > 4 ? `${shown}, ...` : shown;
}

function nameOf({ offered }: ImportedFile): string {
  return offered.filename;
}

/** The same for scripts. */
export function reportAsJson({
  source,
  target,
  plan,
  result,
  removal,
  failure,
  traffic,
  seconds,
}: ImportReport): object {
  const problems = result?.problems ?? plan.problems;
  return {
    source,
    target,
    dryRun: result === undefined,
    plan: {
      projects: plan.projects.length,
      files: all(plan, 'files').map(({ filename, size }) => ({ filename, size: size ?? null })),
      present: all(plan, 'present').length,
      skipped: all(plan, 'skipped'),
    },
    imported: (result?.imported ?? []).map(({ project, offered, size, sha256, warnings }) => ({
      project,
      filename: offered.filename,
      size,
      sha256,
      warnings,
    })),
    yanked: result?.yanked ?? 0,
    ...(removal === undefined ? {} : { removedFromSource: removal.removed, keptAtSource: removal.kept }),
    ...(traffic === undefined ? {} : { requests: traffic.requests, bytesReceived: traffic.bytesReceived }),
    seconds: Number(seconds.toFixed(3)),
    problems: problems.map(problemAsJson),
    ...(failure instanceof WheelstoreError ? { failure: problemAsJson(failure) } : {}),
  };
}

function problemAsJson({ code, message, value, fix }: WheelstoreError): object {
  return { code, message, value, fix };
}
