import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** It has a lot to import. */
const PATIENCE = 60_000;

// Its own command serves requests in threads, looks whether a condition holds, and writes later: two
// writers can both find that it does. S3 judges a condition when the write commits, so requests are
// served one after the other here. That is all that is changed.
const SERVER = `
import threading
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

moto = DomainDispatcherApplication(create_backend_app)
turn = threading.Lock()

def one_at_a_time(environ, start_response):
    with turn:
        return list(moto(environ, start_response))

server = make_server('127.0.0.1', 0, one_at_a_time, threaded=True)
print(f'http://127.0.0.1:{server.port}', flush=True)
server.serve_forever()
`;

/** Whether python3 has moto with its server, a simulation of AWS that others have written. */
export function hasMoto(): boolean {
  const words = ['-c', 'import moto.server, moto.s3'];
  return spawnSync('python3', words, { stdio: 'ignore', timeout: PATIENCE }).status === 0;
}

/** Starts moto on a free port of this machine. */
export async function startMoto(): Promise<{ readonly endpoint: string; close(): Promise<void> }> {
  const child = spawn('python3', ['-c', SERVER], { stdio: ['ignore', 'pipe', 'pipe'] });
  const close = async (): Promise<void> => {
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  };
  try {
    const endpoint = await endpointOf(child);
    // It listens already, and answers when it has imported the rest.
    await (await fetch(endpoint, { signal: AbortSignal.timeout(PATIENCE) })).arrayBuffer();
    return { endpoint, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Its first line. It goes on to tell of every request, which nobody reads. */
function endpointOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let errors = '';
    child.stdout?.setEncoding('utf8').once('data', (line: string) => resolve(line.trim()));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      if (errors.length < 10_000) errors += text;
    });
    child.on('error', reject);
    child.on('exit', () => reject(new Error(`moto did not start:\n${errors}`)));
  });
}
