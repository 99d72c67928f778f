import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { quote, WheelstoreError } from '../core/errors.ts';

/** What a folder is searched for. Other files in it are none of our business. */
const DISTRIBUTIONS = ['.whl', '.tar.gz', '.zip'];

/**
 * The files that the arguments of `upload` name: files, folders (their wheels and sdists) and patterns
 * that no shell has expanded. Each file once, in the order in which it was first named; and a problem
 * for each argument that names nothing.
 */
export async function expandInputs(
  inputs: readonly string[],
): Promise<{ readonly paths: readonly string[]; readonly problems: WheelstoreError[] }> {
  const paths = new Set<string>();
  const problems: WheelstoreError[] = [];
  for (const input of inputs) {
    const found = await expand(input);
    if (found instanceof WheelstoreError) problems.push(found);
    else for (const path of found) paths.add(path);
  }
  return { paths: [...paths], problems };
}

async function expand(input: string): Promise<string[] | WheelstoreError> {
  const found = await stat(input).catch((error: NodeJS.ErrnoException) => error);
  if (found instanceof Error)
    return found.code === 'EACCES' ? unreadable(input, found) : expandPattern(input);
  // A file is taken as it is, even where its name looks like a pattern.
  return found.isDirectory() ? expandFolder(input) : [input];
}

async function expandFolder(folder: string): Promise<string[] | WheelstoreError> {
  try {
    const names = await readdir(folder);
    const files = names.filter((name) => DISTRIBUTIONS.some((ending) => name.endsWith(ending))).sort();
    return files.length > 0
      ? files.map((name) => join(folder, name))
      : nothing(folder, 'holds no wheel and no sdist');
  } catch (error) {
    return unreadable(folder, error);
  }
}

async function expandPattern(pattern: string): Promise<string[] | WheelstoreError> {
  // On Windows, no shell expands patterns, and paths come with backslashes.
  const portable = process.platform === 'win32' ? pattern.replaceAll('\\', '/') : pattern;
  const isPattern = /[*?[{]/.test(portable);
  // To the library, parentheses make a pattern as well; to shells, and in `C:\Program Files (x86)`, not.
  const literal = portable.replace(/[()]/g, '[$&]');
  const files = isPattern ? await filesMatching(literal) : [];
  return files.length > 0 ? files.sort() : nothing(pattern, isPattern ? 'matches no file' : 'does not exist');
}

/** Few need what matches patterns, so it loads here: shells have expanded most. */
async function filesMatching(pattern: string): Promise<string[]> {
  const { glob } = await import('tinyglobby');
  return glob(pattern, { dot: false, expandDirectories: false });
}

function nothing(input: string, what: string): WheelstoreError {
  return new WheelstoreError('not-found', `${quote(input)} ${what}`, {
    value: input,
    fix: 'Name wheels and sdists, folders that hold some, or patterns such as dist/*; "python -m build" makes them.',
  });
}

function unreadable(input: string, cause: unknown): WheelstoreError {
  return new WheelstoreError('unreadable', `No permission to read ${quote(input)}`, {
    value: input,
    fix: 'Give this user the permission to read it.',
    cause,
  });
}
