import { createReadStream, type Dirent } from 'node:fs';
import { readdir, realpath, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { quote, WheelstoreError } from '../core/errors.ts';
import type { Tree, TreeFile } from '../core/import/tree.ts';
import { describeFailure, isAbsent, systemCode, unlessAbsent } from './failures.ts';

/** No index of packages is deeper. */
const DEEPEST = 8;

/** What a folder holds, whoever has put it there. Hidden files and folders are left out. */
export class FolderTree implements Tree {
  readonly description: string;
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
    this.description = `folder ${folder}`;
  }

  /** @throws {WheelstoreError} `not-found`, `unreadable` */
  static async open(folder: string): Promise<FolderTree> {
    const found = await unlessAbsent(stat(folder)).catch((error: unknown) => {
      throw describeFailure(error, folder, 'read');
    });
    if (found?.isDirectory() === true) return new FolderTree(folder);
    const what = found === undefined ? 'There is no folder' : 'This is no folder:';
    throw new WheelstoreError('not-found', `${what} ${quote(folder)}`, {
      value: folder,
      fix: 'Name a folder, a bucket as s3://bucket/prefix, or the URL of an index.',
    });
  }

  async *list(): AsyncGenerator<TreeFile> {
    const seen = new Set<string>();
    // Links come after all that is here: of several ways to a file, the one without links is its path.
    for (let starts = ['']; starts.length > 0;) {
      const links: string[] = [];
      for (const start of starts) yield* this.#walk(start, seen, links);
      starts = links;
    }
  }

  /**
   * @param seen the real paths of the folders that were walked: each is walked once, so links between them end
   * @param links takes the folders that links lead to
   */
  async *#walk(path: string, seen: Set<string>, links: string[]): AsyncGenerator<TreeFile> {
    const folder = join(this.#folder, path);
    const real = await this.#reading(folder, realpath(folder));
    if (real === undefined || seen.has(real) || path.split('/').length > DEEPEST) return;
    seen.add(real);
    const entries = (await this.#reading(folder, readdir(folder, { withFileTypes: true }))) ?? [];
    for (const entry of entries.sort(byName)) {
      const { name } = entry;
      if (name.startsWith('.')) continue;
      const inner = path === '' ? name : `${path}/${name}`;
      const found = await this.#reading(join(folder, name), unlessLoop(stat(join(folder, name))));
      if (found?.isDirectory() === true) {
        if (entry.isSymbolicLink()) links.push(inner);
        else yield* this.#walk(inner, seen, links);
      }
      if (found?.isFile() === true) yield { path: inner, size: found.size, modified: found.mtime };
    }
  }

  async *read(path: string, limit: number): AsyncGenerator<Uint8Array> {
    const file = join(this.#folder, path);
    let read = 0;
    try {
      for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) {
        read += chunk.length;
        if (read > limit) throw grown(file, limit);
        yield chunk;
      }
    } catch (error) {
      throw isAbsent(error) ? gone(file) : describeFailure(error, file, 'read');
    }
  }

  /** @throws {WheelstoreError} `unwritable`, also where a link leads there: what is behind it is not of this folder */
  async remove(path: string): Promise<void> {
    const file = join(this.#folder, path);
    const folder = await this.#reading(file, realpath(dirname(file)));
    if (folder === undefined) return;
    if (folder !== join(await realpath(this.#folder), dirname(path))) throw behindLink(file);
    await rm(file, { force: true }).catch((error: unknown) => {
      throw describeFailure(error, file, 'write');
    });
  }

  async close(): Promise<void> {}

  async #reading<T>(path: string, work: Promise<T>): Promise<T | undefined> {
    return unlessAbsent(work).catch((error: unknown) => {
      throw describeFailure(error, path, 'read');
    });
  }
}

/** A link that leads to itself leads nowhere. */
async function unlessLoop<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (systemCode(error) === 'ELOOP') return undefined;
    throw error;
  }
}

function gone(file: string): WheelstoreError {
  return new WheelstoreError('not-found', `${quote(file)} is not there any more`, {
    value: file,
    fix: 'Run the same command again.',
  });
}

function behindLink(file: string): WheelstoreError {
  return new WheelstoreError('unwritable', `${quote(file)} is behind a symbolic link, and was not removed`, {
    value: file,
    fix: 'Import the folder that the link leads to, or remove the link.',
  });
}

function byName(one: Dirent, other: Dirent): number {
  return one.name < other.name ? -1 : 1;
}

function grown(file: string, limit: number): WheelstoreError {
  return new WheelstoreError('file-changed', `${quote(file)} has more than the ${limit} bytes expected`, {
    value: file,
    fix: 'Run the same command again when nobody writes there.',
  });
}
