import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { QueueAnswer, QueueEvent } from '../../lambda/repair-pages.lambda.ts';

const RUNTIME = fileURLToPath(new URL('lambda-runtime.mjs', import.meta.url));

/** One function, as AWS keeps it between invocations. */
export type Instance = (event: QueueEvent) => Promise<QueueAnswer>;

interface Reply {
  readonly id: number;
  readonly answer?: QueueAnswer;
  readonly error?: string;
}

/** Runs the built repair function in a process of its own. */
export class LambdaRuntime {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, (reply: Reply) => void>();
  #stdout = '';
  #invocations = 0;
  #instances = 0;

  constructor() {
    const { PATH: path = '' } = process.env;
    this.#child = fork(RUNTIME, {
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
      env: { PATH: path },
      execArgv: [],
    });
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.#stdout += text));
    this.#child.on('message', (reply: Reply) => {
      this.#waiting.get(reply.id)?.(reply);
      this.#waiting.delete(reply.id);
    });
    this.#child.on('exit', () => {
      for (const [id, answer] of this.#waiting) answer({ id, error: 'The process has ended' });
    });
  }

  /** What it has logged so far, line by line. */
  get log(): Record<string, unknown>[] {
    const lines = this.#stdout.split('\n').slice(0, -1);
    return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  /** A new instance with these variables. It reads them at its first event. */
  instance(environment: Readonly<Record<string, string>>): Instance {
    const instance = ++this.#instances;
    return async (event) => {
      const id = ++this.#invocations;
      const replied = new Promise<Reply>((resolve) => this.#waiting.set(id, resolve));
      this.#child.send({ id, instance, environment, event });
      const { answer, error } = await replied;
      if (answer === undefined) throw new Error(error);
      return answer;
    };
  }

  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
  }
}
