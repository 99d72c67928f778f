import { type Grant, serializeGrant, toTimestamp } from '../../core/access/grant.ts';
import { generateToken, hashOfToken } from '../../core/access/token.ts';
import { grantKey } from '../../core/edge/access.ts';
import type { KeyValueStoreContents } from './aws/key-value-store-contents.ts';

/** Makes a token, and keeps of it in a key-value store what is to be kept. */
export function giveToken(
  tokens: KeyValueStoreContents,
  grant: Partial<Pick<Grant, 'name' | 'expires' | 'projects'>> = {},
): string {
  const token = generateToken();
  const sha256 = hashOfToken(token);
  const whole = { name: `reader-${sha256.slice(0, 8)}`, sha256, created: toTimestamp(new Date()), ...grant };
  tokens.update(tokens.etag, [[grantKey(sha256), serializeGrant(whole)]]);
  return token;
}

export function revokeToken(tokens: KeyValueStoreContents, token: string): void {
  tokens.update(tokens.etag, [], [grantKey(hashOfToken(token))]);
}

/** RFC 7617: the value of the header that clients send. */
export function basic(password: string, user = '__token__', scheme = 'Basic'): string {
  return `${scheme} ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}
