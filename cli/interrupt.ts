import { setMaxListeners } from 'node:events';
import process from 'node:process';
import { INTERRUPTED } from './failure.ts';
import { note, type Terminal } from './terminal.ts';

/**
 * One Ctrl-C can arrive twice: from the terminal, and from npm, which hands it on. In milliseconds.
 */
const SAME_KEYSTROKE = 300;

/**
 * A signal that Ctrl-C aborts, so that work ends between two steps. A second Ctrl-C ends the process at
 * once, which no repository minds: the same command again completes what is missing.
 *
 * @param stopping tells the person what is going on until then
 */
export function interruptSignal(terminal: Terminal, stopping = 'Stopping after this step'): AbortSignal {
  const controller = new AbortController();
  // Each request that is under way listens; Node would take many of them for a leak, and say so.
  setMaxListeners(0, controller.signal);
  let first = 0;
  const interrupt = (): void => {
    if (controller.signal.aborted) {
      if (performance.now() - first > SAME_KEYSTROKE) process.exit(INTERRUPTED);
      return;
    }
    first = performance.now();
    controller.abort();
    // The terminal has put ^C on the current line.
    note(terminal);
    note(terminal, `${stopping} (Ctrl-C again stops at once)`);
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  return controller.signal;
}

/** Resolves when the signal is aborted. */
export async function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
}
