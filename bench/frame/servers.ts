import { fork, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { environment, type Command } from './command.ts';
import type { Scope } from './scope.ts';

const PATIENCE = 60_000;

/** A server that logs all requests would fill the memory of the harness. */
const LONGEST_COMPLAINT = 10_000;

/** A server that runs until its scope is closed. */
export interface Running {
  readonly url: string;
  readonly child: ChildProcess;
}

/** Where the bundles of the harness are. */
export function bundled(name: string): string {
  return `dist/bench/${name}.mjs`;
}

/** Starts a server, and waits for the line in which it says where it is. */
export async function startServer(
  scope: Scope,
  command: Command,
  announcement: RegExp,
  env: Readonly<Record<string, string>> = {},
): Promise<Running> {
  const [program = '', ...words] = command;
  const child = spawn(program, words, { stdio: ['ignore', 'pipe', 'pipe'], env: environment(env) });
  scope.whenOver(() => stop(child));
  const url = await new Promise<string>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', () => reject(new Error(`${command.join(' ')} did not start`)));
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

/** Starts a server that does not say where it is, on a port that is free now. */
export async function startOnPort(scope: Scope, commandOf: (port: number) => Command): Promise<Running> {
  const port = await freePort();
  const [program = '', ...words] = commandOf(port);
  const child = spawn(program, words, { stdio: ['ignore', 'ignore', 'pipe'], env: environment() });
  let failure: Error | undefined;
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    if (complaint.length < LONGEST_COMPLAINT) complaint += text;
  });
  child.on('error', (error) => (failure = error));
  child.on(
    'close',
    () => (failure ??= new Error(`${program} ${words.join(' ')} did not start\n${complaint}`)),
  );
  scope.whenOver(() => stop(child));
  const url = `http://127.0.0.1:${port}`;
  for (const start = performance.now(); performance.now() - start < PATIENCE;) {
    if (failure !== undefined) throw failure;
    const answered = await fetch(url).then(
      (response) => response.arrayBuffer(),
      () => undefined,
    );
    if (answered !== undefined) return { url, child };
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`${program} does not answer at ${url}`);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Starts a process of the harness itself, with which one talks in messages. */
export function startHelper(scope: Scope, name: string, words: readonly string[] = []): ChildProcess {
  const child = fork(bundled(name), [...words], { env: environment(), execArgv: [] });
  scope.whenOver(() => stop(child));
  return child;
}

/** What a process of the harness answers to a message. */
export async function ask<T>(child: ChildProcess, question: object): Promise<T> {
  const listening = new AbortController();
  const { signal } = listening;
  const ended = once(child, 'exit', { signal }).then((): never => {
    throw new Error('A process of the benchmark has ended early');
  });
  // Not listened to any more is no failure.
  ended.catch(() => undefined);
  const message = once(child, 'message', { signal });
  child.send(question);
  const [answered] = (await Promise.race([message, ended]).finally(() => listening.abort())) as [
    T | { readonly error: string },
  ];
  if (typeof answered === 'object' && answered !== null && 'error' in answered)
    throw new Error(answered.error);
  return answered;
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}
