// Runs in CloudFront Functions too: see decide.ts. `Buffer` is there as in Node.

/** RFC 7617: the user and the password of an `Authorization` header. */
export interface Credentials {
  readonly user: string;
  /** It may hold colons; a user's name may not. */
  readonly password: string;
}

/** `undefined` where the header is missing, of another scheme, or makes no sense. */
export function credentialsIn(authorization: string | undefined): Credentials | undefined {
  // RFC 9110 11.1: the scheme ignores case. The alphabet is checked, because decoders skip over
  // what is not of it.
  const match = /^[Bb][Aa][Ss][Ii][Cc] +([A-Za-z0-9+/]+=*) *$/.exec(String(authorization));
  if (match === null) return undefined;
  const decoded = Buffer.from(String(match[1]), 'base64').toString();
  const colon = decoded.indexOf(':');
  return colon < 0 ? undefined : { user: decoded.slice(0, colon), password: decoded.slice(colon + 1) };
}
