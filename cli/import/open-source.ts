import { realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Pacing } from '../../core/environment.ts';
import { quote, WheelstoreError } from '../../core/errors.ts';
import type { ImportSource } from '../../core/import/source.ts';
import { TreeSource } from '../../core/import/tree-source.ts';
import { FolderTree } from '../../stores/folder-tree.ts';
import { placeOf, type RepositoryOptions, type RepositoryPlace } from '../repository.ts';
import { endpointWithoutSecrets } from '../../stores/s3/endpoint.ts';
import { splitUrl } from '../store-url.ts';
import { VERSION } from '../version.ts';

/** Where an import comes from. */
export type SourcePlace =
  | { readonly kind: 'index'; readonly url: string }
  | Exclude<RepositoryPlace, { readonly kind: 'stack' }>;

/** @throws {WheelstoreError} `unsupported-store`, `usage` */
export function sourcePlaceOf(word: string): SourcePlace {
  const scheme = splitUrl(word)?.scheme;
  if (scheme === 'http' || scheme === 'https') return { kind: 'index', url: word };
  if (word === '' || (scheme !== undefined && scheme !== 's3')) throw noSource(word);
  const place = placeOf({ store: word });
  if (place.kind === 'stack') throw new Error('A word is no stack');
  return place;
}

function noSource(word: string): WheelstoreError {
  const shown = endpointWithoutSecrets(word);
  // As for a target.
  const code = word === '' ? 'usage' : 'unsupported-store';
  return new WheelstoreError(code, `${quote(shown)} is neither a folder, a bucket nor an index`, {
    value: shown,
    fix: 'Name a folder, a bucket as s3://bucket/prefix, or the URL of an index.',
  });
}

/** What a source has to tell of the work that it was. */
export interface Traffic {
  readonly requests: number;
  readonly bytesReceived: number;
}

/** A source, and how much it was asked. */
export interface OpenedSource {
  readonly source: ImportSource;
  readonly traffic?: () => Traffic;
}

/**
 * @param target where the import goes; where that is the source itself, what is of the repository there
 *   is left out
 * @throws {WheelstoreError} `not-found`, and what opening a folder, a bucket or an index can come to
 */
export async function openSource(
  place: SourcePlace,
  options: RepositoryOptions,
  target: RepositoryPlace,
  pacing: Pacing,
): Promise<OpenedSource> {
  if (place.kind === 'index') {
    const { openIndexSource } = await import('../../stores/index-source.ts');
    const userAgent = `wheelstore/${VERSION}`;
    const { jobs } = options;
    const source = await openIndexSource(place.url, {
      userAgent,
      pacing,
      ...(jobs === undefined ? {} : { sockets: jobs }),
    });
    return { source, traffic: () => source };
  }
  const isInPlace = await isSamePlace(place, target);
  const isOfRepository = (path: string): boolean => isInPlace && OF_REPOSITORY.test(path);
  if (place.kind === 'folder') {
    return { source: await TreeSource.open(await FolderTree.open(place.folder), pacing, isOfRepository) };
  }
  const { connectionOf } = await import('../bucket.ts');
  const { connectS3Client } = await import('../../stores/s3/connect.ts');
  const { BucketTree } = await import('../../stores/s3/bucket-tree.ts');
  const connection = connectionOf(place, options);
  const { client, endpoint } = await connectS3Client(connection);
  const tree = new BucketTree(client, place.bucket, place.prefix, endpoint?.origin);
  return { source: await TreeSource.open(tree, pacing, isOfRepository) };
}

/** The top-level folders of a repository. */
const OF_REPOSITORY = /^(?:files|records|simple)\//;

async function isSamePlace(source: SourcePlace, target: RepositoryPlace): Promise<boolean> {
  if (source.kind === 'folder' && target.kind === 'folder') {
    const [one, other] = await Promise.all([realPathOf(source.folder), realPathOf(target.folder)]);
    return one === other;
  }
  if (source.kind !== 'bucket' || target.kind !== 'bucket') return false;
  return source.bucket === target.bucket && slashless(source.prefix) === slashless(target.prefix);
}

/** A folder that is not there yet is no other one. */
function realPathOf(folder: string): Promise<string> {
  return realpath(folder).catch(() => resolve(folder));
}

function slashless(prefix = ''): string {
  return prefix.split('/').filter(Boolean).join('/');
}

/**
 * The options of a target, of those of a command about two places: what is for buckets alone may be meant
 * for the source.
 */
export function targetOptions(options: RepositoryOptions, source: SourcePlace): RepositoryOptions {
  const { bucket, stack, store } = options;
  const isBucket = bucket !== undefined || stack !== undefined || store?.startsWith('s3://') === true;
  if (isBucket || source.kind !== 'bucket') return options;
  const { profile: _p, region: _r, s3EndpointUrl: _e, signRequest: _s, ...others } = options;
  return others;
}

/** @throws {WheelstoreError} `usage` */
export function refuseEverything(place: SourcePlace): void {
  if (place.kind !== 'index') return;
  throw new WheelstoreError('usage', 'Nothing says what to import of that index', {
    value: endpointWithoutSecrets(place.url),
    fix: 'Name projects (acme-core, or acme-core==1.2.0), or pass --all.',
  });
}
