import type { Command } from '../commands.ts';
import { testEnvironment } from '../environment.ts';
import type { Ending } from '../schedule.ts';
import { memoryOf, type Heard, type Memory, type Pending } from './memory.ts';
import { identityOf, OperationStore, type Answer } from './operations.ts';
import type { PageMeanings } from './page-meaning.ts';

/** A command at a moment at which it waits for answers, or has ended. */
export interface ActorState {
  readonly memory: Memory;
  readonly pending: readonly Pending[];
  readonly ending: Ending | undefined;
}

/** One way to get to a state, and the ways on from there that were taken. */
interface Known {
  readonly heard: readonly Heard[];
  readonly next: Map<string, ActorState>;
}

/** A run of the command, under way. */
interface Run {
  readonly waiting: Map<string, Pending & { readonly resolve: (answer: Answer) => void }>;
  ending: Ending | undefined;
}

/**
 * A command as an automaton: its states, and the answers that lead from one to the next. No state of
 * a program can be copied, so a state is got to by running the command again from its beginning, with
 * the answers that led there; each step is run once and then remembered, however many schedules have it.
 *
 * Answers that the actor waits for at the same time may come in any order, which is no part of the
 * state. Whenever several ways meet in a state, what the actor wants to do next is compared.
 */
export class Actor {
  readonly #command: Command;
  readonly #meanings: PageMeanings;
  readonly #isForgetful: boolean;
  readonly #states = new Map<string, ActorState>();
  readonly #known = new WeakMap<ActorState, Known>();
  /** Runs that have got to a state, and wait there for the first who goes on from it. */
  readonly #runs = new WeakMap<ActorState, Run>();

  /** @param isForgetful see `memoryOf` */
  constructor(command: Command, meanings: PageMeanings, isForgetful: boolean) {
    this.#command = command;
    this.#meanings = meanings;
    this.#isForgetful = isForgetful;
  }

  async start(): Promise<ActorState> {
    const run = this.#begin();
    await settled();
    return this.#stateOf(run, []);
  }

  /** The state after an answer to one of the operations that are pending. */
  async after(state: ActorState, pending: Pending, answer: Answer, label: string): Promise<ActorState> {
    const { heard, next } = this.#known.get(state) as Known;
    const step = `${nameOf(pending)}: ${label}`;
    const known = next.get(step);
    if (known !== undefined) return known;
    const run = this.#runs.get(state) ?? (await this.#runAgain(heard));
    this.#runs.delete(state);
    deliver(run, pending, answer);
    await settled();
    const reached = this.#stateOf(run, [...heard, { ...pending, answer, label }]);
    next.set(step, reached);
    return reached;
  }

  #begin(): Run {
    const run: Run = { waiting: new Map(), ending: undefined };
    const counts = new Map<string, number>();
    const store = new OperationStore((operation) => {
      const name = `${operation.name} ${operation.key}`;
      const count = (counts.get(name) ?? 0) + 1;
      counts.set(name, count);
      return new Promise((resolve) => {
        run.waiting.set(nameOf({ operation, count }), { operation, count, resolve });
      });
    });
    // A pause is no step: whoever is not chosen pauses already.
    this.#command(testEnvironment(store)).then(
      () => (run.ending = { error: undefined }),
      (error: unknown) => (run.ending = { error }),
    );
    return run;
  }

  async #runAgain(heard: readonly Heard[]): Promise<Run> {
    const run = this.#begin();
    for (const each of heard) {
      if (!run.waiting.has(nameOf(each))) await settled();
      deliver(run, each, each.answer);
    }
    await settled();
    return run;
  }

  #stateOf(run: Run, heard: readonly Heard[]): ActorState {
    const pending = [...run.waiting.values()].map(({ operation, count }) => ({ operation, count }));
    const memory = memoryOf(heard, pending, this.#meanings, this.#isForgetful);
    const identity = [memory.others, ...[...memory.pages].map((page) => page.join(' ')).sort()].join('\n\n');
    const reached: ActorState = { memory, pending, ending: run.ending };
    const known = this.#states.get(identity);
    if (known !== undefined) {
      if (intentionOf(known) === intentionOf(reached)) return known;
      throw new Error(`One state, two intentions: ${intentionOf(known)}\n\n${intentionOf(reached)}`);
    }
    this.#states.set(identity, reached);
    this.#known.set(reached, { heard, next: new Map() });
    this.#runs.set(reached, run);
    return reached;
  }
}

function nameOf({ operation: { name, key }, count }: Pending): string {
  return `${name} ${key} ${count}`;
}

function intentionOf({ pending, ending }: ActorState): string {
  const operations = pending.map(({ operation }) => identityOf(operation));
  return [...operations.sort(), ending === undefined ? 'goes on' : `ended: ${String(ending.error)}`].join(
    '\n',
  );
}

function deliver(run: Run, pending: Pending, answer: Answer): void {
  const name = nameOf(pending);
  const waiting = run.waiting.get(name);
  if (waiting === undefined) throw new Error(`After the same answers there is no ${name}`);
  run.waiting.delete(name);
  waiting.resolve(answer);
}

/** After all that was begun has come as far as it can without another answer. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
