import { ask, startHelper } from './servers.ts';
import type { Scope } from './scope.ts';

/** What is asked of a server, over and over. */
export interface Load {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly end: LoadEnd;
  readonly connections: number;
  /** Another one is a failure. */
  readonly status: number;
}

/**
 * After how many requests in all a load ends, or after which time: no request begins later, and those that
 * are under way are awaited.
 */
export type LoadEnd = { readonly requests: number } | { readonly milliseconds: number };

/** What came of it. Times in milliseconds. */
export interface Loaded {
  readonly milliseconds: number;
  /** How many were answered: all. */
  readonly answers: number;
  readonly p99: number;
  readonly bytes: number;
}

/** Asks a server from a process of its own. */
export interface LoadGenerator {
  run(load: Load): Promise<Loaded>;
}

export function startLoadGenerator(scope: Scope): LoadGenerator {
  const child = startHelper(scope, 'load');
  return { run: (load) => ask<Loaded>(child, load) };
}
