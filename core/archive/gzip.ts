import { type ByteSource, chunksOf } from '../bytes.ts';
import { crc32 } from './crc32.ts';
import { Fields, SourceWindow, startsWith } from './fields.ts';
import { Inflation } from './inflate.ts';
import { DAMAGED, NONSTANDARD, refusal } from './refusal.ts';
import { describeStart, SIGNATURE_LENGTH } from './signature.ts';

const MAGIC = [0x1f, 0x8b];
const DEFLATE = 8;
const FIXED_SIZE = 10;
const TRAILER_SIZE = 8;

const HAS_HEADER_CRC = 1 << 1;
const HAS_EXTRA = 1 << 2;
const HAS_NAME = 1 << 3;
const HAS_COMMENT = 1 << 4;
const RESERVED = 0b1110_0000;

/** In bytes. A file name and a comment fit; without a bound a header could be as large as the file. */
const LONGEST_HEADER = 8 * 1024;

/** Blocked gzip (bgzip, pigz) has many members; each costs a little even if it is empty. */
const MOST_MEMBERS = 4096;

/**
 * Expands a gzip file (RFC 1952) of one or more members with constant memory. zlib's own gunzip is not
 * used because it ignores what follows a zero byte behind the last member.
 *
 * @throws {WheelstoreError} `invalid-archive`
 */
export async function* gunzip(source: ByteSource): AsyncGenerator<Uint8Array, void, undefined> {
  const file = new SourceWindow(source);
  const start = await file.exactly(0, Math.min(SIGNATURE_LENGTH, file.size));
  if (!startsWith(start, MAGIC)) throw notGzip(start);
  let at = 0;
  for (let members = 0; at < file.size; members++) {
    if (members === MOST_MEMBERS) {
      throw refusal(`The gzip file has more than ${MOST_MEMBERS} members`, NONSTANDARD);
    }
    at = yield* expandMember(source, file, at);
  }
}

/** Returns where the next member starts. */
async function* expandMember(
  source: ByteSource,
  file: SourceWindow,
  at: number,
): AsyncGenerator<Uint8Array, number, undefined> {
  const dataStart = at + headerSize(await readHeader(file, at), at);
  const inflation = new Inflation(chunksOf(source, dataStart));
  let crc = 0;
  let size = 0;
  for await (const piece of inflation) {
    crc = crc32(piece, crc);
    size += piece.length;
    yield piece;
  }
  const trailerAt = dataStart + inflation.consumed;
  if (trailerAt + TRAILER_SIZE > file.size) throw truncated();
  const trailer = new Fields(await file.exactly(trailerAt, TRAILER_SIZE));
  // RFC 1952: ISIZE is the size modulo 2^32.
  if (trailer.u32(0) !== crc || trailer.u32(4) !== size % 2 ** 32) {
    throw refusal('The gzip file does not match its checksum', DAMAGED);
  }
  return trailerAt + TRAILER_SIZE;
}

async function readHeader(file: SourceWindow, at: number): Promise<Uint8Array> {
  const bytes = await file.exactly(at, Math.min(LONGEST_HEADER, file.size - at));
  if (startsWith(bytes, MAGIC)) return bytes;
  throw refusal(`The gzip file has ${file.size - at} bytes behind its end`, NONSTANDARD);
}

/** The size in bytes of the gzip header that `bytes` starts with. */
function headerSize(bytes: Uint8Array, at: number): number {
  if (bytes.length < FIXED_SIZE) throw truncated();
  const flags = bytes[3] ?? 0;
  if (bytes[2] !== DEFLATE || (flags & RESERVED) !== 0) throw badHeader(at);
  let end = FIXED_SIZE;
  if ((flags & HAS_EXTRA) !== 0) {
    if (end + 2 > bytes.length) throw badHeader(at);
    end += 2 + new Fields(bytes).u16(end);
  }
  if ((flags & HAS_NAME) !== 0) end = behindText(bytes, end, at);
  if ((flags & HAS_COMMENT) !== 0) end = behindText(bytes, end, at);
  if ((flags & HAS_HEADER_CRC) !== 0) {
    if (end + 2 > bytes.length) throw badHeader(at);
    if (new Fields(bytes).u16(end) !== (crc32(bytes.subarray(0, end)) & 0xffff)) throw badHeader(at);
    end += 2;
  }
  if (end > bytes.length) throw badHeader(at);
  return end;
}

function behindText(bytes: Uint8Array, start: number, at: number): number {
  const zero = bytes.indexOf(0, start);
  if (zero === -1) throw badHeader(at);
  return zero + 1;
}

function notGzip(start: Uint8Array): Error {
  return refusal(
    `The file is not a .tar.gz but looks like ${describeStart(start)}`,
    'Give the file that the build made, under the name that the build gave it.',
  );
}

function badHeader(at: number): Error {
  return refusal(`The gzip header at byte ${at} is damaged, truncated or too long`, DAMAGED);
}

function truncated(): Error {
  return refusal('The gzip file is truncated', DAMAGED);
}
