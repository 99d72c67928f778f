import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { generateToken, hashOfToken, isToken } from '../../../core/access/token.ts';
import { HOSTILE_TEXTS } from '../thrown.ts';

const DIGITS = [...'0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'];

/** Where in a token its random part and its checksum are. */
const [FIRST, LENGTH] = ['wst_'.length, 53];

const someToken = fc.noShrink(fc.constant(undefined).map(generateToken));
const somePlace = fc.integer({ min: FIRST, max: LENGTH - 1 });

describe('A token', () => {
  it('is of letters and digits behind its prefix, and checks itself', () => {
    for (let round = 0; round < 500; round++) {
      const token = generateToken();
      expect(token).toMatch(/^wst_[0-9A-Za-z]{49}$/);
      expect(isToken(token)).toBe(true);
    }
  });

  it('is another one each time, all of whose digits are used', () => {
    const tokens = Array.from({ length: 5_000 }, generateToken);
    expect(new Set(tokens).size).toBe(tokens.length);
    // Without its first digit, which is smaller: 62^43 is not quite a power of two.
    const seen = new Set(tokens.flatMap((token) => token.slice(FIRST + 1, FIRST + 43).split('')));
    expect([...seen].sort()).toEqual([...DIGITS].sort());
  });

  it('with any one character changed is none', () => {
    fc.assert(
      fc.property(someToken, somePlace, fc.constantFrom(...DIGITS), (token, place, digit) => {
        fc.pre(token[place] !== digit);
        expect(isToken(token.slice(0, place) + digit + token.slice(place + 1))).toBe(false);
      }),
      { numRuns: 2_000 },
    );
  });

  it('with any two characters swapped that are side by side is none', () => {
    fc.assert(
      fc.property(someToken, fc.integer({ min: FIRST, max: LENGTH - 2 }), (token, place) => {
        const [one = '', other = ''] = token.slice(place, place + 2);
        fc.pre(one !== other);
        expect(isToken(token.slice(0, place) + other + one + token.slice(place + 2))).toBe(false);
      }),
      { numRuns: 2_000 },
    );
  });

  it('that was not copied whole, or with more than it, is none', () => {
    fc.assert(
      fc.property(someToken, fc.integer({ min: 0, max: LENGTH - 1 }), (token, length) => {
        expect(isToken(token.slice(0, length))).toBe(false);
        expect(isToken(token.slice(length + 1))).toBe(false);
      }),
    );
    const token = generateToken();
    for (const other of [` ${token}`, `${token}\n`, `${token}0`, token.toLowerCase(), token.toUpperCase()]) {
      expect(isToken(other)).toBe(false);
    }
  });

  it.each(HOSTILE_TEXTS)('is not $what', ({ text }) => {
    expect(isToken(text)).toBe(false);
  });

  it('is kept as the hash of all of it', () => {
    const token = generateToken();
    expect(hashOfToken(token)).toBe(createHash('sha256').update(token, 'ascii').digest('hex'));
  });
});
