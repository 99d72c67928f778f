import { bytesInMemory } from './bytes.ts';
import type { Distribution } from './distribution.ts';
import { quote, WheelstoreError } from './errors.ts';
import { headersOf, metadataKey, provenanceKey } from './keys.ts';
import { together } from './parallel.ts';
import type { NewObject, Store } from './store.ts';

/** A small object beside a distribution. */
type Beside = NonNullable<Distribution['metadata']>;

/**
 * PEP 658, PEP 740: puts what is to be beside the distribution at `key` there: its metadata file and its
 * provenance, if it has them.
 *
 * @throws {WheelstoreError} `corrupt-file` where something else is there
 */
export async function storeBeside(
  store: Store,
  key: string,
  { metadata, provenance }: Pick<Distribution, 'metadata' | 'provenance'>,
): Promise<void> {
  const put = async (itsKey: string, object: Beside | undefined): Promise<void> => {
    if (object === undefined) return;
    const { bytes, sha256 } = object;
    await createOnce(store, itsKey, { source: bytesInMemory(bytes), sha256, headers: headersOf(itsKey) });
  };
  await together([put(metadataKey(key), metadata), put(provenanceKey(key), provenance)]);
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
