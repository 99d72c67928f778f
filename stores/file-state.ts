import type { BigIntStats } from 'node:fs';
import type { Stamp } from '../core/plain-folder/checked-file.ts';

const MILLISECOND = 1_000_000n;
const SECOND = 1_000_000_000n;

// A file system tells the time of a change no finer than its clock ticks: some milliseconds, or a whole
// second (two, with FAT) where it keeps no fractions.
const FINE_TICK = 100;
const COARSE_TICK = 2_500;

/** A file as the file system tells of it. */
export interface FileState {
  /** The inode, the size, and when bytes and inode were changed. */
  readonly stamp: Stamp;
  /** In bytes. */
  readonly size: number;
  readonly modified: Date;
  /** When bytes or inode were changed last, which no program can set. In milliseconds since 1970. */
  readonly changed: number;
  /** Two changes within this time can leave the same stamp. In milliseconds. */
  readonly tick: number;
}

export function stateOf({ ino, size, mtime, mtimeNs, ctimeNs }: BigIntStats): FileState {
  return {
    stamp: [ino, size, mtimeNs, ctimeNs].map((part) => part.toString(36)).join('-'),
    size: Number(size),
    modified: mtime,
    changed: Number(ctimeNs / MILLISECOND),
    tick: ctimeNs % SECOND === 0n ? COARSE_TICK : FINE_TICK,
  };
}

/** Whether the next change would leave another stamp, so that this one stands for these bytes. */
export function isSettled({ changed, tick }: FileState, now: number): boolean {
  return Math.abs(now - changed) > tick;
}

/** Whether two stamps differ in nothing but what a chmod or another hard link changes as well. */
export function isLikelySame(one: Stamp, other: Stamp): boolean {
  return withoutChangeTime(one) === withoutChangeTime(other);
}

function withoutChangeTime(stamp: Stamp): string {
  return stamp.slice(0, stamp.lastIndexOf('-'));
}
