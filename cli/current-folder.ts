import { isAbsolute, resolve } from 'node:path';
import process from 'node:process';
import { isAbsent } from '../stores/failures.ts';

/** The folder in which the command runs, unless somebody has removed it. */
export function currentFolder(): string | undefined {
  try {
    return process.cwd();
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

/** The whole path, where there is one. */
export function wholePath(path: string): string {
  return isAbsolute(path) || currentFolder() !== undefined ? resolve(path) : path;
}
