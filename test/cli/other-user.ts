import { accessSync, constants, statSync } from 'node:fs';
import { dirname } from 'node:path';
import process from 'node:process';
import { COMMAND } from '../support/command.ts';

/** Whether someone else than the owner may go through all folders above `path`, and read it. */
function isOpenToAll(path: string): boolean {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    if ((statSync(folder).mode & 0o001) === 0) return false;
    if (folder === dirname(folder)) break;
  }
  accessSync(path, constants.R_OK);
  return (statSync(path).mode & 0o004) !== 0;
}

/** Whether tests can run the command as another user. */
export const canBeAnotherUser =
  process.platform !== 'win32' &&
  process.getuid?.() === 0 &&
  isOpenToAll(COMMAND) &&
  isOpenToAll(process.execPath);

/** For the names of tests that are skipped without it. */
export const ANOTHER_USER_NEEDS = 'needs root, and node and the code open to all';
