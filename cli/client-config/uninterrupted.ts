import process from 'node:process';

/** What ends a process that does not listen for it. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Does something that no signal ends half-way. A signal that comes meanwhile is not heard of afterwards
 * either: by then, what it was to prevent has happened.
 *
 * @param work must not wait for anything
 */
export function uninterrupted<T>(work: () => T): T {
  for (const signal of SIGNALS) process.on(signal, ignore);
  try {
    return work();
  } finally {
    for (const signal of SIGNALS) process.off(signal, ignore);
  }
}

function ignore(): void {}
