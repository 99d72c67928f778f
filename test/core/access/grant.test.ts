import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  checkedTokenName,
  type Grant,
  isExpired,
  normalizedPattern,
  parseGrant,
  serializeGrant,
} from '../../../core/access/grant.ts';
import { generateToken } from '../../../core/access/token.ts';
import { grantKey, matchesPattern } from '../../../core/edge/access.ts';
import { WheelstoreError } from '../../../core/errors.ts';
import { normalizeName } from '../../../core/names.ts';
import { HOSTILE_TEXTS, thrownBy } from '../thrown.ts';
import { grantOf, someGrant, somePattern } from './grants.ts';

function parsed(key: string, text: string): Grant {
  return parseGrant(key, text, (what) => {
    throw new WheelstoreError('corrupt-record', what);
  });
}

/** What is wrong with a grant that has these fields instead of its own. */
function refusalOf(fields: Readonly<Record<string, unknown>>): WheelstoreError {
  const grant = grantOf('ci');
  return thrownBy(() => parsed(grantKey(grant.sha256), JSON.stringify({ ...grant, ...fields })));
}

describe('A grant', () => {
  it('comes back as it was kept, and holds nothing of its token', () => {
    fc.assert(
      fc.property(someGrant, (grant) => {
        const text = serializeGrant(grant);
        expect(parsed(grantKey(grant.sha256), text)).toEqual(grant);
        expect(text).not.toContain('wst_');
        const { expires, projects } = JSON.parse(text) as Grant;
        // What the edge reads of it.
        expect({ expires, projects }).toEqual({ expires: grant.expires, projects: grant.projects });
      }),
    );
  });

  it.each<[string, Readonly<Record<string, unknown>>]>([
    ['no name', { name: undefined }],
    ['a name that is none', { name: 'a b' }],
    ['a token for a name', { name: generateToken() }],
    ['a number for a name', { name: 1 }],
    ['no hash', { sha256: undefined }],
    ['half a hash', { sha256: 'ab' }],
    ['a hash in capitals', { sha256: 'A'.repeat(64) }],
    ['no time', { created: undefined }],
    ['no time that all read alike', { created: '2026-02-30T00:00:00Z' }],
    ['a time in another zone', { created: '2026-01-01T00:00:00+01:00' }],
    ['an end that is none', { expires: 'tomorrow' }],
    ['an end that is null', { expires: null }],
    ['an end on the 31st of April', { expires: '2026-04-31T00:00:00Z' }],
    ['an end at hour 24', { expires: '2026-04-30T24:00:00Z' }],
    ['an empty end', { expires: '' }],
    ['no list of projects', { projects: 'foo' }],
    ['an empty list of projects', { projects: [] }],
    ['a project that is not normalized', { projects: ['Foo'] }],
    ['a number for a project', { projects: [1] }],
    ['null for projects', { projects: null }],
    ['a word for a flag', { retired: 'yes' }],
  ])('is refused with %s', (_, fields) => {
    expect(refusalOf(fields)).toMatchObject({ code: 'corrupt-record' });
  });

  it.each(['', 'null', '[]', '{}', '{"name":"ci"', '\u0000', 'ci'])('is refused as %j', (text) => {
    expect(thrownBy(() => parsed('token-0123456789abcdef', text)).code).toBe('corrupt-record');
  });

  it('is refused under another key than its own', () => {
    const grant = grantOf('ci');
    const other = grantKey(grantOf('ci').sha256);
    expect(thrownBy(() => parsed(other, serializeGrant(grant))).message).toContain(grantKey(grant.sha256));
  });

  it('ends when it says so, and not a moment later', () => {
    const grant = grantOf('ci', { expires: '2026-05-01T00:00:00Z' });
    const end = Date.parse('2026-05-01T00:00:00Z');
    expect(isExpired(grant, new Date(end - 1))).toBe(false);
    expect(isExpired(grant, new Date(end))).toBe(true);
    expect(isExpired(grantOf('ci'), new Date(8.64e15))).toBe(false);
  });
});

