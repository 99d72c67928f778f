import { homedir } from 'node:os';
import process from 'node:process';
import { quote, WheelstoreError, type ErrorCode } from '../core/errors.ts';
import { readIndexList, readIndexPage } from '../core/import/index-page.ts';
import {
  DEFAULT_PAGE_LIMITS,
  invalidEntry,
  invalidPage,
  shownUrl,
  type PageLimits,
} from '../core/import/pages/page.ts';
import type { ReadList, ReadPage } from '../core/import/pages/read-page.ts';
import type { ImportSource, Location, OfferedFile, OfferedProject } from '../core/import/source.ts';
import { isValidName, normalizeName, type NormalizedName } from '../core/names.ts';
import { HttpClient, type FetchedPage, type HttpClientOptions } from './http/client.ts';
import { findCredentials, type Person } from './http/credentials.ts';
import { parseIndexUrl } from './http/index-url.ts';

/** How an index is read. */
export interface IndexSourceOptions extends Omit<HttpClientOptions, 'source' | 'credentials'> {
  readonly limits?: Partial<PageLimits>;
  /** Where credentials may be written down besides the URL; that of this process unless given. */
  readonly person?: Person;
}

/**
 * Another index, by its URL: `https://pypi.old.example/simple/`, with or without credentials in it. Nothing is
 * asked yet.
 *
 * @throws {WheelstoreError} `usage`, `unreadable`
 */
export async function openIndexSource(address: string, options: IndexSourceOptions): Promise<IndexSource> {
  const { limits, person, ...http } = options;
  const url = parseIndexUrl(address);
  const credentials = await findCredentials(url, person ?? thisPerson());
  url.username = '';
  url.password = '';
  const client = new HttpClient({
    ...http,
    source: url,
    ...(credentials === undefined ? {} : { credentials }),
  });
  return new IndexSource(url, client, { ...DEFAULT_PAGE_LIMITS, ...limits });
}

function thisPerson(): Person {
  return { variables: process.env, home: homedir(), platform: process.platform };
}

// PEP 691: JSON says the most. Every index speaks the last one.
const ACCEPT =
  'application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1';

/** What says nothing of the other pages of an index. */
const OF_ONE_PAGE = new Set<ErrorCode>(['invalid-page', 'unsafe-address']);

/** Another index, over HTTP. */
export class IndexSource implements ImportSource {
  readonly description: string;
  readonly #base: URL;
  readonly #client: HttpClient;
  readonly #limits: PageLimits;
  #hasAnswered = false;

  /** @param base without credentials, and with a slash at its end */
  constructor(base: URL, client: HttpClient, limits: PageLimits) {
    this.description = `index ${shownUrl(base)}`;
    this.#base = base;
    this.#client = client;
    this.#limits = limits;
  }

  /** How many requests were sent so far. */
  get requests(): number {
    return this.#client.requests;
  }

  /** How many bytes have come so far, as they were sent. */
  get bytesReceived(): number {
    return this.#client.bytesReceived;
  }

