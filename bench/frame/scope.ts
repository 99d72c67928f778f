import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

type Cleanup = () => Promise<void>;

/** What a part has started and made, to be ended and removed in the opposite order, whatever happens. */
export class Scope {
  readonly #cleanups: Cleanup[] = [];

  /** @param cleanup is called once, when the part is over or interrupted */
  whenOver(cleanup: Cleanup): void {
    this.#cleanups.push(cleanup);
  }

  /** A new, empty folder. */
  async folder(): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'wheelstore-bench-'));
    this.whenOver(() => rm(folder, { recursive: true, force: true, maxRetries: 10 }));
    return folder;
  }

  async close(): Promise<void> {
    for (let cleanup = this.#cleanups.pop(); cleanup !== undefined; cleanup = this.#cleanups.pop()) {
      await cleanup();
    }
  }
}
