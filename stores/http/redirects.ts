import { quote, WheelstoreError } from '../../core/errors.ts';
import { shownUrl } from '../../core/import/pages/page.ts';

export const MOST_REDIRECTS = 10;

const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/**
 * Where an answer sends to; `undefined` where it sends nowhere.
 *
 * @throws {WheelstoreError} `unsafe-address` for what is not fetched from
 */
export function redirectOf(status: number, location: string | undefined, from: URL): URL | undefined {
  if (!REDIRECTS.has(status) || location === undefined) return undefined;
  if (!URL.canParse(location, from.href)) throw refused(from, location, 'is no address');
  const to = new URL(location, from);
  to.hash = '';
  // Credentials are given by people, not by answers.
  to.username = '';
  to.password = '';
  if (to.protocol !== 'http:' && to.protocol !== 'https:') {
    throw refused(from, `${to.protocol}...`, 'is neither http nor https');
  }
  if (from.protocol === 'https:' && to.protocol === 'http:') {
    throw refused(from, shownUrl(to), 'is not encrypted any more');
  }
  return to;
}

/** @returns the error for a chain without end */
export function tooManyRedirects(url: URL): WheelstoreError {
  const shown = shownUrl(url);
  return new WheelstoreError(
    'source-failed',
    `${quote(shown, 300)} redirects more than ${MOST_REDIRECTS} times`,
    {
      value: shown,
      fix: 'Check the URL of the index, and open it in a browser.',
    },
  );
}

function refused(from: URL, to: string, why: string): WheelstoreError {
  return new WheelstoreError(
    'unsafe-address',
    `${quote(shownUrl(from), 300)} redirects to ${quote(to, 300)}, which ${why}`,
    {
      value: to,
      fix: 'Find out why the index leads there. Nothing was fetched from it.',
    },
  );
}
