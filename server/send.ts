import { type OutgoingHttpHeaders, type ServerResponse, STATUS_CODES } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { OpenObject } from '../core/store.ts';
import type { ByteRange } from './ranges.ts';

/** A body that was sent, or as much of it as there was time for. */
export interface Sent {
  /** In bytes that were handed to the connection. */
  count: number;
}

/** Sends a short text, or just its headers where the request was HEAD. */
export function sendText(
  response: ServerResponse,
  status: number,
  headers: OutgoingHttpHeaders,
  text: string,
  sent: Sent,
): void {
  const body = Buffer.from(text);
  response.writeHead(status, STATUS_CODES[status], { ...headers, 'content-length': body.length });
  const isHead = response.req.method === 'HEAD';
  if (!isHead) sent.count = body.length;
  response.end(isHead ? undefined : body);
}

/**
 * Sends a range of an object as the body, no faster than the client takes it. A client that leaves
 * ends it quietly.
 *
 * @throws what reading the object threw; the connection is closed then, so that no client can take a
 *   part for the whole
 */
export async function sendBody(
  response: ServerResponse,
  object: OpenObject,
  { start, end }: ByteRange,
  sent: Sent,
): Promise<void> {
  if (object.body !== undefined) {
    // One write, together with the headers.
    const bytes = object.body.subarray(start, end);
    sent.count = bytes.length;
    response.end(bytes);
    return;
  }
  let failure: unknown;
  async function* body(): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      for await (const chunk of object.stream(start, end)) {
        sent.count += chunk.length;
        yield chunk;
      }
      if (sent.count !== end - start) throw new Error(`The store gave ${sent.count} of ${end - start} bytes`);
    } catch (error) {
      // When the client has left, what comes here is that news and no failure of the store.
      if (!response.destroyed) failure = error;
      throw error;
    }
  }
  try {
    await pipeline(Readable.from(body(), { objectMode: false }), response);
  } catch {
    if (failure !== undefined) throw failure;
  }
}
