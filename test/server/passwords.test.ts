import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hashSync } from 'bcryptjs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { StoredGrants } from '../../core/access/stored-grants.ts';
import { generateToken } from '../../core/access/token.ts';
import { createToken } from '../../core/access/tokens.ts';
import { headersOf, TOKENS_KEY } from '../../core/keys.ts';
import { ACTIONS } from '../../server/access/actions.ts';
import { type BcryptLimits, BcryptThreads } from '../../server/access/bcrypt-threads.ts';
import { createGuard } from '../../server/access/guard.ts';
import { HtpasswdFile } from '../../server/access/htpasswd-file.ts';
import { PasswordCheck } from '../../server/access/password-check.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { ACCESS_ROUTES, basic, nameOf, storeOfTable, WatchedStore } from './access-table.ts';
import { ask, type Reply, serve } from './serving.ts';

const HASHES = { anna: hashSync('secret', 4), beth: hashSync('pass:word', 4) };

function linesOf(users: Readonly<Record<string, string>>): string {
  return Object.entries(users)
    .map(([user, hash]) => `${user}:${hash}\n`)
    .join('');
}

/** A private server with tokens and a password file. */
async function privateServer(users: Readonly<Record<string, string>> = HASHES, limits?: BcryptLimits) {
  const store = await storeOfTable();
  const watched = new WatchedStore(store);
  const path = join(temporaryFolder(), 'users');
  writeFileSync(path, linesOf(users));
  const file = new HtpasswdFile(path);
  const threads = new BcryptThreads(limits);
  onTestFinished(() => threads.close());
  let runs = 0;
  const passwords = new PasswordCheck({
    current: () => file.current(),
    compare: (job) => {
      runs++;
      return threads.run(job);
    },
  });
  const guard = createGuard({ store: watched, passwords, actions: new Set(ACTIONS) });
  const { port, lines, finished } = await serve({ store: watched, guard });
  const get = (user: string, password: string, route = '/simple/', method = 'GET'): Promise<Reply> =>
    ask(port, { method, path: route, headers: { authorization: basic(user, password) } });
  return { store, watched, path, port, lines, finished, get, runs: () => runs };
}

describe('A user of the password file', () => {
  it('may read everything, and upload nothing', async () => {
    const { port, runs } = await privateServer();
    for (const { full, ...route } of ACCESS_ROUTES) {
      const headers = { ...route.headers, authorization: basic('beth', 'pass:word') };
      const { method, path } = route;
      expect((await ask(port, { method, path, headers })).status, nameOf({ full, ...route })).toBe(full);
    }
    expect(runs()).toBe(1);
  });

  it('is refused like everybody else with anything else', async () => {
    const { port, get, watched } = await privateServer();
    const seen = ({ status, headers, body }: Reply) => ({ status, headers: { ...headers, date: '' }, body });
    const expected = seen(await ask(port, { path: '/simple/foo/' }));
    const wrong = [
      ['anna', 'pass:word'],
      ['anna', ''],
      ['nobody', 'secret'],
      ['anna', generateToken()],
      ['anna', 'x'.repeat(5_000)],
      ['anna', HASHES.anna],
    ];
    for (const [user = '', password = ''] of wrong) {
      expect(seen(await get(user, password, '/simple/foo/'))).toEqual(expected);
    }
    expect(expected.status).toBe(401);
    expect(watched.opened.filter((key) => key !== TOKENS_KEY)).toEqual([]);
  });

  it('is named in the log, and the password is not', async () => {
    const { get, lines, finished } = await privateServer();
    await get('anna', 'secret');
    await get('anna', 'hunter2');
    await finished(2);
    expect(lines.map(({ reader }) => reader)).toEqual(['user anna', undefined]);
    expect(JSON.stringify(lines)).not.toMatch(/secret|hunter2|\$2/);
  });

  it('who is removed does not get in any more, however warm the server is', async () => {
    const { get, path } = await privateServer();
    expect((await get('anna', 'secret')).status).toBe(200);
    writeFileSync(path, linesOf({ beth: HASHES.beth }));
    expect((await get('anna', 'secret')).status).toBe(401);
    expect((await get('beth', 'pass:word')).status).toBe(200);
  });
});

