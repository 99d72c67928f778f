import { closeSync, fsync, lstatSync, mkdirSync, openSync, unlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { together } from '../../core/parallel.ts';
import { systemCode } from '../failures.ts';

/** In a thread, because it waits for the disk. */
export const syncFile = promisify(fsync);

/** Removes a link. To look first costs less than an error. */
export function removeIfThere(path: string): void {
  if (lstatSync(path, { throwIfNoEntry: false }) !== undefined) unlinkSync(path);
}

/** Makes the entries of a folder survive a power failure. */
async function syncFolder(path: string): Promise<void> {
  // Windows opens no folder for this, and needs none: NTFS journals its entries.
  if (process.platform === 'win32') return;
  const file = openSync(path, 'r');
  try {
    await syncFile(file);
  } finally {
    closeSync(file);
  }
}

/**
 * Makes folders, and makes what is in them survive a power failure. To sync a folder costs the disk the same
 * for one new entry as for many, so writers of this process that ask for it at the same time share it.
 */
export class Folders {
  /** Made here, and their own names may not survive a power failure yet. */
  readonly #made = new Set<string>();
  readonly #running = new Map<string, Promise<void>>();
  readonly #waiting = new Map<string, Promise<void>>();

  /** Makes a folder and its parents, where they are not there. Their names are durable after `sync`. */
  make(path: string): void {
    // One folder after the other: where one cannot be made, this tells why. Node's own way does not on a
    // full disk, and never ends in some file systems.
    try {
      this.#makeOne(path);
    } catch (error) {
      if (systemCode(error) !== 'ENOENT' || dirname(path) === path) throw error;
      this.make(dirname(path));
      this.#makeOne(path);
    }
  }

  /**
   * Makes what is in a folder durable, and the names of the folders on the way to it that were made here: also by
   * another writer, which may still be waiting for them.
   */
  async sync(path: string): Promise<void> {
    const all = [this.#sync(path)];
    for (let folder = path; this.#made.size > 0 && folder !== dirname(folder); folder = dirname(folder)) {
      if (this.#made.has(folder))
        all.push(this.#sync(dirname(folder)).then(() => void this.#made.delete(folder)));
    }
    await together(all);
  }

  #makeOne(path: string): void {
    try {
      mkdirSync(path);
      this.#made.add(path);
    } catch (error) {
      if (systemCode(error) !== 'EEXIST') throw error;
    }
  }

  /** A sync that is under way may have begun before the entry was made: only one that begins later counts. */
  #sync(path: string): Promise<void> {
    const waiting = this.#waiting.get(path);
    if (waiting !== undefined) return waiting;
    const next = this.#after(this.#running.get(path), path);
    this.#waiting.set(path, next);
    return next;
  }

  async #after(running: Promise<void> | undefined, path: string): Promise<void> {
    // Whoever waits for that one hears of its failure.
    await running?.catch(() => undefined);
    this.#waiting.delete(path);
    const own = syncFolder(path);
    this.#running.set(path, own);
    try {
      await own;
    } finally {
      if (this.#running.get(path) === own) this.#running.delete(path);
    }
  }
}
