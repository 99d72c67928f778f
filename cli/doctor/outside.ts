import { lookup, Resolver } from 'node:dns/promises';
import { get as httpsGet } from 'node:https';
import { isIP } from 'node:net';
import { connect } from 'node:tls';
import { quote, WheelstoreError } from '../../core/errors.ts';
import { systemCode } from '../../stores/failures.ts';

/** In milliseconds. Who installs would not wait longer either. */
const PATIENCE = 10_000;

/** What a server shows of itself at the beginning of a connection. */
export interface Handshake {
  /** Node's code for why a client would not trust it (`CERT_HAS_EXPIRED`); absent where one would. */
  readonly problem: string | undefined;
  readonly validUntil: Date;
}

/** What comes back for a GET, without its body. */
export interface HttpAnswer {
  readonly status: number;
  /** Empty where there is none. */
  readonly contentType: string;
  /** Who has handed it on, as the header says. */
  readonly via: string;
  /** RFC 9110 11.6.1: how to log in, as the header `WWW-Authenticate` says; empty where there is none. */
  readonly challenge: string;
}

/** The network, as a client of the index sees it. */
export interface Outside {
  /** As the system finds them, for any program; none where there is no such name. */
  addressesOf(host: string): Promise<readonly string[]>;
  /** What a name is another name for, as DNS has it. */
  canonicalNameOf(host: string): Promise<string | undefined>;
  handshake(host: string, port: number): Promise<Handshake>;
  get(url: string, accept: string): Promise<HttpAnswer>;
  now(): Date;
}

/** The network that there is. */
export const NETWORK: Outside = {
  addressesOf: async (host) => {
    try {
      return (await lookup(host, { all: true })).map(({ address }) => address);
    } catch (error) {
      if (['ENOTFOUND', 'ENODATA'].includes(systemCode(error) ?? '')) return [];
      throw unreachable(host, error);
    }
  },

  canonicalNameOf: async (host) => {
    const resolver = new Resolver({ timeout: 3_000, tries: 1 });
    const names = await resolver.resolveCname(host).catch(() => []);
    return names[0]?.toLowerCase().replace(/\.$/, '');
  },

  handshake: (host, port) =>
    new Promise((resolve, reject) => {
      const name = isIP(host) === 0 ? { servername: host } : {};
      // Judged by us: a certificate that is not trusted has to be looked at as well.
      const socket = connect({ host, port, ...name, rejectUnauthorized: false, timeout: PATIENCE });
      socket.once('secureConnect', () => {
        const { valid_to: until } = socket.getPeerCertificate();
        const reason: unknown = socket.authorized ? undefined : socket.authorizationError;
        const problem = reason instanceof Error ? (systemCode(reason) ?? reason.message) : reason;
        resolve({
          problem: problem === undefined ? undefined : String(problem),
          validUntil: new Date(until),
        });
        socket.destroy();
      });
      socket.once('timeout', () => socket.destroy(timeout()));
      socket.once('error', (error) => reject(unreachable(`${host}:${port}`, error)));
    }),

  get: (url, accept) =>
    new Promise((resolve, reject) => {
      const request = httpsGet(url, { agent: false, timeout: PATIENCE, headers: { accept } }, (response) => {
        const { 'content-type': contentType = '', via = '' } = response.headers;
        const { 'www-authenticate': challenge = '' } = response.headers;
        resolve({ status: response.statusCode ?? 0, contentType, via, challenge });
        // The body is of no interest, and could have no end.
        response.destroy();
      });
      request.once('timeout', () => request.destroy(timeout()));
      request.once('error', (error) => reject(unreachable(url, error)));
    }),

  now: () => new Date(),
};

function timeout(): Error {
  return Object.assign(new Error('timeout'), { code: 'ETIMEDOUT' });
}

function unreachable(where: string, cause: unknown): WheelstoreError {
  const code = systemCode(cause) ?? (cause instanceof Error ? cause.message : String(cause));
  return new WheelstoreError('unreachable', `${quote(where)} cannot be reached from here (${quote(code)})`, {
    value: where,
    fix: 'Check the network of this machine and its DNS; a certificate authority of your own can be named in NODE_EXTRA_CA_CERTS.',
    cause,
  });
}
