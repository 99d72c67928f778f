import { randomUUID } from 'node:crypto';
import { closeSync, fstatSync, open, type BigIntStats } from 'node:fs';
import { readdir, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { isAbsent } from '../failures.ts';
import { removeIfThere, syncFile, type Folders } from './durable.ts';

/** What is left of a write that was killed is cleared away after this time, in milliseconds. */
const ABANDONED_AFTER = 24 * 60 * 60 * 1000;

/** A UUID. Other files in that folder are none of ours. */
const TEMPORARY_NAME = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

// In a thread: to find room for a new file can take a file system long.
const openFile = promisify(open);

/** The files that are being written, in a folder of their own. */
export class TemporaryFiles {
  readonly #folder: string;
  readonly #folders: Folders;
  #swept: Promise<void> | undefined;

  /** @param folder need not exist */
  constructor(folder: string, folders: Folders) {
    this.#folder = folder;
    this.#folders = folders;
  }

  /**
   * Has `fill` write a file (it gets its descriptor), syncs it, and has `place` make links to it. The file is gone
   * after that; links stay.
   */
  async with<T>(
    fill: (file: number) => Promise<void>,
    place: (path: string, written: BigIntStats) => T,
  ): Promise<T> {
    await (this.#swept ??= this.#sweep().catch(() => undefined));
    return this.#with(fill, place);
  }

  async #with<T>(
    fill: (file: number) => Promise<void>,
    place: (path: string, written: BigIntStats) => T,
  ): Promise<T> {
    const path = join(this.#folder, randomUUID());
    const file = await this.#create(path);
    try {
      let written: BigIntStats;
      try {
        await fill(file);
        await syncFile(file);
        written = fstatSync(file, { bigint: true });
      } finally {
        closeSync(file);
      }
      return place(path, written);
    } finally {
      removeIfThere(path);
    }
  }

  /** A copy of a repository may have lost the folder: many tools leave empty ones out. */
  async #create(path: string): Promise<number> {
    try {
      return await openFile(path, 'wx');
    } catch (error) {
      if (!isAbsent(error)) throw error;
      this.#folders.make(this.#folder);
      return openFile(path, 'wx');
    }
  }

  /** Clears away what killed writers have left: as well as it can, since nothing depends on it. */
  async #sweep(): Promise<void> {
    // By the clock of the file system, which is another machine's where the folder is mounted from it.
    const now = await this.#with(
      () => Promise.resolve(),
      (_, written) => Number(written.mtimeMs),
    ).catch(() => Date.now());
    for (const name of await readdir(this.#folder)) {
      if (!TEMPORARY_NAME.test(name)) continue;
      const path = join(this.#folder, name);
      const found = await stat(path).catch(() => undefined);
      if (found !== undefined && found.mtimeMs < now - ABANDONED_AFTER)
        await unlink(path).catch(() => undefined);
    }
  }
}
