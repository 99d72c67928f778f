import { DAMAGED, NONSTANDARD, refusal } from './refusal.ts';
import { startsWith } from './fields.ts';

/** In bytes: everything in a tar is padded to this. */
export const BLOCK_SIZE = 512;

/** A header block, before extensions are applied to it. Names are bytes up to the first NUL. */
export interface TarHeader {
  readonly name: Uint8Array;
  readonly linkName: Uint8Array;
  /** One character, such as `0` for a file; `0` also for the NUL of the oldest tars. */
  readonly type: string;
  /** Whether the type was the NUL of the oldest tars, in which a folder is a name with a slash. */
  readonly isOld: boolean;
  /** Of the data behind the header, in bytes. */
  readonly size: number;
}

// POSIX.1-1988 "ustar": the fields of a header block.
const NAME = [0, 100] as const;
const SIZE = [124, 136] as const;
const CHECKSUM = [148, 156] as const;
const TYPE = 156;
const LINK_NAME = [157, 257] as const;
const MAGIC = [257, 265] as const;
const PREFIX = [345, 500] as const;

const USTAR = [0x75, 0x73, 0x74, 0x61, 0x72, 0]; // "ustar\0"
const SLASH = 0x2f;
const SPACE = 0x20;

/** @throws {WheelstoreError} `invalid-archive` */
export function parseTarHeader(block: Uint8Array): TarHeader {
  const declared = parseNumber(block.subarray(...CHECKSUM));
  if (declared !== checksum(block)) throw refusal('A header of the tar archive is damaged', DAMAGED);
  const type = block[TYPE] ?? 0;
  return {
    name: fullName(block),
    linkName: text(block.subarray(...LINK_NAME)),
    type: type === 0 ? '0' : String.fromCharCode(type),
    isOld: type === 0,
    size: parseNumber(block.subarray(...SIZE)),
  };
}

/** Whether readers of tar would take this block for a header, in the octal form that all write. Never throws. */
export function hasTarChecksum(block: Uint8Array): boolean {
  const digits = String.fromCharCode(...text(block.subarray(...CHECKSUM))).trim();
  if (!/^[0-7]+$/.test(digits)) return false;
  const declared = Number.parseInt(digits, 8);
  const sum = checksum(block);
  // Old tars have summed up signed bytes, and readers take those as well.
  const negative = block.filter((byte, index) => byte > 127 && (index < CHECKSUM[0] || index >= CHECKSUM[1]));
  return declared === sum || declared === sum - 256 * negative.length;
}

/** The sum of all bytes, with the checksum's own taken for spaces. */
function checksum(block: Uint8Array): number {
  let sum = 0;
  for (let index = 0; index < BLOCK_SIZE; index++) {
    sum += index >= CHECKSUM[0] && index < CHECKSUM[1] ? SPACE : (block[index] ?? 0);
  }
  return sum;
}

function fullName(block: Uint8Array): Uint8Array {
  const name = text(block.subarray(...NAME));
  const prefix = text(block.subarray(...PREFIX));
  if (prefix.length === 0) return name;
  if (!startsWith(block.subarray(...MAGIC), USTAR)) {
    // Only POSIX has a prefix here. Some readers take one from the other formats, too.
    throw refusal('A header of the tar archive has a prefix that its format does not know', NONSTANDARD);
  }
  const joined = new Uint8Array(prefix.length + 1 + name.length);
  joined.set(prefix);
  joined[prefix.length] = SLASH;
  joined.set(name, prefix.length + 1);
  return joined;
}

/** The bytes up to the first NUL. */
export function text(bytes: Uint8Array): Uint8Array {
  const end = bytes.indexOf(0);
  return end === -1 ? bytes : bytes.subarray(0, end);
}

/** An octal number, or GNU's base 256 for what is too large for that. */
function parseNumber(field: Uint8Array): number {
  const first = field[0] ?? 0;
  if (first === 0x80) return checked(field.subarray(1).reduce((sum, byte) => sum * 256 + byte, 0));
  const digits = String.fromCharCode(...text(field)).trim();
  if (!/^[0-7]*$/.test(digits)) throw badNumber();
  return checked(digits === '' ? 0 : Number.parseInt(digits, 8));
}

function checked(value: number): number {
  if (Number.isSafeInteger(value)) return value;
  throw badNumber();
}

function badNumber(): Error {
  return refusal('A header of the tar archive has an impossible number', DAMAGED);
}
