import { AwsError } from './error.ts';

/** The quotas of CloudFront's key-value stores, in bytes. */
const LARGEST_KEY = 512;
const LARGEST_VALUE = 1024;
const LARGEST_STORE = 5 * 1024 * 1024;
/** Of one change. */
const MOST_KEYS = 50;
const LARGEST_CHANGE = 3 * 1024 * 1024;

export type KeyValue = readonly [key: string, value: string];

function sizeOf(text: string): number {
  return Buffer.byteLength(text);
}

/**
 * What is in a key-value store of CloudFront: what its API changes, and what functions read. It holds
 * to the quotas, and to the rule that a change names the version that it was made for.
 */
export class KeyValueStoreContents {
  #values: ReadonlyMap<string, string> = new Map();
  #version = 0;

  /** Of all values together; another one after each change. */
  get etag(): string {
    return `ETV${String(this.#version).padStart(10, '0')}`;
  }

  /** Of keys and values together, in bytes. */
  get size(): number {
    return totalOf(this.#values);
  }

  get(key: string): string | undefined {
    return this.#values.get(key);
  }

  exists(key: string): boolean {
    return this.#values.has(key);
  }

  /** In the order of the keys. */
  entries(): readonly KeyValue[] {
    return [...this.#values].sort(([one], [other]) => (one < other ? -1 : 1));
  }

  /**
   * Makes a change as a whole or not at all.
   *
   * @param ifMatch the ETag that the change was made for
   * @throws {AwsError} as the API words it
   */
  update(ifMatch: string, puts: readonly KeyValue[], deletes: readonly string[] = []): void {
    checkChange(puts, deletes);
    if (ifMatch !== this.etag) {
      throw new AwsError(409, 'ConflictException', 'Resource is not in expected state.');
    }
    const values = new Map(this.#values);
    for (const key of deletes) {
      if (!values.delete(key))
        throw new AwsError(404, 'ResourceNotFoundException', `Key ${key} was not found.`);
    }
    for (const [key, value] of puts) values.set(key, value);
    if (totalOf(values) > LARGEST_STORE) throw beyondQuota('The key value store is larger than 5 MB.');
    this.#values = values;
    this.#version += 1;
  }
}

function totalOf(values: ReadonlyMap<string, string>): number {
  return [...values].reduce((total, [key, value]) => total + sizeOf(key) + sizeOf(value), 0);
}

function checkChange(puts: readonly KeyValue[], deletes: readonly string[]): void {
  const keys = [...puts.map(([key]) => key), ...deletes];
  if (new Set(keys).size !== keys.length) throw invalid('A key is named twice.');
  if (keys.length > MOST_KEYS) throw invalid(`More than ${MOST_KEYS} keys.`);
  if (keys.some((key) => key === '' || sizeOf(key) > LARGEST_KEY)) {
    throw invalid(`A key has 1 to ${LARGEST_KEY} bytes.`);
  }
  if (puts.some(([, value]) => sizeOf(value) > LARGEST_VALUE)) {
    throw beyondQuota(`A value has at most ${LARGEST_VALUE} bytes.`);
  }
  if (totalOf(new Map(puts)) > LARGEST_CHANGE) throw beyondQuota('The change is larger than 3 MB.');
}

function invalid(message: string): AwsError {
  return new AwsError(400, 'ValidationException', message);
}

function beyondQuota(message: string): AwsError {
  return new AwsError(402, 'ServiceQuotaExceededException', message);
}
