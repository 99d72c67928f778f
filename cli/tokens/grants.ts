import { setTimeout as wait } from 'node:timers/promises';
import type { GrantStore } from '../../core/access/grant-store.ts';
import { StoredGrants } from '../../core/access/stored-grants.ts';
import type { TokenEnvironment } from '../../core/access/tokens.ts';
import { quote, WheelstoreError } from '../../core/errors.ts';
import { openKeyValueStore } from '../key-value-store.ts';
import { openStore, placeOf, type RepositoryOptions } from '../repository.ts';
import type { StackEdge } from '../stack.ts';
import { note, type Terminal } from '../terminal.ts';
import { explainedGrants } from './verbose-grants.ts';

/**
 * What the use cases about tokens work with, for the index that the options name.
 *
 * @throws {WheelstoreError} `not-found` where there is no such folder, `unsupported-store` where the index of a
 *   stack is public
 */
export async function openTokens(
  terminal: Terminal,
  options: RepositoryOptions,
  access: { readonly access: 'read' | 'write'; readonly signal?: AbortSignal },
): Promise<TokenEnvironment> {
  return {
    grants: await openGrants(terminal, options, access.access),
    now: () => new Date(),
    wait: (milliseconds) => wait(milliseconds),
    random: Math.random,
    ...(access.signal === undefined ? {} : { signal: access.signal }),
  };
}

async function openGrants(
  terminal: Terminal,
  options: RepositoryOptions,
  access: 'read' | 'write',
): Promise<GrantStore> {
  if (options.edge !== undefined) return grantsOfStack(options.edge, options);
  const store = await openStore(options, access);
  if (placeOf(options).kind === 'bucket') {
    note(terminal, 'note: only "wheelstore serve" reads tokens in a bucket; for CloudFront, pass --stack');
  }
  return new StoredGrants(store);
}

async function grantsOfStack({ outputs }: StackEdge, options: RepositoryOptions): Promise<GrantStore> {
  const { stack = '', explain } = options;
  if (outputs.tokensStoreArn === undefined) {
    throw new WheelstoreError(
      'unsupported-store',
      `Everyone may read the index of the stack ${quote(stack)}, so it has no tokens`,
      { value: stack, fix: 'Deploy it with -c access=private first: npx cdk deploy --all -c access=private' },
    );
  }
  const grants = await openKeyValueStore(outputs.tokensStoreArn, options);
  explain?.(`tokens: ${grants.description}`);
  return explainedGrants(grants, explain);
}
