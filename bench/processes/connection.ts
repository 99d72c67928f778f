import { connect, type Socket } from 'node:net';

/** What a server has answered. Its body is counted and not kept. */
export interface Answer {
  readonly status: number;
  readonly length: number;
}

const END_OF_HEAD = '\r\n\r\n';

/** One answer as it arrives. */
class Arrival {
  status = 0;
  /** Whether the server ends the connection behind it. */
  isLast = false;
  /** Of the body, so far. */
  length = 0;
  #head = '';
  #expected: number | undefined;

  /** @returns whether that was all of it */
  take(chunk: Buffer): boolean {
    if (this.status > 0) this.length += chunk.length;
    else this.#takeHead(chunk);
    return this.status > 0 && this.length === this.#expected;
  }

  /** Whether an answer that says nothing of its length has ended with its connection. */
  get endsHere(): boolean {
    return this.status > 0 && this.#expected === undefined;
  }

  #takeHead(chunk: Buffer): void {
    this.#head += chunk.toString('latin1');
    const end = this.#head.indexOf(END_OF_HEAD);
    if (end < 0) return;
    const [first = '', ...lines] = this.#head.slice(0, end).split('\r\n');
    const headers = lines.join('\n').toLowerCase();
    const [, version = '', status = '0'] = /^HTTP\/(\S+) (\d{3})/.exec(first) ?? [];
    this.status = Number(status);
    if (this.status === 0) throw new Error(`${first} is no answer`);
    if (/^transfer-encoding:/m.test(headers)) throw new Error('An answer in chunks: its length is not known');
    this.isLast = /^connection: *close/m.test(headers) || (version === '1.0' && !/keep-alive/.test(headers));
    const [, length] = /^content-length: *(\d+)/m.exec(headers) ?? [];
    this.#expected = this.status === 304 ? 0 : length === undefined ? undefined : Number(length);
    this.length = this.#head.length - end - END_OF_HEAD.length;
  }
}

/**
 * Asks a server the same, one time after the other. It does much less than an HTTP client, so that it is
 * not the client that is measured.
 */
export class Connection {
  readonly #url: URL;
  readonly #request: string;
  #socket: Socket | undefined;

  constructor(url: URL, headers: Readonly<Record<string, string>>) {
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    this.#url = url;
    this.#request = `GET ${url.pathname}${url.search} HTTP/1.1\r\nhost: ${url.host}\r\n${lines.join('')}\r\n`;
  }

  ask(): Promise<Answer> {
    // The server may have ended it since the last answer.
    if (this.#socket?.readyState !== 'open') this.close();
    const socket = (this.#socket ??= this.#connect());
    const arrival = new Arrival();
    return new Promise<Answer>((resolve, reject) => {
      const end = (error?: Error): void => {
        socket.off('data', take).off('error', end).off('close', close);
        if (error !== undefined || arrival.isLast || arrival.endsHere) this.close();
        if (error === undefined) resolve({ status: arrival.status, length: arrival.length });
        else reject(error);
      };
      const take = (chunk: Buffer): void => {
        try {
          if (arrival.take(chunk)) end();
        } catch (error) {
          end(error as Error);
        }
      };
      const close = (): void => end(arrival.endsHere ? undefined : new Error('An answer has broken off'));
      socket.on('data', take).on('error', end).on('close', close);
      socket.write(this.#request);
    });
  }

  close(): void {
    this.#socket?.destroy();
    this.#socket = undefined;
  }

  #connect(): Socket {
    const socket = connect({ host: this.#url.hostname, port: Number(this.#url.port), noDelay: true });
    // What fails behind the last answer is of no interest.
    return socket.on('error', () => undefined);
  }
}
