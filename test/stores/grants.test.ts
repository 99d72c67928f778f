import { describe, expect, it } from 'vitest';
import { StoredGrants } from '../../core/access/stored-grants.ts';
import { createToken } from '../../core/access/tokens.ts';
import { WheelstoreError } from '../../core/errors.ts';
import { headersOf, TOKENS_KEY } from '../../core/keys.ts';
import type { Store } from '../../core/store.ts';
import { DirectoryStore } from '../../stores/directory.ts';
import { MemoryStore } from '../../stores/memory.ts';
import { describeGrantFaults, type FailingPlace } from '../core/access/grant-faults.ts';
import { describeGrantStore, environmentOn, type GrantPlace } from '../core/access/grant-store-contract.ts';
import { grantOf } from '../core/access/grants.ts';
import { decode, encode } from '../support/bytes.ts';
import { InterceptedStore, type Interception } from '../support/intercepted-store.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { serveBuckets } from './s3-served.ts';

const { connect, newBucket } = serveBuckets();

/** Replaces whatever there is of tokens. */
async function overwrite(store: Store, text: string): Promise<void> {
  const current = await store.get(TOKENS_KEY);
  const written = await store.replace(TOKENS_KEY, encode(text), current?.etag, headersOf(TOKENS_KEY));
  expect(written.outcome).toBe('written');
}

function placeIn(store: Store, again: () => Store = () => store): GrantPlace {
  return {
    open: () => new StoredGrants(again()),
    spoil: () => overwrite(store, '{"format":1,"tokens":[{}]}'),
  };
}

describe('Grants in memory', () => {
  describeGrantStore(async () => placeIn(new MemoryStore()));
});

describe('Grants in a folder', () => {
  describeGrantStore(async () => {
    const folder = temporaryFolder();
    return placeIn(new DirectoryStore(folder), () => new DirectoryStore(folder));
  });
});

describe('Grants in a bucket', () => {
  describeGrantStore(async () => {
    const bucket = newBucket();
    const stores = await Promise.all(Array.from({ length: 60 }, () => connect({ bucket, prefix: 'team' })));
    let next = 0;
    return placeIn(await connect({ bucket, prefix: 'team' }), () => stores[next++ % stores.length] as Store);
  });
});

/** What fails once it is told to: one operation, or all from then on. */
type Break = (name: string, when: 'before' | 'after') => 'this' | 'all' | undefined;

const BREAKS: readonly [title: string, breaks: Break, isSpared: 'always' | 'never'][] = [
  ['cannot be read', (name, when) => (name === 'get' && when === 'before' ? 'this' : undefined), 'never'],
  [
    'cannot be written',
    (name, when) => (name === 'replace' && when === 'before' ? 'this' : undefined),
    'never',
  ],
  [
    'loses an answer',
    (name, when) => (name === 'replace' && when === 'after' ? 'this' : undefined),
    'always',
  ],
  [
    'loses an answer, and is gone then',
    (name, when) => (name === 'replace' && when === 'after' ? 'all' : undefined),
    'never',
  ],
];

function failingPlace(store: Store, breaks: Break): FailingPlace {
  let state: 'well' | 'failing' | 'gone' = 'well';
  const strike = (name: string, when: 'before' | 'after'): void => {
    const broken = state === 'failing' ? breaks(name, when) : state === 'gone' ? 'all' : undefined;
    if (broken === undefined) return;
    state = broken === 'all' ? 'gone' : 'well';
    throw new WheelstoreError('store-failed', 'It broke');
  };
  const around: Interception = async ({ name }, proceed) => {
    strike(name, 'before');
    const result = await proceed();
    strike(name, 'after');
    return result;
  };
  return {
    open: () => new StoredGrants(new InterceptedStore(store, around)),
    fail: () => void (state = 'failing'),
    heal: () => void (state = 'well'),
  };
}

describe.each(BREAKS)('A repository that %s', (_, breaks, isSpared) => {
  describe('in memory', () => {
    describeGrantFaults(async () => failingPlace(new MemoryStore(), breaks), isSpared);
  });
  describe('as a folder', () => {
    describeGrantFaults(async () => failingPlace(new DirectoryStore(temporaryFolder()), breaks), isSpared);
  });
  describe('in a bucket', () => {
    describeGrantFaults(async () => failingPlace(await connect(), breaks), isSpared);
  });
});

describe('The object with the tokens', () => {
  it('holds hashes and no token, and is never served from a cache', async () => {
    const store = new MemoryStore();
    const { token, grant } = await createToken(environmentOn(new StoredGrants(store)), { name: 'ci' });
    const text = decode((await store.get('tokens.json'))?.body ?? new Uint8Array());
    expect(JSON.parse(text)).toEqual({ format: 1, tokens: [grant] });
    expect(text).not.toContain(token.slice(4));
    expect(store.headersOf('tokens.json')).toEqual({
      contentType: 'application/json',
      cacheControl: 'no-store',
    });
  });

  it.each([
    '',
    'null',
    '[]',
    '{}',
    '{"format":2,"tokens":[]}',
    '{"format":1}',
    '{"format":1,"tokens":{}}',
    '{"format":1,"tokens":[null]}',
    JSON.stringify({ format: 1, tokens: [{ ...grantOf('ci'), projects: [] }] }),
    JSON.stringify({ format: 1, tokens: [{ ...grantOf('ci'), expires: 'never' }] }),
  ])('is refused as %j, and left as it is', async (text) => {
    const store = new MemoryStore();
    await overwrite(store, text);
    const environment = environmentOn(new StoredGrants(store));
    const made = createToken(environment, { name: 'new' });
    await expect(made).rejects.toMatchObject({
      code: 'corrupt-record',
      value: 'tokens.json',
      fix: expect.stringContaining('tokens.json'),
    });
    expect(decode((await store.get(TOKENS_KEY))?.body ?? new Uint8Array())).toBe(text);
  });
});
