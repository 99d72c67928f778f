import { maskSecrets } from '../../core/access/mask.ts';
import { quote, WheelstoreError } from '../../core/errors.ts';
import { endpointWithoutSecrets } from '../../stores/s3/endpoint.ts';

/** Where a simple index is. Made of characters that need no quoting in any of the files it is put into. */
export interface IndexUrl {
  /** With `/simple/` at its end, and no credentials. */
  readonly text: string;
  /** Without a port; an IPv6 address without brackets. */
  readonly host: string;
  readonly hasPort: boolean;
  /** Whether what is sent there could be read on the way. */
  readonly isExposed: boolean;
}

/** Where `wheelstore serve` serves unless it is told otherwise. */
export const SERVED_HERE = 'http://127.0.0.1:8080/simple/';

const HOST = /^(?:[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?\.?|\[[0-9a-f:.]+\])$/;
const PATH = /^\/(?:[\w.~+@:,/-]|%[0-9A-Fa-f]{2})*$/;
const LOOPBACK = /^(?:localhost|127(?:\.\d+){3}|::1)$/;

/**
 * Reads the address of an index, with `/simple/` at its end or without.
 *
 * @throws {WheelstoreError} `usage`; what could be a password is not shown
 */
export function parseIndexUrl(text: string): IndexUrl {
  // What the URL parser would leave out, or take for something else.
  if (!/^https?:\/\/[^\s\\/][^\s\\]*$/i.test(text) || /\p{Cc}/u.test(text) || !URL.canParse(text)) {
    throw refusal(text, 'is no address of an index', 'Write a URL such as https://pypi.example.com/simple/.');
  }
  const url = new URL(text);
  if (text.slice(0, authorityEnd(text)).includes('@') || maskSecrets(text) !== text) {
    throw refusal(
      text,
      'has a user name or a token in it',
      'Leave it out, with the password; the token goes into WHEELSTORE_TOKEN or --token.',
    );
  }
  const path = `${url.pathname.replace(/\/(?:simple\/?)?$/, '')}/simple/`;
  if (url.search !== '' || url.hash !== '' || /\/simple\/./.test(path)) {
    throw refusal(text, 'is something in an index', 'Write where the index is: it ends in /simple/.');
  }
  if (!HOST.test(url.hostname) || !PATH.test(path)) {
    throw refusal(
      text,
      'has characters that not all clients understand',
      'Write a URL of letters, digits and . _ ~ - alone.',
    );
  }
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  return {
    text: `${url.origin}${path}`,
    host,
    hasPort: url.port !== '',
    isExposed: url.protocol === 'http:' && !LOOPBACK.test(host),
  };
}

function authorityEnd(text: string): number {
  const start = text.indexOf('://') + 3;
  const length = text.slice(start).search(/[/?#]/);
  return length === -1 ? text.length : start + length;
}

function refusal(text: string, why: string, fix: string): WheelstoreError {
  const shown = maskSecrets(endpointWithoutSecrets(text));
  return new WheelstoreError('usage', `--index-url: ${quote(shown)} ${why}`, { value: shown, fix });
}
