import { createHash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { createDeflateRaw } from 'node:zlib';
import { crc32 } from '../../core/archive/crc32.ts';
import { bytesOf, joinBytes, littleEndian } from './archives.ts';

const CHUNK = 1024 * 1024;

/** Where the CRC and the sizes are in the header of a member. */
const SUMS_AT = 14;

/** Writes a zip to a file, member after member, holding none of them. */
class ZipFile {
  readonly #handle: FileHandle;
  readonly #directory: Uint8Array[] = [];
  #at = 0;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  /** @returns its line in RECORD */
  async add(path: string, chunks: Iterable<Uint8Array>): Promise<string> {
    const start = this.#at;
    const name = bytesOf(path);
    const hash = createHash('sha256');
    let crc = 0;
    let size = 0;
    function* read(): Generator<Uint8Array> {
      for (const chunk of chunks) {
        hash.update(chunk);
        crc = crc32(chunk, crc);
        size += chunk.length;
        yield chunk;
      }
    }
    const fields = [
      [2, 0],
      [2, 8],
      [4, 0x00210000],
      [4, 0],
      [4, 0],
      [4, 0],
      [2, name.length],
      [2, 0],
    ] as const;
    await this.#write(joinBytes(littleEndian([4, 0x04034b50], [2, 20], ...fields), name));
    const dataStart = this.#at;
    const packed = Readable.from(read(), { objectMode: false }).pipe(createDeflateRaw({ level: 1 }));
    for await (const chunk of packed) await this.#write(chunk as Buffer);
    const sums = littleEndian([4, crc], [4, this.#at - dataStart], [4, size]);
    // They are known only now.
    await this.#handle.write(sums, 0, sums.length, start + SUMS_AT);
    const before = littleEndian(
      [4, 0x02014b50],
      [2, (3 << 8) | 20],
      [2, 20],
      [2, 0],
      [2, 8],
      [4, 0x00210000],
    );
    const after = littleEndian(
      [2, name.length],
      [2, 0],
      [2, 0],
      [2, 0],
      [2, 0],
      [4, 0o100644 * 65536],
      [4, start],
    );
    this.#directory.push(joinBytes(before, sums, after, name));
    return `${path},sha256=${hash.digest('base64url')},${size}\n`;
  }

  async end(): Promise<void> {
    const start = this.#at;
    const count = this.#directory.length;
    const directory = joinBytes(...this.#directory);
    await this.#write(directory);
    await this.#write(
      littleEndian(
        [4, 0x06054b50],
        [2, 0],
        [2, 0],
        [2, count],
        [2, count],
        [4, directory.length],
        [4, start],
        [2, 0],
      ),
    );
  }

  async #write(bytes: Uint8Array): Promise<void> {
    await this.#handle.write(bytes, 0, bytes.length, this.#at);
    this.#at += bytes.length;
  }
}

/** Bytes that nothing can make smaller; the same every time. */
function* noise(size: number): Generator<Uint8Array> {
  for (let left = size, state = 88_172_645; left > 0; left -= CHUNK) {
    const words = new Uint32Array(CHUNK / 4);
    for (let index = 0; index < words.length; index++) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      words[index] = state;
    }
    yield new Uint8Array(words.buffer, 0, Math.min(left, CHUNK));
  }
}

/** Writes a wheel of about `size` bytes to `path`, holding little of it at a time. */
export async function writeStreamedWheel(
  path: string,
  { name, version, size }: { readonly name: string; readonly version: string; readonly size: number },
): Promise<void> {
  const handle = await open(path, 'wx');
  try {
    const zip = new ZipFile(handle);
    const info = `${name}-${version}.dist-info`;
    const record = [
      await zip.add(`${name}/noise.bin`, noise(size)),
      await zip.add(`${info}/METADATA`, [
        bytesOf(`Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\n`),
      ]),
      await zip.add(`${info}/WHEEL`, [
        bytesOf('Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n'),
      ]),
    ];
    await zip.add(`${info}/RECORD`, [bytesOf(`${record.join('')}${info}/RECORD,,\n`)]);
    await zip.end();
  } finally {
    await handle.close();
  }
}
