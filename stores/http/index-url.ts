import { quote, WheelstoreError } from '../../core/errors.ts';
import { shownUrl } from '../../core/import/pages/page.ts';

/**
 * The URL of an index as a person gives it, with the slash at its end that its links need.
 *
 * @throws {WheelstoreError} `usage`
 */
export function parseIndexUrl(address: string): URL {
  // Whatever it is, it may hold a password.
  if (!URL.canParse(address)) throw wrong('the URL of the index', 'makes no sense');
  const url = new URL(address);
  const shown = shownUrl(url);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw wrong(shown, 'is neither http nor https');
  if (url.search !== '') throw wrong(shown, 'has a query, which the URL of an index cannot have');
  url.hash = '';
  url.pathname = url.pathname.replace(/\/index\.html$/, '/').replace(/([^/])$/, '$1/');
  return url;
}

function wrong(shown: string, what: string): WheelstoreError {
  return new WheelstoreError('usage', `${quote(shown, 300)} ${what}`, {
    value: shown,
    fix: 'Give the URL of an index, such as https://pypi.old.example/simple/.',
  });
}