describe('Tokens and passwords', () => {
  it('both let in, and a password is tried as a token first', async () => {
    const token = generateToken();
    const { store, get, runs, lines, finished } = await privateServer({
      ...HASHES,
      // Somebody may have chosen such a password.
      cora: hashSync(token, 4),
    });
    const environment = {
      grants: new StoredGrants(store),
      now: () => new Date(),
      wait: () => Promise.resolve(),
      random: () => 0.5,
    };
    const made = await createToken(environment, { name: 'ci', projects: ['foo'] });
    expect((await get('anna', made.token, '/simple/foo/')).status).toBe(200);
    expect((await get('anna', made.token, '/simple/bar/')).status).toBe(404);
    expect(runs()).toBe(0);
    expect((await get('anna', 'secret', '/simple/bar/')).status).toBe(200);
    expect((await get('cora', token, '/simple/bar/')).status).toBe(200);
    expect((await get('anna', token, '/simple/bar/')).status).toBe(401);
    await finished(5);
    expect(lines.map(({ reader }) => reader)).toEqual([
      'token ci',
      'token ci',
      'user anna',
      'user cora',
      undefined,
    ]);
  });

  it('do not depend on each other being readable', async () => {
    const { store, get, path, lines, finished } = await privateServer();
    const environment = {
      grants: new StoredGrants(store),
      now: () => new Date(),
      wait: () => Promise.resolve(),
      random: () => 0.5,
    };
    const { token } = await createToken(environment, { name: 'ci' });
    const whole = await store.get(TOKENS_KEY);
    await store.replace(TOKENS_KEY, new Uint8Array(1), whole?.etag, headersOf(TOKENS_KEY));
    expect([(await get('a', token)).status, (await get('anna', 'secret')).status]).toEqual([503, 200]);

    const broken = await store.get(TOKENS_KEY);
    await store.replace(TOKENS_KEY, whole?.body ?? new Uint8Array(), broken?.etag, headersOf(TOKENS_KEY));
    rmSync(path);
    expect([(await get('a', token)).status, (await get('anna', 'secret')).status]).toEqual([200, 503]);
    await finished(4);
    expect(lines.map(({ error }) => (error as { code?: string } | undefined)?.code)).toEqual([
      'corrupt-record',
      undefined,
      undefined,
      'unreadable',
    ]);
  });
});

describe('Too many wrong passwords at once', () => {
  it('are told to come back, and keep nobody out who was let in before', async () => {
    const { get, lines, finished } = await privateServer(
      { ...HASHES, cora: hashSync('x', 4).replace('$04$', '$12$') },
      { atOnce: 1, waiting: 2 },
    );
    expect((await get('anna', 'secret')).status).toBe(200);
    const attack = Promise.all(Array.from({ length: 20 }, (_, index) => get('cora', `${index}`)));
    const statuses = (await attack).map(({ status }) => status);
    expect(statuses.filter((status) => status === 401).length).toBeGreaterThanOrEqual(3);
    const busy = (await attack).filter(({ status }) => status === 503);
    expect(busy.length).toBeGreaterThan(0);
    expect(new Set(statuses)).toEqual(new Set([401, 503]));
    expect(busy[0]?.headers).toMatchObject({ 'retry-after': '5', 'cache-control': 'no-store' });
    expect((await get('anna', 'secret')).status).toBe(200);
    await finished(22);
    // That is no failure of the server.
    expect(lines.every(({ error }) => error === undefined)).toBe(true);
  });

  it('cost one check where they are the same', async () => {
    const { get, runs } = await privateServer(HASHES, { atOnce: 1, waiting: 0 });
    const replies = await Promise.all(Array.from({ length: 50 }, () => get('anna', 'secret')));
    expect(replies.every(({ status }) => status === 200)).toBe(true);
    expect(runs()).toBe(1);
  });
});
