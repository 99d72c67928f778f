import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { generateToken, hashOfToken, isToken } from '../../../core/access/token.ts';
import { admit, type EdgeGrant, grantKey } from '../../../core/edge/access.ts';
import type { EdgeDecision } from '../../../core/edge/decide.ts';
import { basic } from '../../support/readers.ts';
import { ROUTES } from './routing-table.ts';

const NOW = Date.parse('2026-06-01T12:00:00Z');

const TOKEN = generateToken();
const SHA256 = hashOfToken(TOKEN);

const page = (project: string): EdgeDecision => ({
  kind: 'rewrite',
  path: `/simple/${project}/index.html`,
  negotiated: true,
});
const LIST: EdgeDecision = { kind: 'rewrite', path: '/simple/index.json', negotiated: true };
const PAGE = page('foo');

const answer = (status: 401 | 403 | 404): EdgeDecision => ({ kind: 'answer', status });
const UNAUTHORIZED = answer(401);
const FORBIDDEN = answer(403);
const NOT_FOUND = answer(404);

/** What is kept: these grants, under the keys of their hashes or under those that are given. */
function kept(...grants: readonly (EdgeGrant & { readonly key?: string })[]) {
  const all = new Map(grants.map((grant) => [grant.key ?? grantKey(grant.sha256), grant]));
  return async (key: string): Promise<EdgeGrant | undefined> => all.get(key);
}

function admitted(
  decision: EdgeDecision,
  authorization: string | undefined,
  find: (key: string) => Promise<EdgeGrant | undefined> = kept({ sha256: SHA256 }),
): Promise<EdgeDecision> {
  return admit(decision, authorization, { sha256: hashOfToken, find, now: NOW });
}

const RIGHT = basic(TOKEN);

describe('Whoever sends a token', () => {
  it.each([
    ['with the user that the documentation names', RIGHT],
    ['with no user', basic(TOKEN, '')],
    ['with any user', basic(TOKEN, 'j\u00f6rg@example.com')],
    ['with a scheme in another case', basic(TOKEN, 'x', 'bAsIc')],
  ])('is let in %s', async (_how, header) => {
    for (const { decision } of ROUTES) expect(await admitted(decision, header)).toBe(decision);
  });

  it.each([
    ['sends none', undefined],
    ['sends it as the user', basic('', TOKEN)],
    ['sends it without a user and its colon', `Basic ${Buffer.from(TOKEN).toString('base64')}`],
    ['sends it by another scheme', basic(TOKEN, 'x', 'Bearer')],
    ['sends another one', basic(generateToken())],
    ['sends a part of it', basic(TOKEN.slice(0, -1))],
    ['sends it in lower case', basic(TOKEN.toLowerCase())],
    ['sends it with a space', basic(` ${TOKEN}`)],
    ['sends it with a line feed', basic(`${TOKEN}\n`)],
    ['sends it behind a colon', basic(`:${TOKEN}`)],
    ['sends its hash', basic(SHA256)],
    ['sends the key of its grant', basic(grantKey(SHA256))],
    ['sends it twice', `${RIGHT}, ${RIGHT}`],
  ])('is not let in who %s', async (_how, header) => {
    for (const { decision } of ROUTES) {
      const isRedirect = decision.kind === 'redirect';
      expect(await admitted(decision, header)).toEqual(isRedirect ? decision : UNAUTHORIZED);
    }
  });

  it.each([
    ['is over', '2026-06-01T11:59:59Z', false],
    ['is over this moment', '2026-06-01T12:00:00Z', false],
    ['has a second left', '2026-06-01T12:00:01Z', true],
    ['never comes, because it is no date', 'soon', false],
    ['is empty', '', false],
  ])('is let in until its time, which %s', async (_when, expires, isIn) => {
    expect(await admitted(PAGE, RIGHT, kept({ sha256: SHA256, expires }))).toEqual(
      isIn ? PAGE : UNAUTHORIZED,
    );
  });

  it.each([
    ['whose last digit is another', SHA256.slice(0, -1) + (SHA256.endsWith('0') ? '1' : '0')],
    ['whose middle is another', SHA256.slice(0, 31) + (SHA256[31] === '0' ? '1' : '0') + SHA256.slice(32)],
    ['that is cut off', SHA256.slice(0, 16)],
    ['with a digit more', `${SHA256}0`],
    ['in upper case', SHA256.toUpperCase()],
    ['that is empty', ''],
    ['of another token', hashOfToken(generateToken())],
  ])('is not let in by a hash %s under its key', async (_what, sha256) => {
    const find = kept({ sha256, key: grantKey(SHA256) });
    expect(await admitted(PAGE, RIGHT, find)).toEqual(sha256 === SHA256 ? PAGE : UNAUTHORIZED);
  });

  it('is not let in where something else than a grant is kept', async () => {
    const hashes = [null, {}, [SHA256], [[SHA256]], { toString: () => SHA256 }];
    for (const value of [null, true, 1, 'x', SHA256, [], {}, ...hashes.map((sha256) => ({ sha256 }))]) {
      const find = async (): Promise<EdgeGrant> => value as unknown as EdgeGrant;
      expect(await admitted(PAGE, RIGHT, find), JSON.stringify(value)).toEqual(UNAUTHORIZED);
    }
  });

  it('is told of no decision but a redirect where the token cannot be looked up', async () => {
    const broken = new Error('broken');
    const find = async (): Promise<never> => {
      throw broken;
    };
    for (const { decision } of ROUTES) {
      const outcome = admitted(decision, RIGHT, find);
      if (decision.kind === 'redirect') expect(await outcome).toBe(decision);
      else await expect(outcome).rejects.toBe(broken);
    }
  });

  it('has it looked up by a quarter of its hash, once, and not where it cannot be one', async () => {
    const find = vi.fn<(key: string) => Promise<EdgeGrant | undefined>>(kept({ sha256: SHA256 }));
    await admitted(PAGE, RIGHT, find);
    expect(find.mock.calls).toEqual([[`token-${SHA256.slice(0, 16)}`]]);
    find.mockClear();
    for (const header of [undefined, basic('secret'), basic(TOKEN, 'x', 'Bearer'), basic(`${TOKEN}x`)]) {
      await admitted(PAGE, header, find);
    }
    await admitted({ kind: 'redirect', status: 302, location: '/simple/' }, RIGHT, find);
    expect(find).not.toHaveBeenCalled();
  });

  it('sends something whose shape the edge knows, whichever token it is', () => {
    for (let count = 0; count < 200; count++) {
      const token = generateToken();
      expect(token).toMatch(/^wst_[0-9A-Za-z]{49}$/);
      expect(isToken(token)).toBe(true);
    }
  });
});

