import type { OpenObject } from '../../core/store.ts';
import type { OpenVersion } from './open-version.ts';

/** A version of an object whose bytes are in memory, or on their way there. */
export interface KeptVersion extends Pick<OpenVersion, 'version' | 'path' | 'state'> {
  readonly object: Promise<OpenObject>;
}

/** What an object takes besides its bytes, in bytes: without it, very many tiny ones would have room. */
const BESIDE_BYTES = 2048;

/**
 * The objects that were asked for last, as far as they have room. What is here says nothing about what is
 * on the disk: whoever takes it looks there first.
 */
export class KeptVersions {
  readonly #room: number;
  #size = 0;
  /** By key; what was not asked for the longest comes first. */
  readonly #versions = new Map<string, KeptVersion>();

  /** @param room in bytes */
  constructor(room: number) {
    this.#room = room;
  }

  /** What all of it takes, in bytes. */
  get size(): number {
    return this.#size;
  }

  get(key: string): KeptVersion | undefined {
    const found = this.#versions.get(key);
    if (found === undefined) return undefined;
    this.#versions.delete(key);
    this.#versions.set(key, found);
    return found;
  }

  /** Instead of any other version of it. What cannot be read to its end is not kept. */
  keep(key: string, kept: KeptVersion): void {
    this.#remove(key);
    this.#versions.set(key, kept);
    this.#size += sizeOf(kept);
    for (const oldest of this.#versions.keys()) {
      if (this.#size <= this.#room) break;
      this.#remove(oldest);
    }
    kept.object.catch(() => this.forget(key, kept));
  }

  /** Unless there is another version meanwhile. */
  forget(key: string, kept: KeptVersion): void {
    if (this.#versions.get(key) === kept) this.#remove(key);
  }

  #remove(key: string): void {
    const kept = this.#versions.get(key);
    if (kept === undefined) return;
    this.#versions.delete(key);
    this.#size -= sizeOf(kept);
  }
}

function sizeOf({ state }: KeptVersion): number {
  return state.size + BESIDE_BYTES;
}
