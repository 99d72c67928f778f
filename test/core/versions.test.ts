import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareVersions, isNormalVersion, isVersion, parseVersion } from '../../core/versions.ts';
import { askPackaging, describeWithPackaging } from '../support/python.ts';
import { nearly, samplesOf, spelledVersion } from './samples.ts';
import { HOSTILE_TEXTS, thrownBy } from './thrown.ts';

function sorted(versions: readonly string[]): string[] {
  return versions.toSorted((a, b) => compareVersions(parseVersion(a), parseVersion(b)));
}

describe('parseVersion', () => {
  test.each([
    ['1.0', '1.0'],
    ['v1.0-ALPHA.1', '1.0a1'],
    [' \t\n1.0\r\n', '1.0'],
    ['1.1RC1', '1.1rc1'],
    ['00', '0'],
    ['09000', '9000'],
    ['1.0+foo0100', '1.0+foo0100'],
    ['1.0+0100', '1.0+100'],
    ['1.1.a1', '1.1a1'],
    ['1.1-a1', '1.1a1'],
    ['1.1_a_1', '1.1a1'],
    ['1.1alpha', '1.1a0'],
    ['1.1beta2', '1.1b2'],
    ['1.1c3', '1.1rc3'],
    ['1.1pre4', '1.1rc4'],
    ['1.1preview5', '1.1rc5'],
    ['1.2a', '1.2a0'],
    ['1.2-post2', '1.2.post2'],
    ['1.2post2', '1.2.post2'],
    ['1.2.post-2', '1.2.post2'],
    ['1.0-r4', '1.0.post4'],
    ['1.0.rev', '1.0.post0'],
    ['1.0-1', '1.0.post1'],
    ['1.0_1', undefined],
    ['1.2-dev2', '1.2.dev2'],
    ['1.2.dev', '1.2.dev0'],
    ['1.0+ubuntu-1', '1.0+ubuntu.1'],
    ['1.0+Ubuntu_1', '1.0+ubuntu.1'],
    ['0!1.0', '1.0'],
    ['01!1.0', '1!1.0'],
    ['1!2.0.0b3.post4.dev5+6.seven', '1!2.0.0b3.post4.dev5+6.seven'],
    ['20240131123456789012345', '20240131123456789012345'],
  ])('reads %j as %s', (text, normalized) => {
    expect(isVersion(text)).toBe(normalized !== undefined);
    if (normalized !== undefined) expect(parseVersion(text).normalized).toBe(normalized);
  });

  test.each([
    ['1.0', '1.0.0', true],
    ['1', '1.0.0.0', true],
    ['0', '0.0', true],
    ['1.0a', '1.0.0ALPHA0', true],
    ['1.0.post1', '1-1', true],
    ['1.0+abc.1', '1+ABC-01', true],
    ['1.0', '1.0+abc', false],
    ['1.0', '1.0.post0', false],
    ['1.0', '1.0.1', false],
    ['10', '1.0', false],
    ['1!1.0', '1.0', false],
    ['1.0+1', '1.0+1.0', false],
  ])('gives %s and %s the same key: %s', (a, b, isSame) => {
    expect(parseVersion(a).key === parseVersion(b).key).toBe(isSame);
  });

  test('tells a pre-release, which a developmental release is and a post-release is not', () => {
    const isPrerelease = (text: string) => parseVersion(text).isPrerelease;
    expect(['1a1', '1rc1', '1.dev0', '1.post1.dev1', '1a1.post1'].map(isPrerelease)).not.toContain(false);
    expect(['1', '1.post1', '1+dev', '1+a1'].map(isPrerelease)).not.toContain(true);
  });

  test('tells the local version label', () => {
    expect(parseVersion('2.1+CU-0121').local).toBe('cu.121');
    expect(parseVersion('2.1').local).toBeUndefined();
  });

  test.each([
    '1.0.*',
    '1.0.x',
    '1..0',
    '.1',
    '1.',
    '1.0+',
    '1.0+a..b',
    '1.0++a',
    '1.0+a+b',
    '1.0a1b2',
    '1.0-x',
    '-1',
    'french toast',
    '1 .0',
    '1.0 a1',
    '1!2!3',
    '!1',
    '1.0\0',
    '１.０',
    '1.0ſ',
    '1.0po\u017ft1',
  ])('refuses %j', (text) => {
    expect(isVersion(text)).toBe(false);
    const error = thrownBy(() => parseVersion(text));
    expect(error.code).toBe('invalid-version');
    expect(error.value).toBe(text);
  });

  test.each([...HOSTILE_TEXTS, { what: '256 characters', text: `1.${'0'.repeat(254)}` }])(
    'refuses $what',
    ({ text }) => {
      expect(isVersion(text)).toBe(false);
      const error = thrownBy(() => parseVersion(text));
      expect(error.code).toBe('invalid-version');
      expect(error.message.length).toBeLessThan(400);
    },
  );

  test('reads its own normal form and key again, unchanged', () => {
    fc.assert(
      fc.property(spelledVersion, (text) => {
        const version = parseVersion(text);
        expect(parseVersion(version.normalized)).toEqual(version);
        expect(parseVersion(version.key).key).toBe(version.key);
        expect(compareVersions(parseVersion(version.key), version)).toBe(0);
      }),
    );
  });

  test('knows a normal form without reading the version', () => {
    const isNormal = (text: string): boolean => isVersion(text) && parseVersion(text).normalized === text;
    const texts = nearly(
      fc.oneof(
        spelledVersion,
        spelledVersion.map((text) => parseVersion(text).normalized),
      ),
      '01a.+!-_ \nZ',
    );
    fc.assert(
      fc.property(texts, (text) => {
        expect(isNormalVersion(text)).toBe(isNormal(text));
      }),
      { numRuns: 2000 },
    );
    const edges = ['0!1', '1!0', '1.0+0', '1.0+00', '1.0+0a', '1.0+1.a', '1.0\n', `1.${'1'.repeat(253)}`, ''];
    for (const text of [...edges, `1.${'1'.repeat(254)}`]) expect(isNormalVersion(text)).toBe(isNormal(text));
  });

  test('returns or throws invalid-version, whatever it is given', () => {
    const anything = fc.oneof(fc.string({ unit: 'binary' }), nearly(spelledVersion, ' .!+-_*x\n\0é'));
    fc.assert(
      fc.property(anything, (text) => {
        if (isVersion(text)) parseVersion(text);
        else expect(thrownBy(() => parseVersion(text)).code).toBe('invalid-version');
      }),
    );
  });
});

