import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

type Cleanup = () => Promise<void>;

/** What a part has started and made, to be ended and removed in the opposite order, whatever happens. */
export class Scope {
  readonly #cleanups: Cleanup[] = [];

  #closing: Promise<void> | undefined;

  /** @param cleanup is called once, when the part is over or interrupted; at once, where it is already */
  whenOver(cleanup: Cleanup): void {
    this.#cleanups.push(cleanup);
    if (this.#closing !== undefined) this.#closing = this.#closing.then(() => this.#cleanUp());
  }

  /** A new, empty folder. */
  async folder(): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'wheelstore-bench-'));
    this.whenOver(() => rm(folder, { recursive: true, force: true, maxRetries: 10 }));
    return folder;
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#cleanUp());
  }

  async #cleanUp(): Promise<void> {
    for (let cleanup = this.#cleanups.pop(); cleanup !== undefined; cleanup = this.#cleanups.pop()) {
      await cleanup();
    }
  }
}
