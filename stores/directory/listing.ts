import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { INTERNAL_FOLDER } from '../../core/keys.ts';
import { mapBounded } from '../../core/parallel.ts';
import type { ListedObject } from '../../core/store.ts';
import { unlessAbsent } from '../failures.ts';
import type { Layout } from './layout.ts';

/** How many entries of one folder are looked at together: the system calls of a few can overlap. */
const TOGETHER = 16;

/** A folder of a repository, in the two places where it can be; its own key is `key`. */
interface Folder {
  readonly key: string;
  readonly visible: string;
  readonly versions: string;
}

/**
 * All objects in the folder `key` of a repository (empty: in all of it). A mutable object counts from
 * its first version on, even if the process that made it was killed before the visible file was there.
 */
export async function* listObjects(layout: Layout, key: string): AsyncGenerator<ListedObject> {
  const folder = { key, visible: layout.visibleFolder(key), versions: layout.versionsFolder(key) };
  const { files, folders } = await entriesOf(folder);
  yield* await listFiles(folder, files);
  // In batches, so that no more is held than these have.
  for (let next = 0; next < folders.length; next += TOGETHER) {
    const batch = folders.slice(next, next + TOGETHER);
    for (const objects of await mapBounded(batch, TOGETHER, listAll)) yield* objects;
  }
}

async function listAll(folder: Folder): Promise<ListedObject[]> {
  const { files, folders, version } = await entriesOf(folder);
  if (version !== undefined) return sized(folder.key, join(folder.versions, version));
  const inner = await mapBounded(folders, TOGETHER, listAll);
  return [...(await listFiles(folder, files)), ...inner.flat()];
}

async function listFiles(folder: Folder, names: readonly string[]): Promise<ListedObject[]> {
  const listed = await mapBounded(names, TOGETHER, (name) => {
    return sized(keyIn(folder, name), join(folder.visible, name));
  });
  return listed.flat();
}

/** What has been removed meanwhile is left out. */
async function sized(key: string, path: string): Promise<ListedObject[]> {
  const found = await unlessAbsent(stat(path));
  return found === undefined ? [] : [{ key, size: found.size }];
}

interface Entries {
  /** The visible ones. */
  readonly files: readonly string[];
  readonly folders: readonly Folder[];
  /** One of the versions, where the folder is that of an object. */
  readonly version: string | undefined;
}

async function entriesOf(folder: Folder): Promise<Entries> {
  const [visible, versions] = await Promise.all([read(folder.visible), read(folder.versions)]);
  const files = new Set(visible.filter((entry) => entry.isFile()).map(({ name }) => name));
  const names = new Set(
    [...visible, ...versions].filter((entry) => entry.isDirectory()).map(({ name }) => name),
  );
  const folders = [...names]
    .filter((name) => !files.has(name) && !(folder.key === '' && name === INTERNAL_FOLDER))
    .map((name) => ({
      key: keyIn(folder, name),
      visible: join(folder.visible, name),
      versions: join(folder.versions, name),
    }));
  return { files: [...files], folders, version: versions.find((entry) => entry.isFile())?.name };
}

function keyIn(folder: Folder, name: string): string {
  return folder.key === '' ? name : `${folder.key}/${name}`;
}

async function read(path: string) {
  return (await unlessAbsent(readdir(path, { withFileTypes: true }))) ?? [];
}
