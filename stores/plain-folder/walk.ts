import type { BigIntStats, Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { quote, WheelstoreError } from '../../core/errors.ts';
import { standingOf } from '../../core/file-formats.ts';
import { parseFilename } from '../../core/filenames.ts';
import { parseFileKey } from '../../core/keys.ts';
import { mapBounded } from '../../core/parallel.ts';
import { describeFailure, FORBIDDEN, systemCode } from '../failures.ts';
import { stateOf, type FileState } from '../file-state.ts';

/** Folders in folders are looked into down to this level; the folder itself is level 0. */
const MOST_LEVELS = 4;

/** How many entries are looked at together: the system calls of a few can overlap. */
const TOGETHER = 16;

/** There is nothing, or a link that leads nowhere or to itself. */
const NOWHERE: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR', 'ELOOP']);

/** A file that may be a distribution. */
export interface FoundFile {
  /** From the folder on, with `/` between its parts. */
  readonly path: string;
  readonly state: FileState;
}

/** What is in a folder, by names and sizes alone. */
export interface Listing {
  readonly files: readonly FoundFile[];
  /** By path: why something cannot be a distribution, by its name, or cannot be looked at. The folder itself is ''. */
  readonly problems: ReadonlyMap<string, WheelstoreError>;
  /** How many distributions have a format that no current installer takes. */
  readonly unsupported: number;
  /** How many distributions are where only a repository in this folder has them. */
  readonly published: number;
}

/**
 * Lists the distributions in a folder and in its folders. What is hidden is left alone. Links are
 * followed, and a folder that is reached twice counts once, so links that lead in a circle end.
 *
 * @param skipped folders of the first level that are not looked into
 * @throws {WheelstoreError} `unreadable` where the disk or the network fails
 */
export async function walk(root: string, skipped: ReadonlySet<string> = new Set()): Promise<Listing> {
  const step = new Walk(root);
  let folders = [''];
  for (let level = 0; level <= MOST_LEVELS && folders.length > 0; level++) {
    const inner = await step.through(folders);
    folders = inner.filter((folder) => !skipped.has(folder)).sort();
  }
  return step;
}

/** A listing that is being made. */
class Walk implements Listing {
  readonly files: FoundFile[] = [];
  readonly problems = new Map<string, WheelstoreError>();
  unsupported = 0;
  published = 0;
  readonly #root: string;
  readonly #seen = new Set<string>();

  constructor(root: string) {
    this.#root = root;
  }

  /** Lists what is in these folders, and gives the folders in them. */
  async through(folders: readonly string[]): Promise<string[]> {
    const stats = await mapBounded(folders, TOGETHER, (folder) => this.#folderAt(folder));
    // In the order of their names, so that it is always the same one of two ways to a folder that counts.
    const news = folders.filter((_, index) => this.#isNew(stats[index]));
    return (await mapBounded(news, TOGETHER, (folder) => this.#lookInto(folder))).flat();
  }

  async #folderAt(folder: string): Promise<BigIntStats | undefined> {
    const found = await this.#attempt(folder, (path) => stat(path, { bigint: true }));
    if (found?.isDirectory() === true) return found;
    if (folder === '' && !this.problems.has('')) this.problems.set('', noFolder(this.#root));
    return undefined;
  }

  #isNew(found: BigIntStats | undefined): boolean {
    if (found === undefined) return false;
    const identity = `${found.dev}:${found.ino}`;
    if (this.#seen.has(identity)) return false;
    this.#seen.add(identity);
    return true;
  }

  async #lookInto(folder: string): Promise<string[]> {
    const entries = await this.#attempt(folder, (path) => readdir(path, { withFileTypes: true }));
    const visible = (entries ?? []).filter(({ name }) => !name.startsWith('.'));
    const looked = await mapBounded(visible, TOGETHER, (entry) => this.#lookAt(folder, entry));
    return looked.filter((path) => path !== undefined);
  }

  /** Gives the path of what is a folder. */
  async #lookAt(folder: string, entry: Dirent): Promise<string | undefined> {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) return path;
    const isCandidate = this.#isCandidate(path);
    // A link, or a file system that does not tell: it may be a folder.
    if (!isCandidate && entry.isFile()) return undefined;
    const found = await this.#attempt(path, (place) => stat(place, { bigint: true }));
    if (found?.isDirectory() === true) return path;
    // A pipe or a device that is named like a wheel would be waited for without end.
    if (isCandidate && found?.isFile() === true) this.files.push({ path, state: stateOf(found) });
    return undefined;
  }

  /** Whether a file at `path` may be a distribution; counts, and notes, what is nearly one. */
  #isCandidate(path: string): boolean {
    const name = basename(path);
    const standing = standingOf(name);
    if (standing === 'unsupported') this.unsupported += 1;
    if (standing !== 'distribution') return false;
    if (isPublished(path)) {
      if (parseFileKey(path) !== undefined) this.published += 1;
      return false;
    }
    try {
      parseFilename(name);
      return true;
    } catch (error) {
      if (!(error instanceof WheelstoreError)) throw error;
      this.problems.set(path, error);
      return false;
    }
  }

  /** `undefined` where there is nothing (any more), or this user may not look, which is noted. */
  async #attempt<T>(path: string, look: (place: string) => Promise<T>): Promise<T | undefined> {
    const place = join(this.#root, path);
    try {
      return await look(place);
    } catch (error) {
      const code = systemCode(error) ?? '';
      if (NOWHERE.has(code)) return undefined;
      const failure = describeFailure(error, place, 'read');
      if (!FORBIDDEN.has(code) || !(failure instanceof WheelstoreError)) throw failure;
      this.problems.set(path, failure);
      return undefined;
    }
  }
}

/** Whether the file belongs to a repository, in this folder or in one of its folders: that one knows about it. */
function isPublished(path: string): boolean {
  return parseFileKey(path.split('/').slice(-4).join('/')) !== undefined;
}

function noFolder(root: string): WheelstoreError {
  return new WheelstoreError('not-found', `There is no folder ${quote(root)}`, {
    value: root,
    fix: 'Check whether it was moved, and whether the disk that it is on is there.',
  });
}
