import type { StoredObject } from '../../../core/store.ts';
import { identityOf, OperationStore, type Answer, type Body, type StoreOperation } from './operations.ts';

/** All that a store holds at one moment, as a value. There is one object for each such value. */
export interface World {
  readonly id: number;
  readonly objects: ReadonlyMap<string, StoredObject>;
}

/** What an operation came to. */
export interface Performed {
  readonly world: World;
  readonly answer: Answer;
  /** Tells answers apart. */
  readonly label: string;
}

/**
 * The semantics of a store, as a function from a world and an operation to the next world and an
 * answer. An ETag is the hash of the content, as for S3: of all that `Store` allows, it is what tells
 * a writer least. One clock reading is the time of everything.
 */
export class Worlds {
  readonly #known = new Map<string, World>();
  readonly #objects = new Map<string, StoredObject>();
  readonly #performed = new Map<string, Performed>();
  readonly #now = new Date();
  readonly empty: World = this.#worldOf(new Map<string, StoredObject>());

  get count(): number {
    return this.#known.size;
  }

  perform(world: World, operation: StoreOperation): Performed {
    const key = `${world.id} ${identityOf(operation)}`;
    let performed = this.#performed.get(key);
    if (performed === undefined) {
      performed = this.#compute(world, operation);
      this.#performed.set(key, performed);
    }
    return performed;
  }

  #compute(world: World, operation: StoreOperation): Performed {
    const { key } = operation;
    const found = world.objects.get(key);
    switch (operation.name) {
      case 'head':
      case 'get':
      case 'open':
        return { world, answer: found, label: found?.etag ?? 'absent' };
      case 'list': {
        const keys = [...world.objects.keys()].filter((each) => each.startsWith(key)).sort();
        // The sizes of what changes mean nothing, and are not to tell states apart.
        const listed = keys.map((each) => ({ key: each, size: world.objects.get(each)?.size ?? 0 }));
        return { world, answer: listed, label: keys.join() };
      }
      case 'create': {
        if (found !== undefined) return { world, answer: { outcome: 'exists' }, label: 'exists' };
        const object = this.#objectOf(operation.body);
        const answer = { outcome: 'created', lastModified: object.lastModified } as const;
        return { world: this.#with(world, key, object), answer, label: 'created' };
      }
      case 'replace': {
        if (found?.etag !== operation.expected) return { world, answer: { outcome: 'lost' }, label: 'lost' };
        const object = this.#objectOf(operation.body);
        const answer = { outcome: 'written', etag: object.etag } as const;
        return { world: this.#with(world, key, object), answer, label: 'written' };
      }
      case 'remove':
        return { world: this.#with(world, key, undefined), answer: undefined, label: 'removed' };
    }
  }

  #with(world: World, key: string, object: StoredObject | undefined): World {
    const objects = new Map(world.objects);
    if (object === undefined) objects.delete(key);
    else objects.set(key, object);
    return this.#worldOf(objects);
  }

  #worldOf(objects: ReadonlyMap<string, StoredObject>): World {
    const key = [...objects]
      .map(([name, { etag }]) => `${name} ${etag}`)
      .sort()
      .join('\n');
    let world = this.#known.get(key);
    if (world === undefined) {
      world = { id: this.#known.size, objects };
      this.#known.set(key, world);
    }
    return world;
  }

  #objectOf({ bytes, sha256 }: Body): StoredObject {
    let object = this.#objects.get(sha256);
    if (object === undefined) {
      object = { etag: sha256, body: bytes, size: bytes.length, lastModified: this.#now, sha256 };
      this.#objects.set(sha256, object);
    }
    return object;
  }
}

/** An operation that was carried out. */
export interface WorldChange {
  readonly name: string;
  readonly key: string;
  readonly before: World;
  readonly after: World;
}

/** A store that goes from world to world. */
export class WorldStore extends OperationStore {
  readonly #state: { world: World };

  /** @param watch called after each operation, before anyone hears of it */
  constructor(
    worlds: Worlds,
    world: World = worlds.empty,
    watch: (change: WorldChange) => Promise<void> = async () => undefined,
  ) {
    const state = { world };
    super(async (operation) => {
      const { name, key } = operation;
      const before = state.world;
      const { world: after, answer } = worlds.perform(before, operation);
      state.world = after;
      await watch({ name, key, before, after });
      return answer;
    });
    this.#state = state;
  }

  get world(): World {
    return this.#state.world;
  }
}
