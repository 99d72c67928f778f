import type { ByteSource } from '../bytes.ts';
import { SUSPICIOUS, refusal } from './refusal.ts';
import { BLOCK_SIZE, hasTarChecksum } from './tar-header.ts';

// APPNOTE 4.3.16: "PK\5\6", 18 more bytes, and a comment. Python looks for it this far from the end.
const END_OF_ZIP = Uint8Array.of(0x50, 0x4b, 0x05, 0x06);
const END_SIZE = 22;
const SEARCHED = END_SIZE + 65_536;

/**
 * Refuses a tar.gz that is a zip as well. Before it looks at anything else, pip before 26.1 asks Python
 * whether a file is a zip, and then unpacks that (CVE-2026-3219): other code than was checked here. Python says yes
 * wherever the end of a zip stands near the end of the file, whatever comes before and behind it.
 * (In compressed data, it does so by chance once in some 65,000 files; those pips cannot install such
 * a file.)
 *
 * @throws {WheelstoreError} `invalid-archive`
 */
export async function refuseZipInTarGz(source: ByteSource): Promise<void> {
  const length = Math.min(source.size, SEARCHED);
  const tail = Buffer.from(await source.read(source.size - length, length));
  const at = tail.lastIndexOf(END_OF_ZIP, tail.length - END_SIZE);
  if (tail.length < END_SIZE || at === -1) return;
  throw refusal(
    'The .tar.gz file is a zip archive as well, and some installers would read that',
    'Find out where it comes from. If it is yours, leave zip archives out of the sdist.',
  );
}

/**
 * Refuses a zip that is a tar as well: one whose first bytes are the header of a tar.
 *
 * @throws {WheelstoreError} `invalid-archive`
 */
export async function refuseTarInZip(source: ByteSource): Promise<void> {
  if (source.size < BLOCK_SIZE || !hasTarChecksum(await source.read(0, BLOCK_SIZE))) return;
  throw refusal('The zip archive is a tar archive as well, and some programs would read that', SUSPICIOUS);
}
