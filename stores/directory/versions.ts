import { randomUUID } from 'node:crypto';
import { linkSync, lstatSync, readdir, readdirSync, renameSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { together } from '../../core/parallel.ts';
import { isAbsent, systemCode, unlessAbsent } from '../failures.ts';
import { Folders, removeIfThere } from './durable.ts';
import type { Layout } from './layout.ts';

/**
 * How many versions of an object stay. A writer that was stopped for so long that its version number
 * was used and cleared away again can tell so as long as it finds at most this many newer ones.
 */
const KEPT_VERSIONS = 8;

// Each round, another writer has brought a newer version; or the file system's inode numbers mean
// nothing, and then the visible file is right after the first round anyway.
const MOST_ROUNDS = 50;

const namesIn = promisify(readdir);

/**
 * Compare-and-swap between processes without a lock: the first version of a mutable object is its visible file,
 * and the later ones are files `1`, `2`, ... in a folder of its own. To make a hard link where nothing is succeeds
 * for exactly one of any number of writers, and that is the commit. The newest version is the object; once there
 * are later ones, the visible file is a second link to it, which whoever comes by brings up to date. Nothing is
 * ever held, so a process that is killed leaves nothing that stops another.
 *
 * What writers do is done at once and not in another thread: a call that the kernel answers from memory takes less than
 * the way to a thread. Only `newest` is for those who must not be kept waiting, whatever the file system does.
 */
export class Versions {
  readonly #layout: Layout;
  readonly #folders: Folders;

  constructor(layout: Layout, folders = new Folders()) {
    this.#layout = layout;
    this.#folders = folders;
  }

  /** The number of the newest version; 0 where there is none but the visible file, or not even that. */
  async newest(key: string): Promise<number> {
    return newestOf((await unlessAbsent(namesIn(this.#layout.versions(key)))) ?? []);
  }

  /** The same, at once. */
  newestNow(key: string): number {
    return newestOf(this.#names(key));
  }

  path(key: string, version: number): string {
    return version === 0 ? this.#layout.visible(key) : join(this.#layout.versions(key), String(version));
  }

  /**
   * Makes the finished file at `temporary` version `version` of `key`, which everyone sees then, and removes the versions
   * that nobody needs any more. Durable after `sync`.
   *
   * @param version 0 where there was nothing at all
   * @returns false where another writer has made this version
   */
  commit(key: string, version: number, temporary: string): boolean {
    const path = this.path(key, version);
    try {
      this.#inFolderOf(path, () => linkSync(temporary, path));
    } catch (error) {
      if (systemCode(error) === 'EEXIST') return false;
      throw error;
    }
    // At once, while there can be few newer versions. So many that this number may have been used before,
    // and cleared away, count as a lost race; the writer then finds out what is there.
    const names = this.#names(key);
    const newest = newestOf(names);
    if (newest >= version + KEPT_VERSIONS) return false;
    if (newest === 0) return true;
    if (newest === version) this.#replaceVisible(key, temporary);
    this.show(key);
    for (const number of numbersIn(names)) {
      if (number <= newest - KEPT_VERSIONS) removeIfThere(this.path(key, number));
    }
    return true;
  }

  /**
   * Makes the visible file show the newest version. Durable after `sync`.
   *
   * @returns whether it did not
   */
  show(key: string): boolean {
    for (let round = 0; round < MOST_ROUNDS; round++) {
      const newest = this.newestNow(key);
      if (newest === 0 || isSameFile(this.path(key, newest), this.#layout.visible(key))) return round > 0;
      const temporary = join(this.#layout.temporary, randomUUID());
      try {
        // A copy of a repository may have lost it: many tools leave empty folders out.
        this.#inFolderOf(temporary, () => linkSync(this.path(key, newest), temporary));
        this.#replaceVisible(key, temporary);
      } catch (error) {
        // A newer version came, and this one was cleared away.
        if (!isAbsent(error)) throw error;
      } finally {
        // A rename onto another link of the same file does nothing, and leaves this one.
        removeIfThere(temporary);
      }
    }
    return true;
  }

  /** Makes version `version` of `key`, and that it is visible, survive a power failure. */
  async sync(key: string, version: number): Promise<void> {
    const places = new Set([this.path(key, version), this.path(key, 0)]);
    await together([...places].map((path) => this.#folders.sync(dirname(path))));
  }

  #replaceVisible(key: string, temporary: string): void {
    const visible = this.path(key, 0);
    this.#inFolderOf(visible, () => renameSync(temporary, visible));
  }

  /** Most often the folder of `path` is there, so it is made only where it is missed. */
  #inFolderOf(path: string, act: () => void): void {
    try {
      act();
    } catch (error) {
      if (!isAbsent(error)) throw error;
      this.#folders.make(dirname(path));
      act();
    }
  }

  #names(key: string): string[] {
    const folder = this.#layout.versions(key);
    // To look first costs less than an error, and most objects have one version.
    if (lstatSync(folder, { throwIfNoEntry: false }) === undefined) return [];
    return readdirSync(folder);
  }
}

function numbersIn(names: readonly string[]): number[] {
  return names.filter((name) => /^[1-9][0-9]{0,14}$/.test(name)).map(Number);
}

function newestOf(names: readonly string[]): number {
  return Math.max(0, ...numbersIn(names));
}

function isSameFile(one: string, other: string): boolean {
  const [a, b] = [one, other].map((path) => statSync(path, { bigint: true, throwIfNoEntry: false }));
  return a !== undefined && b !== undefined && a.ino === b.ino && a.dev === b.dev;
}
