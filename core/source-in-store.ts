import type { ByteSource } from './bytes.ts';
import { WheelstoreError, quote } from './errors.ts';
import type { Store } from './store.ts';

/** How much is read at once, in bytes: an archive is read in many small pieces that lie close together. */
const BLOCK_SIZE = 4 * 1024 * 1024;

/**
 * The immutable object at `key` as a source. Holds one block of it.
 *
 * @param size in bytes, as the store has told
 */
export function sourceInStore(store: Store, key: string, size: number): ByteSource {
  let block: { readonly start: number; readonly bytes: Uint8Array } = { start: 0, bytes: new Uint8Array() };
  return {
    size,
    read: async (offset, length) => {
      const end = Math.min(size, offset + length);
      if (offset >= end) return new Uint8Array();
      const isHeld = offset >= block.start && end <= block.start + block.bytes.length;
      if (!isHeld) {
        const until = Math.min(size, offset + Math.max(length, BLOCK_SIZE));
        block = { start: offset, bytes: await readPart(store, key, offset, until) };
      }
      return block.bytes.slice(offset - block.start, end - block.start);
    },
  };
}

async function readPart(store: Store, key: string, start: number, end: number): Promise<Uint8Array> {
  const opened = await store.open(key);
  if (opened === undefined) {
    throw new WheelstoreError('file-changed', `${quote(key)} was removed while it was read`, {
      value: key,
      fix: 'Run the same command again.',
    });
  }
  const parts: Uint8Array[] = [];
  for await (const part of opened.stream(start, end)) parts.push(part.slice());
  return new Uint8Array(Buffer.concat(parts));
}
