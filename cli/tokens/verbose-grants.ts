import type { GrantChange, GrantSnapshot, GrantStore } from '../../core/access/grant-store.ts';
import { WheelstoreError } from '../../core/errors.ts';
import type { Explain } from '../verbose-store.ts';

/** The same store; with `explain`, one that tells what is read and written, and never of which tokens. */
export function explainedGrants(grants: GrantStore, explain: Explain | undefined): GrantStore {
  return explain === undefined ? grants : new VerboseGrants(grants, explain);
}

class VerboseGrants implements GrantStore {
  readonly description: string;
  readonly #inner: GrantStore;
  readonly #explain: Explain;

  constructor(inner: GrantStore, explain: Explain) {
    this.description = inner.description;
    this.#inner = inner;
    this.#explain = explain;
  }

  read(): Promise<GrantSnapshot> {
    return this.#tell(
      'read tokens',
      () => this.#inner.read(),
      ({ grants }) => `${grants.length} found`,
    );
  }

  write(snapshot: GrantSnapshot, change: GrantChange): Promise<boolean> {
    return this.#tell(
      `write tokens (${change.put.length} to put, ${change.remove.length} to remove)`,
      () => this.#inner.write(snapshot, change),
      (isWritten) => (isWritten ? 'written' : 'lost'),
    );
  }

  async #tell<T>(what: string, work: () => Promise<T>, outcomeOf: (result: T) => string): Promise<T> {
    const since = performance.now();
    let outcome = 'failed (defect)';
    try {
      const result = await work();
      outcome = outcomeOf(result);
      return result;
    } catch (error) {
      if (error instanceof WheelstoreError) outcome = `failed (${error.code})`;
      throw error;
    } finally {
      this.#explain(`${what}: ${outcome}, ${(performance.now() - since).toFixed(1)} ms`);
    }
  }
}
