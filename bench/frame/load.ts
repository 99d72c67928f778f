import { ask, startHelper } from './servers.ts';
import type { Scope } from './scope.ts';

/** What is asked of a server, over and over. */
export interface Load {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** How many are asked in all. */
  readonly requests: number;
  readonly connections: number;
  /** Another one is a failure. */
  readonly status: number;
}

/** What came of it. Times in milliseconds. */
export interface Loaded {
  readonly milliseconds: number;
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
