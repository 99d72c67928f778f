import { isUtf8 } from 'node:buffer';
import { type Credentials, credentialsIn } from '../../core/edge/credentials.ts';

/**
 * The user and the password of an `Authorization` header. Both are UTF-8, as the challenge demands (RFC
 * 7617 2.1); but pip, and whatever else is made with requests, sends Latin-1.
 */
export function credentialsOf(authorization: string | undefined): Credentials | undefined {
  const credentials = credentialsIn(authorization);
  if (credentials === undefined) return undefined;
  const bytes = Buffer.from(String(authorization).replace(/^\S+ +/, ''), 'base64');
  if (isUtf8(bytes)) return credentials;
  return credentialsIn(`Basic ${Buffer.from(bytes.toString('latin1')).toString('base64')}`);
}
