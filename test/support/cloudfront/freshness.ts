import type { CacheTtl } from './model.ts';

/** Of an answer of the origin, for how long a cache may use it; in seconds. */
export interface Freshness {
  readonly isKept: boolean;
  readonly ttl: number;
  /** For how long after that it serves while the origin fails. */
  readonly staleIfError: number;
}

type Directives = ReadonlyMap<string, string>;

/** RFC 9111, 5.2. */
function directivesOf(header: string | undefined): Directives {
  const parts = (header ?? '').split(',').map((part) => part.trim().toLowerCase());
  return new Map(
    parts
      .filter((part) => part !== '')
      .map((part) => {
        const [name = '', value = ''] = part.split('=');
        return [name, value.replaceAll('"', '')] as const;
      }),
  );
}

function secondsOf(directives: Directives, name: string): number | undefined {
  const value = directives.get(name);
  return value !== undefined && /^\d+$/.test(value) ? Number(value) : undefined;
}

/**
 * What CloudFront makes of an answer's headers (Developer Guide, "Manage how long content stays in the
 * cache"): what the origin says counts within the bounds of the policy, so a minimum above zero is
 * stronger than `no-store`; and `must-revalidate` does not keep it from serving what is stale while the
 * origin fails.
 */
export function freshnessOf(
  headers: ReadonlyMap<string, string>,
  { min, default: otherwise, max }: CacheTtl,
  now: number,
): Freshness {
  const directives = directivesOf(headers.get('cache-control'));
  const staleIfError = secondsOf(directives, 'stale-if-error') ?? Infinity;
  if (['no-cache', 'no-store', 'private'].some((name) => directives.has(name))) {
    return { isKept: min > 0, ttl: min, staleIfError };
  }
  const said =
    secondsOf(directives, 's-maxage') ?? secondsOf(directives, 'max-age') ?? untilExpiry(headers, now);
  const ttl = Math.min(Math.max(said ?? otherwise, min), Math.max(max, min));
  return { isKept: true, ttl, staleIfError };
}

function untilExpiry(headers: ReadonlyMap<string, string>, now: number): number | undefined {
  const expires = headers.get('expires');
  if (expires === undefined) return undefined;
  const time = Date.parse(expires);
  return Number.isNaN(time) ? 0 : Math.max(0, (time - now) / 1000);
}

/** These are kept (Developer Guide, "How CloudFront processes HTTP 4xx and 5xx status codes"). */
const KEPT_ERRORS = [400, 403, 404, 405, 410, 412, 414, 415, 500, 501, 502, 503, 504];

const DEFAULT_ERROR_TTL = 10;

/** For how many seconds an error is kept: as configured, or longer where the origin says so. */
export function errorTtlOf(
  status: number,
  headers: ReadonlyMap<string, string>,
  configured: ReadonlyMap<number, number>,
): number {
  if (!KEPT_ERRORS.includes(status)) return 0;
  const directives = directivesOf(headers.get('cache-control'));
  const said = secondsOf(directives, 's-maxage') ?? secondsOf(directives, 'max-age') ?? 0;
  return Math.max(configured.get(status) ?? DEFAULT_ERROR_TTL, said);
}
