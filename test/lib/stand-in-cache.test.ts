import { describe, expect, it } from 'vitest';
import { Cache } from '../support/cloudfront/cache.ts';
import { Clock } from '../support/cloudfront/clock.ts';
import { errorTtlOf, freshnessOf } from '../support/cloudfront/freshness.ts';

const NOW = Date.parse('2026-01-31T12:00:00Z');

/** A policy of minimum, default and maximum, what the origin says, and for how long that counts. */
const TTLS: readonly (readonly [
  policy: string,
  header: string,
  value: string,
  seconds: number | 'not kept',
])[] = [
  ['0 60 3600', 'x-none', '', 60],
  ['0 60 3600', 'cache-control', 'max-age=30', 30],
  ['0 60 3600', 'cache-control', 'max-age=0, must-revalidate', 0],
  ['0 60 3600', 'cache-control', 'max-age=86400', 3600],
  ['0 60 3600', 'cache-control', 'max-age=30, S-MaxAge=90', 90],
  ['0 60 3600', 'cache-control', 'max-age=soon', 60],
  ['0 60 3600', 'cache-control', 'no-store', 'not kept'],
  ['0 60 3600', 'cache-control', 'private, max-age=30', 'not kept'],
  ['0 60 3600', 'cache-control', 'no-cache', 'not kept'],
  ['10 60 3600', 'cache-control', 'max-age=0', 10],
  ['10 60 3600', 'cache-control', 'no-store', 10],
  ['0 60 3600', 'expires', 'Sat, 31 Jan 2026 12:02:00 GMT', 120],
  ['0 60 3600', 'expires', 'Sat, 31 Jan 2026 11:00:00 GMT', 0],
  ['0 60 3600', 'expires', '0', 0],
];

describe('The cache of the stand-in for CloudFront', () => {
  it.each(TTLS)('with %s, keeps "%s: %s" for %s', (policy, header, value, expected) => {
    const [min = 0, byDefault = 0, max = 0] = policy.split(' ').map(Number);
    const { isKept, ttl } = freshnessOf(new Map([[header, value]]), { min, default: byDefault, max }, NOW);
    expect(isKept ? ttl : 'not kept').toBe(expected);
  });

  it('keeps an error as long as configured, or longer where the origin says so', () => {
    const configured = new Map([[404, 5]]);
    const maxAge = (seconds: number) => new Map([['cache-control', `max-age=${seconds}`]]);
    expect(errorTtlOf(404, new Map(), configured)).toBe(5);
    expect(errorTtlOf(404, maxAge(1), configured)).toBe(5);
    expect(errorTtlOf(404, maxAge(90), configured)).toBe(90);
    expect(errorTtlOf(503, new Map(), configured)).toBe(10);
    expect(errorTtlOf(416, new Map(), configured)).toBe(0);
  });

  it.each([
    ['a stale-if-error of 60', 'max-age=0, stale-if-error=60', 200, 503],
    ['a stale-if-error of 0', 'max-age=0, stale-if-error=0', 503, 503],
    ['nothing said', 'max-age=0', 200, 200],
  ])('while the origin fails, serves what is stale with %s', async (_what, said, soon, late) => {
    let status = 200;
    const clock = new Clock();
    const headers = new Map([['cache-control', said]]);
    const cache = new Cache(
      async () => ({ status, headers, body: Buffer.alloc(0) }),
      clock,
      new Map([[503, 1]]),
    );
    const ttl = { min: 0, default: 0, max: 1 };
    await cache.get('/page', ttl);
    status = 503;
    clock.advance(30);
    const soonStatus = (await cache.get('/page', ttl)).status;
    clock.advance(31);
    expect([soonStatus, (await cache.get('/page', ttl)).status]).toEqual([soon, late]);
  });

  it.each(['', 'simple/', '/simple/*/index.html', '/simple/?'])(
    'refuses to invalidate "%s", which names nothing',
    (path) => {
      const cache = new Cache(() => Promise.reject(new Error('Nobody is asked')), new Clock(), new Map());
      expect(() => cache.invalidate([path])).toThrow(/no path to invalidate/);
    },
  );
});
