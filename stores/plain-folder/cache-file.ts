import { randomUUID } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import process from 'node:process';
import type { CheckedFile } from '../../core/plain-folder/checked-file.ts';
import { parseCache, serializeCache, type CacheOwner } from '../../core/plain-folder/cached-files.ts';
import { describeFailure, systemCode } from '../failures.ts';

/**
 * What was found out about the files of a folder, by path. Nothing where the file is absent, damaged, not
 * readable, or of somebody else, who could say anything.
 */
export async function readCache(path: string, whose: CacheOwner): Promise<ReadonlyMap<string, CheckedFile>> {
  try {
    const handle = await open(path, 'r');
    try {
      const { uid } = await handle.stat();
      const isOwn = process.getuid === undefined || process.getuid() === uid;
      return isOwn ? parseCache(await handle.readFile(), whose) : new Map();
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return new Map();
  }
}

/**
 * Keeps what was found out, as a whole or not at all, for this user alone.
 *
 * @throws {WheelstoreError} `unwritable`
 */
export async function writeCache(
  path: string,
  files: readonly CheckedFile[],
  whose: CacheOwner,
): Promise<void> {
  const temporary = `${path}.${randomUUID()}`;
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const handle = await open(temporary, 'wx', 0o600);
    try {
      await handle.writeFile(serializeCache(files, whose));
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw describeFailure(error, path, 'write');
  }
}
