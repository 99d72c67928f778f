import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { WheelstoreError } from '../../core/errors.ts';
import { parseLicenseExpression } from '../../core/licenses.ts';
import { thrownBy } from './thrown.ts';

describe('parseLicenseExpression', () => {
  test.each([
    ['MIT', 'MIT'],
    [' MIT ', 'MIT'],
    ['MIT or Apache-2.0', 'MIT OR Apache-2.0'],
    ['GPL-2.0-only WITH Classpath-exception-2.0', 'GPL-2.0-only WITH Classpath-exception-2.0'],
    ['GPL-2.0+', 'GPL-2.0+'],
    ['MIT and (Apache-2.0 or( BSD-3-Clause ))', 'MIT AND (Apache-2.0 OR (BSD-3-Clause))'],
    ['LicenseRef-Proprietary', 'LicenseRef-Proprietary'],
    ['(mit With x) AND 0BSD', '(mit WITH x) AND 0BSD'],
  ])('reads %j', (text, normalized) => {
    expect(parseLicenseExpression(text)).toBe(normalized);
  });

  test.each([
    '',
    ' ',
    'MIT License',
    'MIT OR',
    'OR MIT',
    'MIT AND OR MIT',
    'MIT WITH',
    'MIT WITH (x)',
    'MIT WITH x WITH y',
    '(MIT) WITH x',
    'MIT WITH x+',
    '(MIT',
    'MIT)',
    '()',
    'MIT (Apache-2.0)',
    'MIT, Apache-2.0',
    'MIT/Apache-2.0',
    'GPL 3',
    'GPL-2.0++',
    'LicenseRef_x',
    'https://example.com/LICENSE',
    '<b>MIT</b>',
    'M\u0406T',
    'MIT\0',
    '('.repeat(100_000),
  ])('refuses %.40j', (text) => {
    expect(thrownBy(() => parseLicenseExpression(text)).code).toBe('invalid-metadata');
  });

  test('reads its own result again, and throws nothing but invalid-metadata', () => {
    const token = fc.constantFrom('MIT', 'GPL-2.0+', 'and', 'OR', 'with', '(', ')', 'x y', '');
    fc.assert(
      fc.property(
        fc.array(token).map((tokens) => tokens.join(' ')),
        (text) => {
          try {
            const normalized = parseLicenseExpression(text);
            expect(parseLicenseExpression(normalized)).toBe(normalized);
          } catch (error) {
            if (!(error instanceof WheelstoreError)) throw error;
            expect(error.code).toBe('invalid-metadata');
          }
        },
      ),
      { numRuns: 1000 },
    );
  });
});
