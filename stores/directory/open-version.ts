import { createHash } from 'node:crypto';
import { createReadStream, readFileSync, type BigIntStats } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { quote, WheelstoreError } from '../../core/errors.ts';
import type { ObjectHead, OpenObject } from '../../core/store.ts';
import { stateOf, type FileState } from '../file-state.ts';
import { inMemory } from '../in-memory.ts';

/** How much of a file is read at once, in bytes. */
const CHUNK_SIZE = 128 * 1024;

/** What there is to know of a version of an object without reading it. */
export type Facts = Pick<ObjectHead, 'etag' | 'size' | 'lastModified'>;

/** A version of an object, open for reading. */
export interface OpenVersion extends Facts {
  readonly handle: FileHandle;
  /** 0 for the visible file. */
  readonly version: number;
  readonly path: string;
  /** When it was opened. */
  readonly state: FileState;
}

/**
 * The facts of version `version`, which is at `path`; 0 is the visible file. Its ETag is the same however it is
 * reached, and never that of another: version numbers are not used again.
 *
 * @throws {WheelstoreError} `unreadable` where it is no file: then nothing says that the object is absent
 */
export function factsOf(found: BigIntStats, version: number, path: string): Facts {
  if (!found.isFile()) {
    throw new WheelstoreError('unreadable', `${quote(path)} is not a file`, {
      value: path,
      fix: 'Remove it from the repository: something else has put it there.',
    });
  }
  const etag = [version, found.ino, found.mtimeNs].map((part) => part.toString(36)).join('-');
  return { etag, size: Number(found.size), lastModified: found.mtime };
}

/** Closes the file where it is none that can be read. */
export async function inspect(handle: FileHandle, version: number, path: string): Promise<OpenVersion> {
  try {
    const found = await handle.stat({ bigint: true });
    return { ...factsOf(found, version, path), handle, version, path, state: stateOf(found) };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** The hash of an open file's content. */
export async function digestOf(file: number, size: number): Promise<string> {
  const hash = createHash('sha256');
  if (size <= CHUNK_SIZE) return hash.update(readFileSync(file)).digest('hex');
  for await (const chunk of createReadStream('', { fd: file, autoClose: false, highWaterMark: CHUNK_SIZE }))
    hash.update(chunk as Uint8Array);
  return hash.digest('hex');
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
