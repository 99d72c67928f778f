import { quote } from '../errors.ts';
import { Fields, type SourceWindow } from './fields.ts';
import { type ArchiveLimits, checkEntryCount, checkExpansion } from './limits.ts';
import { checkMemberPath, decodeName } from './member-path.ts';
import { MemberTree } from './member-tree.ts';
import { DAMAGED, NONSTANDARD, refusal, SUSPICIOUS } from './refusal.ts';
import { type DirectoryPlace, findDirectory } from './zip-end.ts';
import { ELSEWHERE_32, zip64Values } from './zip-extra.ts';

/** One member of a zip, as the central directory has it. Sizes and offsets in bytes. */
export interface ZipEntry {
  /** Without a trailing slash. */
  readonly path: string;
  readonly isFolder: boolean;
  readonly name: Uint8Array;
  readonly flags: number;
  readonly method: number;
  readonly crc: number;
  readonly packedSize: number;
  readonly size: number;
  /** Where its local header is. */
  readonly start: number;
  /** Where the next member, or the central directory, must start. */
  readonly end: number;
}

/** An entry before it is known what comes behind it. */
type ListedEntry = Omit<ZipEntry, 'end'>;

/** The members of a zip, in the order in which their data is in the file. */
export interface ZipDirectory {
  readonly entries: readonly ZipEntry[];
  /** The paths of all members that are not folders. */
  readonly files: ReadonlySet<string>;
}

const HEADER_SIGNATURE = 0x02014b50;
const HEADER_SIZE = 46;

const STORED = 0;
export const DEFLATED = 8;

/** APPNOTE 4.4.4: sizes and CRC follow the data. */
export const HAS_DESCRIPTOR = 1 << 3;
/** Bits 1 and 2 tell how hard the compressor tried and mean nothing to a reader. */
export const COMPRESSION_LEVEL = 0b110;
const UTF8_NAME = 1 << 11;
const ENCRYPTED = 1 | (1 << 6) | (1 << 13);
const KNOWN_FLAGS = COMPRESSION_LEVEL | HAS_DESCRIPTOR | UTF8_NAME | ENCRYPTED;

const DOS_FOLDER = 0x10;
const UNIX_TYPE_MASK = 0o170000;
const UNIX_FILE = 0o100000;
const UNIX_FOLDER = 0o040000;

/**
 * Reads the central directory (APPNOTE 4.3.12) and checks every entry of it, without looking at the
 * members themselves.
 *
 * @throws {WheelstoreError} `invalid-archive`
 */
export async function readDirectory(file: SourceWindow, limits: ArchiveLimits): Promise<ZipDirectory> {
  const place = await findDirectory(file);
  checkEntryCount(place.entries, limits);
  const size = place.end - place.start;
  if (size > limits.maxDirectoryBytes) {
    throw refusal(`The central directory of ${size} bytes is too large`, SUSPICIOUS, String(size));
  }
  const entries = parseEntries(await file.exactly(place.start, size), place);
  const files = checkEntries(entries);
  checkExpansion(
    entries.reduce((sum, entry) => sum + entry.size, 0),
    file.size,
    limits,
  );
  return { entries: withSpans(entries, place), files };
}

function parseEntries(bytes: Uint8Array, place: DirectoryPlace): ListedEntry[] {
  const entries: ListedEntry[] = [];
  let at = 0;
  while (at < bytes.length) {
    if (entries.length === place.entries || at + HEADER_SIZE > bytes.length) throw badDirectory();
    const fields = new Fields(bytes, at);
    if (fields.u32(0) !== HEADER_SIGNATURE) throw badDirectory();
    const nameEnd = at + HEADER_SIZE + fields.u16(28);
    const extraEnd = nameEnd + fields.u16(30);
    const end = extraEnd + fields.u16(32);
    if (end > bytes.length) throw badDirectory();
    const name = bytes.subarray(at + HEADER_SIZE, nameEnd);
    entries.push(parseEntry(fields, name, bytes.subarray(nameEnd, extraEnd)));
    at = end;
  }
  if (entries.length !== place.entries) throw badDirectory();
  return entries;
}

