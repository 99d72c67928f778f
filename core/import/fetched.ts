import { createHash } from 'node:crypto';
import { inspectDistribution, type Distribution } from '../distribution.ts';
import { stopIfAborted, type Pacing } from '../environment.ts';
import { quote, WheelstoreError } from '../errors.ts';
import { parseJson } from '../fields.ts';
import { isUploadTime } from '../record.ts';
import type { ImportSource, OfferedFile } from './source.ts';
import type { Spool, SpooledBytes } from './spool.ts';

/** The largest file that is fetched, in bytes: what a source says of its files fills no disk. */
export const LARGEST_FILE = 5 * 1024 ** 3;

/** A file that was fetched and has passed every check. */
export interface FetchedFile {
  readonly offered: OfferedFile;
  readonly distribution: Distribution;
  readonly release: () => Promise<void>;
}

/**
 * Fetches a file and checks it: against what its source says of it, and then as if it were to be
 * uploaded.
 *
 * @throws {WheelstoreError} `corrupt-file` where the source says something else than the bytes; what
 *   `inspectDistribution` and the source throw; `interrupted`
 */
export async function fetchFile(
  pacing: Pacing,
  source: ImportSource,
  spool: Spool,
  offered: OfferedFile,
): Promise<FetchedFile> {
  const { filename, location, size = LARGEST_FILE, hashes } = offered;
  if (size > LARGEST_FILE) throw tooLarge(filename, size);
  const bytes = source.read(location, size);
  const kept = await spool.keep(interruptible(bytes, pacing), ['sha256', ...Object.keys(hashes)]);
  try {
    checkBytes(offered, kept);
    const distribution = await inspectDistribution(filename, kept.source);
    checkMetadata(offered, distribution);
    const provenance = await fetchProvenance(source, offered);
    return {
      offered,
      distribution: { ...withHistory(distribution, offered), ...(provenance && { provenance }) },
      release: () => kept.release(),
    };
  } catch (error) {
    await kept.release();
    throw error;
  }
}

/** In bytes. Attestations are a few kilobytes each. */
const LARGEST_PROVENANCE = 4 * 1024 ** 2;

/** PEP 740: kept as it is. Whether its signatures are right is for those who install to find out. */
async function fetchProvenance(
  source: ImportSource,
  { filename, provenance }: OfferedFile,
): Promise<Distribution['provenance']> {
  if (provenance === undefined) return undefined;
  const chunks: Uint8Array[] = [];
  for await (const chunk of source.read(provenance, LARGEST_PROVENANCE)) chunks.push(chunk);
  const bytes = new Uint8Array(Buffer.concat(chunks));
  parseJson(bytes, () => {
    throw lie(filename, 'has a provenance that is not JSON');
  });
  return { bytes, sha256: createHash('sha256').update(bytes).digest('hex') };
}

async function* interruptible(
  bytes: AsyncIterable<Uint8Array>,
  pacing: Pacing,
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const chunk of bytes) {
    stopIfAborted(pacing);
    yield chunk;
  }
}

function checkBytes({ filename, size, hashes }: OfferedFile, { source, hashes: actual }: SpooledBytes): void {
  if (size !== undefined && source.size !== size) {
    throw lie(filename, `has ${source.size} bytes, and its source says ${size}`);
  }
  for (const [algorithm, hash] of Object.entries(hashes)) {
    const own = actual[algorithm];
    if (own !== undefined && own !== hash) {
      throw lie(filename, `has the ${algorithm} ${own}, and its source says ${hash}`);
    }
  }
}

/** PEP 658: the metadata file is the one inside, byte for byte. Clients of the source resolve with it. */
function checkMetadata({ filename, metadata: said }: OfferedFile, { metadata }: Distribution): void {
  const sha256 = typeof said === 'object' ? said['sha256'] : undefined;
  if (sha256 === undefined || metadata === undefined || sha256 === metadata.sha256) return;
  throw lie(filename, `has metadata with the sha256 ${metadata.sha256}, and its source says ${sha256}`);
}

function tooLarge(filename: string, size: number): WheelstoreError {
  return new WheelstoreError(
    'corrupt-file',
    `${quote(filename)} is said to have ${size} bytes, more than the ${LARGEST_FILE} that are fetched`,
    { value: filename, fix: 'Where that is so, download it and publish it with "wheelstore upload".' },
  );
}

function lie(filename: string, what: string): WheelstoreError {
  return new WheelstoreError('corrupt-file', `${quote(filename)} ${what}`, {
    value: filename,
    fix: 'Find out what has happened to it there. It was not imported.',
  });
}

function withHistory(distribution: Distribution, { uploadTime, yanked }: OfferedFile): Distribution {
  const isRight = uploadTime !== undefined && isUploadTime(uploadTime);
  return { ...distribution, history: { yanked, ...(isRight ? { uploadTime } : {}) } };
}
