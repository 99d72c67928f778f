import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isValidName, normalizeName } from '../../core/names.ts';
import { describeWithPackaging, askPackaging } from '../support/python.ts';
import { nearly, samplesOf } from './samples.ts';
import { HOSTILE_TEXTS, thrownBy } from './thrown.ts';

describe('normalizeName', () => {
  test.each([
    ['foo', 'foo'],
    ['Foo', 'foo'],
    ['foo_bar', 'foo-bar'],
    ['Foo.-_.Bar', 'foo-bar'],
    ['zope.interface', 'zope-interface'],
    ['3to2', '3to2'],
    ['a', 'a'],
    ['A--b', 'a-b'],
  ])('makes %s into %s', (name, normalized) => {
    expect(normalizeName(name)).toBe(normalized);
  });

  test.each([
    '-foo',
    'foo-',
    '_foo',
    'foo_',
    '.foo',
    'foo.',
    '.',
    '..',
    'foo bar',
    ' foo',
    'foo\n',
    'foo/bar',
    'foo\\bar',
    'foo+bar',
    'foo!',
    'fo\u00f6',
  ])('refuses %j', (name) => {
    expect(isValidName(name)).toBe(false);
    const error = thrownBy(() => normalizeName(name));
    expect(error.code).toBe('invalid-name');
    expect(error.value).toBe(name);
  });

  test.each([...HOSTILE_TEXTS, { what: '201 characters', text: 'x'.repeat(201) }])(
    'refuses $what',
    ({ text }) => {
      expect(isValidName(text)).toBe(false);
      const error = thrownBy(() => normalizeName(text));
      expect(error.code).toBe('invalid-name');
      expect(error.message.length).toBeLessThan(400);
    },
  );

  test('changes nothing the second time', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[A-Za-z0-9]([A-Za-z0-9._-]{0,30}[A-Za-z0-9])?$/), (name) => {
        const once = normalizeName(name);
        expect(normalizeName(once)).toBe(once);
        expect(once).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
      }),
    );
  });

  test('returns or throws invalid-name, whatever it is given', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 30 }), (name) => {
        if (isValidName(name)) normalizeName(name);
        else expect(thrownBy(() => normalizeName(name)).code).toBe('invalid-name');
      }),
    );
  });
});

describeWithPackaging('normalizeName compared with packaging', () => {
  test('gives the same name, and refuses the same names', () => {
    const name = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,12}$/);
    const names = samplesOf(nearly(name, ' ._-/+!é\u212a\n'), 1000);
    const ours = names.map((text) => (isValidName(text) ? normalizeName(text) : null));
    const script = `
import re
canonical = packaging('.utils').canonicalize_name
valid = re.compile(r'([A-Z0-9]|[A-Z0-9][A-Z0-9._-]*[A-Z0-9])\\Z', re.IGNORECASE | re.ASCII)
answer([canonical(name) if valid.match(name) else None for name in data])
`;
    expect(ours).toEqual(askPackaging(script, names));
  });
});
