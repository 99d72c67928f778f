import { WheelstoreError } from '../core/errors.ts';

/** Is told, a line at a time, what is being done. */
export type Explain = (line: string) => void;

/** Tells what came of `what`, and how long it has taken. */
export function sayOutcome(explain: Explain, what: string, outcome: string, since: number): void {
  explain(`${what}: ${outcome}, ${(performance.now() - since).toFixed(1)} ms`);
}

/** Does `work`, and tells what came of it, however it ends. */
export async function explainedWork<T>(
  explain: Explain,
  what: string,
  work: () => Promise<T>,
  outcomeOf: (result: T) => string,
): Promise<T> {
  const since = performance.now();
  try {
    const result = await work();
    sayOutcome(explain, what, outcomeOf(result), since);
    return result;
  } catch (error) {
    sayOutcome(explain, what, failureOf(error), since);
    throw error;
  }
}

/** The message follows when the command ends. */
export function failureOf(error: unknown): string {
  return `failed (${error instanceof WheelstoreError ? error.code : 'defect'})`;
}
