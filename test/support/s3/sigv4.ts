import { createHash, createHmac } from 'node:crypto';

export const ALGORITHM = 'AWS4-HMAC-SHA256';

/** SHA-256 of nothing, in hex. */
export const EMPTY_SHA256 = sha256('');

export function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

function hmac(key: string | Uint8Array, data: string): Buffer {
  return createHmac('sha256', key).update(data).digest();
}

/** Where and when a signature counts: `20260131/us-east-1/s3/aws4_request`. */
export interface Scope {
  readonly date: string;
  readonly region: string;
  readonly service: string;
  readonly terminator: string;
}

export function scopeText({ date, region, service, terminator }: Scope): string {
  return `${date}/${region}/${service}/${terminator}`;
}

/** What is left of a secret key for one day, region and service. */
export class SigningKey {
  readonly #key: Buffer;

  constructor(secretAccessKey: string, { date, region, service, terminator }: Scope) {
    this.#key = hmac(hmac(hmac(hmac(`AWS4${secretAccessKey}`, date), region), service), terminator);
  }

  sign(lines: readonly string[]): string {
    return hmac(this.#key, lines.join('\n')).toString('hex');
  }
}

/** RFC 3986 with nothing left unencoded that it does not call unreserved. */
export function encodeUri(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

export interface Signable {
  readonly method: string;
  /** Decoded. */
  readonly path: string;
  readonly parameters: readonly (readonly [name: string, value: string])[];
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
}

function compare(left: string, right: string): number {
  return left < right ? -1 : Number(left > right);
}

/** The form of a request in which both sides sign it. S3 encodes the path once, other services twice. */
export function canonicalRequest(
  request: Signable,
  signedHeaders: readonly string[],
  payload: string,
): string {
  const query = request.parameters
    .filter(([name]) => name !== 'X-Amz-Signature')
    .map(([name, value]) => [encodeUri(name), encodeUri(value)] as const)
    .sort(([a, x], [b, y]) => compare(a, b) || compare(x, y))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
  const headers = signedHeaders.map(
    (name) => `${name}:${(request.headers.get(name) ?? '').trim().replace(/ +/g, ' ')}\n`,
  );
  const path = request.path.split('/').map(encodeUri).join('/');
  return [request.method, path, query, headers.join(''), signedHeaders.join(';'), payload].join('\n');
}
