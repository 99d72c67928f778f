import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';

/** A password to be compared with hashes, of which only the first has a say; the others take time. */
export interface BcryptJob {
  readonly password: string;
  readonly hashes: readonly string[];
}

export interface BcryptLimits {
  /** How many jobs are worked on at the same time. */
  readonly atOnce?: number;
  /** How many others may wait. */
  readonly waiting?: number;
}

interface Waiting {
  readonly job: BcryptJob;
  readonly resolve: (isRight: boolean) => void;
  readonly reject: (error: unknown) => void;
}

const MOST_AT_ONCE = 4;
const MOST_WAITING = 64;

const SCRIPT = new URL('./bcrypt-thread.mjs', import.meta.url);

/**
 * Compares passwords in threads of their own, a few at a time: bcrypt takes a tenth of a second and
 * more of a processor, and whoever can reach the port can ask for it. One processor is left to those
 * who are let in already.
 */
export class BcryptThreads {
  readonly #atOnce: number;
  readonly #mostWaiting: number;
  readonly #waiting: Waiting[] = [];
  readonly #idle: Worker[] = [];
  readonly #busy = new Map<Worker, Waiting>();

  constructor({ atOnce, waiting = MOST_WAITING }: BcryptLimits = {}) {
    this.#atOnce = atOnce ?? Math.max(1, Math.min(MOST_AT_ONCE, availableParallelism() - 1));
    this.#mostWaiting = waiting;
  }

  /** Whether the password has the first hash; `undefined` where too many jobs wait already. */
  run(job: BcryptJob): Promise<boolean> | undefined {
    if (this.#busy.size >= this.#atOnce && this.#waiting.length >= this.#mostWaiting) return undefined;
    return new Promise((resolve, reject) => {
      this.#waiting.push({ job, resolve, reject });
      this.#next();
    });
  }

  /** Ends all threads, and what is under way. */
  async close(): Promise<void> {
    const threads = [...this.#idle.splice(0), ...this.#busy.keys()];
    for (const { reject } of this.#waiting.splice(0)) reject(closed());
    await Promise.all(threads.map((thread) => thread.terminate()));
  }

  #next(): void {
    if (this.#busy.size >= this.#atOnce) return;
    const next = this.#waiting.shift();
    if (next === undefined) return;
    const thread = this.#idle.pop() ?? this.#start();
    this.#busy.set(thread, next);
    thread.postMessage(next.job);
  }

  #start(): Worker {
    const thread = new Worker(SCRIPT);
    thread.on('message', (isRight: boolean) => {
      this.#idle.push(thread);
      this.#settle(thread, ({ resolve }) => resolve(isRight));
    });
    // A thread that failed is gone; the next job has another one.
    thread.on('error', (error) => this.#settle(thread, ({ reject }) => reject(error)));
    thread.on('exit', () => {
      if (this.#idle.includes(thread)) this.#idle.splice(this.#idle.indexOf(thread), 1);
      this.#settle(thread, ({ reject }) => reject(closed()));
    });
    // The process may end while a thread waits for work; to listen for messages would keep it.
    thread.unref();
    return thread;
  }

  #settle(thread: Worker, tell: (waiting: Waiting) => void): void {
    const done = this.#busy.get(thread);
    this.#busy.delete(thread);
    if (done !== undefined) tell(done);
    this.#next();
  }
}

function closed(): Error {
  return new Error('The thread that compares passwords was ended');
}
