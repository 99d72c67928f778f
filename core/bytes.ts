/**
 * Bytes that can be read at any place, without saying where they are kept: a local file, or memory.
 */
export interface ByteSource {
  /** In bytes. */
  readonly size: number;
  /**
   * Exactly `length` bytes from `offset`; fewer only where the source ends. The result may be reused
   * by no one else.
   *
   * @param room for at least `length` bytes, which the source may use for them
   */
  read(offset: number, length: number, room?: Uint8Array): Promise<Uint8Array>;
}

/** How much `chunksOf` reads at once, in bytes. */
const CHUNK_SIZE = 256 * 1024;

/** The bytes of `source` from `start` to `end` (exclusive), in pieces of bounded size. */
export async function* chunksOf(
  source: ByteSource,
  start = 0,
  end = source.size,
): AsyncGenerator<Uint8Array, void, undefined> {
  let offset = start;
  while (offset < end) {
    const chunk = await source.read(offset, Math.min(CHUNK_SIZE, end - offset));
    if (chunk.length === 0) return;
    yield chunk;
    offset += chunk.length;
  }
}

/** A source over bytes that are already in memory. */
export function bytesInMemory(bytes: Uint8Array): ByteSource {
  return {
    size: bytes.length,
    read: (offset, length) => Promise.resolve(bytes.subarray(offset, offset + length)),
  };
}
