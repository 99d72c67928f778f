import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matchesPattern } from '../../../core/edge/access.ts';

describe('A pattern for projects', () => {
  it.each([
    ['foo', 'foo', true],
    ['foo', 'foo-bar', false],
    ['foo', 'fo', false],
    ['*', '', true],
    ['*', 'anything', true],
    ['acme-*', 'acme-', true],
    ['acme-*', 'acme', false],
    ['*-core', 'acme-core', true],
    ['*-core', 'core', false],
    ['a*a', 'a', false],
    ['a*a', 'aa', true],
    ['ab*ba', 'aba', false],
    ['a*b*c', 'a-b-b-c', true],
    ['a*b*c', 'a-c-b', false],
    ['a*bc*c', 'abc', false],
    ['a*bc*c', 'abcc', true],
    ['*a*', 'bab', true],
    ['*a*', 'bbb', false],
    ['a.c', 'abc', false],
    ['[a-z]', 'a', false],
    ['', '', true],
    ['', 'a', false],
  ])('%j says of %j: %s', (pattern, name, expected) => {
    expect(matchesPattern(pattern, name)).toBe(expected);
  });

  it('means what a regular expression with .* in its place means', () => {
    const few = (characters: string): fc.Arbitrary<string> =>
      fc.string({ unit: fc.constantFrom(...characters), maxLength: 12 });
    fc.assert(
      fc.property(few('aab-*'), few('aab-'), (pattern, name) => {
        const literal = pattern.split('*').map((part) => part.replaceAll('-', '\\-'));
        const expected = new RegExp(`^${literal.join('.*')}$`).test(name);
        expect(matchesPattern(pattern, name)).toBe(expected);
      }),
      { numRuns: 5_000 },
    );
  });

  it('describes what is put together from it', () => {
    const part = fc.stringMatching(/^[a-z0-9-]{0,8}$/);
    fc.assert(
      fc.property(
        fc.array(part, { minLength: 1, maxLength: 5 }),
        fc.array(part, { minLength: 5 }),
        (parts, more) => {
          const name = parts
            .map((one, index) => one + (index < parts.length - 1 ? more[index] : ''))
            .join('');
          expect(matchesPattern(parts.join('*'), name)).toBe(true);
        },
      ),
    );
  });

  it('takes no long time for a name of a length that URLs have, however it is made', () => {
    const pattern = `${'*a'.repeat(500)}*b`;
    expect(matchesPattern(pattern, 'a'.repeat(8_000))).toBe(false);
  });
});
