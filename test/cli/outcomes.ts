import { expect } from 'vitest';
import type { Ending } from '../support/command.ts';

/**
 * A command that refused: it says what is wrong and, on a line of its own, what to do; it prints no
 * result, no stack trace, and does not take the blame.
 */
export function expectRefusal(ending: Ending, code: 1 | 2, ...texts: readonly (string | RegExp)[]): void {
  expect(ending).toMatchObject({ code, signal: null, stdout: '' });
  expectExplanation(ending, ...texts);
}

/** What stderr has for a command that failed on purpose. */
export function expectExplanation({ stderr }: Ending, ...texts: readonly (string | RegExp)[]): void {
  for (const text of texts) expect(stderr).toMatch(text instanceof RegExp ? text : containing(text));
  expect(stderr).not.toMatch(/^ {4}at /m);
  expect(stderr).not.toContain('defect:');
  expect(stderr).toMatch(/^error: \S.*\n {7}\S.*\n|^error: .*\n(?:\(Did you mean .*\n)?\(add --help/m);
}

function containing(text: string): RegExp {
  return new RegExp(text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
}

/** The JSON that a command has printed, which is all that it printed there. */
export function jsonOf({ stdout }: Ending): unknown {
  return JSON.parse(stdout);
}
