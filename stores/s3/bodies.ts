import { Readable } from 'node:stream';
import { WheelstoreError, quote } from '../../core/errors.ts';

/** What is left of a body and not worth a new connection is read to its end, in bytes. */
const MOST_DRAINED = 64 * 1024;

/**
 * The bytes of an answer's body, which are `size`: an end that comes too early is an error.
 *
 * @throws {WheelstoreError} `store-failed` where the transfer breaks off or the bytes were altered
 */
export async function* chunksOfBody(body: unknown, size: number, path: string): AsyncGenerator<Uint8Array> {
  let read = 0;
  try {
    for await (const chunk of streamOf(body)) {
      read += chunk.length;
      if (read > size) break;
      yield chunk;
    }
  } catch (error) {
    throw brokenOff(path, read, size, error);
  }
  if (read !== size) throw brokenOff(path, read, size);
}

/** Frees the connection of a body of which `left` bytes are unread. Idempotent. */
export function closeBody(body: unknown, left = 0): void {
  const stream = body instanceof Readable ? body : undefined;
  if (stream === undefined || stream.destroyed) return;
  // What goes wrong now concerns nobody.
  stream.on('error', () => undefined);
  if (left <= MOST_DRAINED) stream.resume();
  else stream.destroy();
}

function streamOf(body: unknown): AsyncIterable<Uint8Array> {
  // In Node, the SDK gives nothing else; its type is also of browsers.
  return body instanceof Readable ? body : Readable.from([]);
}

function brokenOff(path: string, read: number, size: number, cause?: unknown): WheelstoreError {
  return new WheelstoreError(
    'store-failed',
    `The transfer of ${quote(path)} broke off or was altered, after ${read} of ${size} bytes`,
    { value: path, fix: 'Run the same command again; check the network if it happens often.', cause },
  );
}
