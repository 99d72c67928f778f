import type { MultipartUpload } from './multipart-upload.ts';
import { SortedKeys } from './sorted-keys.ts';
import type { StoredObject } from './stored-object.ts';

/** The objects of a bucket. Nothing here waits for anything, so every change is atomic. */
export class Bucket {
  readonly name: string;
  readonly region: string;
  readonly createdAt: Date;
  readonly keys = new SortedKeys();
  readonly uploads = new Map<string, MultipartUpload>();
  readonly #objects = new Map<string, StoredObject>();
  readonly #removals = new Map<string, number>();

  constructor(name: string, region: string, createdAt: Date) {
    this.name = name;
    this.region = region;
    this.createdAt = createdAt;
  }

  get isEmpty(): boolean {
    return this.#objects.size === 0;
  }

  /** Puts all that is in it now into another one as well. */
  copyTo(other: Bucket): void {
    for (const [key, object] of this.#objects) other.put(key, object);
  }

  get(key: string): StoredObject | undefined {
    return this.#objects.get(key);
  }

  put(key: string, object: StoredObject): void {
    this.#objects.set(key, object);
    this.keys.add(key);
  }

  remove(key: string): void {
    if (!this.#objects.delete(key)) return;
    this.keys.remove(key);
    this.#removals.set(key, this.removals(key) + 1);
  }

  /** How often there was an object with that key that was removed. */
  removals(key: string): number {
    return this.#removals.get(key) ?? 0;
  }
}
