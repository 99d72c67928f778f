import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { systemCode } from '../failures.ts';

/** Makes the entries of a folder survive a power failure. */
export async function syncFolder(path: string): Promise<void> {
  // Windows opens no folder for this, and needs none: NTFS journals its entries.
  if (process.platform === 'win32') return;
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * One folder after the other: where one cannot be made, this tells why. Node's own way does not on a full
 * disk, and never ends in some file systems.
 *
 * @returns the first folder that had to be made
 */
async function mkdirWithParents(path: string): Promise<string | undefined> {
  try {
    await mkdir(path);
    return path;
  } catch (error) {
    const code = systemCode(error);
    if (code === 'EEXIST') return undefined;
    const parent = dirname(path);
    if (code !== 'ENOENT' || parent === path) throw error;
    const first = await mkdirWithParents(parent);
    await mkdir(path).catch((reason: unknown) => {
      if (systemCode(reason) !== 'EEXIST') throw reason;
    });
    return first ?? path;
  }
}

/** Makes a folder and its parents, durably. */
export async function makeFolder(path: string): Promise<void> {
  const first = await mkdirWithParents(path);
  if (first === undefined) return;
  for (let made = path; made.length >= first.length; made = dirname(made)) await syncFolder(dirname(made));
}
