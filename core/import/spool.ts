import type { ByteSource } from '../bytes.ts';

/** Bytes that were fetched, where they can be read again. */
export interface SpooledBytes {
  readonly source: ByteSource;
  /** Lower-case hex, of each algorithm that was asked for. */
  readonly hashes: Readonly<Record<string, string>>;
  /** Forgets them. Idempotent. */
  release(): Promise<void>;
}

/** A place for bytes on their way from one index to another: no file fits into memory for sure. */
export interface Spool {
  /**
   * Takes all of `bytes`.
   *
   * @param algorithms names of hashlib that are worth checking; those that nobody knows are left out
   * @throws what `bytes` throws; `unwritable` where there is no room
   */
  keep(bytes: AsyncIterable<Uint8Array>, algorithms: readonly string[]): Promise<SpooledBytes>;
}
