import type { Environment } from '../../core/environment.ts';
import { silentReporter } from '../../core/reporter.ts';
import type { Store } from '../../core/store.ts';

/** An environment for use cases, in which nothing waits. */
export function testEnvironment(store: Store, more: Partial<Environment> = {}): Environment {
  return {
    store,
    reporter: silentReporter,
    wait: () => Promise.resolve(),
    random: () => 0.5,
    jobs: 4,
    ...more,
  };
}
