import type { ByteSource } from '../bytes.ts';
import { DAMAGED, refusal } from './refusal.ts';

/** The fixed fields of a structure; the numbers of zip and gzip are little-endian. */
export class Fields {
  readonly #view: DataView;

  constructor(bytes: Uint8Array, offset = 0) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset + offset, bytes.byteLength - offset);
  }

  u16(offset: number): number {
    return this.#view.getUint16(offset, true);
  }

  u32(offset: number): number {
    return this.#view.getUint32(offset, true);
  }

  /** @throws {WheelstoreError} `invalid-archive` where no file could be that large */
  u64(offset: number): number {
    const value = this.#view.getBigUint64(offset, true);
    if (value <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(value);
    throw refusal(`The archive holds the impossible size or offset ${value}`, DAMAGED, String(value));
  }
}

export function startsWith(bytes: Uint8Array, start: ArrayLike<number>): boolean {
  if (bytes.length < start.length) return false;
  for (let index = 0; index < start.length; index++) if (bytes[index] !== start[index]) return false;
  return true;
}

export function sameBytes(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && startsWith(one, other);
}

const WINDOW_SIZE = 256 * 1024;

/**
 * Small reads that are mostly in ascending order, answered from one larger read: thousands of small
 * members do not each cost a visit to the disk.
 */
export class SourceWindow {
  readonly #source: ByteSource;
  #start = 0;
  #bytes: Uint8Array = new Uint8Array();

  constructor(source: ByteSource) {
    this.#source = source;
  }

  get size(): number {
    return this.#source.size;
  }

  /**
   * Exactly `length` bytes from `offset`.
   *
   * @throws {WheelstoreError} `invalid-archive` where the source ends before
   */
  async exactly(offset: number, length: number): Promise<Uint8Array> {
    if (offset < 0 || offset + length > this.#source.size) throw endsEarly();
    if (offset < this.#start || offset + length > this.#start + this.#bytes.length) {
      const wanted = Math.max(length, Math.min(WINDOW_SIZE, this.#source.size - offset));
      this.#bytes = await this.#source.read(offset, wanted);
      this.#start = offset;
      if (this.#bytes.length < length) throw endsEarly();
    }
    const from = offset - this.#start;
    return this.#bytes.subarray(from, from + length);
  }
}

function endsEarly(): Error {
  return refusal('The archive ends in the middle of one of its structures', DAMAGED);
}
