import { inspectDistribution, type Distribution } from './distribution.ts';
import { quote, WheelstoreError } from './errors.ts';
import { parseFilename } from './filenames.ts';
import { factsIn, type FileFacts } from './file-notes.ts';
import { metadataKey, parseFileKey, provenanceKey, type FileKey } from './keys.ts';
import type { FileEntry } from './record.ts';
import { sourceInStore } from './source-in-store.ts';
import type { ObjectHead, Store } from './store.ts';

/** An entry that was made again. */
export interface RestoredEntry {
  readonly entry: FileEntry;
  /** Whose metadata file is missing, and must be there before any page names it. */
  readonly incomplete?: Distribution;
}

/**
 * Makes the record's entry of a file again from the file alone: from what its publisher has noted
 * beside its bytes, or else from the bytes. Writes nothing.
 *
 * The upload time is what was noted, or else when the store took these bytes; whether it was yanked is lost.
 *
 * @returns `undefined` where the file has been removed meanwhile
 * @throws {WheelstoreError} `corrupt-file`, `invalid-filename` and what `inspectDistribution` throws,
 *   where the file cannot be published as it is
 */
export async function restoreEntry(store: Store, key: string): Promise<RestoredEntry | undefined> {
  const file = parseFileKey(key);
  if (file === undefined) throw new Error(`${key} is no key of a file`);
  const head = await store.head(key);
  if (head === undefined) return undefined;
  if (!head.sha256.startsWith(file.sha256Start))
    throw damaged(key, 'its bytes are not those that its key says');
  const { kind } = parseFilename(file.filename);
  const metadata = await store.head(metadataKey(key));
  const noted = factsIn(head.metadata, file);
  if (noted !== undefined && noted.metadataSha256 === metadata?.sha256) {
    return { entry: entryOf(file, kind, head, await withoutLostProvenance(store, key, noted)) };
  }
  // Nothing is noted, or what is beside the file is not what was noted: the file decides.
  const distribution = await inspectStored(store, key, head.size);
  checkIdentity(key, file, head, distribution);
  const { version, requiresPython, metadata: its } = distribution;
  if (metadata !== undefined && metadata.sha256 !== its?.sha256) {
    throw damaged(metadataKey(key), 'it is not the metadata of the file beside it');
  }
  // Nothing in the file says what its provenance is; what is beside it was put there with it.
  const provenance = await store.head(provenanceKey(key));
  const entry = entryOf(file, kind, head, {
    version,
    requiresPython,
    metadataSha256: its?.sha256,
    provenanceSha256: provenance?.sha256,
  });
  return { entry, ...(metadata === undefined && its !== undefined ? { incomplete: distribution } : {}) };
}

function entryOf(
  { filename, generation }: FileKey,
  kind: FileEntry['kind'],
  { size, sha256, lastModified }: ObjectHead,
  {
    version,
    requiresPython,
    metadataSha256,
    provenanceSha256,
    uploadTime = lastModified.toISOString(),
  }: FileFacts,
): FileEntry {
  return {
    filename,
    kind,
    version,
    size,
    sha256,
    generation,
    uploadTime,
    ...(requiresPython === undefined ? {} : { requiresPython }),
    ...(metadataSha256 === undefined ? {} : { metadataSha256 }),
    ...(provenanceSha256 === undefined ? {} : { provenanceSha256 }),
    yanked: false,
  };
}

/** No page may name what is not there; and nobody can make it again. */
async function withoutLostProvenance(store: Store, key: string, facts: FileFacts): Promise<FileFacts> {
  const { provenanceSha256, ...others } = facts;
  if (provenanceSha256 === undefined) return facts;
  const head = await store.head(provenanceKey(key));
  return head?.sha256 === provenanceSha256 ? facts : others;
}

function checkIdentity(
  key: string,
  { project }: FileKey,
  { sha256 }: ObjectHead,
  distribution: Distribution,
): void {
  if (distribution.project !== project) throw damaged(key, `it belongs to ${distribution.project}`);
  if (distribution.sha256 !== sha256) throw damaged(key, 'its bytes are not those that its store says');
}

/** Checks a distribution that is in a store, as if it were to be published. */
export function inspectStored(store: Store, key: string, size: number): Promise<Distribution> {
  const filename = parseFileKey(key)?.filename ?? '';
  return inspectDistribution(filename, sourceInStore(store, key, size));
}

/** Whether a file is to blame: everything else is the store's failure. */
export function isAboutTheFile(error: unknown): error is WheelstoreError {
  return error instanceof WheelstoreError && ABOUT_THE_FILE.has(error.code);
}

const ABOUT_THE_FILE = new Set<WheelstoreError['code']>([
  'corrupt-file',
  'file-changed',
  'invalid-archive',
  'invalid-filename',
  'invalid-metadata',
  'unsupported-format',
]);

function damaged(key: string, what: string): WheelstoreError {
  return new WheelstoreError('corrupt-file', `${quote(key)} is damaged: ${what}`, {
    value: key,
    fix: 'Find out who has written there; restore that object from a backup, or remove it.',
  });
}
