import { WheelstoreError } from '../errors.ts';
import { Fields, howToRestore, parseJson } from '../fields.ts';
import { headersOf, TOKENS_KEY } from '../keys.ts';
import type { Store } from '../store.ts';
import { type Grant, readGrant } from './grant.ts';
import type { GrantChange, GrantSnapshot, GrantStore } from './grant-store.ts';

const FORMAT = 1;

function serialize(grants: readonly Grant[]): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify({ format: FORMAT, tokens: grants }, null, 1)}\n`);
}

/**
 * The grants in the object at `TOKENS_KEY`.
 *
 * @throws {WheelstoreError} `corrupt-record`
 */
export function parseGrants(bytes: Uint8Array): Grant[] {
  const refuse = (what: string): never => {
    throw new WheelstoreError('corrupt-record', `${TOKENS_KEY} is damaged: ${what}`, {
      value: TOKENS_KEY,
      fix: howToRestore(TOKENS_KEY),
    });
  };
  const fields = new Fields(parseJson(bytes, refuse), TOKENS_KEY, refuse);
  const format = fields.integer('format');
  if (format !== FORMAT) refuse(`format ${format} is unknown to this version of Wheelstore`);
  return fields.list('tokens').map((token) => readGrant(token, refuse));
}

/** `change` as it turns out for all grants together. */
export function changedGrants(grants: readonly Grant[], { put, remove }: GrantChange): Grant[] {
  const gone = new Set([...put, ...remove].map(({ sha256 }) => sha256));
  return [...grants.filter(({ sha256 }) => !gone.has(sha256)), ...put];
}

/** Grants in the repository itself: in one small object, which nothing but `serve` ever reads. */
export class StoredGrants implements GrantStore {
  readonly description: string;
  readonly #store: Pick<Store, 'get' | 'replace' | 'description'>;

  constructor(store: Pick<Store, 'get' | 'replace' | 'description'>) {
    this.#store = store;
    this.description = store.description;
  }

  async read(): Promise<GrantSnapshot> {
    const object = await this.#store.get(TOKENS_KEY);
    if (object === undefined) return { grants: [], version: undefined };
    return { grants: parseGrants(object.body), version: object.etag };
  }

  async write({ grants, version }: GrantSnapshot, change: GrantChange): Promise<boolean> {
    const body = serialize(changedGrants(grants, change));
    const written = await this.#store.replace(TOKENS_KEY, body, version, headersOf(TOKENS_KEY));
    return written.outcome === 'written';
  }
}
