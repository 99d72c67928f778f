import { createInflateRaw, inflateRawSync, type InflateRaw } from 'node:zlib';
import { DAMAGED, refusal } from './refusal.ts';

const PIECE_SIZE = 128 * 1024;

/**
 * Expands raw deflate data (RFC 1951) with constant memory, and knows where the data ended. Can be
 * iterated once.
 */
export class Inflation implements AsyncIterable<Uint8Array> {
  readonly #input: AsyncIterable<Uint8Array>;
  #consumed = 0;

  /** @param input may go on behind the end of the deflate data */
  constructor(input: AsyncIterable<Uint8Array>) {
    this.#input = input;
  }

  /** How many bytes of the input were deflate data; known at the end of the iteration. */
  get consumed(): number {
    return this.#consumed;
  }

  /** @throws {WheelstoreError} `invalid-archive` where the data is damaged or ends too early */
  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    const engine = createInflateRaw({ chunkSize: PIECE_SIZE });
    engine.on('error', () => {}); // the iteration throws it
    const feeding = feed(engine, this.#input);
    try {
      for await (const piece of engine) yield piece as Uint8Array;
    } catch (error) {
      throw translated(error);
    } finally {
      this.#consumed = engine.bytesWritten;
      engine.destroy();
      await feeding;
    }
  }
}

/** Never rejects: a failing input destroys the engine with its error. */
async function feed(engine: InflateRaw, input: AsyncIterable<Uint8Array>): Promise<void> {
  // An engine that has seen the end of its data never calls back for what is left of the input.
  let wake = (): void => {};
  engine.on('close', () => wake());
  try {
    for await (const chunk of input) {
      if (engine.destroyed) return;
      await new Promise<void>((resolve) => {
        wake = resolve;
        engine.write(chunk, () => resolve());
      });
      if (engine.destroyed) return;
    }
    engine.end();
  } catch (error) {
    engine.destroy(error as Error);
  }
}

/**
 * Expands deflate data that is small enough to be held in memory, without a visit to another thread.
 *
 * @param size what it must expand to, in bytes
 * @throws {WheelstoreError} `invalid-archive` where it does not, or where bytes are left over
 */
export function inflateSmall(packed: Uint8Array, size: number): Uint8Array {
  try {
    // The types do not know `info`, which makes the result tell how much input was used.
    const result = inflateRawSync(packed, {
      info: true,
      chunkSize: Math.max(64, size + 1),
      maxOutputLength: size + 1,
    }) as unknown as { readonly buffer: Uint8Array; readonly engine: { readonly bytesWritten: number } };
    if (result.buffer.length === size && result.engine.bytesWritten === packed.length) return result.buffer;
  } catch (error) {
    throw translated(error);
  }
  throw damaged();
}

/** Errors of zlib become refusals; errors of the source stay what they are. */
function translated(error: unknown): unknown {
  const code = String((error as { code?: unknown } | undefined)?.code);
  return code.startsWith('Z_') || code === 'ERR_BUFFER_TOO_LARGE' ? damaged() : error;
}

function damaged(): Error {
  return refusal('The compressed data in the archive is damaged or incomplete', DAMAGED);
}
