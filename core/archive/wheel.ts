import type { ByteSource } from '../bytes.ts';
import { quote } from '../errors.ts';
import type { ArchiveContents } from './archive.ts';
import { type ArchiveLimits, DEFAULT_LIMITS } from './limits.ts';
import { NONSTANDARD, refusal } from './refusal.ts';
import { parseRecord, RecordCheck, type RecordLine } from './wheel-record.ts';
import { openZip, type ZipArchive } from './zip.ts';

const DIST_INFO = '.dist-info';

/**
 * Checks the whole of a wheel: that it is a zip which every tool reads alike, that it expands within
 * bounds, and that RECORD matches every member (PEP 427).
 *
 * @throws {WheelstoreError} `invalid-archive`
 */
export async function inspectWheel(
  source: ByteSource,
  limits: ArchiveLimits = DEFAULT_LIMITS,
): Promise<ArchiveContents> {
  const zip = await openZip(source, limits);
  const folder = distInfoFolder(zip.files);
  const metadata = await zip.read(`${folder}/METADATA`, limits.maxMetadataBytes);
  await zip.read(`${folder}/WHEEL`, limits.maxMetadataBytes);
  const record = parseRecord(await zip.read(`${folder}/RECORD`, limits.maxRecordBytes));
  const unhashed = unhashedFiles(folder);
  checkListing(zip.files, record, unhashed);
  await checkMembers(zip, record, unhashed);
  return { metadata, folder, members: zip.files };
}

/**
 * METADATA alone, of a wheel that has passed `inspectWheel` before.
 *
 * @throws {WheelstoreError} `invalid-archive`
 */
export async function readWheelMetadata(
  source: ByteSource,
  limits: ArchiveLimits = DEFAULT_LIMITS,
): Promise<Uint8Array> {
  const zip = await openZip(source, limits);
  return zip.read(`${distInfoFolder(zip.files)}/METADATA`, limits.maxMetadataBytes);
}

/** PEP 427: there is exactly one, at the top level. */
function distInfoFolder(files: ReadonlySet<string>): string {
  const folders = new Set<string>();
  for (const path of files) {
    const slash = path.indexOf('/');
    const top = path.slice(0, Math.max(0, slash));
    // On a case-insensitive file system this would be one, too.
    if (top.toLowerCase().endsWith(DIST_INFO)) folders.add(top);
  }
  const [folder, ...others] = folders;
  if (folder === undefined || !folder.endsWith(DIST_INFO)) {
    throw refusal('The wheel has no .dist-info folder at its top level', NONSTANDARD, folder);
  }
  if (others.length > 0) {
    const names = [...folders].slice(0, 3).map((name) => quote(name));
    throw refusal(
      `The wheel has more than one .dist-info folder: ${names.join(', ')}`,
      NONSTANDARD,
      others[0],
    );
  }
  return folder;
}

/** PEP 427: RECORD cannot have its own hash, and the signatures are made from RECORD. */
function unhashedFiles(folder: string): ReadonlySet<string> {
  return new Set(['RECORD', 'RECORD.jws', 'RECORD.p7s'].map((name) => `${folder}/${name}`));
}

/** PEP 427: RECORD lists every file with a hash, and no others. */
function checkListing(
  files: ReadonlySet<string>,
  record: ReadonlyMap<string, RecordLine>,
  unhashed: ReadonlySet<string>,
): void {
  for (const path of files) {
    if (unhashed.has(path)) continue;
    const line = record.get(path);
    if (!line) throw refusal(`RECORD does not list member ${quote(path)}`, NONSTANDARD, path);
    if (line.digest === '') throw refusal(`RECORD has no hash of ${quote(path)}`, NONSTANDARD, path);
  }
  for (const path of record.keys()) {
    if (files.has(path)) continue;
    throw refusal(`RECORD lists ${quote(path)}, which is not in the wheel`, NONSTANDARD, path);
  }
}

async function checkMembers(
  zip: ZipArchive,
  record: ReadonlyMap<string, RecordLine>,
  unhashed: ReadonlySet<string>,
): Promise<void> {
  for (const entry of zip.entries) {
    const line = entry.isFolder || unhashed.has(entry.path) ? undefined : record.get(entry.path);
    const check = line && new RecordCheck(line);
    for await (const piece of zip.content(entry)) check?.update(piece);
    check?.finish();
  }
}
