import { once } from 'node:events';
import {
  type Agent,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request as httpRequest,
} from 'node:http';
import { connect, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import type { OpenObject } from '../../core/store.ts';
import { createIndexServer, type IndexServerOptions, type RequestLine } from '../../server/index-server.ts';

/** A promise that is settled from outside. */
export interface Signal {
  readonly given: Promise<void>;
  give(): void;
}

export function signal(): Signal {
  let give = (): void => {};
  const given = new Promise<void>((resolve) => {
    give = resolve;
  });
  return { given, give };
}

/** A server on a free port of this machine, for as long as the test runs. */
export async function serve(options: IndexServerOptions) {
  const lines: RequestLine[] = [];
  let waiting: (() => void)[] = [];
  const server = createIndexServer({
    ...options,
    onRequest: (line) => {
      lines.push(line);
      for (const check of waiting) check();
    },
  });
  onTestFinished(() => server.close());
  const { url, port } = await server.listen({ host: '127.0.0.1', port: 0 });
  return {
    server,
    url,
    port,
    lines,
    /** When so many requests are over. */
    async finished(count: number): Promise<void> {
      while (lines.length < count) {
        await new Promise<void>((resolve) => waiting.push(resolve));
        waiting = [];
      }
    },
  };
}

/** A request; nothing of its target is tidied up on the way. */
export interface Question {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly agent?: Agent;
}

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** Sends a request and gives the response as soon as its headers are there. */
export async function begin(port: number, question: Question): Promise<IncomingMessage> {
  const { method = 'GET', path, headers = {}, agent = false } = question;
  const request = httpRequest({ host: '127.0.0.1', port, method, path, headers, agent });
  request.end();
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  return response;
}

/** The rest of a response. */
export async function bodyOf(response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

export async function ask(port: number, question: Question): Promise<Reply> {
  const response = await begin(port, question);
  const body = await bodyOf(response);
  return { status: response.statusCode ?? 0, headers: response.headers, body };
}

/** Writes bytes as they are, and gives all that comes back until the server closes. */
export async function say(port: number, text: string): Promise<string> {
  const socket = await dial(port);
  socket.end(text);
  let heard = '';
  for await (const chunk of socket) heard += String(chunk);
  return heard;
}

export async function dial(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  onTestFinished(() => {
    socket.destroy();
  });
  await once(socket, 'connect');
  return socket;
}

/** Objects that come into being as they are read, so that they can be large, slow or broken. */
export class ScriptedStore {
  readonly opened: string[] = [];
  /** Objects that were opened and not closed. */
  unclosed = 0;
  /** Bytes that were read of all objects. */
  read = 0;
  /** Given once an object was closed. */
  readonly closed = signal();
  readonly #size: number;
  readonly #chunks: () => AsyncIterable<Uint8Array>;
  readonly #before: () => Promise<void>;

  constructor(size: number, chunks: () => AsyncIterable<Uint8Array>, before = () => Promise.resolve()) {
    this.#size = size;
    this.#chunks = chunks;
    this.#before = before;
  }

  async open(key: string): Promise<OpenObject> {
    this.opened.push(key);
    await this.#before();
    this.unclosed++;
    let isClosed = false;
    const count = (bytes: number): void => void (this.read += bytes);
    const chunks = this.#chunks();
    return {
      etag: 'scripted',
      size: this.#size,
      lastModified: new Date(0),
      async *stream() {
        for await (const chunk of chunks) {
          count(chunk.length);
          yield chunk;
        }
      },
      close: async () => {
        if (isClosed) return;
        isClosed = true;
        this.unclosed--;
        this.closed.give();
      },
    };
  }
}

/** A path that leads to an object. */
export const FILE_PATH = '/files/foo/0123456789abcdef/foo-1.0-py3-none-any.whl';
