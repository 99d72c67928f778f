import { WheelstoreError } from './errors.ts';
import type { Reporter } from './reporter.ts';
import type { Store } from './store.ts';

/** What steps that are tried again wait with. */
export interface Pacing {
  /** Resolves after about `milliseconds`. */
  readonly wait: (milliseconds: number) => Promise<void>;
  /** From 0 to 1, exclusive, as `Math.random`. */
  readonly random: () => number;
  /** Aborted when the person wants to stop: nothing new is begun after that. */
  readonly signal?: AbortSignal;
}

/** What a use case works with. Nothing in `core/` reaches the outside but through this. */
export interface Environment extends Pacing {
  readonly store: Store;
  readonly reporter: Reporter;
  /** How many projects, and how many of their files, are worked on at the same time. */
  readonly jobs: number;
}

/** @throws {WheelstoreError} `interrupted` where the person wants to stop */
export function stopIfAborted({ signal }: Pacing): void {
  if (signal?.aborted === true) {
    throw new WheelstoreError('interrupted', 'Interrupted before everything was done', {
      fix: 'Run the same command again: it completes what is missing.',
    });
  }
}

// So many tries that only a store that never lets anyone win ends in an error: of N writers, one wins
// each round.
const MOST_ATTEMPTS = 200;

// Half a round trip or so: one that is much shorter meets the same writers again.
const FIRST_PAUSE = 25;
const LONGEST_PAUSE = 1_000;

/**
 * Waits before attempt number `attempt` (from 1) of a step that another writer's success has undone:
 * a random part of a time that doubles.
 *
 * @throws {WheelstoreError} `contention` after very many attempts, `interrupted`
 */
export async function backOff(environment: Pacing, attempt: number, what: string): Promise<void> {
  stopIfAborted(environment);
  if (attempt >= MOST_ATTEMPTS) {
    throw new WheelstoreError(
      'contention',
      `Other writers changed ${what} ${MOST_ATTEMPTS} times while this one tried`,
      {
        value: what,
        fix: 'Run the same command again when fewer publishers are at work.',
      },
    );
  }
  const longest = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** Math.min(attempt, 10));
  await environment.wait(environment.random() * longest);
}
