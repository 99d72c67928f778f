import fc from 'fast-check';
import { type Grant, toTimestamp } from '../../../core/access/grant.ts';
import { generateToken, hashOfToken } from '../../../core/access/token.ts';

/** A grant of a token that nobody has; `facts` makes it another one. */
export function grantOf(name: string, facts: Partial<Grant> = {}): Grant {
  return { name, sha256: hashOfToken(generateToken()), created: '2026-01-31T12:00:00Z', ...facts };
}

const LETTERS = [...'abcdefghijklmnopqrstuvwxyz0123456789'];

const someTime = fc
  .date({ min: new Date(0), max: new Date('9999-12-31T23:59:59Z'), noInvalidDate: true })
  .map(toTimestamp);

/** A pattern for projects as `normalizedPattern` gives them. */
export const somePattern = fc
  .tuple(
    fc.constantFrom(...LETTERS),
    fc.array(fc.constantFrom('*', '-', ...LETTERS), { maxLength: 20 }),
    fc.constantFrom('*', ...LETTERS),
  )
  .map(([first, inner, last]) => `${first}${inner.join('')}${last}`.replace(/-+/g, '-').replace(/\*+/g, '*'));

/** Any grant that could have been made. */
export const someGrant: fc.Arbitrary<Grant> = fc
  .record({
    name: fc
      .array(fc.constantFrom(...LETTERS, 'A', 'Z', '.', '_', '@', '+', '-'), { maxLength: 15 })
      .map((letters) => `n${letters.join('')}`),
    created: someTime,
    expires: fc.option(someTime, { nil: undefined }),
    projects: fc.option(fc.array(somePattern, { minLength: 1, maxLength: 5 }), { nil: undefined }),
    retired: fc.option(fc.constant(true as const), { nil: undefined }),
  })
  .map(({ expires, projects, retired, ...facts }) => ({
    ...facts,
    sha256: hashOfToken(generateToken()),
    ...(expires && { expires }),
    ...(projects && { projects }),
    ...(retired && { retired }),
  }));