describe('The name of a token', () => {
  it.each(['ci', 'CI', '0', 'me@example.com', 'a.b_c+d-e', 'wst_build', 'x'.repeat(64)])(
    'can be %s',
    (name) => {
      expect(checkedTokenName(name)).toBe(name);
    },
  );

  it.each(['', '-ci', '.', 'a b', 'a/b', 'a:b', 'a,b', 'é', 'x'.repeat(65), 'ci\n'])(
    'cannot be %j',
    (name) => {
      expect(thrownBy(() => checkedTokenName(name))).toMatchObject({ code: 'usage', value: name });
    },
  );

  it('is not a token, which no message repeats', () => {
    for (const token of [generateToken(), `x${generateToken()}`, generateToken().slice(0, 40)]) {
      const { code, message, fix, value } = thrownBy(() => checkedTokenName(token));
      expect(code).toBe('usage');
      expect(`${message} ${fix} ${value}`).not.toContain(token.slice(-20));
    }
  });

  it.each(HOSTILE_TEXTS)('is not $what', ({ text }) => {
    expect(thrownBy(() => checkedTokenName(text)).code).toBe('usage');
  });
});

describe('A pattern for projects', () => {
  it.each([
    ['foo', 'foo'],
    ['Acme_*', 'acme-*'],
    ['acme.*', 'acme-*'],
    ['Zope.Interface', 'zope-interface'],
    ['*-internal', '*-internal'],
    ['a**b***c', 'a*b*c'],
    ['a', 'a'],
  ])('is normalized as names are: %s', (given, pattern) => {
    expect(normalizedPattern(given)).toBe(pattern);
  });

  it.each([
    '',
    '-foo',
    'foo-',
    '*-',
    'foo bar',
    'foo,bar',
    'foo/*',
    '[ab]',
    'foo?',
    '!foo',
    '\u212a',
    'fo\u00f6',
  ])('is not %j', (given) => {
    expect(thrownBy(() => normalizedPattern(given))).toMatchObject({ code: 'usage', value: given });
  });

  it.each(['*', '**'])('is not everything: %s', (given) => {
    expect(thrownBy(() => normalizedPattern(given)).fix).toContain('Leave --project out');
  });

  it.each(HOSTILE_TEXTS)('is not $what', ({ text }) => {
    expect(thrownBy(() => normalizedPattern(text)).code).toBe('usage');
  });

  it.each([(token: string) => token, (token: string) => `${token}*`, (token: string) => token.toLowerCase()])(
    'is no token, which would be kept in it',
    (spelled) => {
      const error = thrownBy(() => normalizedPattern(spelled(generateToken())));
      expect(error).toMatchObject({ code: 'usage', message: 'A token is given where a project belongs' });
      expect(`${error.message} ${error.value} ${error.fix}`).not.toMatch(/wst_\w/i);
    },
  );

  it('stays what it is when it is normalized again, and is kept', () => {
    fc.assert(
      fc.property(somePattern, (pattern) => {
        fc.pre(!/^\*+$/.test(pattern));
        expect(normalizedPattern(pattern)).toBe(pattern);
        const grant = grantOf('ci', { projects: [pattern] });
        expect(parsed(grantKey(grant.sha256), serializeGrant(grant))).toEqual(grant);
      }),
    );
  });

  it('without a star means the project of that name, however it is spelt', () => {
    const name = fc.stringMatching(/^[A-Za-z0-9]([A-Za-z0-9._-]{0,20}[A-Za-z0-9])?$/);
    fc.assert(
      fc.property(name, (spelling) => {
        expect(normalizedPattern(spelling)).toBe(normalizeName(spelling));
        expect(matchesPattern(normalizedPattern(spelling), normalizeName(spelling))).toBe(true);
      }),
    );
  });
});
