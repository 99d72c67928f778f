import { refusal, SUSPICIOUS } from './refusal.ts';

/** How much of an archive is looked at before it is refused. Sizes are in bytes. */
export interface ArchiveLimits {
  /** An archive may always expand to this much, at whatever ratio. */
  readonly maxExpandedBytes: number;
  /** Beyond `maxExpandedBytes`, an archive may expand to this many times its own size. */
  readonly maxRatio: number;
  readonly maxEntries: number;
  /** For each of METADATA, WHEEL and PKG-INFO, which are held in memory. */
  readonly maxMetadataBytes: number;
  /** For RECORD, which has a line for every member. */
  readonly maxRecordBytes: number;
  /** For the central directory of a zip, which is held in memory. */
  readonly maxDirectoryBytes: number;
}

const MIB = 1024 * 1024;

export const DEFAULT_LIMITS: ArchiveLimits = {
  maxExpandedBytes: 64 * MIB,
  maxRatio: 50,
  maxEntries: 100_000,
  maxMetadataBytes: 4 * MIB,
  maxRecordBytes: 64 * MIB,
  maxDirectoryBytes: 32 * MIB,
};

/**
 * Refuses what expands far beyond its own size. Large distributions exist and so do well compressed
 * ones; it takes both to be a bomb.
 *
 * @throws {WheelstoreError} `invalid-archive`
 */
export function checkExpansion(expanded: number, packed: number, limits: ArchiveLimits): void {
  if (expanded <= limits.maxExpandedBytes || expanded <= packed * limits.maxRatio) return;
  throw refusal(
    `The archive of ${packed} bytes expands to at least ${expanded} bytes, more than ${limits.maxRatio} times its size`,
    SUSPICIOUS,
  );
}

/** @throws {WheelstoreError} `invalid-archive` */
export function checkEntryCount(count: number, limits: ArchiveLimits): void {
  if (count <= limits.maxEntries) return;
  throw refusal(
    `The archive has ${count} entries or more; at most ${limits.maxEntries} are accepted`,
    'Split the distribution, or leave out files that are not needed.',
    String(count),
  );
}
