import type { Server } from 'node:http';
import { isIP } from 'node:net';
import { quote, WheelstoreError } from '../core/errors.ts';

/** Where to listen. */
export interface ListenAddress {
  /** A name or an address of this machine; `0.0.0.0` and `::` mean all of them. */
  readonly host: string;
  /** 0 takes any port that is free. */
  readonly port: number;
}

/** `host` as a URL has it: an IPv6 address is in brackets (RFC 3986 3.2.2). */
export function hostInUrl(host: string): string {
  return isIP(host) === 6 ? `[${host}]` : host;
}

function describeFailure(error: unknown, { host, port }: ListenAddress): WheelstoreError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const value = `${hostInUrl(host)}:${port}`;
  if (code === 'EADDRINUSE') {
    return new WheelstoreError('address-in-use', `Another process listens on ${quote(value)}`, {
      value,
      fix: 'Stop that process or choose another port; port 0 takes any that is free.',
      cause: error,
    });
  }
  const fixes: Readonly<Record<string, string>> = {
    EACCES: 'Ports below 1024 need privileges; choose a higher one.',
    EADDRNOTAVAIL: 'Give an address of this machine: 127.0.0.1 for itself alone, 0.0.0.0 for its network.',
    ENOTFOUND: 'Give an address of this machine: 127.0.0.1 for itself alone, 0.0.0.0 for its network.',
    ERR_SOCKET_BAD_PORT: 'Give a port from 0 to 65535.',
  };
  return new WheelstoreError('cannot-listen', `Cannot listen on ${quote(value)}`, {
    value,
    fix: fixes[code] ?? 'Choose another host or port.',
    cause: error,
  });
}

/**
 * Starts to listen; gives the port.
 *
 * @throws {WheelstoreError} `address-in-use`, `cannot-listen`
 */
export async function listen(server: Server, address: ListenAddress): Promise<number> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(address.port, address.host, () => {
        server.off('error', reject);
        resolve();
      });
    });
  } catch (error) {
    throw describeFailure(error, address);
  }
  const bound = server.address();
  return typeof bound === 'object' && bound !== null ? bound.port : address.port;
}
