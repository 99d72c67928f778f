import { type ByteSource, chunksOf } from '../bytes.ts';
import { quote, WheelstoreError } from '../errors.ts';
import { crc32 } from './crc32.ts';
import { SourceWindow } from './fields.ts';
import { Inflation, inflateSmall } from './inflate.ts';
import type { ArchiveLimits } from './limits.ts';
import { refuseTarInZip } from './polyglot.ts';
import { DAMAGED, refusal } from './refusal.ts';
import { DEFLATED, readDirectory, type ZipDirectory, type ZipEntry } from './zip-directory.ts';
import { findData } from './zip-local.ts';

/** Members up to this size, packed and unpacked, are handled in one piece. In bytes. */
const SMALL = 128 * 1024;

/**
 * A zip archive (APPNOTE.TXT of PKWARE), stricter than any tool that installs from one: what is read
 * here is what every tool reads.
 */
export class ZipArchive {
  readonly #source: ByteSource;
  readonly #file: SourceWindow;
  readonly #entries: ReadonlyMap<string, ZipEntry>;
  readonly files: ReadonlySet<string>;

  constructor(source: ByteSource, file: SourceWindow, { entries, files }: ZipDirectory) {
    this.#source = source;
    this.#file = file;
    this.#entries = new Map(entries.map((entry) => [entry.path, entry]));
    this.files = files;
  }

  /** Folders included, in the order of their data. */
  get entries(): Iterable<ZipEntry> {
    return this.#entries.values();
  }

  /**
   * The whole content of a file.
   *
   * @param limit in bytes
   * @throws {WheelstoreError} `invalid-archive` where there is no such file, or it is too large
   */
  async read(path: string, limit: number): Promise<Uint8Array> {
    const entry = this.#entries.get(path);
    if (!entry || entry.isFolder) {
      throw refusal(`The archive has no ${quote(path)}`, 'Build the distribution again.', path);
    }
    if (entry.size > limit) {
      throw refusal(`${quote(path)} is larger than ${limit} bytes`, 'Make it smaller.', path);
    }
    const content = new Uint8Array(entry.size);
    let at = 0;
    for await (const piece of this.content(entry)) {
      content.set(piece, at);
      at += piece.length;
    }
    return content;
  }

  /**
   * The content of a member, in pieces. Size and CRC are checked; only who reads it to the end knows
   * that it is right.
   *
   * @throws {WheelstoreError} `invalid-archive`
   */
  async *content(entry: ZipEntry): AsyncGenerator<Uint8Array, void, undefined> {
    let size = 0;
    let crc = 0;
    for await (const piece of this.#unpack(entry)) {
      size += piece.length;
      if (size > entry.size) break;
      crc = crc32(piece, crc);
      yield piece;
    }
    if (size !== entry.size) throw damaged(entry, 'does not have the size that it declares');
    if (crc !== entry.crc) throw damaged(entry, 'does not match its CRC');
  }

  async *#unpack(entry: ZipEntry): AsyncGenerator<Uint8Array, void, undefined> {
    const start = await findData(this.#file, entry);
    const end = start + entry.packedSize;
    if (entry.packedSize <= SMALL && entry.size <= SMALL) {
      const packed = await this.#file.exactly(start, entry.packedSize);
      yield entry.method === DEFLATED ? inflateMember(packed, entry) : packed;
    } else if (entry.method === DEFLATED) {
      yield* this.#inflateLarge(entry, start, end);
    } else {
      yield* chunksOf(this.#source, start, end);
    }
  }

  async *#inflateLarge(
    entry: ZipEntry,
    start: number,
    end: number,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    const inflation = new Inflation(chunksOf(this.#source, start, end));
    try {
      yield* inflation;
    } catch (error) {
      throw inMember(error, entry);
    }
    if (inflation.consumed !== entry.packedSize) throw damaged(entry, 'is followed by unexplained bytes');
  }
}

/** @throws {WheelstoreError} `invalid-archive` */
export async function openZip(source: ByteSource, limits: ArchiveLimits): Promise<ZipArchive> {
  const file = new SourceWindow(source);
  const directory = await readDirectory(file, limits);
  await refuseTarInZip(source);
  return new ZipArchive(source, file, directory);
}

function inflateMember(packed: Uint8Array, entry: ZipEntry): Uint8Array {
  try {
    return inflateSmall(packed, entry.size);
  } catch (error) {
    throw inMember(error, entry);
  }
}

function inMember(error: unknown, entry: ZipEntry): unknown {
  return error instanceof WheelstoreError && error.code === 'invalid-archive'
    ? damaged(entry, 'has damaged data')
    : error;
}

function damaged({ path }: ZipEntry, problem: string): Error {
  return refusal(`Member ${quote(path)} ${problem}`, DAMAGED, path);
}
