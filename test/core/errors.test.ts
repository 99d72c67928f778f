import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { quote, WheelstoreError } from '../../core/errors.ts';

describe('WheelstoreError', () => {
  test('carries the value, the next step, the cause and the single problems', () => {
    const cause = new Error('inner');
    const problem = new WheelstoreError('invalid-name', 'one');
    const error = new WheelstoreError('rejected-files', 'message', {
      value: 'v',
      fix: 'Do this.',
      cause,
      problems: [problem],
    });
    expect(error).toMatchObject({
      code: 'rejected-files',
      message: 'message',
      value: 'v',
      fix: 'Do this.',
      cause,
    });
    expect(error.problems).toEqual([problem]);
    expect(error).toBeInstanceOf(Error);
    expect(error.name).toBe('WheelstoreError');
  });

  test('has no details where it was given none', () => {
    const error = new WheelstoreError('usage', 'message');
    expect(error.value).toBeUndefined();
    expect(error.fix).toBeUndefined();
    expect(error.problems).toEqual([]);
    expect('cause' in error).toBe(false);
  });
});

describe('quote', () => {
  test.each([
    ['plain', '"plain"'],
    ['with "quotes"', '"with \\"quotes\\""'],
    ['two\nlines', '"two\\nlines"'],
    ['\u001b[31mred', '"\\u001b[31mred"'],
    ['\u009b31m', '"\\u009b31m"'],
    ['foo\u202egpj.exe', '"foo\\u202egpj.exe"'],
    ['zero\u200bwidth\ufeff', '"zero\\u200bwidth\\ufeff"'],
    ['\u2028', '"\\u2028"'],
    ['Žluťoučký', '"Žluťoučký"'],
    ['\ud800', '"\\ud800"'],
  ])('shows %j as %s', (value, shown) => {
    expect(quote(value)).toBe(shown);
  });

  test('cuts what is too long', () => {
    expect(quote('x'.repeat(200))).toBe(`"${'x'.repeat(120)}…"`);
    expect(quote('abcdef', 3)).toBe('"abc…"');
    expect(quote('abc', 3)).toBe('"abc"');
  });

  test('never shows a control character or a direction, whatever it is given', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        expect(quote(value)).not.toMatch(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/u);
      }),
    );
  });
});
