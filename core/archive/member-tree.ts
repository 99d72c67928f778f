import { quote } from '../errors.ts';
import { NONSTANDARD, refusal } from './refusal.ts';

/** `implied`: a folder that has members but no entry of its own, so far. */
type Kind = 'file' | 'folder' | 'implied';

/**
 * The paths of an archive as a file system would see them. It refuses two entries for one place,
 * because tools disagree on which of them counts.
 */
export class MemberTree {
  readonly #kinds = new Map<string, Kind>();
  readonly #files = new Set<string>();

  /** Every path that is not a folder. */
  get files(): ReadonlySet<string> {
    return this.#files;
  }

  /** @throws {WheelstoreError} `invalid-archive` where the path is taken */
  addFile(path: string): void {
    const kind = this.#kinds.get(path);
    if (kind === 'file') throw duplicate(path);
    if (kind !== undefined) throw clash(path);
    this.#kinds.set(path, 'file');
    this.#files.add(path);
    this.#implyParents(path);
  }

  /** @throws {WheelstoreError} `invalid-archive` where the path is a file */
  addFolder(path: string, again: 'may repeat' | 'only once'): void {
    const kind = this.#kinds.get(path);
    if (kind === 'file') throw clash(path);
    if (kind === 'folder' && again === 'only once') throw duplicate(path);
    this.#kinds.set(path, 'folder');
    if (kind === undefined) this.#implyParents(path);
  }

  #implyParents(path: string): void {
    for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
      const parent = path.slice(0, end);
      const kind = this.#kinds.get(parent);
      if (kind === 'file') throw clash(parent);
      if (kind !== undefined) return; // and so its own parents are known, too
      this.#kinds.set(parent, 'implied');
    }
  }
}

function duplicate(path: string): Error {
  return refusal(`The archive has two members named ${quote(path)}`, NONSTANDARD, path);
}

function clash(path: string): Error {
  return refusal(`The archive has ${quote(path)} both as a file and as a folder`, NONSTANDARD, path);
}
