import { startsWith } from './fields.ts';

/** What files start with that people take for distributions. */
const SIGNATURES: readonly (readonly [start: readonly number[], description: string])[] = [
  [[0x50, 0x4b, 0x03, 0x04], 'a zip archive'],
  [[0x50, 0x4b, 0x05, 0x06], 'a zip archive without entries'],
  [[0x50, 0x4b, 0x07, 0x08], 'a part of a split zip archive'],
  [[0x1f, 0x8b], 'a gzip file'],
  [[0x42, 0x5a, 0x68], 'a bzip2 file'],
  [[0xfd, 0x37, 0x7a, 0x58, 0x5a], 'an xz file'],
  [[0x28, 0xb5, 0x2f, 0xfd], 'a zstd file'],
  [[0x37, 0x7a, 0xbc, 0xaf], 'a 7z archive'],
  [[0x25, 0x50, 0x44, 0x46], 'a PDF document'],
  [[0x7f, 0x45, 0x4c, 0x46], 'an ELF program'],
];

const TEXTS: readonly (readonly [pattern: RegExp, description: string])[] = [
  [/^\s*<(!doctype html|html)/i, 'an HTML page'],
  [/^\s*<\?xml/i, 'an XML document'],
  [/^version https:\/\/git-lfs/, 'a Git LFS pointer'],
  [/^\s*[{[]\s*["{[\]}]/, 'JSON'],
];

const TAR_MAGIC = [0x75, 0x73, 0x74, 0x61, 0x72]; // "ustar"
const TAR_MAGIC_OFFSET = 257;

/** How many bytes `describeStart` needs to see. */
export const SIGNATURE_LENGTH = 512;

/** What a file looks like by its first bytes, for people: `a gzip file`. */
export function describeStart(start: Uint8Array): string {
  if (start.length === 0) return 'an empty file';
  const known = SIGNATURES.find(([signature]) => startsWith(start, signature));
  if (known) return known[1];
  if (startsWith(start.subarray(TAR_MAGIC_OFFSET), TAR_MAGIC)) return 'a tar archive without compression';
  const text = new TextDecoder('latin1').decode(start);
  const likely = TEXTS.find(([pattern]) => pattern.test(text));
  if (likely) return likely[1];
  const bytes = [...start.subarray(0, 4)].map((byte) => byte.toString(16).padStart(2, '0'));
  return `something else (it starts with ${bytes.join(' ')})`;
}
