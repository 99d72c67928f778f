import type { Bucket } from './bucket.ts';
import { noSuchKey, notImplemented, preconditionFailed, S3Error } from './errors.ts';
import { wholeSeconds, type StoredObject } from './stored-object.ts';

/** How a store deals with conditions on writes; some know nothing of them, others say so. */
export type ConditionalWrites = 'honoured' | 'ignored' | 'refused';

type Headers = ReadonlyMap<string, string>;

/** ETags are compared without their quotes, which some clients leave out. */
function bare(etag: string): string {
  return etag.trim().replace(/^"(.*)"$/, '$1');
}

function isAmong(object: StoredObject, etags: string): boolean {
  return etags.trim() === '*' || etags.split(',').some((etag) => bare(etag) === bare(object.etag));
}

/** Whether a write is to be made only under a condition. */
export function isConditional(headers: Headers): boolean {
  return headers.has('if-match') || headers.has('if-none-match');
}

/**
 * A write that has begun: what it takes to commit it. S3 looks at the conditions when the body is there,
 * so of two that race, the one that finishes first wins.
 */
export class PendingWrite {
  readonly #bucket: Bucket;
  readonly #key: string;
  readonly #removals: number;
  readonly #ifMatch: string | undefined;
  readonly #ifNoneMatch: string | undefined;

  /** @param removals how many there had been of the key when the write began */
  constructor(bucket: Bucket, key: string, headers: Headers, support: ConditionalWrites, removals: number) {
    this.#bucket = bucket;
    this.#key = key;
    this.#removals = removals;
    if (support === 'refused' && isConditional(headers)) throw notImplemented('If-Match or If-None-Match');
    if (support !== 'honoured') return;
    this.#ifMatch = headers.get('if-match');
    this.#ifNoneMatch = headers.get('if-none-match');
    if (this.#ifMatch === '*') throw notImplemented('If-Match');
    if (this.#ifNoneMatch !== undefined && (this.#ifNoneMatch !== '*' || this.#ifMatch !== undefined)) {
      throw notImplemented('If-None-Match');
    }
  }

  /** @throws S3Error when a condition does not hold now, and nothing was written */
  commit(object: StoredObject): void {
    this.check();
    this.#bucket.put(this.#key, object);
  }

  check(): void {
    if (this.#ifMatch === undefined && this.#ifNoneMatch === undefined) return;
    const current = this.#bucket.get(this.#key);
    if (this.#bucket.removals(this.#key) !== this.#removals) {
      const message = 'A conflicting conditional operation is currently in progress against this resource.';
      throw new S3Error(409, 'ConditionalRequestConflict', message, {
        details: { Key: this.#key, Condition: this.#ifMatch === undefined ? 'If-None-Match' : 'If-Match' },
      });
    }
    if (this.#ifNoneMatch !== undefined && current !== undefined) throw preconditionFailed('If-None-Match');
    if (this.#ifMatch === undefined) return;
    if (current === undefined) throw noSuchKey(this.#key);
    if (bare(current.etag) !== bare(this.#ifMatch)) throw preconditionFailed('If-Match');
  }
}

/** @throws S3Error unless the object may be deleted */
export function checkDelete(
  current: StoredObject | undefined,
  ifMatch: string | undefined,
  support: ConditionalWrites,
  key: string,
): void {
  if (ifMatch === undefined || support === 'ignored') return;
  if (support === 'refused') throw notImplemented('If-Match');
  if (current === undefined) throw ifMatch === '*' ? preconditionFailed('If-Match') : noSuchKey(key);
  if (!isAmong(current, ifMatch)) throw preconditionFailed('If-Match');
}

function parseTime(header: string | undefined): Date | undefined {
  const time = header === undefined ? Number.NaN : Date.parse(header);
  // RFC 9110: a date that is none is no condition.
  return Number.isNaN(time) ? undefined : wholeSeconds(new Date(time));
}

/**
 * Whether an object may be read under the conditions of RFC 9110, section 13.2.2.
 *
 * @param prefix of the names of the headers: those for the source of a copy have one
 */
export function checkRead(
  object: StoredObject,
  headers: Headers,
  prefix = '',
): 'holds' | 'not modified' | { readonly failed: string } {
  const ifMatch = headers.get(`${prefix}if-match`);
  const ifNoneMatch = headers.get(`${prefix}if-none-match`);
  const unmodifiedSince = parseTime(headers.get(`${prefix}if-unmodified-since`));
  const modifiedSince = parseTime(headers.get(`${prefix}if-modified-since`));
  if (ifMatch !== undefined) {
    if (!isAmong(object, ifMatch)) return { failed: `${prefix}If-Match` };
  } else if (unmodifiedSince !== undefined && object.lastModified > unmodifiedSince) {
    return { failed: `${prefix}If-Unmodified-Since` };
  }
  if (ifNoneMatch !== undefined) return isAmong(object, ifNoneMatch) ? 'not modified' : 'holds';
  return modifiedSince !== undefined && object.lastModified <= modifiedSince ? 'not modified' : 'holds';
}
