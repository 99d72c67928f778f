import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { maskSecrets } from '../../core/access/mask.ts';
import { quote, WheelstoreError } from '../../core/errors.ts';
import { createIndexServer, type RequestLine } from '../../server/index-server.ts';
import { hostInUrl } from '../../server/listen.ts';
import { interruptSignal, untilAborted } from '../interrupt.ts';
import type { RepositoryOptions } from '../repository.ts';
import { type AccessOptions, isLoopback, serveAccess } from '../serve-access.ts';
import { openServed } from '../served-store.ts';
import { note, printLine, type Terminal } from '../terminal.ts';

export interface ServeOptions extends RepositoryOptions, AccessOptions {
  readonly port: number;
  readonly tlsKey?: string;
  readonly quiet?: boolean;
}

/** `wheelstore serve [DIR]` */
export async function serve(
  terminal: Terminal,
  _dir: string | undefined,
  options: ServeOptions,
): Promise<void> {
  const tls = await readTls(options);
  // The options know of the folder as well, which goes before everything else. It may take long.
  const served = await openServed(terminal, options);
  const { guard, login } = await serveAccess(terminal, served.repository, options);
  const server = createIndexServer({
    store: served.store,
    ...(guard === undefined ? {} : { guard }),
    ...(tls === undefined ? {} : { tls }),
    onRequest: (line) => {
      if (options.quiet !== true) printLine(terminal, maskSecrets(logLine(line)));
      if (line.error !== undefined) note(terminal, maskSecrets(`error: ${describe(line.error)}`));
    },
    onError: (error) => note(terminal, `error: ${describe(error)}`),
  });
  // Before anyone is told: who reads the line below may stop the server at once.
  const signal = interruptSignal(terminal, 'Stopping when the requests under way have ended');
  const { url, port } = await server.listen(options);
  note(terminal, `Serving ${served.description} at ${url}/simple/ (Ctrl-C stops)`);
  note(terminal, `Install:  ${installLine(options, port, login)}`);
  await untilAborted(signal);
  await server.close();
  await served.close();
}

/**
 * The command for clients. A wildcard address is none that a client could use; and pip takes packages
 * over plain HTTP from its own machine only, unless it is told to trust another one.
 */
function installLine({ host, tlsCert }: ServeOptions, port: number, login: string): string {
  const name = ['0.0.0.0', '::'].includes(host) ? hostname() : host;
  const scheme = tlsCert === undefined ? 'http' : 'https';
  const trusted = tlsCert === undefined && !isLoopback(name) ? ` --trusted-host ${name}` : '';
  return `pip install --index-url ${scheme}://${login}${hostInUrl(name)}:${port}/simple/${trusted} NAME`;
}

async function readTls({ tlsCert, tlsKey }: ServeOptions) {
  if (tlsCert === undefined && tlsKey === undefined) return undefined;
  if (tlsCert === undefined || tlsKey === undefined) {
    throw new WheelstoreError('usage', 'HTTPS needs a certificate and its key', {
      fix: 'Give both --tls-cert FILE and --tls-key FILE.',
    });
  }
  const [cert, key] = await Promise.all([readPem(tlsCert), readPem(tlsKey)]);
  return { cert, key };
}

async function readPem(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new WheelstoreError('unreadable', `Cannot read ${quote(path)}`, {
      value: path,
      fix: 'Check the path and its permissions.',
      cause,
    });
  }
}

function logLine(line: RequestLine): string {
  const { client, method, url, status, bytes, milliseconds, reader, isAborted } = line;
  const who = reader === undefined ? '' : ` as ${reader}`;
  const end = isAborted ? ' aborted' : '';
  return `${new Date().toISOString()} ${client} ${method} ${url} ${status} ${bytes} ${milliseconds.toFixed(1)}ms${who}${end}`;
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
