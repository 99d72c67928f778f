import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import type { ByteSource } from '../../core/bytes.ts';
import type { Stamp } from '../../core/plain-folder/checked-file.ts';
import { changedWhileRead, describeFailure, unlessAbsent } from '../failures.ts';
import { stateOf } from '../file-state.ts';

/** How much of a file is read at once, in bytes. */
const CHUNK_SIZE = 128 * 1024;

// A pipe that has taken the place of a file would keep whoever opens it waiting. Windows has none.
const FLAGS = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/**
 * A file that is open, and is what it was when it was looked at: of one that somebody writes to, no byte
 * is given that was read after that.
 */
export class StampedFile implements ByteSource {
  readonly size: number;
  readonly #path: string;
  readonly #handle: FileHandle;
  readonly #stamp: Stamp;

  private constructor(path: string, handle: FileHandle, stamp: Stamp, size: number) {
    this.#path = path;
    this.#handle = handle;
    this.#stamp = stamp;
    this.size = size;
  }

  /**
   * @returns `undefined` where there is no file (any more)
   * @throws {WheelstoreError} `file-changed` where it has another stamp, `unreadable`
   */
  static async open(path: string, stamp: Stamp): Promise<StampedFile | undefined> {
    const handle = await unlessAbsent(open(path, FLAGS)).catch((error: unknown) => {
      throw describeFailure(error, path, 'read');
    });
    if (handle === undefined) return undefined;
    try {
      const found = await handle.stat({ bigint: true });
      const { size, stamp: current } = stateOf(found);
      if (!found.isFile() || current !== stamp) throw changedWhileRead(path);
      return new StampedFile(path, handle, stamp, size);
    } catch (error) {
      await handle.close();
      throw describeFailure(error, path, 'read');
    }
  }

  async read(offset: number, length: number, room?: Uint8Array): Promise<Uint8Array> {
    const wanted = Math.min(length, Math.max(0, this.size - offset));
    const buffer = room?.subarray(0, wanted) ?? Buffer.allocUnsafeSlow(wanted);
    try {
      let filled = 0;
      while (filled < wanted) {
        const { bytesRead } = await this.#handle.read(buffer, filled, wanted - filled, offset + filled);
        if (bytesRead === 0) throw changedWhileRead(this.#path);
        filled += bytesRead;
      }
      // Afterwards: a change before it would show now.
      const { stamp } = stateOf(await this.#handle.stat({ bigint: true }));
      if (stamp !== this.#stamp) throw changedWhileRead(this.#path);
    } catch (error) {
      throw describeFailure(error, this.#path, 'read');
    }
    return buffer;
  }

  /** The bytes from `start` to `end` (exclusive). Closes the file at its end. */
  async *stream(start: number, end: number): AsyncGenerator<Uint8Array> {
    try {
      for (let offset = start; offset < end; offset += CHUNK_SIZE) {
        yield await this.read(offset, Math.min(CHUNK_SIZE, end - offset));
      }
    } finally {
      await this.close();
    }
  }

  /** Idempotent. */
  close(): Promise<void> {
    return this.#handle.close();
  }
}
