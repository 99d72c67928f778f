import { createHash, type Hash } from 'node:crypto';
import type { CompletedPart } from '@aws-sdk/client-s3';
import { mapBounded } from '../../core/parallel.ts';
import type { NewObject } from '../../core/store.ts';
import { changedWhileRead } from '../failures.ts';
import type { BufferPool } from './buffer-pool.ts';
import type { ByteBudget } from './byte-budget.ts';
import { digestOf } from './facts.ts';
import type { Condition, PartialUpload, PutHeaders, Requests, WriteAnswer } from './requests.ts';

/** S3 takes no more parts of one object. */
const MOST_PARTS = 10_000;

const MEBIBYTE = 1024 * 1024;

/** How the parts of an object are sent. */
export interface PartsSettings {
  /** In bytes; at least 5 MiB on S3. Grows for what would not fit into 10,000 parts. */
  readonly partSize: number;
  /** How many parts of one object are sent at the same time. */
  readonly parallel: number;
  /** Bounds the memory of all uploads together. */
  readonly budget: ByteBudget;
  readonly buffers: BufferPool;
}

/**
 * Writes a large object in parts, of which a few are in memory at a time. Nothing is visible before
 * the last step, which carries the condition. Whatever goes wrong, the parts are thrown away.
 *
 * @throws {WheelstoreError} `file-changed` where the bytes are not those of `object.sha256`
 */
export async function putInParts(
  requests: Requests,
  path: string,
  object: NewObject,
  condition: Condition,
  headers: PutHeaders,
  settings: PartsSettings,
): Promise<WriteAnswer> {
  const upload = await requests.beginUpload(path, headers);
  let answer: WriteAnswer | undefined;
  try {
    const parts = await sendParts(requests, upload, object, settings);
    answer = await requests.completeUpload(upload, parts, condition);
    return answer;
  } finally {
    // Its parts would be paid for until someone removes them. That this may fail too changes nothing.
    if (answer?.written !== true) await requests.abortUpload(upload).catch(() => undefined);
  }
}

async function sendParts(
  requests: Requests,
  upload: PartialUpload,
  object: NewObject,
  { partSize: smallest, parallel, budget, buffers }: PartsSettings,
): Promise<readonly CompletedPart[]> {
  const { size } = object.source;
  const partSize = partSizeFor(size, smallest);
  const reader = new PartReader(object, partSize);
  const numbers = Array.from({ length: Math.ceil(size / partSize) });
  const parts = await mapBounded(numbers, parallel, () =>
    budget.using(partSize, () =>
      buffers.lending(partSize, async (buffer) => {
        const { number, bytes } = await reader.next(buffer);
        const sent = await requests.sendPart(upload, number, bytes, digestOf(bytes));
        object.onBytes?.(bytes.length);
        return sent;
      }),
    ),
  );
  if (reader.digest() !== object.sha256) throw changedWhileRead(upload.path);
  return parts.sort((a, b) => Number(a.PartNumber) - Number(b.PartNumber));
}

function partSizeFor(size: number, smallest: number): number {
  const needed = Math.ceil(size / MOST_PARTS);
  return needed <= smallest ? smallest : Math.ceil(needed / MEBIBYTE) * MEBIBYTE;
}

/** Reads an object part after part, whoever asks for the next one, and hashes it on the way. */
class PartReader {
  readonly #object: NewObject;
  readonly #partSize: number;
  readonly #hash: Hash = createHash('sha256');
  #last: Promise<unknown> = Promise.resolve();
  #parts = 0;

  constructor(object: NewObject, partSize: number) {
    this.#object = object;
    this.#partSize = partSize;
  }

  /** @param buffer where the part may be read into */
  next(buffer: Buffer): Promise<{ readonly number: number; readonly bytes: Buffer }> {
    const part = this.#last.then(() => this.#read(buffer));
    this.#last = part;
    return part;
  }

  digest(): string {
    return this.#hash.digest('hex');
  }

  async #read(buffer: Buffer): Promise<{ number: number; bytes: Buffer }> {
    const read = await this.#object.source.read(this.#parts * this.#partSize, this.#partSize, buffer);
    const bytes = Buffer.from(read.buffer, read.byteOffset, read.byteLength);
    this.#hash.update(bytes);
    this.#parts++;
    return { number: this.#parts, bytes };
  }
}
