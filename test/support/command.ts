import { spawn, type ChildProcess } from 'node:child_process';
import { devNull } from 'node:os';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

/** The built command: what ships. */
export const COMMAND = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

/** A command that takes longer is killed, so that its test fails with what it printed. */
const PATIENCE = 50_000;

/** How a process has ended, and what it has printed. */
export interface Ending {
  /** `null` where a signal has ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  /** Where it runs; where the tests run, unless given. */
  readonly cwd?: string;
  /** On top of `cleanEnvironment`; `undefined` takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** For node itself, in front of the command. */
  readonly nodeOptions?: readonly string[];
  readonly uid?: number;
  readonly gid?: number;
}

/** A process that goes on while the test does something. It is killed when the test is over. */
export interface RunningProcess {
  readonly child: ChildProcess;
  readonly ended: Promise<Ending>;
  /** The first match in what it prints (to either stream), as soon as it is there. */
  printed(pattern: RegExp): Promise<RegExpExecArray>;
}

// What would change how a command behaves, from the person or the test runner that runs the tests.
const NOT_INHERITED =
  /^(?:WHEELSTORE_|PIP_|AWS_|VITEST|NODE_(?:OPTIONS|ENV|DEBUG)|NO_COLOR$|FORCE_COLOR$|COLORTERM$|TERM$|CI$)/i;

/**
 * The environment of the tests, without what changes how a command behaves. No configuration file is
 * looked for, unless a test takes WHEELSTORE_CONFIG away.
 */
function cleanEnvironment(changes: Readonly<Record<string, string | undefined>> = {}): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !NOT_INHERITED.test(name));
  return { ...Object.fromEntries(inherited), WHEELSTORE_CONFIG: devNull, ...changes };
}

/** Starts `wheelstore` with these words. */
export function startWheelstore(words: readonly string[], options: CommandOptions = {}): RunningProcess {
  return startProcess(process.execPath, wordsForNode(words, options), options);
}

/** Runs `wheelstore` with these words to its end. */
export function wheelstore(words: readonly string[], options: CommandOptions = {}): Promise<Ending> {
  return launch(process.execPath, wordsForNode(words, options), options).ended;
}

function wordsForNode(words: readonly string[], { nodeOptions = [] }: CommandOptions): string[] {
  return [...nodeOptions, COMMAND, ...words];
}

/** Starts any program, in the same clean environment. */
export function startProcess(
  program: string,
  words: readonly string[],
  options: CommandOptions = {},
): RunningProcess {
  const running = launch(program, words, options);
  onTestFinished(async () => {
    running.child.kill('SIGKILL');
    await running.ended.catch(() => undefined);
  });
  return running;
}

/** Runs any program to its end, in the same clean environment. */
export function runProcess(
  program: string,
  words: readonly string[],
  options: CommandOptions = {},
): Promise<Ending> {
  return launch(program, words, options).ended;
}

function launch(
  program: string,
  words: readonly string[],
  { cwd, env, uid, gid }: CommandOptions,
): RunningProcess {
  const child = spawn(program, words, {
    cwd,
    env: cleanEnvironment(env),
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: PATIENCE,
    killSignal: 'SIGKILL',
    ...(uid === undefined ? {} : { uid }),
    ...(gid === undefined ? {} : { gid }),
  });
  const texts = { stdout: '', stderr: '' };
  const watchers = new Set<() => void>();
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      texts[name] += text;
      for (const watcher of watchers) watcher();
    });
  }
  const ended = new Promise<Ending>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, ...texts }));
  });
  // Who waits for the end hears of a program that could not be started; nobody else does.
  ended.catch(() => undefined);
  return { child, ended, printed: (pattern) => firstMatch(pattern, texts, watchers, ended) };
}

function firstMatch(
  pattern: RegExp,
  texts: { readonly stdout: string; readonly stderr: string },
  watchers: Set<() => void>,
  ended: Promise<Ending>,
): Promise<RegExpExecArray> {
  return new Promise((resolve, reject) => {
    const look = (): void => {
      const match = pattern.exec(texts.stdout) ?? pattern.exec(texts.stderr);
      if (match === null) return;
      watchers.delete(look);
      resolve(match);
    };
    watchers.add(look);
    look();
    ended.then(
      () => reject(new Error(`It ended without ${pattern}:\n${texts.stdout}\n${texts.stderr}`)),
      reject,
    );
  });
}
