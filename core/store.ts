import type { ByteSource } from './bytes.ts';

/**
 * The version of one object, as its store names it. Compare for equality only. A store never gives
 * two different contents of a key the same ETag.
 */
export type ETag = string;

/** What a store knows of an object without its bytes. */
export interface ObjectHead {
  readonly etag: ETag;
  /** In bytes. */
  readonly size: number;
  /** When the store took the object, by the store's own clock. */
  readonly lastModified: Date;
  /** Lower-case hex of the content's SHA-256. */
  readonly sha256: string;
  /** The facts it was created with, where the store keeps them. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** What it is served with, where the store keeps that. */
  readonly headers?: ServedHeaders;
}

/** The part of an object's headers that clients see. */
export type ServedHeaders = Pick<ObjectHeaders, 'contentType' | 'cacheControl' | 'contentEncoding'>;

/** An object as a listing tells of it. */
export interface ListedObject {
  readonly key: string;
  /** In bytes. Of an object that changes, it may be that of an earlier version. */
  readonly size: number;
}

/** A small object (a record, a page) with its bytes. */
export interface StoredObject extends ObjectHead {
  readonly body: Uint8Array;
}

/** An object that is being read: one consistent version of it, however long reading takes. */
export interface OpenObject {
  readonly etag: ETag;
  readonly size: number;
  readonly lastModified: Date;
  /** All of its bytes, where they are in memory already. Not to be changed: others read them too. */
  readonly body?: Uint8Array;
  /** The bytes from `start` to `end` (exclusive). Can be called once; closes the object at its end. */
  stream(start?: number, end?: number): AsyncIterable<Uint8Array>;
  /** Needed only where `stream` was not called. Idempotent. */
  close(): Promise<void>;
}

/** The HTTP headers an object is kept with. */
export interface ObjectHeaders {
  readonly contentType: string;
  readonly cacheControl: string;
  readonly contentEncoding?: string;
  /** Small facts beside the object; a store that cannot keep them may drop them. ASCII values. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** An immutable object that is about to be created. */
export interface NewObject {
  readonly source: ByteSource;
  /** Lower-case hex. The store fails with `file-changed` where the bytes turn out to be others. */
  readonly sha256: string;
  readonly headers: ObjectHeaders;
  /** Called with the number of bytes since the last call. */
  readonly onBytes?: (count: number) => void;
}

/** What a conditional write came to. `lost`: the condition did not hold when the write committed. */
export type WriteOutcome =
  | { readonly outcome: 'written'; readonly etag: ETag }
  | { readonly outcome: 'lost' };

/** `exists`: the key was taken when the write committed; what is there was left as it was. */
export type CreateOutcome =
  | {
      readonly outcome: 'created';
      /** When the store had all of it, by its own clock; may be a little later than a head says. */
      readonly lastModified: Date;
    }
  | { readonly outcome: 'exists' };

/**
 * Where objects are kept. Two kinds of object live in two kinds of key: immutable ones (`create`,
 * `remove`) and small mutable ones (`replace`). Every method but `list` is one operation that either
 * happens as a whole or not at all; reads see every write that was acknowledged before them.
 *
 * `undefined` means that the store said "there is no such key", and nothing else: every other
 * failure throws.
 */
export interface Store {
  /** For people: `folder ./packages`. */
  readonly description: string;

  head(key: string): Promise<ObjectHead | undefined>;

  /** For records and pages; the whole body is held in memory. */
  get(key: string): Promise<StoredObject | undefined>;

  /** For serving. Cheaper than `head`: no hash. */
  open(key: string): Promise<OpenObject | undefined>;

  /** Writes an immutable object only if its key is absent; durable when it returns. */
  create(key: string, object: NewObject): Promise<CreateOutcome>;

  /**
   * Compare-and-swap: writes `body` only if the object's ETag is still `expected` (`undefined`: only
   * if the key is still absent), judged when the write commits; durable when it returns.
   */
  replace(
    key: string,
    body: Uint8Array,
    expected: ETag | undefined,
    headers: ObjectHeaders,
  ): Promise<WriteOutcome>;

  /** Removes an immutable object. Removing what is absent succeeds. */
  remove(key: string): Promise<void>;

  /**
   * Every object whose key starts with `prefix` (which ends in `/`, or is empty), in no particular
   * order. What something else has put there can have a key that no other method takes.
   */
  list(prefix: string): AsyncIterable<ListedObject>;
}
