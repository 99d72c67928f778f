import { randomUUID } from 'node:crypto';
import { link, readdir, rename, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isAbsent, systemCode, unlessAbsent } from '../failures.ts';
import { makeFolder, syncFolder } from './durable.ts';
import type { Layout } from './layout.ts';

/**
 * How many versions of an object stay. A writer that was stopped for so long that its version number
 * was used and cleared away again can tell so as long as it finds at most this many newer ones.
 */
const KEPT_VERSIONS = 8;

// Each round, another writer has brought a newer version; or the file system's inode numbers mean
// nothing, and then the visible file is right after the first round anyway.
const MOST_ROUNDS = 50;

/**
 * Compare-and-swap between processes without a lock: the versions of a mutable object are files
 * `1`, `2`, ... in a folder of its own. To make a hard link named N+1 succeeds for exactly one of any
 * number of writers, and that is the commit. The newest version is the object; the visible file is a
 * second link to it, which whoever comes by brings up to date. Nothing is ever held, so a process
 * that is killed leaves nothing that stops another.
 */
export class Versions {
  readonly #layout: Layout;

  constructor(layout: Layout) {
    this.#layout = layout;
  }

  /** The number of the newest version; 0 where there is none. */
  async newest(key: string): Promise<number> {
    return Math.max(0, ...(await this.#numbers(key)));
  }

  path(key: string, version: number): string {
    return join(this.#layout.versions(key), String(version));
  }

  /**
   * Makes the finished file at `temporary` version `version` of `key`, durably.
   *
   * @returns false where another writer has made this version
   */
  async commit(key: string, version: number, temporary: string): Promise<boolean> {
    const folder = this.#layout.versions(key);
    await makeFolder(folder);
    try {
      await link(temporary, this.path(key, version));
    } catch (error) {
      if (systemCode(error) === 'EEXIST') return false;
      throw error;
    }
    // At once, while there can be few newer versions. So many that this number may have been used before,
    // and cleared away, count as a lost race; the writer then finds out what is there.
    const newest = await this.newest(key);
    await syncFolder(folder);
    return newest < version + KEPT_VERSIONS;
  }

  /** Makes the visible file show the newest version. */
  async show(key: string): Promise<void> {
    const visible = this.#layout.visible(key);
    for (let round = 0; round < MOST_ROUNDS; round++) {
      const newest = await this.newest(key);
      if (newest === 0 || (await isSameFile(this.path(key, newest), visible))) return;
      const temporary = join(this.#layout.temporary, randomUUID());
      try {
        // A copy of a repository may have lost it: many tools leave empty folders out.
        await makeFolder(this.#layout.temporary);
        await makeFolder(dirname(visible));
        await link(this.path(key, newest), temporary);
        await rename(temporary, visible);
        await syncFolder(dirname(visible));
      } catch (error) {
        // A newer version came, and this one was cleared away.
        if (!isAbsent(error)) throw error;
      } finally {
        // A rename onto another link of the same file does nothing, and leaves this one.
        await unlessAbsent(unlink(temporary));
      }
    }
  }

  /** Removes the versions that nobody needs any more. */
  async clear(key: string): Promise<void> {
    const numbers = await this.#numbers(key);
    const oldest = Math.max(0, ...numbers) - KEPT_VERSIONS;
    for (const version of numbers) {
      if (version <= oldest) await unlessAbsent(unlink(this.path(key, version)));
    }
  }

  async #numbers(key: string): Promise<number[]> {
    const names = await unlessAbsent(readdir(this.#layout.versions(key)));
    return (names ?? []).filter((name) => /^[1-9][0-9]{0,14}$/.test(name)).map(Number);
  }
}

async function isSameFile(one: string, other: string): Promise<boolean> {
  const [a, b] = await Promise.all([
    unlessAbsent(stat(one, { bigint: true })),
    unlessAbsent(stat(other, { bigint: true })),
  ]);
  return a !== undefined && b !== undefined && a.ino === b.ino && a.dev === b.dev;
}
