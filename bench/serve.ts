import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { Agent, get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { buildSampleWheel } from '../cli/quickstart/sample.ts';
import { measure, type Case, type Measured } from './measure.ts';

// Benchmarks run in the root of the project.
const COMMAND = 'dist/cli/main.js';
const REQUESTS = 500;
const AT_ONCE = 16;

/** A server that runs until it is stopped. */
interface Running {
  readonly url: string;
  readonly child: ChildProcess;
}

/** Requests of a project's page: `wheelstore serve` beside `python3 -m http.server` on the same folder. */
export async function measureServe(): Promise<Measured[]> {
  const folder = await mkdtemp(join(tmpdir(), 'wheelstore-bench-'));
  const servers: Running[] = [];
  try {
    const { filename, bytes } = buildSampleWheel();
    await writeFile(join(folder, filename), bytes);
    const repository = join(folder, 'packages');
    const upload = spawn(process.execPath, [
      COMMAND,
      'upload',
      join(folder, filename),
      '--store',
      repository,
    ]);
    await once(upload, 'close');
    const own = [COMMAND, 'serve', repository, '--port', '0', '--quiet'];
    servers.push(await start(process.execPath, own, /at (http:\S+)\/simple\//));
    const cases: Case[] = [loadOf('wheelstore serve', servers[0]?.url ?? '')];
    const python = ['-u', '-m', 'http.server', '0', '--bind', '127.0.0.1', '--directory', repository];
    const other = await start('python3', python, /port (\d+)/).catch(() => undefined);
    if (other === undefined) console.error('python3 is not there: python3 -m http.server was not measured');
    else {
      servers.push(other);
      cases.push(loadOf('python3 -m http.server', `http://127.0.0.1:${other.url}`));
    }
    return await measure(cases);
  } finally {
    for (const { child } of servers) child.kill();
    await rm(folder, { recursive: true, force: true });
  }
}

function loadOf(name: string, url: string): Case {
  return {
    name: `${name} (${REQUESTS} requests, ${AT_ONCE} at once)`,
    run: async () => {
      const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
      await Promise.all(
        Array.from({ length: REQUESTS }, () => fetchPage(`${url}/simple/hello-wheelstore/`, agent)),
      );
      agent.destroy();
    },
  };
}

function fetchPage(url: string, agent: Agent): Promise<void> {
  return new Promise((resolve, reject) => {
    get(url, { agent }, (response) => {
      if (response.statusCode !== 200) reject(new Error(`${url}: ${response.statusCode}`));
      response.resume().on('end', resolve);
    }).on('error', reject);
  });
}

/** Starts a server, and waits for the line in which it says where it is. */
async function start(command: string, words: readonly string[], announcement: RegExp): Promise<Running> {
  const child = spawn(command, words, { stdio: ['ignore', 'pipe', 'pipe'] });
  const url = await new Promise<string>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', () => reject(new Error(`${command} did not start`)));
    // Read to the end: a server whose log nobody reads comes to a halt.
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => {
        const found = announcement.exec(line)?.[1];
        if (found !== undefined) resolve(found);
      });
    }
  });
  return { url, child };
}
