import { lookup as systemLookup } from 'node:dns/promises';
import { Agent, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { stopIfAborted, type Pacing } from '../../core/environment.ts';
import { persistently, retryAfterOf } from './attempts.ts';
import { bodyOf, decoded, discard, fileTooLong, pageTooLong } from './bodies.ts';
import { exchange, type Connections } from './exchange.ts';
import { describeHttpFailure, StatusFailure } from './failures.ts';
import { AddressGuard, type Resolve } from './guard.ts';
import { DEFAULT_PATIENCE, type Patience } from './patience.ts';
import { MOST_REDIRECTS, redirectOf, tooManyRedirects } from './redirects.ts';

/** Who one is to an index. */
export interface Credentials {
  readonly username: string;
  readonly password: string;
}

export interface HttpClientOptions {
  /** What is read from: only its origin gets the credentials, and its network decides what else may be asked. */
  readonly source: URL;
  readonly credentials?: Credentials;
  readonly userAgent: string;
  readonly pacing: Pacing;
  /** To one host at the same time. */
  readonly sockets?: number;
  readonly patience?: Partial<Patience>;
  /** Certificate authorities in PEM, instead of the usual ones. */
  readonly ca?: string;
  readonly resolve?: Resolve;
}

/** A page as it was answered, without its encoding. */
export interface FetchedPage {
  /** After all redirects. */
  readonly url: URL;
  readonly contentType: string;
  readonly body: Uint8Array;
}

interface Answer {
  readonly url: URL;
  readonly message: IncomingMessage;
}

/** Reads from one source over HTTP, and from where that leads, trusting neither. */
export class HttpClient {
  readonly #options: HttpClientOptions;
  readonly #patience: Patience;
  readonly #guard: AddressGuard;
  readonly #connections: Connections;
  #requests = 0;
  #bytesReceived = 0;

  constructor(options: HttpClientOptions) {
    const {
      source,
      sockets = 8,
      ca,
      pacing,
      resolve = (host) => systemLookup(host, { all: true }),
    } = options;
    this.#options = options;
    this.#patience = { ...DEFAULT_PATIENCE, ...options.patience };
    this.#guard = new AddressGuard(source, resolve);
    // Node gives up an address after a quarter of a second where a host has several; far away, that is short.
    const agents = { keepAlive: true, maxSockets: sockets, autoSelectFamilyAttemptTimeout: 2_500 };
    this.#connections = {
      http: new Agent(agents),
      https: new HttpsAgent({ ...agents, ...(ca === undefined ? {} : { ca }) }),
      lookup: this.#guard.lookup,
      patience: this.#patience,
      ...(pacing.signal === undefined ? {} : { signal: pacing.signal }),
    };
  }

  /** How many requests were sent, redirects and further attempts included. */
  get requests(): number {
    return this.#requests;
  }

  /** How many bytes have come in bodies, as they were sent. */
  get bytesReceived(): number {
    return this.#bytesReceived;
  }

  /**
   * Fetches a page.
   *
   * @returns `undefined` where the answer is that there is none (404, 410)
   * @throws {WheelstoreError} `unreachable`, `source-failed`, `no-credentials`, `access-denied`,
   *   `unsafe-address`, `interrupted`; `invalid-page` where it has more than `limit` bytes
   */
  async page(url: URL, accept: string, limit: number): Promise<FetchedPage | undefined> {
    return this.#persistently(url, async (asked) => {
      const headers = { accept, 'accept-encoding': 'gzip, deflate' };
      const { url: final, message } = await this.#follow(url, headers, asked);
      if (message.statusCode === 404 || message.statusCode === 410) {
        await discard(message, this.#patience);
        return undefined;
      }
      await this.#checkStatus(message);
      const pieces: Uint8Array[] = [];
      for await (const piece of this.#body(message, limit, () => pageTooLong(final, limit))) {
        pieces.push(piece);
      }
      const { 'content-type': contentType = '', 'content-encoding': encoding = '' } = message.headers;
      const body = await decoded(Buffer.concat(pieces), encoding, limit, final);
      return { url: final, contentType, body };
    });
  }

  /**
   * The bytes of a file, as they come, and as they are: what a server calls an encoding of a `.tar.gz` is the
   * file. Only what fails before the first of them is tried again.
   *
   * @throws {WheelstoreError} as `page`; `not-found`; `corrupt-file` where it has more than `limit` bytes
   */
  async *file(url: URL, limit: number): AsyncGenerator<Uint8Array, void, undefined> {
    const { url: final, message } = await this.#persistently(url, async (asked) => {
      const headers = { accept: '*/*', 'accept-encoding': 'identity' };
      const answer = await this.#follow(url, headers, asked);
      await this.#checkStatus(answer.message);
      return answer;
    });
    try {
      yield* this.#body(message, limit, () => fileTooLong(final, limit));
    } catch (error) {
      throw this.#described(error, final, 1);
    }
  }

  /** Closes every connection. Idempotent. */
  close(): void {
    this.#connections.http.destroy();
    this.#connections.https.destroy();
  }

  /** @param task is to note which URL it has come to */
  async #persistently<T>(url: URL, task: (asked: { url: URL }) => Promise<T>): Promise<T> {
    const asked = { url };
    return persistently(
      this.#options.pacing,
      this.#patience,
      () => task(asked),
      (error, attempt) => this.#described(error, asked.url, attempt),
    );
  }

  async #follow(url: URL, headers: Readonly<Record<string, string>>, asked: { url: URL }): Promise<Answer> {
    let at = url;
    for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects++) {
      asked.url = at;
      await this.#guard.check(at);
      this.#requests++;
      const message = await exchange(at, { ...headers, ...this.#ownHeaders(at) }, this.#connections);
      const { statusCode = 0, headers: answered } = message;
      try {
        const next = redirectOf(statusCode, answered.location, at);
        if (next === undefined) return { url: at, message };
        at = next;
      } catch (error) {
        message.destroy();
        throw error;
      }
      await discard(message, this.#patience);
    }
    throw tooManyRedirects(url);
  }

  /** Credentials go to the origin that they were given for, and to no other. */
  #ownHeaders(url: URL): Readonly<Record<string, string>> {
    const { credentials, userAgent } = this.#options;
    const own = { 'user-agent': userAgent };
    if (credentials === undefined || !this.#isSource(url)) return own;
    const { username, password } = credentials;
    const encoded = Buffer.from(`${username}:${password}`, 'utf8').toString('base64');
    return { ...own, authorization: `Basic ${encoded}` };
  }

  #isSource(url: URL): boolean {
    return url.origin === this.#options.source.origin;
  }

  /** @throws {StatusFailure} */
  async #checkStatus(message: IncomingMessage): Promise<void> {
    const { statusCode = 0, headers } = message;
    if (statusCode === 200) return;
    await discard(message, this.#patience);
    throw new StatusFailure(statusCode, retryAfterOf(headers['retry-after'], Date.now()));
  }

  async *#body(
    message: IncomingMessage,
    limit: number,
    tooLong: () => Error,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const piece of bodyOf(message, limit, this.#patience, tooLong)) {
      this.#bytesReceived += piece.length;
      yield piece;
    }
  }

  #described(error: unknown, url: URL, attempt: number): unknown {
    const { pacing, credentials } = this.#options;
    stopIfAborted(pacing);
    const hasCredentials = credentials !== undefined;
    return describeHttpFailure(error, { url, isSource: this.#isSource(url), hasCredentials, attempt });
  }
}
