import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { quote, WheelstoreError } from '../../core/errors.ts';
import type { ETag, ObjectHead, OpenObject } from '../../core/store.ts';
import { stateOf, type FileState } from '../file-state.ts';
import { inMemory } from '../in-memory.ts';

/** How much of a file is read at once, in bytes. */
const CHUNK_SIZE = 128 * 1024;

/** A version of an object, open for reading. */
export interface OpenVersion {
  readonly handle: FileHandle;
  /** 0 for an object without versions: an immutable one, or one that was copied here. */
  readonly version: number;
  readonly path: string;
  /** When it was opened. */
  readonly state: FileState;
  readonly etag: ETag;
  readonly size: number;
  readonly lastModified: Date;
}

/** The same for a version however it is reached, and never for two: version numbers are not used again. */
export function etagOf(version: number, inode: bigint, modified: bigint): ETag {
  return [version, inode, modified].map((part) => part.toString(36)).join('-');
}

/**
 * What there is to know of an open file. Closes it where this fails.
 *
 * @throws {WheelstoreError} `unreadable` where it is no file: then nothing says that the object is absent
 */
export async function inspect(handle: FileHandle, version: number, path: string): Promise<OpenVersion> {
  const found = await handle.stat({ bigint: true });
  if (!found.isFile()) {
    await handle.close();
    throw new WheelstoreError('unreadable', `${quote(path)} is not a file`, {
      value: path,
      fix: 'Remove it from the repository: something else has put it there.',
    });
  }
  return {
    handle,
    version,
    path,
    state: stateOf(found),
    etag: etagOf(version, found.ino, found.mtimeNs),
    size: Number(found.size),
    lastModified: found.mtime,
  };
}

export function factsOf({
  etag,
  size,
  lastModified,
}: OpenVersion): Pick<ObjectHead, 'etag' | 'size' | 'lastModified'> {
  return { etag, size, lastModified };
}

/** With the hash of the content, which is read for it. */
export async function digestOf(opened: OpenVersion): Promise<ObjectHead> {
  const hash = createHash('sha256');
  for await (const chunk of streamOf(opened.handle, 0, opened.size)) hash.update(chunk);
  return { ...factsOf(opened), sha256: hash.digest('hex') };
}

/** All of it in memory. Closes the file. */
export async function readWhole(opened: OpenVersion): Promise<OpenObject> {
  const { handle, size } = opened;
  try {
    // No slice of a larger buffer, which would stay in memory as well.
    const body = Buffer.allocUnsafeSlow(size);
    for (let offset = 0; offset < size;) {
      const { bytesRead } = await handle.read(body, offset, size - offset, offset);
      if (bytesRead === 0) throw endedEarly(size - offset);
      offset += bytesRead;
    }
    return inMemory(body, opened);
  } finally {
    await handle.close();
  }
}

function endedEarly(missing: number): Error {
  return new Error(`The file ended ${missing} bytes early`);
}

/** The bytes from `start` to `end` (exclusive). Closes the file at its end. */
export async function* streamOf(handle: FileHandle, start: number, end: number): AsyncGenerator<Uint8Array> {
  try {
    for (let offset = start; offset < end;) {
      const buffer = Buffer.allocUnsafe(Math.min(CHUNK_SIZE, end - offset));
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, offset);
      if (bytesRead === 0) throw endedEarly(end - offset);
      yield buffer.subarray(0, bytesRead);
      offset += bytesRead;
    }
  } finally {
    await handle.close();
  }
}