describe('The comparison', () => {
  /** How many digits are looked at when this is kept under the key of the token. */
  async function digitsFor(sha256: string | undefined): Promise<number> {
    const find = async (): Promise<EdgeGrant | undefined> => (sha256 === undefined ? undefined : { sha256 });
    const looks = vi.spyOn(String.prototype, 'charCodeAt');
    try {
      await admit(PAGE, RIGHT, { sha256: () => SHA256, find, now: NOW });
      return looks.mock.calls.length;
    } finally {
      looks.mockRestore();
    }
  }

  it('looks at every digit of both hashes, wherever they differ first, and where there is none to compare', async () => {
    const others = Array.from(SHA256, (digit, index) => {
      return SHA256.slice(0, index) + (digit === '0' ? '1' : '0') + SHA256.slice(index + 1);
    });
    for (const other of [SHA256, undefined, ...others, '', 'x', SHA256.slice(0, 16), `${SHA256}00`]) {
      expect(await digitsFor(other), other).toBe(2 * 64);
    }
  });
});

describe('A token for some projects', () => {
  const limited = (projects: readonly string[], decision: EdgeDecision): Promise<EdgeDecision> =>
    admitted(decision, RIGHT, kept({ sha256: SHA256, projects }));

  const file = (project: string): EdgeDecision => ({
    kind: 'rewrite',
    path: `/files/${project}/0123456789abcdef/x-1.0.tar.gz.metadata`,
    negotiated: false,
  });

  it('opens their pages and files, and finds no others', async () => {
    const projects = ['acme-*', 'foo'];
    for (const project of ['acme-core', 'acme-', 'foo']) {
      expect(await limited(projects, page(project))).toEqual(page(project));
      expect(await limited(projects, file(project))).toEqual(file(project));
    }
    for (const project of ['acme', 'foo-bar', 'xfoo', 'bar', 'files', 'simple']) {
      expect(await limited(projects, page(project))).toEqual(NOT_FOUND);
      expect(await limited(projects, file(project))).toEqual(NOT_FOUND);
    }
  });

  it('is refused the project list, in each of its forms', async () => {
    const lists = ROUTES.map(({ decision }) => decision).filter(
      (decision) => decision.kind === 'rewrite' && /^\/simple\/[^/]*$/.test(decision.path),
    );
    expect(lists.length).toBeGreaterThan(4);
    for (const list of [LIST, ...lists]) expect(await limited(['*o'], list)).toEqual(FORBIDDEN);
  });

  it('opens nothing where there are none', async () => {
    expect(await limited([], PAGE)).toEqual(NOT_FOUND);
    expect(await limited([], LIST)).toEqual(FORBIDDEN);
  });

  it('changes nothing of what needs no object', async () => {
    for (const { decision } of ROUTES) {
      if (decision.kind !== 'rewrite') expect(await limited(['foo'], decision)).toBe(decision);
    }
  });

  it('says the same of every project that is not its own, whether there is one or not', async () => {
    const name = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?$/);
    await fc.assert(
      fc.asyncProperty(name, async (project) => {
        const isOwn = project === 'foo';
        expect(await limited(['foo'], page(project))).toEqual(isOwn ? page(project) : NOT_FOUND);
      }),
    );
  });
});

