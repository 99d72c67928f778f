import { realpath } from 'node:fs/promises';
import { resolve, sep } from 'node:path';
import type { Pacing } from '../../core/environment.ts';
import { quote, WheelstoreError } from '../../core/errors.ts';
import { ofRepository } from '../../core/import/overlap.ts';
import type { ImportSource } from '../../core/import/source.ts';
import { TreeSource } from '../../core/import/tree-source.ts';
import { FolderTree } from '../../stores/folder-tree.ts';
import { placeOf, type RepositoryOptions, type RepositoryPlace } from '../repository.ts';
import { endpointWithoutSecrets } from '../../stores/s3/endpoint.ts';
import { Location } from '../../stores/s3/location.ts';
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
 * @param target where the import goes; what of the source is of that repository is left out
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
  const isOfRepository = await overlapOf(place, target);
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

/** What of the source is of the target, where one of the two lies in the other. */
async function overlapOf(
  source: Exclude<SourcePlace, { readonly kind: 'index' }>,
  target: RepositoryPlace,
): Promise<(path: string) => boolean> {
  if (source.kind === 'folder' && target.kind === 'folder') {
    return ofRepository(await rootOf(source.folder), await rootOf(target.folder));
  }
  if (source.kind !== 'bucket' || target.kind !== 'bucket' || source.bucket !== target.bucket) {
    return () => false;
  }
  return ofRepository(prefixOf(source), prefixOf(target));
}

/** A folder that is not there yet holds nothing. */
async function rootOf(folder: string): Promise<string> {
  const path = await realpath(folder).catch(() => resolve(folder));
  return `${path.split(sep).join('/').replace(/\/$/, '')}/`;
}

function prefixOf({ bucket, prefix }: { bucket: string; prefix: string | undefined }): string {
  return new Location(bucket, prefix).prefix;
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
