import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { bytesInMemory } from '../../core/bytes.ts';
import { inspectDistribution } from '../../core/distribution.ts';
import type { Environment } from '../../core/environment.ts';
import { normalizeName } from '../../core/names.ts';
import { planPublish, publish } from '../../core/publish.ts';
import { silentReporter } from '../../core/reporter.ts';
import type { Store } from '../../core/store.ts';
import { parseVersion } from '../../core/versions.ts';
import { setYanked } from '../../core/yank.ts';
import { ACTIONS } from '../../server/access/actions.ts';
import { createGuard } from '../../server/access/guard.ts';
import { createIndexServer, type IndexServerOptions } from '../../server/index-server.ts';
import type { TlsIdentity } from '../../server/tls.ts';
import { DirectoryStore } from '../../stores/directory.ts';
import { wheelstore } from './command.ts';
import type { BuiltFile } from './distributions.ts';

/** What clients have asked of a server, each kind in order of names; what was asked twice is there twice. */
export interface Requests {
  /** Projects whose page was asked for. */
  readonly pages: readonly string[];
  /** Filenames whose metadata file was asked for. */
  readonly metadata: readonly string[];
  readonly files: readonly string[];
  /** All that is no GET answered with 200, such as `HEAD /files/... 200`. */
  readonly others: readonly string[];
  /** The objects that answers were read from, in the order of the requests. */
  readonly objects: readonly string[];
}

/** A server on a free port of this machine. */
export interface Served {
  /** What pip is told so that it trusts the server. */
  readonly trust: readonly string[];
  /** Without a slash at the end. */
  readonly url: string;
  /** The simple index. */
  readonly index: string;
  /** Stops the server and tells what it was asked. */
  finish(): Promise<Requests>;
}

/** A repository to publish to and to serve from. */
export interface Repository {
  /** Publishes files, and gives the warnings about them. */
  add(...files: readonly BuiltFile[]): Promise<string[]>;
  addPaths(...paths: readonly string[]): Promise<string[]>;
  /** The same with the built command. */
  upload(...paths: readonly string[]): Promise<void>;
  yank(name: string, version: string, reason: string): Promise<void>;
  serve(): Promise<Served>;
}

/** A repository in a folder. */
export class Published implements Repository {
  readonly folder: string;
  readonly #environment: Environment;
  readonly #access: 'private' | 'public';

  constructor(folder: string, access: 'private' | 'public' = 'public') {
    this.folder = folder;
    this.#access = access;
    this.#environment = {
      store: new DirectoryStore(folder),
      reporter: silentReporter,
      wait: () => nextTurn(),
      random: Math.random,
      jobs: 8,
    };
  }

  async add(...files: readonly BuiltFile[]): Promise<string[]> {
    const distributions = await Promise.all(
      files.map(({ filename, bytes }) => inspectDistribution(filename, bytesInMemory(bytes))),
    );
    const plan = await planPublish(this.#environment, distributions, 'refuse');
    const { failures } = await publish(this.#environment, plan);
    if (failures.length > 0) throw failures[0]?.error;
    return distributions.flatMap(({ warnings }) => warnings);
  }

  async addPaths(...paths: readonly string[]): Promise<string[]> {
    const files = paths.map(async (path) => ({ filename: basename(path), bytes: await readFile(path) }));
    return this.add(...(await Promise.all(files)));
  }

  async upload(...paths: readonly string[]): Promise<void> {
    const { code, stderr } = await wheelstore(['upload', ...paths, '--store', this.folder]);
    if (code !== 0) throw new Error(`It ended with status ${code}: ${stderr}`);
  }

  async yank(name: string, version: string, reason: string): Promise<void> {
    await setYanked(this.#environment, normalizeName(name), parseVersion(version), reason);
  }

  serve(tls?: TlsIdentity): Promise<Served> {
    const { store } = this.#environment;
    const guard = this.#access === 'private' ? createGuard({ store, actions: new Set(ACTIONS) }) : undefined;
    return serveStore(store, { ...(tls && { tls }), ...(guard && { guard }) });
  }
}

/** Serves what a store has, and takes down what it is asked. */
export async function serveStore(
  store: Pick<Store, 'open'>,
  options: Pick<IndexServerOptions, 'tls' | 'guard'> = {},
): Promise<Served> {
  const lines: string[] = [];
  const objects: string[] = [];
  const server = createIndexServer({
    store: {
      open: (key) => {
        objects.push(key);
        return store.open(key);
      },
    },
    onRequest: ({ method, url, status }) => lines.push(`${method} ${url} ${status}`),
    ...options,
  });
  const { url } = await server.listen({ host: '127.0.0.1', port: 0 });
  return {
    url,
    trust: [],
    index: `${url}/simple/`,
    finish: async () => {
      await server.close();
      // A request is told of when its response is closed, which may be heard of after the connection.
      await nextTurn();
      return { ...sorted(lines), objects };
    },
  };
}

/** Sorts lines such as `GET /simple/foo/ 200` by what was asked for. */
export function sorted(lines: readonly string[]): Omit<Requests, 'objects'> {
  const requests = { pages: [] as string[], metadata: [] as string[], files: [] as string[] };
  const others: string[] = [];
  for (const line of lines) {
    const page = /^GET \/simple\/([^/]+)\/ 200$/.exec(line)?.[1];
    const file = /^GET \/files\/[^/]+\/[^/]+\/([^/]+) 200$/.exec(line)?.[1];
    const name = file === undefined ? undefined : decodeURIComponent(file);
    if (page !== undefined) requests.pages.push(page);
    else if (name?.endsWith('.metadata')) requests.metadata.push(name.slice(0, -'.metadata'.length));
    else if (name !== undefined) requests.files.push(name);
    else others.push(line);
  }
  for (const names of Object.values(requests)) names.sort();
  return { ...requests, others: others.sort() };
}
