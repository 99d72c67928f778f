import { WheelstoreError } from '../core/errors.ts';
import { note, styled, type Terminal } from './terminal.ts';
import { VERSION } from './version.ts';

/** What a command ends with when it could not do what it was told. */
export const FAILED = 1;
/** What it ends with when it was told something that makes no sense. */
export const MISUSED = 2;
/** What a shell reports for a process that Ctrl-C has ended. */
export const INTERRUPTED = 130;

/** Tells a failure to the person, and says with which code to exit. */
export function reportFailure(terminal: Terminal, error: unknown): number {
  if (error instanceof WheelstoreError) describe(terminal, error);
  else describeDefect(terminal, error);
  if (terminal.isDebugging) for (const line of traceOf(error).split('\n')) note(terminal, line);
  if (!(error instanceof WheelstoreError)) return FAILED;
  if (error.code === 'usage') return MISUSED;
  return error.code === 'interrupted' ? INTERRUPTED : FAILED;
}

function describe(terminal: Terminal, error: WheelstoreError): void {
  if (error.problems.length === 0) {
    note(terminal, styled('red', 'error:'), ` ${error.message}`);
    if (error.fix !== undefined) note(terminal, `       ${error.fix}`);
    return;
  }
  for (const problem of error.problems) describe(terminal, problem);
}

/** A mistake of ours looks different from a mistake of theirs. */
function describeDefect(terminal: Terminal, error: unknown): void {
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  note(terminal, styled('red', 'defect:'), ` ${message}`);
  note(
    terminal,
    '        This should not happen. Run the command again with --debug and report what it prints.',
  );
  note(
    terminal,
    `        wheelstore ${VERSION}, node ${process.version}, ${process.platform} ${process.arch}`,
  );
}

function traceOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? '' : `\ncaused by: ${traceOf(error.cause)}`;
  const problems =
    error instanceof WheelstoreError ? error.problems.map((problem) => `\n${traceOf(problem)}`) : [];
  return `${error.stack ?? error.message}${cause}${problems.join('')}`;
}
