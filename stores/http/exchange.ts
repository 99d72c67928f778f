import { request as httpRequest, type Agent, type ClientRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest, type Agent as HttpsAgent } from 'node:https';
import type { LookupFunction, Socket } from 'node:net';
import type { Patience } from './patience.ts';

/** What requests are made with. */
export interface Connections {
  readonly http: Agent;
  readonly https: HttpsAgent;
  readonly lookup: LookupFunction;
  readonly patience: Patience;
  readonly signal?: AbortSignal;
}

/**
 * Sends one GET, and gives the answer as soon as its headers are there. Redirects are answers too.
 *
 * @throws the errors of Node; `ETIMEDOUT` where it took too long
 */
export function exchange(
  url: URL,
  headers: Readonly<Record<string, string>>,
  { http, https, lookup, patience, signal }: Connections,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const options = { headers, lookup, ...(signal === undefined ? {} : { signal }) };
    const request =
      url.protocol === 'https:'
        ? httpsRequest(url, { ...options, agent: https })
        : httpRequest(url, { ...options, agent: http });
    watch(request, url.protocol === 'https:' ? 'secureConnect' : 'connect', patience);
    request.once('response', (answer) => {
      // Whoever reads it is told; a connection may break before anybody does.
      answer.on('error', () => {});
      resolve(answer);
    });
    request.on('error', reject);
    request.end();
  });
}

/** Sockets on which an earlier request was sent, which Node does not tell of all of them. */
const CONNECTED = new WeakSet<Socket>();

/** A request that waits for a free socket is not waited for here: nobody is slow but us. */
function watch(request: ClientRequest, connected: string, { connect, idle }: Patience): void {
  let timer: NodeJS.Timeout | undefined;
  const within = (time: number, what: string): void => {
    clearTimeout(timer);
    timer = setTimeout(() => request.destroy(timedOut(what)), time);
  };
  request.once('socket', (socket) => {
    if (CONNECTED.has(socket)) return within(idle, 'answer');
    within(connect, 'connection');
    socket.once(connected, () => {
      CONNECTED.add(socket);
      within(idle, 'answer');
    });
  });
  // What comes after the headers is for whoever reads the body.
  request.once('response', () => clearTimeout(timer));
  request.once('close', () => clearTimeout(timer));
}

/** An error as Node has it for a connection that is not heard of any more. */
export function timedOut(what: string): Error {
  return Object.assign(new Error(`no ${what} in time`), { code: 'ETIMEDOUT' });
}
