import { spawnSync } from 'node:child_process';
import { closeSync, openSync, readSync } from 'node:fs';
import { environment, type Command } from './command.ts';

const UNKNOWN = 'version unknown';

/** More than a first line with a path in it takes. */
const FIRST_BYTES = 512;

/** What a command says its version is; its first line. */
export function versionOf(command: Command, words: readonly string[] = ['--version']): string {
  return answerOf(command, words) ?? UNKNOWN;
}

/**
 * The version of a command of Python's. One that does not say it, as dumb-pypi, is a script of an
 * environment whose Python knows what is installed there.
 *
 * @param project as it is called in package indexes
 */
export function versionOfScript(command: Command, project: string): string {
  const said = answerOf(command, ['--version']);
  if (said !== undefined) return said;
  const python = interpreterOf(command[0] ?? '');
  if (python === undefined) return UNKNOWN;
  const program = 'import importlib.metadata, sys; print(importlib.metadata.version(sys.argv[1]))';
  return answerOf(python, ['-c', program, project]) ?? UNKNOWN;
}

/** The first line of what a command prints; `undefined` where it fails. */
function answerOf([program = '', ...first]: Command, words: readonly string[]): string | undefined {
  const { stdout, stderr, status } = spawnSync(program, [...first, ...words], {
    encoding: 'utf8',
    env: environment(),
    timeout: 60_000,
  });
  return status === 0 ? (stdout || stderr).trim().split('\n')[0] : undefined;
}

/** Which Python the first line of a script names. */
function interpreterOf(path: string): Command | undefined {
  const [, line = ''] = /^#!\s*(.*)\n/.exec(beginningOf(path)) ?? [];
  return line.includes('python') ? line.split(' ') : undefined;
}

/** The first bytes of a file; none where there is no such file: a command can be one of the PATH as well. */
function beginningOf(path: string): string {
  let file;
  try {
    file = openSync(path, 'r');
    const bytes = Buffer.alloc(FIRST_BYTES);
    return bytes.toString('latin1', 0, readSync(file, bytes));
  } catch {
    return '';
  } finally {
    if (file !== undefined) closeSync(file);
  }
}
