import { expect } from 'vitest';
import type { Ending } from '../support/command.ts';
import { jsonOf } from './outcomes.ts';

interface Shown {
  readonly repository: string;
  readonly healthy: boolean;
  readonly checks: readonly {
    readonly name: string;
    readonly outcome: string;
    readonly message: string;
    readonly fix: string | null;
  }[];
}

/** What `doctor --json` says, with the outcome of each check. */
export function shown(ending: Ending): Shown & { readonly outcomes: Readonly<Record<string, string>> } {
  expect(ending.stderr).toBe('');
  const report = jsonOf(ending) as Shown;
  const outcomes = Object.fromEntries(report.checks.map(({ name, outcome }) => [name, outcome]));
  return { ...report, outcomes };
}
