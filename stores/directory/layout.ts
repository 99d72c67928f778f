import { realpath } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { quote, WheelstoreError } from '../../core/errors.ts';
import { isAbsent, systemCode, unlessAbsent } from '../failures.ts';

/** The folder of everything that is not part of the repository itself. */
const INTERNAL = '.wheelstore';

// A colon would name a drive or an alternate stream on Windows.
const SEGMENT = /^[^/\\:\p{Cc}]{1,255}$/u;

/** Which paths the objects of a repository have below its root. */
export class Layout {
  readonly root: string;
  /** Files that are being written. On the same file system as their final place. */
  readonly temporary: string;

  constructor(root: string) {
    this.root = root;
    this.temporary = join(root, INTERNAL, 'tmp');
  }

  /** Where everyone sees an object. */
  visible(key: string): string {
    return join(this.root, ...segmentsOf(key));
  }

  /** The folder with the versions of a mutable object. */
  versions(key: string): string {
    return join(this.root, INTERNAL, 'versions', ...segmentsOf(key));
  }

  /**
   * Fails where a symbolic link on the way to `path` leads out of the root.
   *
   * @throws {WheelstoreError} `invalid-key`
   */
  async confine(path: string): Promise<void> {
    const root = await unlessAbsent(realpath(this.root));
    // What is not there yet leads nowhere.
    if (root === undefined) return;
    // The root of a file system ends in a separator itself.
    const inside = root.endsWith(sep) ? root : root + sep;
    for (let existing = path; existing.length >= this.root.length; existing = dirname(existing)) {
      try {
        const real = await realpath(existing);
        if (real === root || real.startsWith(inside)) return;
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
}

function segmentsOf(key: string): string[] {
  const segments = key.split('/');
  const isSafe = segments.every((segment) => SEGMENT.test(segment) && segment !== '.' && segment !== '..');
  if (!isSafe || segments[0] === INTERNAL) {
    throw new WheelstoreError('invalid-key', `${quote(key)} is no key of a repository`, { value: key });
  }
  return segments;
}
