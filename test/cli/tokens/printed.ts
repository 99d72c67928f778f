import { expect } from 'vitest';
import { isToken } from '../../../core/access/token.ts';
import type { Ending } from '../../support/command.ts';

/** The one line that a command has printed, which is a token. */
export function tokenIn({ code, stdout }: Ending): string {
  expect(code).toBe(0);
  expect(stdout).toMatch(/^wst_[0-9A-Za-z]{49}\n$/);
  const token = stdout.trimEnd();
  expect(isToken(token)).toBe(true);
  return token;
}
