import type { Command } from './command.ts';
import type { NotMeasured } from './part.ts';

/** What is compared with, and how it is brought: as a command in a variable, split at spaces. */
const VARIABLES = {
  s3pypi: 'WHEELSTORE_BENCH_S3PYPI',
  'dumb-pypi': 'WHEELSTORE_BENCH_DUMB_PYPI',
  pypiserver: 'WHEELSTORE_BENCH_PYPISERVER',
  python: 'WHEELSTORE_BENCH_PYTHON',
} as const;

export type PeerName = keyof typeof VARIABLES;

/** The command of a peer; `undefined` where it is not given. */
export function peer(name: PeerName): Command | undefined {
  const words = (process.env[VARIABLES[name]] ?? '').split(' ').filter((word) => word !== '');
  return words.length === 0 ? undefined : words;
}

/** The Python that runs pip and http.server. */
export function python(): Command {
  return peer('python') ?? ['python3'];
}

/** How a peer that was not given could be. */
export function missing(name: PeerName): NotMeasured {
  return { what: name, because: `${VARIABLES[name]} does not say how to run it (bench/README.md)` };
}

/** Those of these peers that are not given. */
export function missingPeers(...names: readonly PeerName[]): NotMeasured[] {
  return names.filter((name) => peer(name) === undefined).map(missing);
}
