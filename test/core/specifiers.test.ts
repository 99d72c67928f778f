import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { WheelstoreError } from '../../core/errors.ts';
import { parseSpecifierSet } from '../../core/specifiers.ts';
import { askPackaging, describeWithPackaging } from '../support/python.ts';
import { nearly, samplesOf, specifierSet } from './samples.ts';
import { HOSTILE_TEXTS, thrownBy } from './thrown.ts';

describe('parseSpecifierSet', () => {
  test.each([
    ['', ''],
    [' ', ''],
    ['>=3.8', '>=3.8'],
    [' >= 3.8 , != 3.9.* ', '>=3.8,!=3.9.*'],
    ['>=2.7, !=3.0.*, !=3.1.*, <4', '>=2.7,!=3.0.*,!=3.1.*,<4'],
    ['~=3.7', '~=3.7'],
    ['~=3.7.1rc1', '~=3.7.1rc1'],
    ['~=1!3.7', '~=1!3.7'],
    ['==1.0+local.1', '==1.0+local.1'],
    ['!=v1.0-ALPHA', '!=v1.0-ALPHA'],
    ['===anything-at_all<', '===anything-at_all<'],
    ['>=3.6,', '>=3.6'],
    [',>=3.6,,<4,', '>=3.6,<4'],
    ['>=3.6,\n  <4', '>=3.6,<4'],
    ['>2.0.dev1', '>2.0.dev1'],
  ])('reads %j as %s', (text, normalized) => {
    expect(parseSpecifierSet(text)).toBe(normalized);
  });

  test.each([
    ['3.8', /does not start with/],
    ['=3.8', /does not start with/],
    ['=>3.8', /does not start with/],
    ['>=3.8 <4', /no valid version/],
    ['>=', /no valid version/],
    ['>=3.x', /no valid version/],
    ['><3', /no valid version/],
    ['~=3', /at least two parts/],
    ['~=3.post1', /at least two parts/],
    ['~=3.7.*', /only == and !=/],
    ['>=3.6.*', /only == and !=/],
    ['>=1.0+local', /local version/],
    ['~=1.0+local', /local version/],
    ['==1.0a1.*', /before "\.\*"/],
    ['==1.0+local.*', /before "\.\*"/],
    ['==*', /no valid version/],
    ['==.*', /before "\.\*"/],
    ['===', /after ===/],
    ['===a b', /after ===/],
    ['===a;b', /after ===/],
    ['===a)', /after ===/],
    ['===\u0000', /after ===/],
    ['===é', /after ===/],
    ['>=3.8,foo', /does not start with/],
    ['>=3.8\u200b', /no valid version/],
  ])('refuses %j', (text, message) => {
    const error = thrownBy(() => parseSpecifierSet(text));
    expect(error.code).toBe('invalid-metadata');
    expect(error.message).toMatch(message);
  });

  test.each([
    ['>=3.6.*', '">=3.6"'],
    ['>=1.0+local', '">=1.0"'],
    ['~=3', '">=3" or "~=3.0"'],
  ])('says what to write instead of %s', (text, fix) => {
    expect(thrownBy(() => parseSpecifierSet(text)).fix).toContain(fix);
  });

  test.each(HOSTILE_TEXTS.filter(({ text }) => text !== ''))('refuses $what', ({ text }) => {
    for (const hostile of [text, `>=${text}`, `>=1,${text}`]) {
      const error = thrownBy(() => parseSpecifierSet(hostile));
      expect(error.code).toBe('invalid-metadata');
      expect(error.message.length).toBeLessThan(500);
    }
  });

  test('returns or throws invalid-metadata, and reads its own result again unchanged', () => {
    const anything = fc.oneof(fc.string({ unit: 'binary' }), nearly(specifierSet, ' ,.!+-_*=<>~x\n\0é;)'));
    fc.assert(
      fc.property(anything, (text) => {
        try {
          const normalized = parseSpecifierSet(text);
          expect(parseSpecifierSet(normalized)).toBe(normalized);
        } catch (error) {
          if (!(error instanceof WheelstoreError)) throw error;
          expect(error.code).toBe('invalid-metadata');
        }
      }),
      { numRuns: 1000 },
    );
  });
});

describeWithPackaging('specifiers compared with packaging', () => {
  // `packaging` takes these; PEP 440 gives no meaning to them.
  const isKnownDifference = (text: string) => /===\s*(?:,|$)|===[^,]*[^\x20-\x7e,]/.test(text);

  test('are read the same, and the same texts are refused', () => {
    const samples = samplesOf(nearly(specifierSet, ' ,.!+-_*=<>~x1aé\n;)('), 4000);
    const texts = samples.filter((text) => !isKnownDifference(text));
    const ours = texts.map((text) => {
      try {
        return [text, parseSpecifierSet(text)];
      } catch {
        return [text, null];
      }
    });
    const script = `
specifiers = packaging('.specifiers')
def read(text):
    try:
        specifiers.SpecifierSet(text)
        return ','.join(str(specifiers.Specifier(part)) for part in text.split(',') if part.strip())
    except specifiers.InvalidSpecifier:
        return None
answer([[text, read(text)] for text in data])
`;
    expect(ours).toEqual(askPackaging(script, texts));
    expect(ours.filter(([, result]) => result !== null).length).toBeGreaterThan(1000);
  });
});
