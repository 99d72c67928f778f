import { hashOfToken } from '../../core/access/token.ts';
import { grantKey } from '../../core/edge/access.ts';
import { basic } from '../support/readers.ts';

/** What a client sends as `Authorization`: nothing, a header, or several of them. */
export type Sent = string | readonly string[] | undefined;

/** Tokens of all kinds, of which one opens everything. */
export interface Tokens {
  readonly right: string;
  readonly unknown: string;
  readonly expired: string;
  readonly revoked: string;
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** Another last character: the checksum no longer fits. */
function mistyped(token: string): string {
  return token.slice(0, -1) + (token.endsWith('0') ? '1' : '0');
}

/** What opens nothing, each by its name. */
export function badCredentials({ right, unknown, expired, revoked }: Tokens): [name: string, sent: Sent][] {
  return [
    ['none', undefined],
    ['an empty header', ''],
    ['the scheme alone', 'Basic'],
    ['no colon', `Basic ${base64(right)}`],
    ['what is not base64', 'Basic %%%'],
    ['base64 with a gap', basic(right).replace(/.{12}$/, ' $&')],
    ['another scheme', `Bearer ${right}`],
    ['the right words under another scheme', basic(right, 'x', 'Digest')],
    ['an unknown token', basic(unknown)],
    ['a mistyped token', basic(mistyped(right))],
    ['an expired token', basic(expired)],
    ['a revoked token', basic(revoked)],
    ['the beginning of a token', basic(right.slice(0, 20))],
    ['a token and more', basic(`${right}0`)],
    ['a token and a line feed', basic(`${right}\n`)],
    ['a token in upper case', basic(right.toUpperCase())],
    ['a token behind a colon', basic(`:${right}`)],
    ['a token as the user', basic('', right)],
    ['the hash of a token', basic(hashOfToken(right))],
    ['the key of a token', basic(grantKey(hashOfToken(right)))],
    ['a password that is no token', basic('secret:with:colons', 'admin')],
    ['an empty password', basic('')],
    ['two headers, the right one first', [basic(right), basic(unknown)]],
    ['two headers, the right one last', [basic(unknown), basic(right)]],
  ];
}

/** What opens all that there is. */
export function goodCredentials({ right }: Tokens): [name: string, sent: Sent][] {
  return [
    ['the user that the documentation names', basic(right)],
    ['no user', basic(right, '')],
    ['any user', basic(right, 'j\u00f6rg@example.com')],
    ['a scheme in another case', basic(right, '__token__', 'bAsIc')],
    ['more spaces', basic(right).replace(' ', '   ')],
  ];
}
