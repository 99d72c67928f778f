import { lstat } from 'node:fs/promises';
import { devNull } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { quote, WheelstoreError } from '../../core/errors.ts';
import { describeFailure, FORBIDDEN, systemCode } from '../../stores/failures.ts';

/** The name of a configuration file. */
export const FILENAME = 'wheelstore.toml';

/**
 * The configuration file of a folder: in it, or in the nearest of its parents that has one. The search
 * ends with the folder that holds `.git`, the project's own.
 *
 * The file can send releases elsewhere, so it must be this user's, or root's, or of whoever owns the
 * folder itself: where everyone may write (`/tmp`), anyone could have left one.
 *
 * @throws {WheelstoreError} `usage` where the file is another user's
 */
export async function findConfigFile(start: string): Promise<string | undefined> {
  for (let folder = start; ; folder = dirname(folder)) {
    const path = join(folder, FILENAME);
    const found = await ownerOf(path);
    if (found !== undefined) {
      if (found !== 'forbidden') await checkOwner(path, found, start);
      return found === 'forbidden' ? undefined : path;
    }
    if ((await ownerOf(join(folder, '.git'))) !== undefined || dirname(folder) === folder) return undefined;
  }
}

/**
 * The user whose file it is, links not followed. What this user must not even look at ends the search:
 * it can be no file of theirs.
 */
async function ownerOf(path: string): Promise<number | 'forbidden' | undefined> {
  try {
    return (await lstat(path)).uid;
  } catch (error) {
    const code = systemCode(error) ?? '';
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    if (FORBIDDEN.has(code)) return 'forbidden';
    throw describeFailure(error, path, 'read');
  }
}

async function checkOwner(path: string, owner: number, start: string): Promise<void> {
  // Windows knows no such numbers.
  const user = process.getuid?.();
  if (user === undefined || [user, 0, await ownerOf(start)].includes(owner)) return;
  throw new WheelstoreError('usage', `${quote(path)} belongs to another user (${owner})`, {
    value: path,
    fix: `If you trust it, name it: --config ${FILENAME} with its path. "--config ${devNull}" takes no file.`,
  });
}
