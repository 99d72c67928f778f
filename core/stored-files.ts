import { bytesInMemory } from './bytes.ts';
import type { Distribution } from './distribution.ts';
import { quote, WheelstoreError } from './errors.ts';
import { headersOf, metadataKey } from './keys.ts';
import type { NewObject, Store } from './store.ts';

/**
 * PEP 658: puts the metadata file of the distribution at `key` beside it, if it is to have one.
 *
 * @throws {WheelstoreError} `corrupt-file` where something else is there
 */
export async function storeMetadata(
  store: Store,
  key: string,
  { metadata }: Pick<Distribution, 'metadata'>,
): Promise<void> {
  if (metadata === undefined) return;
  const { bytes, sha256 } = metadata;
  const itsKey = metadataKey(key);
  await createOnce(store, itsKey, { source: bytesInMemory(bytes), sha256, headers: headersOf(itsKey) });
}

/**
 * Creates an object, or finds the same bytes there.
 *
 * @returns when the store took them
 * @throws {WheelstoreError} `corrupt-file` where other bytes are there
 */
export async function createOnce(store: Store, key: string, object: NewObject): Promise<Date> {
  const created = await store.create(key, object);
  if (created.outcome === 'created') return created.lastModified;
  const head = await store.head(key);
  if (head?.sha256 === object.sha256) return head.lastModified;
  throw new WheelstoreError('corrupt-file', `The store holds other bytes at ${quote(key)}`, {
    value: key,
    fix: 'Find out who has written there, remove that object, and run the same command again.',
  });
}
