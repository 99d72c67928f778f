import { Agent } from 'node:http';
import { beforeAll, describe, expect, it } from 'vitest';
import { toTimestamp } from '../../core/access/grant.ts';
import { StoredGrants } from '../../core/access/stored-grants.ts';
import { generateToken } from '../../core/access/token.ts';
import { createToken, revokeToken, type TokenWishes } from '../../core/access/tokens.ts';
import { type Action, ACTIONS } from '../../server/access/actions.ts';
import { createGuard } from '../../server/access/guard.ts';
import { createIndexServer, type IndexServer, type RequestLine } from '../../server/index-server.ts';
import type { MemoryStore } from '../../stores/memory.ts';
import {
  ACCESS_ROUTES,
  type AccessRoute,
  BAR_PATH,
  basic,
  MISSING_FILE_PATH,
  nameOf,
  storeOfTable,
  WatchedStore,
} from './access-table.ts';
import { ask, FILE_PATH, type Reply, say } from './serving.ts';

const ALL: ReadonlySet<Action> = new Set(ACTIONS);

const agent = new Agent({ keepAlive: true });
const tokens = { full: '', limited: '', expired: '', revoked: '' };
let store: MemoryStore;
let watched: WatchedStore;
let server: IndexServer;
let port: number;
let lines: RequestLine[] = [];

function environment(now = Date.now()) {
  return {
    grants: new StoredGrants(store),
    now: () => new Date(now),
    wait: () => Promise.resolve(),
    random: () => 0.5,
  };
}

async function make(wishes: TokenWishes, now?: number): Promise<string> {
  return (await createToken(environment(now), wishes)).token;
}

beforeAll(async () => {
  store = await storeOfTable();
  watched = new WatchedStore(store);
  const past = Date.now() - 1_000;
  tokens.full = await make({ name: 'full', expires: new Date(Date.now() + 3_600_000) });
  tokens.limited = await make({ name: 'limited', projects: ['foo', 'fo*x'] });
  tokens.expired = await make({ name: 'expired', expires: new Date(past) }, past - 5_000);
  tokens.revoked = await make({ name: 'revoked' });
  await revokeToken(environment(), 'revoked');
  const guard = createGuard({ store: watched, actions: ALL });
  server = createIndexServer({ store: watched, guard, onRequest: (line) => lines.push(line) });
  ({ port } = await server.listen({ host: '127.0.0.1', port: 0 }));
  return async () => {
    agent.destroy();
    await server.close();
  };
});

function send(route: AccessRoute, authorization?: string, to = port): Promise<Reply> {
  const { method, path } = route;
  const headers = { ...route.headers, ...(authorization === undefined ? {} : { authorization }) };
  return ask(to, { method, path, headers, agent });
}

/** All that a client can see but for the time. */
function seen({ status, headers, body }: Reply): unknown {
  return { status, headers: { ...headers, date: '' }, body: String(body) };
}

const REFUSED: readonly (readonly [what: string, authorization: () => string | undefined])[] = [
  ['nothing', () => undefined],
  ['an empty header', () => ''],
  ['no password', () => basic('anna', '')],
  ['a wrong password', () => basic('anna', 'secret')],
  ['an unknown token', () => basic('__token__', generateToken())],
  ['an expired token', () => basic('__token__', tokens.expired)],
  ['a revoked token', () => basic('__token__', tokens.revoked)],
  ['the token as the user', () => basic(tokens.full, '')],
  ['half a token', () => basic('__token__', tokens.full.slice(0, 30))],
  ['a token and a line feed', () => basic('__token__', `${tokens.full}\n`)],
  ['a token and a space', () => basic('__token__', `${tokens.full} `)],
  ['a token in lower case', () => basic('__token__', tokens.full.toLowerCase())],
  ['a token of another scheme', () => `Bearer ${tokens.full}`],
  ['a token without a scheme', () => tokens.full],
  ['a token without a user', () => `Basic ${Buffer.from(tokens.full).toString('base64')}`],
  ['no base64', () => `Basic ${tokens.full}`],
  ['two pairs', () => `${basic('__token__', tokens.full)}, ${basic('__token__', tokens.full)}`],
];

