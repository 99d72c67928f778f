import { spawn } from 'node:child_process';
import { devNull, tmpdir } from 'node:os';
import process from 'node:process';
import { createInterface } from 'node:readline';

/** A Python with pip, as a command line begins: `python3`, or `py -3` on Windows. */
export type Python = readonly [command: string, ...words: string[]];

const CANDIDATES: readonly Python[] = [['python3'], ['python'], ['py', '-3']];

const PROBE = 'import sys, pip; sys.exit(sys.version_info[0] < 3)';

/** The first Python 3 with pip that answers. */
export async function findPython(): Promise<Python | undefined> {
  for (const python of CANDIDATES) {
    const status = await runPython(python, ['-c', PROBE], () => undefined);
    if (status === 0) return python;
  }
  return undefined;
}

/**
 * Runs Python without the configuration of the person's own pip, so that nothing but the index in the
 * command line is asked.
 *
 * @param onLine gets each line that it prints, as it comes
 * @param temporary the folder for what it needs meanwhile, and may leave behind
 * @returns its exit code; `undefined` where it could not be started
 */
export async function runPython(
  [command, ...first]: Python,
  words: readonly string[],
  onLine: (line: string) => void,
  temporary = tmpdir(),
): Promise<number | undefined> {
  const own = Object.entries(process.env).filter(([name]) => !/^pip_/i.test(name));
  const env = {
    ...Object.fromEntries(own),
    PIP_CONFIG_FILE: devNull,
    PIP_DISABLE_PIP_VERSION_CHECK: '1',
    PYTHONUNBUFFERED: '1',
    TMPDIR: temporary,
    TEMP: temporary,
    TMP: temporary,
    // A proxy cannot reach the server on this machine.
    NO_PROXY: '127.0.0.1',
    no_proxy: '127.0.0.1',
  };
  const child = spawn(command, [...first, ...words], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  for (const stream of [child.stdout, child.stderr]) createInterface(stream).on('line', onLine);
  return new Promise((resolve) => {
    child.on('error', () => resolve(undefined));
    child.on('close', (code) => resolve(code ?? 1));
  });
}
