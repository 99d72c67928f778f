import type {
  CreateOutcome,
  ETag,
  ListedObject,
  NewObject,
  ObjectHead,
  ObjectHeaders,
  OpenObject,
  Store,
  StoredObject,
  WriteOutcome,
} from '../../core/store.ts';

export interface Operation {
  readonly name: 'head' | 'get' | 'open' | 'create' | 'replace' | 'remove' | 'list';
  readonly key: string;
}

/** What is done in place of an operation; `proceed` does it on the store behind. */
export type Interception = <T>(operation: Operation, proceed: () => Promise<T>) => Promise<T>;

/** A store in which every operation on another store can be delayed, made to fail, or counted. */
export class InterceptedStore implements Store {
  readonly description = 'intercepted';
  readonly #inner: Store;
  readonly #around: Interception;

  constructor(inner: Store, around: Interception) {
    this.#inner = inner;
    this.#around = around;
  }

  head(key: string): Promise<ObjectHead | undefined> {
    return this.#around({ name: 'head', key }, () => this.#inner.head(key));
  }

  get(key: string): Promise<StoredObject | undefined> {
    return this.#around({ name: 'get', key }, () => this.#inner.get(key));
  }

  open(key: string): Promise<OpenObject | undefined> {
    return this.#around({ name: 'open', key }, () => this.#inner.open(key));
  }

  create(key: string, object: NewObject): Promise<CreateOutcome> {
    return this.#around({ name: 'create', key }, () => this.#inner.create(key, object));
  }

  replace(
    key: string,
    body: Uint8Array,
    expected: ETag | undefined,
    headers: ObjectHeaders,
  ): Promise<WriteOutcome> {
    return this.#around({ name: 'replace', key }, () => this.#inner.replace(key, body, expected, headers));
  }

  remove(key: string): Promise<void> {
    return this.#around({ name: 'remove', key }, () => this.#inner.remove(key));
  }

  async *list(prefix: string): AsyncGenerator<ListedObject> {
    yield* await this.#around({ name: 'list', key: prefix }, async () => {
      const listed: ListedObject[] = [];
      for await (const object of this.#inner.list(prefix)) listed.push(object);
      return listed;
    });
  }
}

/** What a process that is no longer there does. */
export class Killed extends Error {}

/**
 * Kills its user at one operation: `before` it has any effect, or `after` it took effect and before
 * anyone heard of it. The dead do nothing more.
 */
export function killAt(at: number, when: 'before' | 'after'): Interception {
  let count = 0;
  return async (_operation, proceed) => {
    const number = ++count;
    if (number > at || (number === at && when === 'before')) throw new Killed();
    const result = await proceed();
    if (number === at) throw new Killed();
    return result;
  };
}
