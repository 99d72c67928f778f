import { spawn, type ChildProcess } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { devNull, tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { peakOfChildren } from './memory.ts';
import type { Sample } from './part.ts';
import type { Scope } from './scope.ts';

/** The built command. Benchmarks run in the root of the project. */
export const WHEELSTORE: Command = [process.execPath, 'dist/cli/main.js'];

/** A program and its first words. */
export type Command = readonly string[];

export interface CommandOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** How a command has ended. */
export interface Ending extends Sample {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

// What would change how a contestant behaves, from the person that measures.
const NOT_INHERITED =
  /^(?:WHEELSTORE_|PIP_|AWS_|NODE_(?:OPTIONS|ENV|DEBUG)|PYTHONPATH$|NO_COLOR$|FORCE_COLOR$)/i;

/** The same for every contestant, whoever measures. */
export function environment(changes: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !NOT_INHERITED.test(name));
  return { ...Object.fromEntries(inherited), WHEELSTORE_CONFIG: devNull, ...changes };
}

/** Runs a command to its end, whatever its status. */
export async function attempt(
  scope: Scope,
  command: Command,
  words: readonly string[],
  options: CommandOptions = {},
): Promise<Ending> {
  const report = join(tmpdir(), `wheelstore-bench-${randomUUID()}`);
  const [program = '', ...first] = [...peakOfChildren(report), ...command];
  const started = performance.now();
  const child = spawn(program, [...first, ...words], {
    cwd: options.cwd,
    env: environment(options.env),
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own, so that none of its children is left where it is stopped.
    detached: true,
  });
  let running = true;
  scope.whenOver(async () => {
    if (running) killGroup(child);
    await rm(report, { force: true });
  });
  const texts = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => (texts[name] += text));
  }
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  }).finally(() => (running = false));
  const milliseconds = performance.now() - started;
  const peak = await readFile(report, 'utf8').catch(() => '');
  await rm(report, { force: true });
  // GNU time puts a line in front where the command has failed.
  const [, kibibytes] = /(\d+)\n$/.exec(peak) ?? [];
  return {
    code,
    milliseconds,
    peakMemory: kibibytes === undefined ? undefined : Number(kibibytes),
    ...texts,
  };
}

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended in the meantime.
  }
}

/** Runs a command that has to succeed: a number of something that has failed means nothing. */
export async function complete(...call: Parameters<typeof attempt>): Promise<Ending> {
  const ending = await attempt(...call);
  if (ending.code === 0) return ending;
  const [, command, words] = call;
  throw new Error(
    `${[...command, ...words.slice(0, 4)].join(' ')} ended with ${ending.code}\n${ending.stdout}\n${ending.stderr}`,
  );
}