function parseEntry(fields: Fields, name: Uint8Array, extra: Uint8Array): ListedEntry {
  const text = decodeName(name);
  const isFolder = text.endsWith('/');
  const path = isFolder ? text.slice(0, -1) : text;
  checkMemberPath(path);
  if (fields.u16(34) !== 0) throw refusal('The zip archive is one part of several', NONSTANDARD);
  checkKind(fields.u32(38), isFolder, path);
  const sizes = centralSizes(fields, extra, name, path);
  return {
    path,
    isFolder,
    name,
    flags: fields.u16(8),
    method: fields.u16(10),
    crc: fields.u32(16),
    ...sizes,
  };
}

/**
 * APPNOTE 4.5.3: the extra field has exactly the values that do not fit, in this order.
 */
function centralSizes(
  fields: Fields,
  extra: Uint8Array,
  name: Uint8Array,
  path: string,
): Pick<ListedEntry, 'size' | 'packedSize' | 'start'> {
  const values = zip64Values(extra, name) ?? [];
  const written = [fields.u32(24), fields.u32(20), fields.u32(42)];
  let next = 0;
  const [size, packedSize, start] = written.map((value) =>
    value === ELSEWHERE_32 ? (values[next++] ?? value) : value,
  ) as [number, number, number];
  if (next !== values.length && values.length > 0) {
    throw refusal(`The ZIP64 sizes of member ${quote(path)} are malformed`, DAMAGED, path);
  }
  return { size, packedSize, start };
}

/** The upper half of the external attributes is a Unix mode, or zero. */
function checkKind(attributes: number, isFolder: boolean, path: string): void {
  const type = (attributes >>> 16) & UNIX_TYPE_MASK;
  if (type !== 0 && type !== UNIX_FILE && type !== UNIX_FOLDER) {
    throw refusal(`Member ${quote(path)} is neither a file nor a folder`, SUSPICIOUS, path);
  }
  if (!isFolder && (type === UNIX_FOLDER || (attributes & DOS_FOLDER) !== 0)) {
    throw refusal(`Member ${quote(path)} is a folder without a slash at its end`, NONSTANDARD, path);
  }
}

/** Returns the paths that are not folders. */
function checkEntries(entries: readonly ListedEntry[]): ReadonlySet<string> {
  const tree = new MemberTree();
  for (const entry of entries) {
    checkCoding(entry);
    if (entry.isFolder) tree.addFolder(entry.path, 'only once');
    else tree.addFile(entry.path);
  }
  return tree.files;
}

function checkCoding({ path, isFolder, flags, method, size, packedSize }: ListedEntry): void {
  const refuse = (problem: string): never => {
    throw refusal(`Member ${quote(path)} ${problem}`, NONSTANDARD, path);
  };
  if ((flags & ENCRYPTED) !== 0) refuse('is encrypted');
  if ((flags & ~KNOWN_FLAGS) !== 0) refuse(`has unknown flags (0x${flags.toString(16)})`);
  if (method !== STORED && method !== DEFLATED) {
    refuse(`is compressed with method ${method}; only stored (0) and deflate (8) are accepted`);
  }
  if (method === STORED && size !== packedSize) refuse('has two different sizes although it is stored');
  if (isFolder && size !== 0) refuse('is a folder but has content');
}

/** Members may be listed in any order, but each must end where the next one starts. */
function withSpans(entries: readonly ListedEntry[], place: DirectoryPlace): ZipEntry[] {
  const sorted = entries.toSorted((one, other) => one.start - other.start);
  if (sorted[0]?.start !== 0) {
    throw refusal('The zip archive has other bytes in front of its first entry', NONSTANDARD);
  }
  return sorted.map((entry, index) => ({ ...entry, end: sorted[index + 1]?.start ?? place.start }));
}

function badDirectory(): Error {
  return refusal('The central directory of the zip archive is damaged', DAMAGED);
}
