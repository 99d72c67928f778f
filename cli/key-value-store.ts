import type { KeyValueStoreGrants } from '../stores/aws/key-value-store.ts';
import type { RepositoryOptions } from './repository.ts';

/**
 * The key-value store of a private stack. What it takes is loaded here, for those who need it: a client, and
 * signatures that no other service wants.
 */
export async function openKeyValueStore(
  arn: string,
  { profile }: RepositoryOptions,
): Promise<KeyValueStoreGrants> {
  const { connectKeyValueStores, KeyValueStoreGrants } = await import('../stores/aws/key-value-store.ts');
  return new KeyValueStoreGrants(connectKeyValueStores({ profile }), arn);
}
