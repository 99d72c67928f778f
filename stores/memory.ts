import { createHash } from 'node:crypto';
import { chunksOf } from '../core/bytes.ts';
import type {
  CreateOutcome,
  ETag,
  ListedObject,
  NewObject,
  ObjectHeaders,
  OpenObject,
  Store,
  StoredObject,
  WriteOutcome,
} from '../core/store.ts';
import { changedWhileRead } from './failures.ts';
import { inMemory } from './in-memory.ts';

interface Kept extends StoredObject {
  readonly headers: ObjectHeaders;
}

/** A repository that lives as long as its process: for tests, and for trying things out. */
export class MemoryStore implements Store {
  readonly description = 'memory';
  readonly #objects = new Map<string, Kept>();
  readonly #now: () => Date;
  #versions = 0;

  constructor(now: () => Date = () => new Date()) {
    this.#now = now;
  }

  head(key: string): Promise<StoredObject | undefined> {
    return this.get(key);
  }

  async get(key: string): Promise<StoredObject | undefined> {
    return this.#objects.get(key);
  }

  /** The headers that an object was kept with. */
  headersOf(key: string): ObjectHeaders | undefined {
    return this.#objects.get(key)?.headers;
  }

  async open(key: string): Promise<OpenObject | undefined> {
    const object = this.#objects.get(key);
    return object === undefined ? undefined : inMemory(object.body, object);
  }

  async create(key: string, { source, sha256, headers, onBytes }: NewObject): Promise<CreateOutcome> {
    const parts: Uint8Array[] = [];
    for await (const part of chunksOf(source)) {
      parts.push(part.slice());
      onBytes?.(part.length);
    }
    const body = new Uint8Array(Buffer.concat(parts));
    if (digest(body) !== sha256) throw changedWhileRead(key);
    if (this.#objects.has(key)) return { outcome: 'exists' };
    return { outcome: 'created', lastModified: this.#keep(key, body, headers).lastModified };
  }

  async replace(
    key: string,
    body: Uint8Array,
    expected: ETag | undefined,
    headers: ObjectHeaders,
  ): Promise<WriteOutcome> {
    if (this.#objects.get(key)?.etag !== expected) return { outcome: 'lost' };
    return { outcome: 'written', etag: this.#keep(key, body.slice(), headers).etag };
  }

  async remove(key: string): Promise<void> {
    this.#objects.delete(key);
  }

  async *list(prefix: string): AsyncGenerator<ListedObject> {
    for (const [key, { size }] of this.#objects) if (key.startsWith(prefix)) yield { key, size };
  }

  #keep(key: string, body: Uint8Array, headers: ObjectHeaders): Kept {
    const etag = `v${++this.#versions}`;
    const { metadata } = headers;
    const facts = { size: body.length, lastModified: this.#now(), sha256: digest(body) };
    const kept = { etag, body, headers, ...facts, ...(metadata === undefined ? {} : { metadata }) };
    this.#objects.set(key, kept);
    return kept;
  }
}

function digest(body: Uint8Array): string {
  return createHash('sha256').update(body).digest('hex');
}
