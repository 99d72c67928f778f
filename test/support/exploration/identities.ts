import { REPRESENTATIONS } from '../../../core/keys.ts';
import type { ActorState } from './actor.ts';
import { pagePlaceOf, type PageMeanings } from './page-meaning.ts';
import type { World } from './world.ts';

/** What the store holds, and how far each actor has come. */
export interface State {
  readonly world: World;
  readonly actors: readonly ActorState[];
}

/** What one part of a state (the store, or an actor) says, in short. */
interface Part {
  /** Of pages, by key. */
  readonly pages: ReadonlyMap<string, string>;
  readonly others: string;
}

/**
 * Names states, such that two with one name have the same future.
 *
 * The representations of a page are treated alike: each is compared and replaced on its own, and only
 * whether all of them were written matters. So it makes no difference which of them is where: if
 * index.html is new and index.json old, that is the state in which it is the other way round. The name
 * of a state has what is known of each representation, sorted.
 */
export class Identities {
  readonly #meanings: PageMeanings;
  readonly #isSymmetric: boolean;
  readonly #numbers = new Map<string, string>();
  readonly #worlds = new WeakMap<World, Part>();
  readonly #actors = new WeakMap<ActorState, Part>();
  readonly #pages = new Set<string>();

  constructor(meanings: PageMeanings, isSymmetric: boolean) {
    this.#meanings = meanings;
    this.#isSymmetric = isSymmetric;
  }

  of({ world, actors }: State): string {
    const parts = [this.#ofWorld(world), ...actors.map((actor) => this.#ofActor(actor))];
    let identity = parts.map(({ others }) => others).join(' ');
    for (const page of this.#pages) {
      const views = REPRESENTATIONS.map((representation) => {
        const key = page + representation;
        let view = '';
        for (const { pages } of parts) view += `${pages.get(key) ?? ''},`;
        return view;
      });
      if (this.#isSymmetric) views.sort();
      identity += `|${page} ${views.join(' ')}`;
    }
    return identity;
  }

  #ofWorld(world: World): Part {
    const known = this.#worlds.get(world);
    if (known !== undefined) return known;
    const pages = new Map<string, string>();
    const others: string[] = [];
    for (const [key, object] of world.objects) {
      const place = pagePlaceOf(key);
      if (place === undefined) others.push(`${key} ${object.etag}`);
      else {
        this.#pages.add(place.page);
        pages.set(key, this.#numberOf(this.#meanings.of(key, place, object)));
      }
    }
    const parts = { pages, others: this.#numberOf(others.sort().join('\n')) };
    this.#worlds.set(world, parts);
    return parts;
  }

  #ofActor(actor: ActorState): Part {
    const known = this.#actors.get(actor);
    if (known !== undefined) return known;
    const { memory } = actor;
    for (const key of memory.pages.keys()) this.#pages.add(pagePlaceOf(key)?.page ?? '');
    const parts = {
      pages: new Map([...memory.pages].map(([key, facts]) => [key, this.#numberOf(facts)])),
      others: this.#numberOf(memory.others),
    };
    this.#actors.set(actor, parts);
    return parts;
  }

  #numberOf(text: string): string {
    let number = this.#numbers.get(text);
    if (number === undefined) {
      number = this.#numbers.size.toString(36);
      this.#numbers.set(text, number);
    }
    return number;
  }
}
