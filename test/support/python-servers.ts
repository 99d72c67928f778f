import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';

/** Runs a server in python3 for as long as the test runs, and gives the port that it prints. */
async function serving(words: readonly string[], pattern: RegExp): Promise<number> {
  const child = spawn('python3', ['-u', ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill();
    await once(child, 'close');
  });
  return new Promise((resolve, reject) => {
    // Both are read to the end, or the program would wait for a reader.
    for (const input of [child.stdout, child.stderr]) {
      createInterface({ input }).on('line', (line) => {
        const port = pattern.exec(line)?.[1];
        if (port !== undefined) resolve(Number(port));
      });
    }
    child.once('error', reject);
    child.once('close', (status) => reject(new Error(`python3 ended with status ${status}`)));
  });
}

/** `python3 -m http.server` over a folder. */
export async function staticServer(folder: string): Promise<string> {
  const words = ['-m', 'http.server', '0', '--bind', '127.0.0.1', '--directory', folder];
  const port = await serving(words, /^Serving HTTP on 127\.0\.0\.1 port (\d+)/);
  return `http://127.0.0.1:${port}/`;
}

const PYPISERVER = `
import sys, pypiserver
from wsgiref.simple_server import make_server
server = make_server('127.0.0.1', 0, pypiserver.app(root=[sys.argv[1]]))
print('port', server.server_port)
server.serve_forever()
`;

/** pypiserver over a folder, in the server that Python has. */
export async function pypiServer(folder: string): Promise<string> {
  return `http://127.0.0.1:${await serving(['-c', PYPISERVER, folder], /^port (\d+)$/)}/simple/`;
}

export function isPypiserverMissing(): boolean {
  return spawnSync('python3', ['-c', 'import pypiserver']).status !== 0;
}
