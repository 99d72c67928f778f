import {
  createServer as createHttpServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { decide } from '../core/edge/decide.ts';
import type { Store } from '../core/store.ts';
import { type Admission, everyone, type Guard } from './access/guard.ts';
import { answer, answerFailure } from './answer.ts';
import { Connections } from './connections.ts';
import { hostInUrl, listen, type ListenAddress } from './listen.ts';
import type { Sent } from './send.ts';
import { edgeRequestOf } from './target.ts';
import { checkTlsIdentity, type TlsIdentity } from './tls.ts';

/** A connection on which nothing moves for this long is closed. In milliseconds. */
const STALLED_AFTER = 120_000;

/** How long responses may take to finish when the server closes, unless it was told. In milliseconds. */
const GRACE = 10_000;

/** One request and what came of it. */
export interface RequestLine {
  readonly method: string;
  /** As the client sent it: hostile. */
  readonly url: string;
  /** The address of the client. */
  readonly client: string;
  readonly status: number;
  /** Of the body, as far as it was handed to the connection. */
  readonly bytes: number;
  readonly milliseconds: number;
  /** The client left before the end. */
  readonly isAborted: boolean;
  /** Who has sent credentials that were needed, and right: `token ci`. */
  readonly reader?: string;
  /** What the server or the store failed with. The client was not told. */
  readonly error?: unknown;
}

export interface IndexServerOptions {
  readonly store: Pick<Store, 'open'>;
  /** Says who is let in; everyone, unless given. */
  readonly guard?: Guard;
  /** With it the server speaks HTTPS and nothing else. */
  readonly tls?: TlsIdentity;
  /** Called once for every request, when all is over. Must not throw. */
  readonly onRequest?: (line: RequestLine) => void;
  /** Called for what fails outside of a request, such as accepting a connection. Must not throw. */
  readonly onError?: (error: unknown) => void;
  /** How long `close` waits for responses under way, in milliseconds; 10,000 unless given. */
  readonly grace?: number;
}

/** An index over HTTP. */
export interface IndexServer {
  /**
   * Can be called again where it failed.
   *
   * @returns the address without a slash at its end, and the port that was taken
   * @throws {WheelstoreError} `address-in-use`, `cannot-listen`
   */
  listen(address: ListenAddress): Promise<{ readonly url: string; readonly port: number }>;
  /**
   * Takes no more connections, lets responses under way finish for a while, then ends what is left.
   * Idempotent.
   */
  close(): Promise<void>;
}

function handlerOf({ store, guard = everyone, onRequest }: IndexServerOptions) {
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const started = performance.now();
    const sent: Sent = { count: 0 };
    // The socket forgets it when it closes.
    const client = request.socket.remoteAddress ?? '';
    const isOver = new Promise((resolve) => response.once('close', resolve));
    // A connection that breaks off is no failure: `close` says so as well.
    request.on('error', () => {});
    response.on('error', () => {});

    let admission: Admission | undefined;
    let failure: { readonly error: unknown } | undefined;
    try {
      admission = await guard(decide(edgeRequestOf(request)), request.headers.authorization);
      await answer(store, admission, request, response, sent);
    } catch (error) {
      failure = { error };
      answerFailure(response, error, sent);
    }
    await isOver;
    onRequest?.({
      method: request.method ?? '',
      url: request.url ?? '',
      client,
      status: response.statusCode,
      bytes: sent.count,
      milliseconds: performance.now() - started,
      isAborted: failure === undefined && !response.writableFinished,
      ...(admission?.reader === undefined ? {} : { reader: admission.reader }),
      ...failure,
    });
  };
}

function createServer(options: IndexServerOptions): Server {
  if (options.tls === undefined) return createHttpServer();
  checkTlsIdentity(options.tls);
  const { cert, key } = options.tls;
  return createHttpsServer({ cert: Buffer.from(cert), key: Buffer.from(key) });
}

/**
 * The HTTP application that serves an index from any store, by the decisions of core/edge alone.
 *
 * @throws {WheelstoreError} `cannot-listen` where the certificate or its key is no good
 */
export function createIndexServer(options: IndexServerOptions): IndexServer {
  const server = createServer(options);
  const connections = new Connections(server, options.tls !== undefined);
  server.setTimeout(STALLED_AFTER);
  server.on('request', handlerOf(options));
  // A client that asks before it uploads is told right away that it may not.
  server.on('checkContinue', (request, response) => server.emit('request', request, response));
  // Too many open files, for one: the server is still there for the clients that it has.
  server.on('error', (error) => {
    if (server.listening) options.onError?.(error);
  });

  let closed: Promise<void> | undefined;
  return {
    async listen(address) {
      const port = await listen(server, address);
      const scheme = options.tls === undefined ? 'http' : 'https';
      return { url: `${scheme}://${hostInUrl(address.host)}:${port}`, port };
    },
    close() {
      return (closed ??= close(server, connections, options.grace ?? GRACE));
    },
  };
}

async function close(server: Server, connections: Connections, grace: number): Promise<void> {
  if (!server.listening) return;
  const isClosed = new Promise((resolve) => server.close(resolve));
  connections.closeWhenIdle();
  const timer = setTimeout(() => connections.destroy(), grace);
  await isClosed;
  clearTimeout(timer);
}
