import process from 'node:process';
import { describe } from 'vitest';

/** Whether tests fail, instead of being skipped, where a program that they need is missing. */
export function isEverythingRequired(): boolean {
  return process.env['WHEELSTORE_TEST_REQUIRE'] === 'all';
}

/** Tests that need something: skipped, with its name, where it is missing. */
export function describeWhere(isPossible: boolean, name: string, needs: string, tests: () => void): void {
  if (isPossible) describe(name, tests);
  else describe.skip(`${name} (skipped: needs ${needs})`, tests);
}