describe.each(ACCESS_ROUTES.map((route) => [nameOf(route), route] as const))(
  'On a private index, %s',
  (_name, route) => {
    it('tells nobody anything without the right credentials', async () => {
      const expected = seen(await send(route));
      for (const [what, authorization] of REFUSED) {
        watched.forget();
        const reply = await send(route, authorization());
        expect(seen(reply), what).toEqual(expected);
        expect(reply.status, what).toBe(route.action === 'redirect' ? route.full : 401);
        // No object is so much as looked for.
        expect(watched.opened.filter((key) => key !== 'tokens.json')).toEqual([]);
      }
      expect(watched.unclosed).toBe(0);
    });

    it('is what it is with the right ones', async () => {
      for (const authorization of [
        basic('__token__', tokens.full),
        basic('', tokens.full),
        basic('anna', tokens.full),
        basic('a', tokens.full).replace('Basic ', 'bASIC  '),
      ]) {
        expect((await send(route, authorization)).status).toBe(route.full);
      }
      expect((await send(route, basic('x', tokens.limited))).status).toBe(route.limited);
      expect(watched.unclosed).toBe(0);
    });

    it('is kept by no shared cache where it needs credentials', async () => {
      const { status, headers } = await send(route, basic('__token__', tokens.full));
      const directives = (headers['cache-control'] ?? '').split(', ');
      if (route.action === 'redirect') return;
      expect(directives).not.toContain('public');
      expect(directives).toContain([200, 206, 304].includes(status) ? 'private' : 'no-store');
    });
  },
);

describe('A refusal', () => {
  it('says how to be let in, and is not kept', async () => {
    const { headers, body } = await ask(port, { path: '/simple/' });
    expect(headers).toMatchObject({
      'www-authenticate': 'Basic realm="Python package index", charset="UTF-8"',
      'cache-control': 'no-store',
      'content-length': String(body.length),
    });
  });

  it('has no body for HEAD', async () => {
    const { status, headers, body } = await ask(port, { method: 'HEAD', path: '/simple/' });
    expect([status, body.length]).toEqual([401, 0]);
    expect(headers['www-authenticate']).toBeDefined();
  });

  it.each([
    ['nothing', (): string => '', 401],
    ['a token', (): string => tokens.full, 405],
  ] as const)('of an upload with %s comes before its body is sent', async (_what, token, status) => {
    const password = token();
    const login = password === '' ? '' : `Authorization: ${basic('a', password)}\r\n`;
    const head = `POST / HTTP/1.1\r\nHost: x\r\n${login}Expect: 100-continue\r\nContent-Length: 1000000\r\n\r\n`;
    const heard = await say(port, head);
    expect(heard).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    // The body may still come, and must not be taken for the next request.
    expect(heard).toMatch(/^connection: close\r$/im);
  });

  it('of an upload that was sent at once leaves the connection usable', async () => {
    const body = 'GET /simple/ HTTP/1.1\r\n\r\n';
    const post = `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    const heard = await say(port, `${post}GET /simple HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    expect(heard.match(/^HTTP\/1\.1 \d+/gm)).toEqual(['HTTP/1.1 401', 'HTTP/1.1 301']);
  });

  it('goes by the first of two headers, as Node does, and lets neither add to the other', async () => {
    const [wrong, right] = [basic('a', generateToken()), basic('a', tokens.full)];
    const asked = (one: string, other: string): Promise<string> =>
      say(
        port,
        `GET /simple/ HTTP/1.1\r\nHost: x\r\nAuthorization: ${one}\r\nAuthorization: ${other}\r\nConnection: close\r\n\r\n`,
      );
    expect(await asked(wrong, right)).toMatch(/^HTTP\/1\.1 401 /);
    expect(await asked(right, wrong)).toMatch(/^HTTP\/1\.1 200 /);
  });
});

