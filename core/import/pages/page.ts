import { quote, WheelstoreError } from '../../errors.ts';

/** A page as an index has answered with it. All of it may be wrong. */
export interface IndexPage {
  /**
   * Where it was found, after all redirects: what its links are relative to. Any scheme with a hierarchy
   * will do, so that the pages of a folder or of a bucket can be read too: `s3://bucket/foo/`.
   */
  readonly url: string;
  /** As a `Content-Type` header has it; empty where nothing is said. */
  readonly contentType: string;
  /** Without any content encoding. */
  readonly body: Uint8Array | string;
}

/** How much of a page is looked at before it is refused. */
export interface PageLimits {
  /** In bytes. */
  readonly maxBytes: number;
  /** Links in HTML, entries in JSON. */
  readonly maxLinks: number;
}

/** The list of the largest index there is has well over half a million projects, in some 40 MB. */
export const DEFAULT_PAGE_LIMITS: PageLimits = {
  maxBytes: 128 * 1024 * 1024,
  maxLinks: 2_000_000,
};

/** A URL for people: without credentials, and without a query, which may be a signature. */
export function shownUrl(url: string | URL): string {
  if (!URL.canParse(String(url))) return 'a URL that makes no sense';
  const shown = new URL(url);
  shown.username = '';
  shown.password = '';
  shown.hash = '';
  const hasQuery = shown.search !== '';
  shown.search = '';
  return hasQuery ? `${shown.href}?…` : shown.href;
}

/** What is wrong with a whole page. */
export function invalidPage(url: string | URL, what: string, fix?: string): WheelstoreError {
  const shown = shownUrl(url);
  return new WheelstoreError('invalid-page', `${quote(shown, 300)} ${what}`, {
    value: shown,
    fix: fix ?? 'Check the URL of the index; it usually ends in /simple/.',
  });
}

/** What is said where the page of a project, or a flat list of files, is taken for the list of projects. */
export function noList(url: string): WheelstoreError {
  return invalidPage(
    url,
    'lists files, not projects',
    'Give the URL of the whole index, which usually ends in /simple/, and name the project after it.',
  );
}

/** What is wrong with one entry of a page, which hides no other. */
export function invalidEntry(url: string | URL, entry: string, what: string): WheelstoreError {
  const shown = shownUrl(url);
  return new WheelstoreError('invalid-page', `${quote(entry)} on ${quote(shown, 300)} ${what}`, {
    value: entry,
    fix: 'Have the index corrected, or import this file by itself.',
  });
}

// Enough to see what kind of mistake it is. A page of nothing else would fill the memory.
const MOST_PROBLEMS = 1_000;

/** The problems of one page. */
export class Problems {
  readonly #found: WheelstoreError[] = [];
  readonly #url: string;
  #untold = 0;

  constructor(url: string) {
    this.#url = url;
  }

  add(problem: WheelstoreError): void {
    if (this.#found.length < MOST_PROBLEMS) this.#found.push(problem);
    else this.#untold++;
  }

  /** What `read` gives; `undefined` where it refuses, which is noted. */
  noting<T>(read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof WheelstoreError)) throw error;
      this.add(error);
      return undefined;
    }
  }

  all(): readonly WheelstoreError[] {
    if (this.#untold === 0) return this.#found;
    return [...this.#found, invalidPage(this.#url, `has ${this.#untold} more entries that make no sense`)];
  }
}
