import type { GrantChange, GrantSnapshot, GrantStore } from '../../core/access/grant-store.ts';
import { explainedWork, type Explain } from '../explain.ts';

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
    return explainedWork(
      this.#explain,
      'read tokens',
      () => this.#inner.read(),
      ({ grants }) => `${grants.length} found`,
    );
  }

  write(snapshot: GrantSnapshot, change: GrantChange): Promise<boolean> {
    return explainedWork(
      this.#explain,
      `write tokens (${change.put.length} to put, ${change.remove.length} to remove)`,
      () => this.#inner.write(snapshot, change),
      (isWritten) => (isWritten ? 'written' : 'lost'),
    );
  }
}
