import type { Environment } from '../../core/environment.ts';
import type { Store } from '../../core/store.ts';
import type { Command } from './commands.ts';
import { testEnvironment } from './environment.ts';
import { InterceptedStore } from './intercepted-store.ts';

/** What each actor's command ended with. */
export type Ending = { readonly error: unknown } | { readonly error: undefined };

/** After all that was begun has come as far as it can without another turn. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/**
 * Runs several commands on one store, one store operation at a time. `choose` says whose operation is
 * next: of `count` that wait for their turn, the one with the number that it returns. The same choices
 * give the same run.
 *
 * @param afterEach called after each operation, when nobody is at work
 */
export async function interleave(
  store: Store,
  commands: readonly Command[],
  choose: (count: number) => number,
  afterEach: () => Promise<void>,
): Promise<Ending[]> {
  const waiting: (() => void)[] = [];
  const turn = (): Promise<void> => new Promise((resolve) => waiting.push(resolve));
  let running = commands.length;
  const endings = commands.map(async (command): Promise<Ending> => {
    const gated = new InterceptedStore(store, async (_operation, proceed) => {
      await turn();
      return proceed();
    });
    const environment: Environment = testEnvironment(gated, { wait: turn });
    try {
      await command(environment);
      return { error: undefined };
    } catch (error) {
      return { error };
    } finally {
      running--;
    }
  });
  for (await settled(); running > 0; await settled()) {
    const [release] = waiting.splice(choose(waiting.length), 1);
    if (release === undefined) throw new Error('Someone waits for something that is no store operation');
    release();
    await settled();
    await afterEach();
  }
  return Promise.all(endings);
}