describe('A token', () => {
  it('of some projects cannot tell a project that is hidden from one that is not there', async () => {
    const authorization = basic('a', tokens.limited);
    const hidden = await ask(port, { path: '/simple/bar/', headers: { authorization } });
    const none = await ask(port, { path: '/simple/none/', headers: { authorization } });
    expect(hidden.status).toBe(404);
    expect(seen(hidden)).toEqual(seen(none));
  });

  it('ends at its time, to the second', async () => {
    const expires = new Date(Date.now() + 3_600_000);
    const token = await make({ name: 'ending', expires });
    const end = Date.parse(toTimestamp(expires));
    let now = end - 1;
    const guard = createGuard({ store, actions: ALL, now: () => now });
    const decision = { kind: 'rewrite', path: '/simple/index.html', negotiated: true } as const;
    expect((await guard(decision, basic('a', token))).decision).toEqual(decision);
    now = end;
    expect((await guard(decision, basic('a', token))).decision).toEqual({ kind: 'answer', status: 401 });
  });

  it('is named in the log by its name, and by nothing else', async () => {
    lines = [];
    for (const token of [tokens.full, tokens.limited, tokens.expired, generateToken()]) {
      await ask(port, { path: '/simple/foo/', headers: { authorization: basic('anna', token) } });
    }
    await ask(port, { path: '/foo/', headers: { authorization: basic('anna', tokens.full) } });
    const readers = ['token full', 'token limited', undefined, undefined, undefined];
    await expect.poll(() => lines.map(({ reader }) => reader)).toEqual(readers);
    expect(JSON.stringify(lines)).not.toMatch(/wst_|anna/);
  });
});

/** All sets of actions that can be protected. */
const SETS: readonly Action[][] = [
  ['list'],
  ['download'],
  ['update'],
  ['list', 'download'],
  ['list', 'update'],
  ['download', 'update'],
];

describe.each(SETS)('With --authenticate %s %s', (...actions) => {
  let partial: number;
  beforeAll(async () => {
    const guard = createGuard({ store, actions: new Set(actions) });
    const partly = createIndexServer({ store, guard });
    ({ port: partial } = await partly.listen({ host: '127.0.0.1', port: 0 }));
    return () => partly.close();
  });

  const needsLogin = ({ action }: AccessRoute): boolean => {
    if (action === 'nowhere') return actions.includes('list') || actions.includes('download');
    return action !== 'redirect' && actions.includes(action);
  };

  it('only what is named needs credentials', async () => {
    const publicServer = createIndexServer({ store });
    const { port: open } = await publicServer.listen({ host: '127.0.0.1', port: 0 });
    for (const route of ACCESS_ROUTES) {
      const reply = await send(route, undefined, partial);
      if (needsLogin(route)) expect(reply.status, nameOf(route)).toBe(401);
      else expect(seen(reply), nameOf(route)).toEqual(seen(await send(route, undefined, open)));
    }
    await publicServer.close();
  });

  it('nothing that is not named is looked at more closely because of credentials', async () => {
    for (const route of ACCESS_ROUTES.filter((one) => !needsLogin(one))) {
      for (const token of [tokens.limited, tokens.expired, generateToken()]) {
        expect((await send(route, basic('a', token), partial)).status, nameOf(route)).toBe(route.full);
      }
    }
  });

  it('nobody learns whether there is what is hidden', async () => {
    const pairs = [
      ...(actions.includes('list') ? [['/simple/foo/', '/simple/none/']] : []),
      ...(actions.includes('download') ? [[BAR_PATH, MISSING_FILE_PATH]] : []),
    ];
    for (const [there = '', missing = ''] of pairs) {
      const [one, other] = [await ask(partial, { path: there }), await ask(partial, { path: missing })];
      expect(one.status).toBe(401);
      expect(seen(one)).toEqual(seen(other));
    }
  });
});

describe('A public index', () => {
  it('serves those who send credentials all the same', async () => {
    const open = createIndexServer({ store });
    const { port: openPort } = await open.listen({ host: '127.0.0.1', port: 0 });
    for (const password of ['secret', tokens.expired]) {
      const headers = { authorization: basic('anna', password) };
      expect((await ask(openPort, { path: FILE_PATH, headers })).status).toBe(200);
    }
    await open.close();
  });
});
