import { readFile, stat } from 'node:fs/promises';
import { quote, WheelstoreError } from '../../core/errors.ts';
import { describeFailure } from '../../stores/failures.ts';
import { type Entries, parseEntries } from './htpasswd-entries.ts';

/**
 * A file that was changed this short a time ago, in milliseconds, can change again without looking any
 * different: some file systems tell times in steps of two seconds.
 */
const UNSETTLED = 3_000;

interface Kept {
  readonly bytes: Buffer;
  readonly entries: Entries;
  /** What the file looked like; `undefined` where that says too little. */
  readonly looks: string | undefined;
}

/** A password file of Apache, as it is now. */
export class HtpasswdFile {
  readonly path: string;
  #kept: Kept | undefined;

  constructor(path: string) {
    this.path = path;
  }

  /**
   * The users that are in the file now; the same object for as long as nothing changes. A file that
   * cannot be read any more, or is broken, has no users: whoever was taken out of it must not get in.
   *
   * @throws {WheelstoreError} `unreadable`
   */
  async current(): Promise<Entries> {
    try {
      const looks = await this.#look();
      if (looks === undefined || this.#kept?.looks !== looks) this.#kept = await this.#read(looks);
      return this.#kept.entries;
    } catch (error) {
      this.#kept = undefined;
      throw error;
    }
  }

  async #read(looks: string | undefined): Promise<Kept> {
    const bytes = await readFile(this.path).catch((error: unknown) => {
      throw describeFailure(error, this.path, 'read');
    });
    const kept = this.#kept;
    const isSame = kept?.bytes.equals(bytes) === true;
    return { bytes, looks, entries: isSame ? kept.entries : parseEntries(this.path, bytes) };
  }

  async #look(): Promise<string | undefined> {
    const found = await stat(this.path, { bigint: true }).catch((error: unknown) => {
      throw describeFailure(error, this.path, 'read');
    });
    // To read from a pipe would wait for a writer.
    if (!found.isFile()) {
      throw new WheelstoreError('unreadable', `${quote(this.path)} is no file`, {
        value: this.path,
        fix: 'Name a password file of Apache, as htpasswd makes it.',
      });
    }
    const { dev, ino, size, mtimeNs, ctimeNs, mtimeMs, ctimeMs } = found;
    const changed = Number(mtimeMs > ctimeMs ? mtimeMs : ctimeMs);
    if (changed > Date.now() - UNSETTLED) return undefined;
    return [dev, ino, size, mtimeNs, ctimeNs].join(' ');
  }
}
