import { quote, WheelstoreError } from '../../errors.ts';
import { parseFilename } from '../../filenames.ts';
import { invalidEntry } from './page.ts';

// Longer than any server takes; a link may hold a whole file otherwise.
const LONGEST_LINK = 8192;

const FETCHED = new Set(['http:', 'https:']);
/** Schemes that reach into this machine or leave HTTP; nobody links to them by chance. */
const DANGEROUS = new Set(['javascript:', 'vbscript:', 'data:', 'blob:', 'file:', 'ftp:']);

/** Where a link leads: to an address to fetch from, or to what is nothing to us (`mailto:`). */
export type Target = { readonly url: URL; readonly isFetchable: boolean } | undefined;

/**
 * Resolves a link. Only http and https are fetched from, and the scheme of the page itself where it has the
 * same host: a page in a folder may name the files beside it. Credentials in a link are dropped: those
 * of a source are given by people, not by pages.
 *
 * @throws {WheelstoreError} `unsafe-address` for schemes that a page has no reason to use
 */
export function resolveLink(href: string, base: URL, page: string): Target {
  const url = parsed(href, base);
  if (url === undefined) return undefined;
  const isOwn = url.protocol === base.protocol && url.host === base.host;
  if (!isOwn && DANGEROUS.has(url.protocol)) {
    throw new WheelstoreError('unsafe-address', `The page ${quote(page, 300)} links to ${quote(href)}`, {
      value: href.slice(0, LONGEST_LINK),
      fix: 'Only http and https are fetched from. Have the index corrected.',
    });
  }
  url.username = '';
  url.password = '';
  return { url, isFetchable: isOwn || FETCHED.has(url.protocol) };
}

function parsed(href: string, base: URL): URL | undefined {
  if (href.length > LONGEST_LINK) return undefined;
  return URL.canParse(href, base.href) ? new URL(href, base) : undefined;
}

/**
 * The location of a file that a page says is one.
 *
 * @throws {WheelstoreError} `invalid-page`, `unsafe-address`
 */
export function fileLocation(href: string, base: URL, entry: string, page: string): string {
  const target = resolveLink(href, base, page);
  if (target?.isFetchable !== true) {
    throw invalidEntry(page, entry, `has the link ${quote(href)}, from which nothing can be fetched`);
  }
  target.url.hash = '';
  return target.url.href;
}

/** The last segment of a link's path, percent-decoded as far as it can be. */
export function lastSegment(pathname: string): string {
  const segment = pathname.slice(pathname.lastIndexOf('/') + 1);
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

// What pip installs, and what an index takes.
const DISTRIBUTION = /\.(?:whl|tar\.gz|zip)$/i;
// What old projects also published. Nobody is to blame for it; whoever imports leaves it out and counts it.
const OTHER_PACKAGE =
  /\.(?:egg|exe|msi|rpm|deb|dmg|conda|tar|tgz|tbz2?|txz|tar\.(?:bz2|xz|z|zst|lz|lzma)|7z|rar)$/i;

/** Whether something ends as distributions do, those that cannot be imported included. */
export function endsLikePackage(name: string): boolean {
  return DISTRIBUTION.test(name) || OTHER_PACKAGE.test(name);
}

/**
 * Checks that a filename is that of a distribution, which makes it one safe segment of a path. One in a
 * format that an index does not take is let through: who imports says so.
 *
 * @throws {WheelstoreError} `invalid-filename`
 */
export function checkFilename(filename: string): void {
  try {
    parseFilename(filename);
  } catch (error) {
    if (!(error instanceof WheelstoreError) || error.code !== 'unsupported-format') throw error;
  }
}
