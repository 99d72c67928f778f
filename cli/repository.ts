import { stat } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import type { Environment } from '../core/environment.ts';
import { quote, WheelstoreError } from '../core/errors.ts';
import { silentReporter, type Reporter } from '../core/reporter.ts';
import type { Store } from '../core/store.ts';
import { DirectoryStore } from '../stores/directory.ts';
import { describeFailure, unlessAbsent } from '../stores/failures.ts';
import type { StackEdge } from './stack.ts';
import { endpointWithoutSecrets } from '../stores/s3/endpoint.ts';
import { DEFAULT_FOLDER, DEFAULT_JOBS, type SettingOptions } from './settings.ts';
import { splitUrl } from './store-url.ts';
import type { Explain } from './explain.ts';
import { explained } from './verbose-store.ts';

/** How much of a folder that is served is kept in memory, in bytes. */
const KEPT = 16 * 1024 * 1024;

/** What every command about a repository is told. */
export interface RepositoryOptions extends SettingOptions {
  /** With `--verbose`, is told what is done. */
  readonly explain?: Explain;
  /** CloudFront in front of the repository, where a stack was named. */
  readonly edge?: StackEdge;
}

/** Where a repository is. */
export type RepositoryPlace =
  | { readonly kind: 'folder'; readonly folder: string }
  | { readonly kind: 'bucket'; readonly bucket: string; readonly prefix: string | undefined }
  /** Its outputs say more; `placedInStack` reads them. */
  | { readonly kind: 'stack'; readonly stack: string };

/**
 * Where the repository is that a command is about.
 *
 * @throws {WheelstoreError} `usage` where the options contradict each other, `unsupported-store`
 */
export function placeOf(options: RepositoryOptions): RepositoryPlace {
  const { bucket, stack, prefix } = options;
  if (stack !== undefined && bucket === undefined) {
    refuseOptions({ prefix }, 'belongs to --bucket: the stack says where its repository is');
    if (stack === '') {
      throw new WheelstoreError('usage', 'No stack is named: --stack is empty', {
        value: stack,
        fix: 'Name the stack, or leave --stack out.',
      });
    }
    return { kind: 'stack', stack };
  }
  if (bucket !== undefined) return { kind: 'bucket', bucket, prefix };
  const { store = DEFAULT_FOLDER } = options;
  if (store === '') {
    throw new WheelstoreError('usage', 'No repository is named: --store is empty', {
      value: store,
      fix: `Name a folder, or leave --store out for ${DEFAULT_FOLDER}.`,
    });
  }
  const url = splitUrl(store);
  if (url?.scheme === 's3') {
    refuseOptions({ prefix }, 'belongs to --bucket: write it into --store s3://bucket/prefix');
    const [name = '', ...segments] = url.rest.split('/');
    return { kind: 'bucket', bucket: name, prefix: segments.join('/') };
  }
  if (url !== undefined) {
    const shown = endpointWithoutSecrets(store);
    throw new WheelstoreError('unsupported-store', `${quote(shown)} is neither a folder nor a bucket`, {
      value: shown,
      fix: 'Name a folder, or a bucket as s3://bucket/prefix.',
    });
  }
  const { profile, region, s3EndpointUrl, s3PutArgs, singleWriter, signRequest } = options;
  const noSignRequest = signRequest === false;
  const ofBuckets = { prefix, profile, region, s3EndpointUrl, s3PutArgs, singleWriter, noSignRequest };
  refuseOptions(ofBuckets, 'is for buckets: name one with --bucket or --store s3://bucket/prefix');
  return { kind: 'folder', folder: store };
}

function refuseOptions(options: Readonly<Record<string, unknown>>, why: string): void {
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || value === false) continue;
    const flag = `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    throw new WheelstoreError('usage', `${flag} ${why}`, {
      value: flag,
      fix: 'Leave it out, or name a bucket.',
    });
  }
}

/** What is done in a repository, besides reading what is there. */
export interface Access {
  readonly reporter?: Reporter;
  readonly signal?: AbortSignal;
  /**
   * With `create`, a folder that is not there yet is made; with `dry run`, it may be absent. With `serve`, what is
   * asked for again and again stays in memory.
   */
  readonly access: 'read' | 'write' | 'create' | 'dry run' | 'serve';
}

/**
 * What the use cases of `core/` work with, for the repository that the options name.
 *
 * @throws {WheelstoreError} `not-found` where there is no such folder, `unreadable`, `usage`,
 *   `unsupported-store`
 */
export async function openRepository(options: RepositoryOptions, access: Access): Promise<Environment> {
  const store = await openStore(options, access.access);
  const { jobs, edge } = options;
  const reporter = edge?.listeningTo(access.reporter ?? silentReporter, access.signal) ?? access.reporter;
  return environmentOf(store, {
    ...access,
    ...(reporter === undefined ? {} : { reporter }),
    ...(jobs === undefined ? {} : { jobs }),
  });
}

/** What the use cases of `core/` work with, for this store. */
export function environmentOf(
  store: Store,
  {
    reporter = silentReporter,
    signal,
    jobs = DEFAULT_JOBS,
  }: { reporter?: Reporter; signal?: AbortSignal; jobs?: number },
): Environment {
  return {
    store,
    reporter,
    wait: (milliseconds) => wait(milliseconds),
    random: Math.random,
    jobs,
    ...(signal === undefined ? {} : { signal }),
  };
}

/** The store of a repository. */
export async function openStore(options: RepositoryOptions, access: Access['access']): Promise<Store> {
  const store = await openQuietly(options, access);
  options.explain?.(`repository: ${store.description}`);
  return explained(store, options.explain);
}

/** The store in buckets loads only where it is needed. */
async function openQuietly(options: RepositoryOptions, access: Access['access']): Promise<Store> {
  const place = placeOf(options);
  if (place.kind === 'folder') {
    if (access !== 'create' && access !== 'dry run') await checkFolder(place.folder);
    return new DirectoryStore(place.folder, access === 'serve' ? { kept: KEPT } : {});
  }
  if (place.kind === 'stack') throw new Error('The stack was not asked where its repository is');
  const { connectBucket } = await import('./bucket.ts');
  return connectBucket(place, options, access === 'write' || access === 'create' ? 'write' : 'read');
}

async function checkFolder(folder: string): Promise<void> {
  const found = await unlessAbsent(stat(folder)).catch((error: unknown) => {
    throw describeFailure(error, folder, 'read');
  });
  if (found?.isDirectory() === true) return;
  throw new WheelstoreError('not-found', `There is no repository folder ${quote(folder)}`, {
    value: folder,
    fix: 'Name the folder (--store DIR, or WHEELSTORE_STORE); "wheelstore upload" makes one.',
  });
}
