import type { Clock } from './clock.ts';
import { errorTtlOf, freshnessOf } from './freshness.ts';
import type { CacheTtl } from './model.ts';
import type { OriginAnswer } from './origin.ts';
import { matches } from './wildcards.ts';

/** Where an answer comes from, as the header `x-cache` says it. */
export type Source = 'Hit' | 'RefreshHit' | 'Miss' | 'Error';

export interface CachedAnswer extends OriginAnswer {
  readonly source: Source;
  /** In seconds, of what was in the cache. */
  readonly age: number | undefined;
}

/** Asks the origin for a path, under the condition that it has something else than that ETag. */
export type Ask = (uri: string, ifNoneMatch?: string) => Promise<OriginAnswer>;

/** All times in milliseconds. */
interface Entry {
  readonly answer: OriginAnswer;
  /** When the origin has last said that it is so. */
  readonly since: number;
  readonly freshUntil: number;
  readonly serveableUntil: number;
}

const BAD_GATEWAY: OriginAnswer = {
  status: 502,
  headers: new Map([['content-type', 'text/html']]),
  body: Buffer.from('The origin closed the connection.\n'),
};

/** What an edge location keeps. The path, after the function has seen it, is the whole key. */
export class Cache {
  readonly #ask: Ask;
  readonly #clock: Clock;
  readonly #errorTtl: ReadonlyMap<number, number>;
  readonly #entries = new Map<string, Entry>();

  constructor(ask: Ask, clock: Clock, errorTtl: ReadonlyMap<number, number>) {
    this.#ask = ask;
    this.#clock = clock;
    this.#errorTtl = errorTtl;
  }

  async get(uri: string, ttl: CacheTtl): Promise<CachedAnswer> {
    const kept = this.#entries.get(uri);
    const now = this.#clock.now();
    if (kept !== undefined && now < kept.freshUntil) return this.#kept(kept, 'Hit');
    const isError = kept !== undefined && kept.answer.status >= 400;
    const stale = isError ? undefined : kept;
    const answer = await this.#ask(uri, stale?.answer.headers.get('etag')).catch(() => BAD_GATEWAY);
    if (answer.status === 304 && stale !== undefined) return this.#refreshed(uri, stale, answer, ttl);
    if (answer.status >= 500 && stale !== undefined && now < stale.serveableUntil) {
      return this.#continued(uri, stale, answer);
    }
    this.#keep(uri, answer, ttl);
    return { ...answer, source: answer.status >= 400 ? 'Error' : 'Miss', age: undefined };
  }

  /** Forgets what is kept under paths, each of which may end with `*`. */
  invalidate(paths: readonly string[]): void {
    for (const path of paths) {
      // Anywhere else, CloudFront takes it for a character.
      if (!/^\/[^*?]*\*?$/.test(path)) throw new Error(`${path} is no path to invalidate`);
      for (const uri of this.#entries.keys()) if (matches(path, uri)) this.#entries.delete(uri);
    }
  }

  #kept(entry: Entry, source: Source): CachedAnswer {
    const age = Math.floor((this.#clock.now() - entry.since) / 1000);
    return { ...entry.answer, source: entry.answer.status >= 400 ? 'Error' : source, age };
  }

  /** The origin has nothing newer. */
  #refreshed(uri: string, stale: Entry, { headers }: OriginAnswer, ttl: CacheTtl): CachedAnswer {
    const updated = new Map([...stale.answer.headers, ...headers]);
    // Of the answer without a body.
    const length = stale.answer.headers.get('content-length');
    if (length !== undefined) updated.set('content-length', length);
    this.#keep(uri, { ...stale.answer, headers: updated }, ttl);
    return { ...stale.answer, headers: updated, source: 'RefreshHit', age: undefined };
  }

  /** The origin fails: what is stale is served on, and the origin left alone for a while. */
  #continued(uri: string, stale: Entry, error: OriginAnswer): CachedAnswer {
    const pause = errorTtlOf(error.status, error.headers, this.#errorTtl) * 1000;
    const freshUntil = Math.min(this.#clock.now() + pause, stale.serveableUntil);
    this.#entries.set(uri, { ...stale, freshUntil });
    return this.#kept(stale, 'RefreshHit');
  }

  #keep(uri: string, answer: OriginAnswer, ttl: CacheTtl): void {
    this.#entries.delete(uri);
    const since = this.#clock.now();
    if (answer.status >= 400) {
      const freshUntil = since + errorTtlOf(answer.status, answer.headers, this.#errorTtl) * 1000;
      this.#entries.set(uri, { answer, since, freshUntil, serveableUntil: freshUntil });
      return;
    }
    const { isKept, ttl: seconds, staleIfError } = freshnessOf(answer.headers, ttl, since);
    if (!isKept) return;
    const freshUntil = since + seconds * 1000;
    this.#entries.set(uri, { answer, since, freshUntil, serveableUntil: freshUntil + staleIfError * 1000 });
  }
}
