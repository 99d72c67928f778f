import { WheelstoreError } from '../../core/errors.ts';
import { mapBounded } from '../../core/parallel.ts';

/** How a check has ended. Only a failure says that publishing or installing does not work. */
export type Outcome = 'ok' | 'warning' | 'failure' | 'skipped';

export interface Verdict {
  readonly outcome: Outcome;
  readonly message: string;
  /** The next step, where there is one to take. */
  readonly fix?: string;
}

/** What a check has found. */
export interface Finding extends Verdict {
  readonly name: string;
}

/** One thing to look at. It changes nothing that is still there afterwards. */
export interface Check {
  /** For people and scripts: `bucket`. */
  readonly name: string;
  /** Throws what it cannot do anything about: that is a failure. */
  readonly look: () => Promise<Verdict>;
}

/** Checks that say nothing where another one has failed. */
export interface Section {
  readonly gate: Check;
  readonly checks: readonly Check[];
}

export const ok = (message: string): Verdict => ({ outcome: 'ok', message });
export const skipped = (message: string): Verdict => ({ outcome: 'skipped', message });
export const warning = (message: string, fix: string): Verdict => ({ outcome: 'warning', message, fix });
export const failure = (message: string, fix: string): Verdict => ({ outcome: 'failure', message, fix });

/** Looks at all of a section, at most `jobs` things at a time. */
export async function examine({ gate, checks }: Section, jobs: number): Promise<Finding[]> {
  const first = await lookAt(gate);
  if (first.outcome !== 'failure') return [first, ...(await examineAll(checks, jobs))];
  return [first, ...checks.map(({ name }) => ({ name, ...skipped(`not looked at: see ${gate.name}`) }))];
}

export function examineAll(checks: readonly Check[], jobs: number): Promise<Finding[]> {
  return mapBounded(checks, jobs, lookAt);
}

async function lookAt({ name, look }: Check): Promise<Finding> {
  try {
    return { name, ...(await look()) };
  } catch (error) {
    return { name, ...verdictOn(error) };
  }
}

/** A failure that was foreseen is a finding. What was not is a defect, and thrown on. */
export function verdictOn(error: unknown): Verdict {
  if (!(error instanceof WheelstoreError)) throw error;
  const { message, fix } = error;
  return { outcome: 'failure', message, ...(fix === undefined ? {} : { fix }) };
}

/** Who may not look at a setting cannot say that it is wrong. */
export async function unlessDenied(look: () => Promise<Verdict>): Promise<Verdict> {
  try {
    return await look();
  } catch (error) {
    if (!(error instanceof WheelstoreError) || error.code !== 'access-denied') throw error;
    return { ...verdictOn(error), outcome: 'warning' };
  }
}
