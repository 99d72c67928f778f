import { stopIfAborted, type Pacing } from '../../core/environment.ts';
import { isPassing, StatusFailure } from './failures.ts';
import type { Patience } from './patience.ts';

/**
 * Does something again that has failed in passing, after pauses that grow, or that the server asks for.
 *
 * @param describe what to throw in the end
 * @throws what `describe` gives for the last failure; `interrupted`
 */
export async function persistently<T>(
  pacing: Pacing,
  patience: Patience,
  task: () => Promise<T>,
  describe: (error: unknown, attempt: number) => unknown,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    stopIfAborted(pacing);
    try {
      return await task();
    } catch (error) {
      stopIfAborted(pacing);
      if (attempt >= patience.attempts || !isPassing(error)) throw describe(error, attempt);
      await pacing.wait(pauseAfter(error, attempt, pacing.random(), patience));
    }
  }
}

/** Half of it is random, so that what failed together is not tried together. */
function pauseAfter(
  error: unknown,
  attempt: number,
  random: number,
  { pause, longestPause }: Patience,
): number {
  const own = pause * 2 ** (attempt - 1) * (0.5 + random / 2);
  const asked = error instanceof StatusFailure ? (error.retryAfter ?? 0) : 0;
  return Math.min(longestPause, Math.max(own, asked));
}

/** RFC 9110 10.2.3: a number of seconds, or a date. In milliseconds. */
export function retryAfterOf(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d{1,9}$/.test(header.trim())) return Number(header) * 1000;
  const time = Date.parse(header);
  return Number.isNaN(time) ? undefined : Math.max(0, time - now);
}
