import { describe, expect, it } from 'vitest';
import type { Grant } from '../../core/access/grant.ts';
import { StoredGrants } from '../../core/access/stored-grants.ts';
import { createToken, revokeToken, rotateToken } from '../../core/access/tokens.ts';
import { WheelstoreError } from '../../core/errors.ts';
import { headersOf, TOKENS_KEY } from '../../core/keys.ts';
import type { OpenObject, Store } from '../../core/store.ts';
import { ACTIONS } from '../../server/access/actions.ts';
import { createGuard } from '../../server/access/guard.ts';
import { DirectoryStore } from '../../stores/directory.ts';
import { MemoryStore } from '../../stores/memory.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { basic, WatchedStore } from './access-table.ts';
import { ask, serve, signal } from './serving.ts';

const ALL = new Set(ACTIONS);

function environment(store: Store) {
  const grants = new StoredGrants(store);
  return { grants, now: () => new Date(), wait: () => Promise.resolve(), random: () => 0.5 };
}

async function makeToken(store: Store, name: string): Promise<string> {
  return (await createToken(environment(store), { name })).token;
}

/** A private server, and how it answers whoever has this token. */
async function privateServer(store: Pick<Store, 'open'>) {
  const { port, lines, finished } = await serve({ store, guard: createGuard({ store, actions: ALL }) });
  const statusFor = async (token: string): Promise<number> =>
    (await ask(port, { path: '/simple/', headers: { authorization: basic('__token__', token) } })).status;
  return { port, lines, finished, statusFor };
}

async function damage(store: Store, text: string): Promise<void> {
  const head = await store.head(TOKENS_KEY);
  const bytes = new TextEncoder().encode(text);
  await store.replace(TOKENS_KEY, bytes, head?.etag, headersOf(TOKENS_KEY));
}

describe.each([
  ['memory', () => new MemoryStore()],
  ['a folder', () => new DirectoryStore(temporaryFolder())],
] as const)('Tokens that are kept in %s', (_what, storeOf) => {
  it('open and close the index from the next request on', async () => {
    const store: Store = storeOf();
    const { statusFor } = await privateServer(store);
    const first = await makeToken(store, 'first');
    expect(await statusFor(first)).toBe(404);
    const second = await makeToken(store, 'second');
    expect([await statusFor(first), await statusFor(second)]).toEqual([404, 404]);
    await revokeToken(environment(store), 'first');
    expect([await statusFor(first), await statusFor(second)]).toEqual([401, 404]);
    const { token: third } = await rotateToken(environment(store), 'second', { grace: 0 });
    expect([await statusFor(second), await statusFor(third)]).toEqual([401, 404]);
    await revokeToken(environment(store), 'second');
    expect(await statusFor(third)).toBe(401);
  });

  it('are read once for each version, however many requests there are', async () => {
    const store: Store = storeOf();
    const token = await makeToken(store, 'one');
    const watched = new WatchedStore(store);
    const { statusFor } = await privateServer(watched);
    const many = (): Promise<number[]> => Promise.all(Array.from({ length: 30 }, () => statusFor(token)));
    expect(new Set(await many())).toEqual(new Set([404]));
    expect(watched.read).toEqual([TOKENS_KEY]);
    await makeToken(store, 'two');
    expect(new Set(await many())).toEqual(new Set([404]));
    expect(watched.read).toEqual([TOKENS_KEY, TOKENS_KEY]);
    expect(watched.unclosed).toBe(0);
  });

  it('let nobody in while they are damaged, and do again when they are mended', async () => {
    const store: Store = storeOf();
    const token = await makeToken(store, 'one');
    const whole = await store.get(TOKENS_KEY);
    const { statusFor, port, lines, finished } = await privateServer(store);
    expect(await statusFor(token)).toBe(404);
    for (const text of ['', '{', '[]', '{"format":2,"tokens":[]}', '{"format":1,"tokens":[{}]}']) {
      await damage(store, text);
      expect(await statusFor(token)).toBe(503);
      expect((await ask(port, { path: '/simple/' })).status).toBe(401);
    }
    await damage(store, new TextDecoder().decode(whole?.body));
    expect(await statusFor(token)).toBe(404);
    await finished(12);
    const failed = lines.filter(({ status }) => status === 503);
    expect(failed.map(({ error }) => (error as WheelstoreError).code)).toEqual(
      Array.from({ length: 5 }, () => 'corrupt-record'),
    );
    expect(failed.every(({ reader }) => reader === undefined)).toBe(true);
  });
});

describe('A token that is there twice', () => {
  it('is damage: nobody knows which of the two is meant', async () => {
    const store = new MemoryStore();
    const { token, grant } = await createToken(environment(store), { name: 'one' });
    const twice: Grant[] = [grant, { ...grant, name: 'other' }];
    await damage(store, JSON.stringify({ format: 1, tokens: twice }));
    const { statusFor, lines, finished } = await privateServer(store);
    expect(await statusFor(token)).toBe(503);
    await finished(1);
    expect(lines[0]?.error).toMatchObject({
      code: 'corrupt-record',
      message: expect.stringContaining('twice'),
    });
  });
});

describe('A store that fails', () => {
  const failure = new WheelstoreError('store-failed', 'the bucket is on fire');

  it('lets nobody in where it cannot open the tokens', async () => {
    const store = new MemoryStore();
    const token = await makeToken(store, 'one');
    let isBroken = false;
    const { statusFor, lines, finished } = await privateServer({
      open: (key) => (isBroken ? Promise.reject(failure) : store.open(key)),
    });
    expect(await statusFor(token)).toBe(404);
    isBroken = true;
    expect(await statusFor(token)).toBe(503);
    isBroken = false;
    expect(await statusFor(token)).toBe(404);
    await finished(3);
    expect(lines.map(({ error }) => error)).toEqual([undefined, failure, undefined]);
  });

  it('lets nobody in where it cannot read them to their end, and is asked again', async () => {
    const store = new MemoryStore();
    const token = await makeToken(store, 'one');
    let isBroken = true;
    const { statusFor, lines, finished } = await privateServer({
      open: async (key) => {
        const object = await store.open(key);
        if (object === undefined || !isBroken) return object;
        // oxlint-disable-next-line require-yield
        const stream = async function* (): AsyncGenerator<Uint8Array> {
          throw new Error('EIO');
        };
        return { ...object, stream };
      },
    });
    expect(await statusFor(token)).toBe(503);
    isBroken = false;
    expect(await statusFor(token)).toBe(404);
    await finished(2);
    expect(lines[0]?.error).toMatchObject({ code: 'unreadable' });
  });
});

describe('A version of the tokens that takes long to read', () => {
  it('does not stand in for the one that has come meanwhile', async () => {
    const store = new MemoryStore();
    const [token, other] = [await makeToken(store, 'one'), await makeToken(store, 'two')];
    const [begun, mayEnd] = [signal(), signal()];
    let isSlow = true;
    const slowly = (object: OpenObject): OpenObject => ({
      ...object,
      async *stream() {
        begun.give();
        await mayEnd.given;
        yield* object.stream();
      },
    });
    const { statusFor } = await privateServer({
      open: async (key) => {
        const object = await store.open(key);
        return object !== undefined && isSlow ? slowly(object) : object;
      },
    });
    const early = statusFor(token);
    await begun.given;
    isSlow = false;
    await revokeToken(environment(store), 'one');
    expect(await statusFor(token)).toBe(401);
    mayEnd.give();
    // It was asked before.
    expect(await early).toBe(404);
    expect([await statusFor(token), await statusFor(other)]).toEqual([401, 404]);
  });
});
