import type { Command } from '../commands.ts';
import type { Ending } from '../schedule.ts';
import { Actor, type ActorState } from './actor.ts';
import type { Pending } from './memory.ts';
import { PageMeanings } from './page-meaning.ts';
import { Identities, type State } from './identities.ts';
import type { World, WorldChange, Worlds } from './world.ts';

/** What must hold. Each throws where it does not. */
export interface Checks {
  /** After every step. */
  readonly step: (change: WorldChange) => void;
  /**
   * In every state that can be reached.
   *
   * @param endings of the actors, in their order; `undefined` for one that goes on
   */
  readonly state: (world: World, endings: readonly (Ending | undefined)[]) => Promise<void>;
}

/**
 * What makes an exploration small. With and without, it finds the same: as many schedules, which is what
 * `explorer.test.ts` compares.
 */
export interface Reductions {
  /** See `Identities`. */
  readonly symmetry: boolean;
  /** See `memoryOf`. */
  readonly forgetting: boolean;
}

export interface Explored {
  readonly states: number;
  /** How many orders of store operations there are, from the beginning until every actor has ended. */
  readonly schedules: bigint;
}

interface Move {
  readonly actor: number;
  readonly pending: Pending;
}

interface Visit {
  readonly state: State;
  readonly identity: string;
  readonly moves: readonly Move[];
  /** How many of the moves were taken. */
  taken: number;
  schedules: bigint;
}

/**
 * Tries every order of the store operations of several commands: in each state each operation that any
 * of them waits for is carried out, and no order is left out.
 *
 * There are many more orders than could be run. But a state is what the store holds and what each
 * actor remembers; what can happen from there on does not depend on how it was reached, so it is
 * looked at once. That rests on:
 *
 * - A store operation happens as a whole or not at all. So says `Store`.
 * - An actor does what follows from the answers it has got, in whatever order those have come that it
 *   waited for at the same time. In `core/` there is no clock, no chance (but for pauses) and no other
 *   input. `Actor` compares what it wants to do next whenever two ways meet.
 * - A pause is no step of its own: whoever is not chosen pauses, for as long as it may take.
 * - That ETags are hashes hides nothing: no content comes back to a key (`expectProgress`).
 *
 * Every write takes an object forward, and who tries again has lost to a write. So there is no circle,
 * and the exploration ends.
 *
 * @param start what the store holds at first
 * @throws what a check throws, with the steps that lead there
 */
export async function explore(
  worlds: Worlds,
  start: World,
  commands: readonly Command[],
  checks: Checks,
  reductions: Reductions = { symmetry: true, forgetting: true },
): Promise<Explored> {
  return new Exploration(worlds, commands, checks, reductions).run(start);
}

class Exploration {
  readonly #worlds: Worlds;
  readonly #actors: readonly Actor[];
  readonly #checks: Checks;
  readonly #meanings = new PageMeanings();
  readonly #identities: Identities;
  /** How many schedules there are from each state on. */
  readonly #schedules = new Map<string, bigint>();
  readonly #checked = new Set<string>();
  /** The way to the state that is being looked at. */
  readonly #path: Visit[] = [];

  constructor(worlds: Worlds, commands: readonly Command[], checks: Checks, reductions: Reductions) {
    this.#worlds = worlds;
    this.#actors = commands.map((command) => new Actor(command, this.#meanings, reductions.forgetting));
    this.#checks = checks;
    this.#identities = new Identities(this.#meanings, reductions.symmetry);
  }

  async run(world: World): Promise<Explored> {
    const actors = await Promise.all(this.#actors.map((actor) => actor.start()));
    try {
      return { schedules: await this.#from({ world, actors }), states: this.#schedules.size };
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      throw new Error(`${message}\n\nafter\n${this.#trace().join('\n')}`, { cause: error });
    }
  }

  async #from(start: State): Promise<bigint> {
    let total = 0n;
    await this.#enter(start, this.#identities.of(start));
    for (let visit = this.#path.at(-1); visit !== undefined; visit = this.#path.at(-1)) {
      const move = visit.moves[visit.taken];
      if (move === undefined) {
        const schedules = visit.moves.length === 0 ? 1n : visit.schedules;
        this.#schedules.set(visit.identity, schedules);
        this.#path.pop();
        const parent = this.#path.at(-1);
        if (parent === undefined) total = schedules;
        else parent.schedules += schedules;
        continue;
      }
      visit.taken++;
      const next = await this.#take(visit.state, move);
      const identity = this.#identities.of(next);
      const known = this.#schedules.get(identity);
      if (known === undefined) await this.#enter(next, identity);
      else visit.schedules += known;
    }
    return total;
  }

  async #take({ world, actors }: State, { actor, pending }: Move): Promise<State> {
    const { name, key } = pending.operation;
    const performed = this.#worlds.perform(world, pending.operation);
    this.#checks.step({ name, key, before: world, after: performed.world });
    const state = actors[actor] as ActorState;
    const next = await (this.#actors[actor] as Actor).after(
      state,
      pending,
      performed.answer,
      performed.label,
    );
    return { world: performed.world, actors: actors.with(actor, next) };
  }

  async #enter(state: State, identity: string): Promise<void> {
    const moves = state.actors.flatMap(({ pending }, actor) =>
      pending.map((each) => ({ actor, pending: each })),
    );
    this.#path.push({ state, identity, moves, taken: 0, schedules: 0n });
    for (const { pending, ending } of state.actors) {
      if (ending === undefined && pending.length === 0)
        throw new Error('An actor waits for something that is no store operation');
    }
    const endings = state.actors.map(({ ending }) => ending);
    const seen = [
      state.world.id,
      ...endings.map((ending) => (ending === undefined ? '-' : String(ending.error))),
    ].join(' ');
    if (this.#checked.has(seen)) return;
    this.#checked.add(seen);
    await this.#checks.state(state.world, endings);
  }

  #trace(): string[] {
    return this.#path.flatMap(({ moves, taken }) => {
      const move = moves[taken - 1];
      if (move === undefined) return [];
      const { name, key } = move.pending.operation;
      return [`  actor ${move.actor + 1}: ${name} ${key}`];
    });
  }
}
