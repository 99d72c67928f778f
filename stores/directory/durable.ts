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

/** @returns the first folder that had to be made */
async function mkdirWithParents(path: string): Promise<string | undefined> {
  try {
    return await mkdir(path, { recursive: true });
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
    // On a full disk, Node says ENOENT for a folder whose parent could not be made. One by one, the
    // folders tell why.
    const parent = dirname(path);
    const first = parent === path ? undefined : await mkdirWithParents(parent);
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
