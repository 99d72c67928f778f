import { lstatSync, statSync, type BigIntStats } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { quote, WheelstoreError } from '../../core/errors.ts';
import { INTERNAL_FOLDER, segmentsOfKey } from '../../core/keys.ts';
import { isAbsent, systemCode } from '../failures.ts';

/** Which paths the objects of a repository have below its root. */
export class Layout {
  readonly root: string;
  /** Files that are being written. On the same file system as their final place. */
  readonly temporary: string;
  #realRoot: string | undefined;

  constructor(root: string) {
    this.root = root;
    this.temporary = join(root, INTERNAL_FOLDER, 'tmp');
  }

  /** Where everyone sees an object. */
  visible(key: string): string {
    return join(this.root, ...segmentsOfKey(key));
  }

  /** The folder with the versions of a mutable object. */
  versions(key: string): string {
    return join(this.versionsFolder(''), ...segmentsOfKey(key));
  }

  /** Where everyone sees the objects of a folder; of all, where `key` is empty. */
  visibleFolder(key: string): string {
    return key === '' ? this.root : this.visible(key);
  }

  /** The folder with the versions of all objects of a folder; of all, where `key` is empty. */
  versionsFolder(key: string): string {
    return key === '' ? join(this.root, INTERNAL_FOLDER, 'versions') : this.versions(key);
  }

  /**
   * What is at the visible path of an object; `undefined` where nothing is. For writers, which may be kept waiting by
   * the file system: it asks for each folder on the way, and where none is a link, they cannot lead out of the root.
   *
   * @throws {WheelstoreError} `invalid-key`, as `confine`
   */
  async find(path: string): Promise<BigIntStats | undefined> {
    for (let end = this.root.length; end < path.length;) {
      end = path.indexOf(sep, end + 1);
      if (end < 0) end = path.length;
      const found = lstatSync(path.slice(0, end), { bigint: true, throwIfNoEntry: false });
      if (found === undefined) return undefined;
      if (found.isSymbolicLink()) {
        await this.confine(path);
        return statSync(path, { bigint: true, throwIfNoEntry: false });
      }
      if (end === path.length) return found;
    }
    return undefined;
  }

  /**
   * Fails where a symbolic link on the way to `path` leads out of the root.
   *
   * @throws {WheelstoreError} `invalid-key`
   */
  async confine(path: string): Promise<void> {
    // What is not there yet leads nowhere.
    for (let existing = path; existing.length >= this.root.length; existing = dirname(existing)) {
      try {
        const real = await realpath(existing);
        if (this.#isInside(real)) return;
        // It was not asked yet, or the root is a link that leads elsewhere by now.
        this.#realRoot = await realpath(this.root);
        if (this.#isInside(real)) return;
        throw new WheelstoreError(
          'invalid-key',
          `${quote(path)} leads out of the repository, to ${quote(real)}`,
          {
            value: path,
            fix: 'Remove the symbolic link from the repository.',
          },
        );
      } catch (error) {
        if (!isAbsent(error) && systemCode(error) !== 'ENOTDIR') throw error;
      }
    }
  }

  #isInside(real: string): boolean {
    const root = this.#realRoot;
    if (root === undefined) return false;
    // The root of a file system ends in a separator itself.
    return real === root || real.startsWith(root.endsWith(sep) ? root : root + sep);
  }
}
