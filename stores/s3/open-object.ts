import type { GetObjectCommandOutput } from '@aws-sdk/client-s3';
import type { OpenObject } from '../../core/store.ts';
import { chunksOfBody, closeBody } from './bodies.ts';
import { factsOf } from './facts.ts';
import type { Requests } from './requests.ts';

/** A range that begins later than this is asked for anew, in bytes. */
const MOST_SKIPPED = 8 * 1024 * 1024;

/**
 * An object whose transfer has begun: what replaces it now changes nothing of what is read here. A
 * later part of a large object, which is immutable, is a request of its own: rather than that, to
 * keep two connections at once could leave a full pool waiting for itself.
 */
export class S3OpenObject implements OpenObject {
  readonly etag: string;
  readonly size: number;
  readonly lastModified: Date;
  readonly #requests: Requests;
  readonly #path: string;
  readonly #body: unknown;
  #begun = false;

  constructor(requests: Requests, path: string, answer: GetObjectCommandOutput) {
    const { etag, size, lastModified } = factsOf(answer, path);
    this.etag = etag;
    this.size = size;
    this.lastModified = lastModified;
    this.#requests = requests;
    this.#path = path;
    this.#body = answer.Body;
  }

  async *stream(start = 0, end = this.size): AsyncGenerator<Uint8Array> {
    this.#begun = true;
    if (start >= end || start > MOST_SKIPPED) closeBody(this.#body, this.size);
    if (start >= end) return;
    if (start <= MOST_SKIPPED) return yield* this.#partOfWhole(start, end);
    const answer = await this.#requests.getRange(this.#path, this.etag, start, end);
    yield* chunksOfBody(answer.Body, end - start, this.#path);
  }

  async close(): Promise<void> {
    if (!this.#begun) closeBody(this.#body, this.size);
    this.#begun = true;
  }

  async *#partOfWhole(start: number, end: number): AsyncGenerator<Uint8Array> {
    let offset = 0;
    try {
      for await (const chunk of chunksOfBody(this.#body, this.size, this.#path)) {
        const part = chunk.subarray(Math.max(0, start - offset), Math.max(0, end - offset));
        offset += chunk.length;
        if (part.length > 0) yield part;
        // At the very end, the last round finds out whether the body is complete.
        if (offset >= end && end < this.size) return;
      }
    } finally {
      closeBody(this.#body, this.size - offset);
    }
  }
}
