import { once } from 'node:events';
import { ask, startHelper } from './servers.ts';
import type { Scope } from './scope.ts';

/** What went through a proxy. Bytes include headers, and are seen from the server. */
export interface Traffic {
  readonly requests: number;
  /** The longest chain of requests of which each began after the one before was answered. */
  readonly roundTrips: number;
  readonly sent: number;
  readonly received: number;
}

export interface Proxy {
  readonly url: string;
  /** What went through since this was last called. */
  take(): Promise<Traffic>;
}

/** Puts a server at a distance: every request takes `latency` milliseconds more. */
export async function startProxy(scope: Scope, target: string, latency: number): Promise<Proxy> {
  const child = startHelper(scope, 'proxy', [target, String(latency)]);
  const [url] = (await once(child, 'message')) as [string];
  return { url, take: () => ask<Traffic>(child, { kind: 'take' }) };
}
