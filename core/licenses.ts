import { quote, WheelstoreError } from './errors.ts';

/** What may come next, and how many parentheses are open. */
interface State {
  readonly next: 'license' | 'exception' | 'operator' | 'operator or WITH';
  readonly depth: number;
}

// SPDX: idstring, with the "or later" operator of simple expressions.
const LICENSE = /^[A-Za-z0-9][A-Za-z0-9.-]*\+?$/;
const EXCEPTION = /^[A-Za-z0-9][A-Za-z0-9.-]*$/;

/**
 * Checks the syntax of an SPDX license expression (PEP 639), operators in any case. Whether SPDX knows
 * the identifiers is not checked: its list grows, and a private index is no place to wait for it.
 *
 * @returns the expression with operators in capitals and single spaces
 * @throws {WheelstoreError} `invalid-metadata`
 */
export function parseLicenseExpression(text: string): string {
  const tokens = text.match(/[()]|[^\s()]+/g) ?? [];
  const normalized: string[] = [];
  let state: State = { next: 'license', depth: 0 };
  for (const token of tokens) {
    const after = step(state, token);
    if (after === undefined) throw invalidExpression(text, `${quote(token)} cannot be there`);
    normalized.push(state.next === 'license' || state.next === 'exception' ? token : token.toUpperCase());
    state = after;
  }
  if (state.depth > 0) throw invalidExpression(text, 'a parenthesis is not closed');
  if (!state.next.startsWith('operator')) throw invalidExpression(text, 'it ends too early');
  return normalized.join(' ').replaceAll('( ', '(').replaceAll(' )', ')');
}

function step({ next, depth }: State, token: string): State | undefined {
  switch (next) {
    case 'license':
      if (token === '(') return { next: 'license', depth: depth + 1 };
      return isIdentifier(LICENSE, token) ? { next: 'operator or WITH', depth } : undefined;
    case 'exception':
      return isIdentifier(EXCEPTION, token) ? { next: 'operator', depth } : undefined;
    case 'operator':
    case 'operator or WITH':
      if (token === ')') return depth > 0 ? { next: 'operator', depth: depth - 1 } : undefined;
      if (/^(?:and|or)$/i.test(token)) return { next: 'license', depth };
      if (next === 'operator or WITH' && /^with$/i.test(token)) return { next: 'exception', depth };
      return undefined;
  }
}

function isIdentifier(pattern: RegExp, token: string): boolean {
  return pattern.test(token) && !/^(?:and|or|with)$/i.test(token);
}

function invalidExpression(text: string, problem: string): WheelstoreError {
  return new WheelstoreError('invalid-metadata', `${quote(text)} is not a license expression: ${problem}`, {
    value: text,
    fix: 'Write an SPDX expression, such as "MIT" or "Apache-2.0 OR LicenseRef-Proprietary".',
  });
}
