import type { BucketPolicy } from './bucket-policy.ts';

/** How long something is kept, in seconds. */
export interface CacheTtl {
  readonly min: number;
  readonly default: number;
  readonly max: number;
}

/** A header that is put on every answer. */
export interface PolicyHeader {
  readonly name: string;
  readonly value: string;
  /** Whether it replaces that of the origin. */
  readonly override: boolean;
}

/** A function that sees requests before the cache does. */
export interface EdgeFunction {
  readonly code: string;
  /** Whether a key-value store is associated with it. */
  readonly hasTokens: boolean;
}

/** How requests are answered whose path fits a pattern. The path alone is the cache key. */
export interface Behavior {
  readonly pathPattern: string;
  readonly allowedMethods: readonly string[];
  readonly ttl: CacheTtl;
  readonly headers: readonly PolicyHeader[];
  readonly viewerRequest: EdgeFunction | undefined;
}

/** What a template says about a distribution and its bucket. */
export interface Distribution {
  /** In the order in which they are tried; the last one fits everything. */
  readonly behaviors: readonly Behavior[];
  readonly defaultRootObject: string | undefined;
  readonly aliases: readonly string[];
  /** For how many seconds an error is kept, by status. */
  readonly errorTtl: ReadonlyMap<number, number>;
  readonly bucket: string;
  /** In front of each path that the bucket is asked for; empty, or with a slash at its start. */
  readonly originPath: string;
  readonly policy: BucketPolicy;
}
