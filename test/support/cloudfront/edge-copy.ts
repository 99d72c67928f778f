import type { KeyValueStoreContents } from '../aws/key-value-store-contents.ts';

/** What of an edge location's copy does not answer. */
export type CopyFailure = 'reading' | 'everything';

/** The copy of a key-value store that an edge location has: what its functions read. */
export class EdgeCopy {
  readonly #contents: KeyValueStoreContents;
  /** From now on. */
  failure: CopyFailure | undefined;

  constructor(contents: KeyValueStoreContents) {
    this.#contents = contents;
  }

  /** @throws where there is no such key, as `kvs().get` rejects; and where reading fails */
  get(key: string): string {
    if (this.failure !== undefined) throw new Error('The key-value store cannot be read');
    const value = this.#contents.get(key);
    if (value === undefined) throw new Error('KeyNotFound');
    return value;
  }

  exists(key: string): boolean {
    if (this.failure === 'everything') throw new Error('The key-value store cannot be read');
    return this.#contents.exists(key);
  }
}
