import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { gunzip, inflate } from 'node:zlib';
import { invalidPage, shownUrl } from '../../core/import/pages/page.ts';
import { quote, WheelstoreError } from '../../core/errors.ts';
import { systemCode } from '../failures.ts';
import { timedOut } from './exchange.ts';
import type { Patience } from './patience.ts';

/**
 * The bytes of an answer, as they come. Only time that is spent waiting for the other side counts: whoever
 * reads may be slow.
 *
 * @param tooLong what to throw where there are more than `limit` bytes
 * @throws the errors of Node; `ETIMEDOUT` where nothing or hardly anything comes
 */
export async function* bodyOf(
  answer: IncomingMessage,
  limit: number,
  patience: Patience,
  tooLong: () => Error,
): AsyncGenerator<Uint8Array, void, undefined> {
  const pieces = answer[Symbol.asyncIterator]() as AsyncIterator<Uint8Array, void>;
  let received = 0;
  let waited = 0;
  try {
    if (Number(answer.headers['content-length'] ?? 0) > limit) throw tooLong();
    for (;;) {
      const start = performance.now();
      const timer = setTimeout(() => answer.destroy(timedOut('data')), patience.idle);
      const next = await pieces.next().finally(() => clearTimeout(timer));
      if (next.done === true) return;
      received += next.value.length;
      if (received > limit) throw tooLong();
      waited += performance.now() - start;
      const expected = ((waited - patience.grace) / 1000) * patience.slowest;
      if (received < expected) throw timedOut('data at a reasonable speed');
      yield next.value;
    }
  } finally {
    // Where all has been read, the connection has gone back to the others already.
    answer.destroy();
  }
}

/** Reads what nobody wants, if it is short, so that its connection can be used again. */
export async function discard(answer: IncomingMessage, patience: Patience): Promise<void> {
  try {
    for await (const _ of bodyOf(answer, SHORT, patience, () => new Error('not worth it')));
  } catch {
    // What was wanted of this answer is there already.
  }
}

const SHORT = 64 * 1024;

const expand = { gzip: promisify(gunzip), deflate: promisify(inflate) };

/**
 * Takes the content encoding off a page.
 *
 * @throws {WheelstoreError} `invalid-page` where it expands beyond `limit`; `source-failed`
 */
export async function decoded(
  body: Uint8Array,
  encoding: string,
  limit: number,
  url: URL,
): Promise<Uint8Array> {
  const name = encoding.trim().toLowerCase().replace(/^x-/, '');
  if (name === '' || name === 'identity') return body;
  if (name !== 'gzip' && name !== 'deflate') throw broken(url, `has the encoding ${quote(encoding, 40)}`);
  try {
    return await expand[name](body, { maxOutputLength: limit });
  } catch (error) {
    if (systemCode(error) === 'ERR_BUFFER_TOO_LARGE') throw pageTooLong(url, limit);
    throw broken(url, 'is compressed, and damaged or incomplete', error);
  }
}

/** @returns the error for a page without end */
export function pageTooLong(url: URL, limit: number): WheelstoreError {
  return invalidPage(url, `is larger than ${limit} bytes`, 'Find out what the index answers with there.');
}

/** @returns the error for a file without end */
export function fileTooLong(url: URL, limit: number): WheelstoreError {
  const shown = shownUrl(url);
  return new WheelstoreError('corrupt-file', `${quote(shown, 300)} is larger than ${limit} bytes`, {
    value: shown,
    fix: 'Find out what the index answers with there: it has said otherwise, or no file is so large.',
  });
}

function broken(url: URL, what: string, cause?: unknown): WheelstoreError {
  const shown = shownUrl(url);
  return new WheelstoreError('source-failed', `${quote(shown, 300)} ${what}`, {
    value: shown,
    fix: 'Try it again; if it happens again, look for a proxy that changes what passes.',
    cause,
  });
}