describe('Nobody is let in', () => {
  const tokens = Array.from({ length: 3 }, generateToken);
  const someToken = fc.constantFrom(...tokens);
  const pattern = fc.stringMatching(/^[a-c*]{1,4}$/);

  const grant = fc.record(
    {
      token: someToken,
      expires: fc.constantFrom('2020-01-01T00:00:00Z', '2030-01-01T00:00:00Z', 'never'),
      projects: fc.array(pattern, { maxLength: 3 }),
    },
    { requiredKeys: ['token'] },
  );

  const password = fc.oneof(
    { arbitrary: someToken, weight: 3 },
    someToken.map((token) => token.slice(1)),
    fc.tuple(someToken, fc.string({ maxLength: 2 })).map(([token, more]) => token + more),
    someToken.map(hashOfToken),
    fc.string(),
  );
  /** A header, and the password that it holds by RFC 7617. */
  interface Sent {
    readonly header: string | undefined;
    readonly password?: string;
  }
  const sent: fc.Arbitrary<Sent> = fc.oneof(
    fc.constant({ header: undefined }),
    fc
      .tuple(password, fc.string())
      .map(([secret, user]) => [secret, user.replaceAll(':', '')] as const)
      .map(([secret, user]) => ({ header: basic(secret, user), password: secret })),
    fc
      .tuple(password, fc.constantFrom('Bearer', 'Basic', 'basic', 'x'))
      .map(([secret, scheme]) => ({ header: `${scheme} ${secret}` })),
    fc.string().map((header) => ({ header })),
  );
  const decision = fc.oneof(
    fc.constantFrom(...ROUTES.map((route) => route.decision)),
    fc.stringMatching(/^[a-c]{1,4}$/).map(page),
    fc.constant(LIST),
  );

  it('without a token that is kept, has time left, and is for the project', async () => {
    const seen = new Set<string>();
    await fc.assert(
      fc.asyncProperty(fc.array(grant, { maxLength: 6 }), sent, decision, async (grants, given, wanted) => {
        const byToken = new Map(grants.map((one) => [one.token, one]));
        const all = [...byToken.values()].map(({ token, ...more }) => ({
          sha256: hashOfToken(token),
          ...more,
        }));
        const outcome = await admitted(wanted, given.header, kept(...all));
        seen.add(outcome.kind === 'answer' ? String(outcome.status) : outcome.kind);
        const holder = byToken.get(given.password ?? '');
        if (wanted.kind === 'redirect') expect(outcome).toBe(wanted);
        else if (holder === undefined || /^2020|never/.test(holder.expires ?? ''))
          expect(outcome).toEqual(UNAUTHORIZED);
        else expect(outcome).toEqual(shareOf(holder.projects, wanted));
      }),
      { numRuns: 3_000 },
    );
    // Or the property would say little.
    expect([...seen]).toEqual(expect.arrayContaining(['redirect', 'rewrite', '401', '403', '404']));
  });

  /** What those who may read some projects are to get. */
  function shareOf(projects: readonly string[] | undefined, wanted: EdgeDecision): EdgeDecision {
    if (projects === undefined || wanted.kind !== 'rewrite') return wanted;
    const [, project] = /^\/(?:simple|files)\/([^/]+)\//.exec(wanted.path) ?? [];
    if (project === undefined) return FORBIDDEN;
    const open = projects.map((one) => new RegExp(`^${one.replaceAll('*', '.*')}$`));
    return open.some((one) => one.test(project)) ? wanted : NOT_FOUND;
  }
});
