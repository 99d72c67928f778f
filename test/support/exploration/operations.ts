import { createHash } from 'node:crypto';
import { chunksOf } from '../../../core/bytes.ts';
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
} from '../../../core/store.ts';
import { changedWhileRead } from '../../../stores/failures.ts';

/** One operation on a store, as a value. */
export type StoreOperation =
  | { readonly name: 'head' | 'get' | 'open' | 'remove' | 'list'; readonly key: string }
  | { readonly name: 'create'; readonly key: string; readonly body: Body }
  | {
      readonly name: 'replace';
      readonly key: string;
      readonly body: Body;
      readonly expected: ETag | undefined;
    };

/** What is written. */
export interface Body {
  readonly bytes: Uint8Array;
  readonly sha256: string;
}

/** What a store answers. */
export type Answer = StoredObject | CreateOutcome | WriteOutcome | readonly ListedObject[] | undefined;

const identities = new WeakMap<StoreOperation, string>();

/** Tells operations apart, with all that is in them. */
export function identityOf(operation: StoreOperation): string {
  let identity = identities.get(operation);
  if (identity === undefined) {
    identity = `${operation.name} ${operation.key}`;
    if ('body' in operation) identity += ` ${operation.body.sha256}`;
    if ('expected' in operation) identity += ` over ${operation.expected ?? 'nothing'}`;
    identities.set(operation, identity);
  }
  return identity;
}

function hashed(bytes: Uint8Array): Body {
  return { bytes, sha256: createHash('sha256').update(bytes).digest('hex') };
}

/** A store that hands each operation, as a value, to someone who answers it. */
export class OperationStore implements Store {
  readonly description = 'operations';
  readonly #ask: (operation: StoreOperation) => Promise<Answer>;

  constructor(ask: (operation: StoreOperation) => Promise<Answer>) {
    this.#ask = ask;
  }

  async head(key: string): Promise<ObjectHead | undefined> {
    return (await this.#ask({ name: 'head', key })) as StoredObject | undefined;
  }

  async get(key: string): Promise<StoredObject | undefined> {
    return (await this.#ask({ name: 'get', key })) as StoredObject | undefined;
  }

  async open(key: string): Promise<OpenObject | undefined> {
    const object = (await this.#ask({ name: 'open', key })) as StoredObject | undefined;
    if (object === undefined) return undefined;
    const { body, etag, size, lastModified } = object;
    return {
      etag,
      size,
      lastModified,
      async *stream(start = 0, end = size) {
        if (end > start) yield body.subarray(start, end);
      },
      close: () => Promise.resolve(),
    };
  }

  async create(key: string, { source, sha256 }: NewObject): Promise<CreateOutcome> {
    const parts: Uint8Array[] = [];
    for await (const part of chunksOf(source)) parts.push(part.slice());
    const body = hashed(new Uint8Array(Buffer.concat(parts)));
    if (body.sha256 !== sha256) throw changedWhileRead(key);
    return (await this.#ask({ name: 'create', key, body })) as CreateOutcome;
  }

  async replace(
    key: string,
    body: Uint8Array,
    expected: ETag | undefined,
    _headers: ObjectHeaders,
  ): Promise<WriteOutcome> {
    return (await this.#ask({ name: 'replace', key, body: hashed(body.slice()), expected })) as WriteOutcome;
  }

  async remove(key: string): Promise<void> {
    await this.#ask({ name: 'remove', key });
  }

  async *list(prefix: string): AsyncGenerator<ListedObject> {
    yield* (await this.#ask({ name: 'list', key: prefix })) as readonly ListedObject[];
  }
}