  /**
   * @throws {WheelstoreError} `not-found` where there is nothing, `invalid-page` where it is no project list; as
   *   `HttpClient.page`
   */
  async projects(): Promise<ReadList> {
    const page = await this.#fetch(this.#base);
    if (page === undefined) {
      const value = shownUrl(this.#base);
      throw new WheelstoreError('not-found', `There is no index at ${value}`, {
        value,
        fix: 'Check the URL of the index; it usually ends in /simple/.',
      });
    }
    this.#checkHost(page);
    return readIndexList(asIndexPage(page), this.#limits);
  }

  /**
   * @throws {WheelstoreError} as `HttpClient.page`, where the index fails. A page that makes no sense, or that leads
   *   to where nothing is fetched from, is a problem of its project, and of no other.
   */
  async project(name: NormalizedName): Promise<OfferedProject | undefined> {
    const offered = await this.#offered(name);
    const isFirst = !this.#hasAnswered;
    this.#hasAnswered = true;
    if (offered === undefined && isFirst) await this.#explain(name);
    return offered;
  }

  async #offered(name: NormalizedName): Promise<OfferedProject | undefined> {
    try {
      const page = await this.#fetch(new URL(`${name}/`, this.#base));
      if (page === undefined) return undefined;
      this.#checkHost(page);
      const { status, files, problems } = this.#read(page, name);
      const judged = files.map((file) => refusalOf(page, file) ?? file);
      return {
        project: name,
        ...(status === undefined ? {} : { status }),
        files: judged.filter((file): file is OfferedFile => !(file instanceof WheelstoreError)),
        problems: [...problems, ...judged.filter((file) => file instanceof WheelstoreError)],
      };
    } catch (error) {
      if (!(error instanceof WheelstoreError) || !OF_ONE_PAGE.has(error.code)) throw error;
      return { project: name, files: [], problems: [error] };
    }
  }

  /**
   * @throws {WheelstoreError} `invalid-page` where the location is no URL; as `HttpClient.file`
   */
  async *read(location: Location, limit: number): AsyncGenerator<Uint8Array, void, undefined> {
    if (!URL.canParse(location)) throw invalidPage(this.#base, 'offers a file at what is no URL');
    yield* this.#client.file(new URL(location), limit);
  }

  async close(): Promise<void> {
    this.#client.close();
  }

  #fetch(url: URL): Promise<FetchedPage | undefined> {
    return this.#client.page(url, ACCEPT, this.#limits.maxBytes);
  }

  #read(page: FetchedPage, name: NormalizedName): ReadPage {
    const read = readIndexPage(asIndexPage(page), this.#limits);
    if (read.project === undefined || read.project === name) return read;
    throw invalidPage(
      page.url,
      `is the page of ${read.project}, and ${name} was asked for`,
      'Have the index corrected.',
    );
  }

  /**
   * Indexes that have no such project may send to a public one, whose project of that name is somebody else's.
   *
   * @throws {WheelstoreError} `invalid-page`
   */
  #checkHost({ url }: FetchedPage): void {
    if (url.hostname === this.#base.hostname) return;
    throw invalidPage(
      this.#base,
      `sends to another index, ${shownUrl(url)}`,
      'Nothing was taken from there. Give the URL of that index, if it is the one that is meant.',
    );
  }

  /**
   * Says what is wrong with the URL of the index, where the first project that was asked for is not there and it
   * can be told.
   *
   * @throws {WheelstoreError} `invalid-page`
   */
  async #explain(name: NormalizedName): Promise<void> {
    const [last = ''] = this.#base.pathname.split('/').slice(-2);
    if (isValidName(last) && normalizeName(last) === name) {
      const index = shownUrl(new URL('..', this.#base));
      throw invalidPage(
        this.#base,
        'is the page of one project',
        `Give the URL of the index, ${index}, and ${name} after it.`,
      );
    }
    if (last === 'simple' || last === '+simple') return;
    const simple = new URL('simple/', this.#base);
    if (await this.#isThere(new URL(`${name}/`, simple), name)) {
      throw invalidPage(this.#base, 'has its index in a folder', `Give the URL ${shownUrl(simple)}.`);
    }
  }

  async #isThere(url: URL, name: NormalizedName): Promise<boolean> {
    try {
      const page = await this.#fetch(url);
      return page !== undefined && this.#read(page, name).files.length > 0;
    } catch (error) {
      // Only a guess has failed.
      if (error instanceof WheelstoreError && error.code !== 'interrupted') return false;
      throw error;
    }
  }
}

/** Why a file is not taken from there, whatever its bytes are. */
function refusalOf(page: FetchedPage, file: OfferedFile): WheelstoreError | undefined {
  if (isUnprotected(page, file)) return unprotected(file);
  return isOfTheFuture(file) ? ofTheFuture(page, file) : undefined;
}

/** In milliseconds. No two clocks are the same. */
const SKEW = 24 * 60 * 60 * 1000;

/** Clients that install what there was at a time would not see such a file for as long. */
function isOfTheFuture({ uploadTime }: OfferedFile): boolean {
  return uploadTime !== undefined && Date.parse(uploadTime) > Date.now() + SKEW;
}

function ofTheFuture({ url }: FetchedPage, { filename, uploadTime = '' }: OfferedFile): WheelstoreError {
  return invalidEntry(url, filename, `was uploaded at ${quote(uploadTime)}, which is still to come`);
}

/**
 * Whether the bytes of a file could be anybody's: its page came encrypted, it would not, and there is no hash from the
 * page to hold it to. Indexes behind a proxy that do not know of its TLS write such links.
 */
function isUnprotected(page: FetchedPage, { location, hashes }: OfferedFile): boolean {
  return page.url.protocol === 'https:' && location.startsWith('http:') && hashes['sha256'] === undefined;
}

function unprotected({ filename, location }: OfferedFile): WheelstoreError {
  const message = `${quote(filename)} is linked to by http from a page by https, without a sha256`;
  return new WheelstoreError('unsafe-address', message, {
    value: shownUrl(location),
    fix: 'Have the index link to https, or fetch this file by hand and upload it.',
  });
}

function asIndexPage({ url, contentType, body }: FetchedPage) {
  return { url: url.href, contentType, body };
}
