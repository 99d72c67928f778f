import { readdir } from 'node:fs/promises';
import { unlessAbsent } from '../failures.ts';
import { Layout } from './layout.ts';

/**
 * The keys of all objects in the folder `folder` of a repository (without a slash at its end). A
 * mutable object counts from its first version on, even if the process that made it was killed before
 * the visible file was there.
 */
export async function* listKeys(layout: Layout, folder: string): AsyncGenerator<string> {
  const [visible, versioned] = await Promise.all([
    entriesOf(layout.visible(folder)),
    entriesOf(layout.versions(folder)),
  ]);
  const files = new Set(visible.filter((entry) => entry.isFile()).map(({ name }) => name));
  for (const name of files) yield `${folder}/${name}`;
  const folders = new Set(
    [...visible, ...versioned].filter((entry) => entry.isDirectory()).map(({ name }) => name),
  );
  for (const name of folders) {
    if (files.has(name)) continue;
    const key = `${folder}/${name}`;
    if (await hasVersions(layout, key)) yield key;
    else yield* listKeys(layout, key);
  }
}

async function entriesOf(path: string) {
  return (await unlessAbsent(readdir(path, { withFileTypes: true }))) ?? [];
}

async function hasVersions(layout: Layout, key: string): Promise<boolean> {
  const entries = await entriesOf(layout.versions(key));
  return entries.some((entry) => entry.isFile());
}
