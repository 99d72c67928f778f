import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { EdgeRewrite } from '../core/edge/decide.ts';
import { keyOf } from '../core/edge/key.ts';
import { responseTo } from '../core/edge/response.ts';
import { WheelstoreError } from '../core/errors.ts';
import { headersOf } from '../core/keys.ts';
import type { ObjectHeaders, OpenObject, Store } from '../core/store.ts';
import type { Admission } from './access/guard.ts';
import { rangeOf } from './ranges.ts';
import { sendBody, type Sent, sendText } from './send.ts';
import { allowsRange, entityTag, evaluate, type Validators } from './validators.ts';

/** Pages hold links and text: nothing of them is to run, to load or to be framed. */
const CONTENT_SECURITY_POLICY =
  "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const TEXT: OutgoingHttpHeaders = {
  'cache-control': 'no-store',
  'content-type': 'text/plain; charset=utf-8',
  'x-content-type-options': 'nosniff',
};

const NOT_FOUND = responseTo({ kind: 'answer', status: 404 });

/** An object, the rewrite that leads to it, and whether only this reader may keep it. */
interface Found {
  readonly object: OpenObject;
  readonly key: string;
  readonly rewrite: EdgeRewrite;
  readonly isPrivate: boolean;
}

/**
 * RFC 9111 5.2.2.7, 3.5: `private` keeps out of shared caches what needs credentials, which `public` and
 * `must-revalidate` would let in.
 */
function cachingOf({ cacheControl }: ObjectHeaders, isPrivate: boolean): string {
  if (!isPrivate) return cacheControl;
  const others = cacheControl.split(', ').filter((directive) => directive !== 'public');
  return ['private', ...others].join(', ');
}

/** RFC 9110 15.4.5: what a 304 repeats; a 200 has it too. */
function cachingHeaders(
  { rewrite, isPrivate }: Found,
  headers: ObjectHeaders,
  validators: Validators,
): OutgoingHttpHeaders {
  return {
    'cache-control': cachingOf(headers, isPrivate),
    etag: validators.etag,
    'last-modified': validators.lastModified.toUTCString(),
    // PEP 691: several representations share the URL.
    ...(rewrite.negotiated ? { vary: 'Accept, Accept-Encoding' } : {}),
  };
}

function contentHeaders({ contentType, contentEncoding }: ObjectHeaders): OutgoingHttpHeaders {
  return {
    'accept-ranges': 'bytes',
    'content-type': contentType,
    ...(contentEncoding === undefined ? {} : { 'content-encoding': contentEncoding }),
    'content-security-policy': CONTENT_SECURITY_POLICY,
    'x-content-type-options': 'nosniff',
  };
}

/** Answers from an object that is open. */
async function sendObject(
  request: IncomingMessage,
  response: ServerResponse,
  found: Found,
  sent: Sent,
): Promise<void> {
  const { object, key } = found;
  const { size, lastModified } = object;
  const headers = headersOf(key);
  const validators = { etag: entityTag(object.etag), lastModified };
  const caching = cachingHeaders(found, headers, validators);

  const verdict = evaluate(request.headers, validators);
  if (verdict === 304) {
    response.writeHead(304, caching).end();
    return;
  }
  if (verdict === 412) return sendText(response, 412, TEXT, 'Precondition Failed\n', sent);

  // RFC 9110 14.2: only GET knows ranges.
  const isRange =
    request.method === 'GET' && allowsRange(request.headers['if-range']?.toString(), validators, new Date());
  const range = isRange ? rangeOf(request.headers.range, size) : undefined;
  if (range === 'unsatisfiable') {
    const more = { 'content-range': `bytes */${size}` };
    return sendText(response, 416, { ...TEXT, ...more }, 'Range Not Satisfiable\n', sent);
  }

  const { start, end } = range ?? { start: 0, end: size };
  response.writeHead(range === undefined ? 200 : 206, {
    ...caching,
    ...contentHeaders(headers),
    'content-length': end - start,
    ...(range === undefined ? {} : { 'content-range': `bytes ${start}-${end - 1}/${size}` }),
  });
  if (request.method === 'HEAD') response.end();
  else await sendBody(response, object, { start, end }, sent);
}

/** Opens what may be there. A key that no store can hold (too long, say) is as absent as any other. */
async function openObject(store: Pick<Store, 'open'>, key: string): Promise<OpenObject | undefined> {
  try {
    return await store.open(key);
  } catch (error) {
    if (error instanceof WheelstoreError && error.code === 'invalid-key') return undefined;
    throw error;
  }
}

/**
 * Answers one request from a store. Edge and guard have decided; only what they rewrite is ever looked up.
 *
 * @throws what the store threw, with or without a response begun
 */
export async function answer(
  store: Pick<Store, 'open'>,
  { decision, isPrivate, retryAfter }: Admission,
  request: IncomingMessage,
  response: ServerResponse,
  sent: Sent,
): Promise<void> {
  if (decision.kind !== 'rewrite') {
    const { status, headers, body } = responseTo(decision);
    const more = retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) };
    return sendText(response, status, { ...headers, ...more }, body, sent);
  }
  const key = keyOf(decision);
  const object = await openObject(store, key);
  if (object === undefined) {
    return sendText(response, NOT_FOUND.status, NOT_FOUND.headers, NOT_FOUND.body, sent);
  }
  try {
    await sendObject(request, response, { object, key, rewrite: decision, isPrivate }, sent);
  } finally {
    // Also where the stream was never begun, because the client was gone by then.
    await object.close();
  }
}

/** Answers a request that failed. What failed is no business of the client. */
export function answerFailure(response: ServerResponse, error: unknown, sent: Sent): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  // The store said no and may say yes again; anything else is a defect of Wheelstore.
  const [status, text] =
    error instanceof WheelstoreError ? [503, 'Service Unavailable\n'] : [500, 'Internal Server Error\n'];
  sendText(response, status, TEXT, text, sent);
}
