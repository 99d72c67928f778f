import { quote } from '../errors.ts';
import { DAMAGED, NONSTANDARD, refusal } from './refusal.ts';
import { decodeName } from './member-path.ts';
import { text, type TarHeader } from './tar-header.ts';

/** What extension headers say about the member that follows them. */
export interface TarExtension {
  readonly path?: string;
  readonly linkPath?: string;
  /** In bytes. */
  readonly size?: number;
}

/** In bytes. Far above what paths and attributes need; the content is held in memory. */
export const LONGEST_EXTENSION = 1024 * 1024;

/** The first size that the twelve bytes of a header cannot hold in octal. */
const TOO_LARGE_FOR_OCTAL = 8 ** 11;

export const PAX_LOCAL = 'x';
export const PAX_GLOBAL = 'g';
export const GNU_LONG_NAME = 'L';
export const GNU_LONG_LINK = 'K';

/**
 * Parses the content of an extension header of the given type.
 *
 * @throws {WheelstoreError} `invalid-archive`
 */
export function parseExtension(type: string, content: Uint8Array): TarExtension {
  switch (type) {
    case PAX_LOCAL:
      return fromPax(parsePax(content));
    case PAX_GLOBAL:
      checkGlobal(parsePax(content));
      return {};
    case GNU_LONG_NAME:
      return { path: gnuName(content) };
    default:
      return { linkPath: gnuName(content) };
  }
}

/**
 * Joins two extensions of one member. A field must come from one of them: readers disagree on which
 * of two would win.
 *
 * @throws {WheelstoreError} `invalid-archive`
 */
export function joinExtensions(one: TarExtension, other: TarExtension): TarExtension {
  for (const field of Object.keys(other)) {
    if (Object.hasOwn(one, field)) {
      throw refusal(`The tar archive has two extension headers with a ${field} for one member`, NONSTANDARD);
    }
  }
  return { ...one, ...other };
}

/**
 * The size of a member's data in bytes. POSIX.1-2001 lets pax override the header; where both hold a
 * usable value they must be equal, or a reader without pax would see other members.
 *
 * @throws {WheelstoreError} `invalid-archive`
 */
export function sizeOf(header: TarHeader, extension: TarExtension): number {
  const { size } = extension;
  if (size === undefined || size === header.size) return header.size;
  if (size >= TOO_LARGE_FOR_OCTAL) return size;
  throw refusal(
    `A member of the tar archive has two sizes, ${header.size} and ${size} bytes`,
    NONSTANDARD,
    String(size),
  );
}

/** Records of the form `<length> <key>=<value>\n`, where the length counts all of the record. */
function parsePax(content: Uint8Array): Map<string, string> {
  const records = new Map<string, string>();
  let at = 0;
  while (at < content.length) {
    const space = content.subarray(at, at + 8).indexOf(0x20);
    const digits = String.fromCharCode(...content.subarray(at, at + Math.max(0, space)));
    const end = at + Number(digits);
    if (!/^[1-9]\d*$/.test(digits) || end > content.length || content[end - 1] !== 0x0a) throw badPax();
    const record = content.subarray(at + space + 1, end - 1);
    const equals = record.indexOf(0x3d);
    if (equals < 1) throw badPax();
    setRecord(records, record.subarray(0, equals), record.subarray(equals + 1));
    at = end;
  }
  return records;
}

function setRecord(records: Map<string, string>, key: Uint8Array, value: Uint8Array): void {
  const name = decodeName(key);
  // Other values may be binary, such as the extended attributes of bsdtar.
  if (!RELEVANT.test(name)) return;
  if (records.has(name)) {
    throw refusal(`A pax header of the tar archive has two values for ${quote(name)}`, NONSTANDARD, name);
  }
  records.set(name, decodeName(value));
}

const RELEVANT = /^(path|linkpath|size|hdrcharset|GNU\.sparse\..*)$/s;

function fromPax(records: ReadonlyMap<string, string>): TarExtension {
  checkUnderstood(records);
  const path = records.get('path');
  const linkPath = records.get('linkpath');
  const size = records.get('size');
  if (size !== undefined && !/^\d{1,15}$/.test(size)) throw badPax();
  return {
    ...(path === undefined ? {} : { path }),
    ...(linkPath === undefined ? {} : { linkPath }),
    ...(size === undefined ? {} : { size: Number(size) }),
  };
}

function checkUnderstood(records: ReadonlyMap<string, string>): void {
  for (const [name, value] of records) {
    const isSparse = name.startsWith('GNU.sparse.');
    // The one other value, BINARY, is for names that are not UTF-8.
    if (!isSparse && (name !== 'hdrcharset' || value === 'ISO-IR 10646 2000 UTF-8')) continue;
    throw refusal(`The tar archive uses ${quote(name)}, which is not accepted`, NONSTANDARD, name);
  }
}

/** Some readers apply global values to all members and some to none. `git archive` has only a comment. */
function checkGlobal(records: ReadonlyMap<string, string>): void {
  checkUnderstood(records);
  for (const name of ['path', 'linkpath', 'size']) {
    if (records.has(name)) {
      throw refusal(`The tar archive sets ${quote(name)} for all of its members`, NONSTANDARD, name);
    }
  }
}

/** GNU: the name and a NUL. */
function gnuName(content: Uint8Array): string {
  const name = text(content);
  if (content.subarray(name.length).some((byte) => byte !== 0)) {
    throw refusal('A long name of the tar archive has bytes behind its end', DAMAGED);
  }
  return decodeName(name);
}

function badPax(): Error {
  return refusal('A pax header of the tar archive is damaged', DAMAGED);
}
