import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { createServer as createTcpServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import type { Certificate } from './certificate.ts';

/** A server on a free port of this machine, for as long as the test runs. */
export interface LyingServer {
  /** Without a slash at the end. */
  readonly url: string;
  readonly port: number;
  /** What it was asked, in order. */
  readonly requests: IncomingMessage[];
}

async function listening(server: Server, scheme: string, requests: IncomingMessage[]): Promise<LyingServer> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => sockets.delete(socket));
  });
  onTestFinished(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `${scheme}://127.0.0.1:${port}`, port, requests };
}

/** A server that answers with whatever a test wants. */
export function lyingServer(answer: RequestListener): Promise<LyingServer> {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    answer(request, response);
  });
  return listening(server, 'http', requests);
}

/** The same over TLS. */
export function lyingTlsServer({ cert, key }: Certificate, answer: RequestListener): Promise<LyingServer> {
  const requests: IncomingMessage[] = [];
  const server = createTlsServer({ cert, key }, (request, response) => {
    requests.push(request);
    answer(request, response);
  });
  return listening(server, 'https', requests);
}

/** A server that writes these bytes as they are, once it has heard something, and closes. */
export function rawServer(text: string): Promise<LyingServer> {
  const server = createTcpServer((socket) => {
    socket.once('data', () => socket.end(text));
  });
  return listening(server, 'http', []);
}

/** A server that takes connections and says nothing. */
export function silentServer(): Promise<LyingServer> {
  return listening(
    createTcpServer(() => {}),
    'http',
    [],
  );
}

/** Answers that come one after the other; the last one goes on. */
export function oneAfterTheOther(...answers: readonly RequestListener[]): RequestListener {
  let next = 0;
  return (request, response) => answers[Math.min(next++, answers.length - 1)]?.(request, response);
}

export function status(code: number, headers: Record<string, string> = {}): RequestListener {
  return (_, response: ServerResponse) => void response.writeHead(code, headers).end();
}

export function redirect(to: string, code = 302): RequestListener {
  return status(code, { location: to });
}
