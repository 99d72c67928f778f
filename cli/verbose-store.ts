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
} from '../core/store.ts';
import { explainedWork, failureOf, sayOutcome, type Explain } from './explain.ts';

/** The same store; with `explain`, one that tells of each request. */
export function explained(store: Store, explain: Explain | undefined): Store {
  return explain === undefined ? store : new VerboseStore(store, explain);
}

/** A store that says of each request what it was about, what came of it, and how long it took. */
class VerboseStore implements Store {
  readonly description: string;
  readonly #inner: Store;
  readonly #explain: Explain;

  constructor(inner: Store, explain: Explain) {
    this.description = inner.description;
    this.#inner = inner;
    this.#explain = explain;
  }

  head(key: string): Promise<ObjectHead | undefined> {
    return this.#tell('head', key, () => this.#inner.head(key), sizeOf);
  }

  get(key: string): Promise<StoredObject | undefined> {
    return this.#tell('get', key, () => this.#inner.get(key), sizeOf);
  }

  open(key: string): Promise<OpenObject | undefined> {
    return this.#tell('open', key, () => this.#inner.open(key), sizeOf);
  }

  create(key: string, object: NewObject): Promise<CreateOutcome> {
    return this.#tell(
      'create',
      key,
      () => this.#inner.create(key, object),
      ({ outcome }) => outcome,
    );
  }

  replace(
    key: string,
    body: Uint8Array,
    expected: ETag | undefined,
    headers: ObjectHeaders,
  ): Promise<WriteOutcome> {
    const write = (): Promise<WriteOutcome> => this.#inner.replace(key, body, expected, headers);
    return this.#tell('replace', key, write, ({ outcome }) => outcome);
  }

  remove(key: string): Promise<void> {
    return this.#tell(
      'remove',
      key,
      () => this.#inner.remove(key),
      () => 'removed',
    );
  }

  async *list(prefix: string): AsyncGenerator<ListedObject> {
    const since = performance.now();
    let keys = 0;
    let ending = 'not read to its end';
    try {
      for await (const object of this.#inner.list(prefix)) {
        keys += 1;
        yield object;
      }
      ending = `${keys} found`;
    } catch (error) {
      ending = failureOf(error);
      throw error;
    } finally {
      sayOutcome(this.#explain, `list ${prefix}`, ending, since);
    }
  }

  #tell<T>(
    method: string,
    key: string,
    work: () => Promise<T>,
    outcomeOf: (result: T) => string,
  ): Promise<T> {
    return explainedWork(this.#explain, `${method} ${key}`, work, outcomeOf);
  }
}

function sizeOf(found: { readonly size: number } | undefined): string {
  return found === undefined ? 'absent' : `${found.size} bytes`;
}
