import type { Grant } from '../../core/access/grant.ts';
import { parseGrants } from '../../core/access/stored-grants.ts';
import { grantKey } from '../../core/edge/access.ts';
import { WheelstoreError } from '../../core/errors.ts';
import { howToRestore } from '../../core/fields.ts';
import { TOKENS_KEY } from '../../core/keys.ts';
import type { ETag, OpenObject, Store } from '../../core/store.ts';

type Grants = ReadonlyMap<string, Grant>;

/**
 * The grants of a repository, by their keys. Each look-up asks the store for the version that there is
 * now, so a token that was revoked opens nothing from the next request on; the grants are read again
 * only where that is another version.
 */
export class TokenGrants {
  readonly #store: Pick<Store, 'open'>;
  #kept: { readonly etag: ETag; readonly grants: Promise<Grants> } | undefined;

  constructor(store: Pick<Store, 'open'>) {
    this.#store = store;
  }

  /** @throws {WheelstoreError} `corrupt-record`, and what the store can come to */
  async find(key: string): Promise<Grant | undefined> {
    const object = await this.#store.open(TOKENS_KEY);
    if (object === undefined) return undefined;
    try {
      return (await this.#grantsIn(object)).get(key);
    } finally {
      await object.close();
    }
  }

  /** Requests that meet share the reading of one version, and never that of an older one. */
  #grantsIn(object: OpenObject): Promise<Grants> {
    if (this.#kept?.etag === object.etag) return this.#kept.grants;
    const kept = { etag: object.etag, grants: read(object) };
    this.#kept = kept;
    // A failure counts for those who wait for it, and is not kept.
    kept.grants.catch(() => {
      if (this.#kept === kept) this.#kept = undefined;
    });
    return kept.grants;
  }
}

async function read(object: OpenObject): Promise<Grants> {
  const grants = new Map<string, Grant>();
  for (const grant of parseGrants(await bytesOf(object))) {
    const key = grantKey(grant.sha256);
    // The same token twice, perhaps expired in one of the two: no one knows which of them is meant.
    if (grants.has(key)) throw twice(grant);
    grants.set(key, grant);
  }
  return grants;
}

async function bytesOf(object: OpenObject): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  try {
    for await (const chunk of object.stream()) chunks.push(chunk);
  } catch (cause) {
    if (cause instanceof WheelstoreError) throw cause;
    throw new WheelstoreError('unreadable', `${TOKENS_KEY} cannot be read to its end`, {
      value: TOKENS_KEY,
      fix: 'Check the disk or the connection of the repository.',
      cause,
    });
  }
  return Buffer.concat(chunks);
}

function twice({ name }: Grant): WheelstoreError {
  return new WheelstoreError('corrupt-record', `${TOKENS_KEY} is damaged: it has the token ${name} twice`, {
    value: TOKENS_KEY,
    fix: howToRestore(TOKENS_KEY),
  });
}
