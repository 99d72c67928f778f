import process from 'node:process';
import { note, type Terminal } from './terminal.ts';
import { INTERRUPTED } from './failure.ts';

/**
 * A signal that Ctrl-C aborts, so that work ends between two steps. A second Ctrl-C ends the process at
 * once, which is safe as well: the same command again completes what is missing.
 */
export function interruptSignal(terminal: Terminal): AbortSignal {
  const controller = new AbortController();
  const interrupt = (): void => {
    if (controller.signal.aborted) process.exit(INTERRUPTED);
    controller.abort();
    // The terminal has put ^C on the current line.
    note(terminal);
    note(terminal, 'Stopping after this step (Ctrl-C again stops at once)');
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  return controller.signal;
}
