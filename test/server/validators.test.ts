import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allowsRange, type Conditions, entityTag, evaluate } from '../../server/validators.ts';

const validators = { etag: '"v1"', lastModified: new Date('2024-05-06T07:08:09.900Z') };
const LATER = new Date('2024-05-07T00:00:00Z');

const SAME = 'Mon, 06 May 2024 07:08:09 GMT';
const BEFORE = 'Mon, 06 May 2024 07:08:08 GMT';
const AFTER = 'Mon, 06 May 2024 07:08:10 GMT';

const conditions: [conditions: Conditions, status: 200 | 304 | 412][] = [
  [{}, 200],
  [{ 'if-none-match': '"v1"' }, 304],
  [{ 'if-none-match': 'W/"v1"' }, 304],
  [{ 'if-none-match': '"v0", "v1"' }, 304],
  [{ 'if-none-match': '"v0",W/"v1","v2"' }, 304],
  [{ 'if-none-match': '*' }, 304],
  [{ 'if-none-match': ' * ' }, 304],
  [{ 'if-none-match': '"v2"' }, 200],
  [{ 'if-none-match': 'v1' }, 200],
  [{ 'if-none-match': '' }, 200],
  [{ 'if-none-match': '"a,"v1""' }, 200],
  [{ 'if-modified-since': SAME }, 304],
  [{ 'if-modified-since': AFTER }, 304],
  [{ 'if-modified-since': BEFORE }, 200],
  [{ 'if-modified-since': 'Monday, 06-May-24 07:08:09 GMT' }, 304],
  [{ 'if-modified-since': 'Mon May  6 07:08:09 2024' }, 304],
  [{ 'if-modified-since': 'yesterday' }, 200],
  [{ 'if-modified-since': '' }, 200],
  [{ 'if-none-match': '"v2"', 'if-modified-since': AFTER }, 200],
  [{ 'if-none-match': '"v1"', 'if-modified-since': BEFORE }, 304],
  [{ 'if-match': '"v1"' }, 200],
  [{ 'if-match': '*' }, 200],
  [{ 'if-match': '"v0", "v1"' }, 200],
  [{ 'if-match': 'W/"v1"' }, 412],
  [{ 'if-match': '"v2"' }, 412],
  [{ 'if-match': '"v1"', 'if-none-match': '"v1"' }, 304],
  [{ 'if-match': '"v2"', 'if-none-match': '"v1"' }, 412],
  [{ 'if-unmodified-since': SAME }, 200],
  [{ 'if-unmodified-since': BEFORE }, 412],
  [{ 'if-unmodified-since': 'never' }, 200],
  [{ 'if-match': '"v1"', 'if-unmodified-since': BEFORE }, 200],
];

const ranges: [ifRange: string | undefined, isAllowed: boolean][] = [
  [undefined, true],
  ['"v1"', true],
  [' "v1" ', true],
  ['W/"v1"', false],
  ['"v2"', false],
  ['v1', false],
  ['', false],
  [SAME, true],
  [BEFORE, false],
  [AFTER, false],
];

describe('The conditions of a request', () => {
  it.each(conditions)('%o come to %d', (given, status) => {
    expect(evaluate(given, validators)).toBe(status);
  });

  it.each(ranges)('If-Range: %s allows a range: %s', (ifRange, isAllowed) => {
    expect(allowsRange(ifRange, validators, LATER)).toBe(isAllowed);
  });

  it('do not take a date for a version within the second in which it was made', () => {
    expect(allowsRange(SAME, validators, validators.lastModified)).toBe(false);
  });
});

describe('An entity tag', () => {
  it('is the ETag of the store in quotes', () => {
    expect(entityTag('3-abc.1')).toBe('"3-abc.1"');
  });

  it('may stand in a header, is found by If-None-Match, and is another for another ETag', () => {
    const etag = fc.oneof(fc.string({ unit: 'binary' }), fc.string());
    fc.assert(
      fc.property(etag, etag, (one, other) => {
        const tag = entityTag(one);
        expect(tag).toMatch(/^"[!#-~]*"$/);
        expect(evaluate({ 'if-none-match': `"x", ${tag}` }, { ...validators, etag: tag })).toBe(304);
        expect(entityTag(other) === tag).toBe(other === one);
      }),
    );
  });
});