describe('compareVersions', () => {
  test.each([
    {
      name: 'the suffixes of PEP 440, as in its summary',
      versions: [
        '1.dev0',
        '1.0.dev456',
        '1.0a1',
        '1.0a2.dev456',
        '1.0a12.dev456',
        '1.0a12',
        '1.0b1.dev456',
        '1.0b2',
        '1.0b2.post345.dev456',
        '1.0b2.post345',
        '1.0rc1.dev456',
        '1.0rc1',
        '1.0',
        '1.0+abc.5',
        '1.0+abc.7',
        '1.0+5',
        '1.0.post456.dev34',
        '1.0.post456',
        '1.0.15',
        '1.1.dev1',
      ],
    },
    {
      name: 'numbers by value',
      versions: ['0.9', '0.9.1', '0.9.2', '0.9.10', '0.9.11', '1.0', '1.0.1', '1.1', '2.0', '10'],
    },
    { name: 'epochs first', versions: ['2013.10', '2014.04', '1!1.0', '1!1.1', '10!0'] },
    { name: 'pre-releases by phase', versions: ['4.3a2', '4.3b2', '4.3rc2', '4.3'] },
    {
      name: 'integers beyond what a JavaScript number holds',
      versions: [
        '9007199254740992',
        '9007199254740993',
        '9007199254740994',
        '20240131000000000000',
        '100000000000000000000',
      ],
    },
    {
      name: 'local version labels',
      versions: [
        '1',
        '1+a',
        '1+a.b',
        '1+a.1',
        '1+ab',
        '1+b',
        '1+1',
        '1+1.a',
        '1+1.0',
        '1+2',
        '1+10',
        '1.post0.dev0',
        '1.post0',
      ],
    },
  ])('sorts $name', ({ versions }) => {
    expect(sorted(versions.toReversed())).toEqual(versions);
  });

  test('is a total order, zero exactly where the keys are equal', () => {
    fc.assert(
      fc.property(fc.tuple(spelledVersion, spelledVersion, spelledVersion), (texts) => {
        const [a, b, c] = texts.map(parseVersion).sort(compareVersions) as Triple;
        expect(compareVersions(a, b)).toBe(-compareVersions(b, a) + 0);
        expect(compareVersions(a, c)).toBeLessThanOrEqual(0);
        expect(compareVersions(a, b) === 0).toBe(a.key === b.key);
        expect(compareVersions(a, a)).toBe(0);
      }),
      { numRuns: 1000 },
    );
  });

  test('sorts ten thousand versions', () => {
    const versions = Array.from({ length: 10_000 }, (_, index) => `${index % 7}.${index}.0rc${index % 3}`);
    const parsed = versions.map(parseVersion).sort(compareVersions);
    expect(
      parsed.every(
        (version, index) => index === 0 || compareVersions(parsed[index - 1] ?? version, version) <= 0,
      ),
    ).toBe(true);
  });
});

type Triple = [
  ReturnType<typeof parseVersion>,
  ReturnType<typeof parseVersion>,
  ReturnType<typeof parseVersion>,
];

describeWithPackaging('versions compared with packaging', () => {
  // Not compared, on purpose: more than 255 characters, which only packaging takes; and at the ends
  // U+001C to U+001F and U+0085, which are white space in Python only, and U+FEFF, in JavaScript only.
  const texts = samplesOf(nearly(spelledVersion, ' .!+-_*x1aé\u0130\n\t'), 4000);

  test('have the same normal form, key and kind, and the same texts are refused', () => {
    const ours = texts.map((text) => {
      if (!isVersion(text)) return null;
      const { normalized, key, isPrerelease, local } = parseVersion(text);
      return [normalized, key, isPrerelease, local ?? null];
    });
    const script = `
version = packaging('.version')
canonical = packaging('.utils').canonicalize_version
def read(text):
    try:
        parsed = version.Version(text)
    except version.InvalidVersion:
        return None
    return [str(parsed), canonical(str(parsed)), parsed.is_prerelease, parsed.local]
answer([read(text) for text in data])
`;
    const theirs = askPackaging(script, texts);
    expect(texts.map((text, index) => [text, ours[index]])).toEqual(
      texts.map((text, index) => [text, (theirs as unknown[])[index]]),
    );
    expect(ours.filter((version) => version === null).length).toBeGreaterThan(200);
  });

  test('sort the same', () => {
    const valid = texts.filter(isVersion).map((text) => parseVersion(text).normalized);
    const theirs = askPackaging(`answer(sorted(data, key=packaging('.version').Version))`, valid);
    expect(sorted(valid)).toEqual(theirs);
  });
});
