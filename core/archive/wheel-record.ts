import { createHash, type Hash } from 'node:crypto';
import { quote } from '../errors.ts';
import { DAMAGED, NONSTANDARD, refusal } from './refusal.ts';

/** One line of RECORD. */
export interface RecordLine {
  readonly path: string;
  readonly algorithm: string;
  /** URL-safe base64 without padding, or hexadecimal; empty where the line has no hash. */
  readonly digest: string;
  /** In bytes; undefined where the line has no size. */
  readonly size: number | undefined;
}

/** PEP 427: "The hash algorithm must be sha256 or better". */
const ALGORITHMS: ReadonlySet<string> = new Set(['sha256', 'sha384', 'sha512']);

/**
 * Parses RECORD (PEP 376, PEP 627): CSV of path, hash and size.
 *
 * @throws {WheelstoreError} `invalid-archive`
 */
export function parseRecord(content: Uint8Array): Map<string, RecordLine> {
  const lines = new Map<string, RecordLine>();
  for (const row of csvRows(decode(content))) {
    const line = parseLine(row);
    if (lines.has(line.path)) {
      throw refusal(`RECORD lists ${quote(line.path)} twice`, NONSTANDARD, line.path);
    }
    lines.set(line.path, line);
  }
  return lines;
}

function decode(content: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(content);
  } catch {
    throw refusal('RECORD is not UTF-8', NONSTANDARD);
  }
}

/** RFC 4180, with LF or CRLF; empty lines are left out. */
function* csvRows(text: string): Generator<string[]> {
  // A field with its end: a comma, a line break or the end of the text.
  const field = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/gy;
  let row: string[] = [];
  while (field.lastIndex < text.length || row.length > 0) {
    const match = field.exec(text);
    if (!match) throw refusal('RECORD is not valid CSV', NONSTANDARD);
    const [, quoted, plain = '', end] = match;
    row.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (end === ',') continue;
    if (row.length > 1 || row[0] !== '') yield row;
    row = [];
  }
}

function parseLine(row: readonly string[]): RecordLine {
  const [path = '', hash = '', size = ''] = row;
  const [algorithm = '', digest = '', ...rest] = hash.split('=');
  const isHash = hash === '' || (digest !== '' && rest.every((part) => part === ''));
  if (path === '' || row.length !== 3 || !isHash || !/^\d{0,15}$/.test(size)) {
    throw refusal(`RECORD has the malformed line ${quote(row.join(','))}`, NONSTANDARD, path);
  }
  if (hash !== '' && !ALGORITHMS.has(algorithm)) {
    throw refusal(
      `RECORD has a hash of ${quote(path)} by ${quote(algorithm)}; sha256, sha384 and sha512 are accepted`,
      NONSTANDARD,
      path,
    );
  }
  return { path, algorithm, digest, size: size === '' ? undefined : Number(size) };
}

/** Compares the content of one member with its line, as it comes by. */
export class RecordCheck {
  readonly #line: RecordLine;
  readonly #hash: Hash;
  #size = 0;

  constructor(line: RecordLine) {
    this.#line = line;
    this.#hash = createHash(line.algorithm);
  }

  update(piece: Uint8Array): void {
    this.#size += piece.length;
    this.#hash.update(piece);
  }

  /** @throws {WheelstoreError} `invalid-archive` where the content is another one */
  finish(): void {
    const { path, digest, size } = this.#line;
    if (size !== undefined && size !== this.#size) {
      throw refusal(
        `RECORD says that ${quote(path)} has ${size} bytes, but it has ${this.#size}`,
        DAMAGED,
        path,
      );
    }
    const actual = this.#hash.digest();
    // Published wheels with hexadecimal digests exist (gmsh). They protect the content just as well.
    if (digest !== actual.toString('base64url') && digest !== actual.toString('hex')) {
      throw refusal(`The content of ${quote(path)} does not match its hash in RECORD`, DAMAGED, path);
    }
  }
}
