import type { Grant } from './grant.ts';

/** The grants of an index, as they were when they were read. */
export interface GrantSnapshot {
  readonly grants: readonly Grant[];
  /** Of all grants together, as their store names it; `undefined` where there has been none yet. */
  readonly version: string | undefined;
}

/** How many grants one change may be about: the quota of CloudFront's key-value stores. It holds for folders too. */
export const LARGEST_CHANGE = 50;

/** What is to become of some grants; the others stay as they are. */
export interface GrantChange {
  /** New ones, and new versions of those with the same hash. */
  readonly put: readonly Grant[];
  readonly remove: readonly Grant[];
}

/** Where the grants of an index are kept. All of them have one version, which every change is held against. */
export interface GrantStore {
  /** For people: `key-value store ...`, `folder ./packages`. */
  readonly description: string;

  /** @throws {WheelstoreError} `corrupt-record` where there is something else among them */
  read(): Promise<GrantSnapshot>;

  /**
   * Makes a change as a whole, if nothing has changed since `snapshot`; durable when it returns.
   *
   * @returns whether the change was made
   */
  write(snapshot: GrantSnapshot, change: GrantChange): Promise<boolean>;
}
