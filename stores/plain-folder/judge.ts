import { basename, join } from 'node:path';
import type { ByteSource } from '../../core/bytes.ts';
import { inspectDistribution } from '../../core/distribution.ts';
import { WheelstoreError } from '../../core/errors.ts';
import { checkedFile, type CheckedFile, type Stamp } from '../../core/plain-folder/checked-file.ts';
import { StampedFile } from './stamped-file.ts';
import { isSettled } from '../file-state.ts';
import type { FoundFile } from './walk.ts';

/** What the checks of a file came to. */
export interface Judgement {
  readonly stamp: Stamp;
  /** When the file was changed last. In milliseconds since 1970. */
  readonly changed: number;
  /** What it is, or why it is not served. */
  readonly result: CheckedFile | WheelstoreError;
  /** Whether it holds as long as the stamp is the same. */
  readonly isFinal: boolean;
}

/** Failures that say nothing of the file. */
const TRANSIENT: ReadonlySet<string> = new Set(['unreadable', 'file-changed']);

/** What files are judged with. */
export interface Judging {
  readonly root: string;
  /** In milliseconds since 1970. */
  readonly now: () => number;
  /** Aborted when nobody wants to know any more. */
  readonly signal: AbortSignal;
}

/**
 * Checks a file completely.
 *
 * @returns `undefined` where it is gone
 */
export async function judge(
  { root, now, signal }: Judging,
  { path, state }: FoundFile,
): Promise<Judgement | undefined> {
  // Before it is read: what is written later, the next stamp has to show.
  const isFinal = isSettled(state, now());
  const { stamp, changed, modified } = state;
  try {
    const file = await StampedFile.open(join(root, path), stamp);
    if (file === undefined) return undefined;
    try {
      const distribution = await inspectDistribution(basename(path), interruptible(file, signal));
      return { stamp, changed, result: checkedFile(path, stamp, modified, distribution), isFinal };
    } finally {
      await file.close();
    }
  } catch (error) {
    if (!(error instanceof WheelstoreError)) throw error;
    return { stamp, changed, result: error, isFinal: isFinal && !TRANSIENT.has(error.code) };
  }
}

function interruptible(source: ByteSource, signal: AbortSignal): ByteSource {
  return {
    size: source.size,
    read: async (...words) => {
      if (signal.aborted) throw new WheelstoreError('interrupted', 'Interrupted before the file was checked');
      return source.read(...words);
    },
  };
}
