import { createHash } from 'node:crypto';
import { compareSync, getRounds, hashSync } from 'bcryptjs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BcryptJob } from '../../server/access/bcrypt-threads.ts';
import { type Entries, parseEntries } from '../../server/access/htpasswd-entries.ts';
import { PasswordCheck, type Verdict } from '../../server/access/password-check.ts';
import { signal } from './serving.ts';

function sha(password: string): string {
  return `{SHA}${createHash('sha1').update(password).digest('base64')}`;
}

function entriesOf(users: Readonly<Record<string, string>>): Entries {
  const lines = Object.entries(users).map(([user, kept]) => `${user}:${kept}\n`);
  return parseEntries('users', new TextEncoder().encode(lines.join('')));
}

/** Checks by real bcrypt, and counts its runs. */
function checkOf(users: Readonly<Record<string, string>>) {
  const jobs: BcryptJob[] = [];
  const state = { entries: entriesOf(users), isBusy: false, before: async (): Promise<void> => undefined };
  const check = new PasswordCheck({
    current: async () => state.entries,
    compare: (job) => {
      if (state.isBusy) return undefined;
      jobs.push(job);
      const right = job.hashes.map((hash) => compareSync(job.password, hash))[0] ?? false;
      return state.before().then(() => right);
    },
  });
  const verdict = (user: string, password: string): Promise<Verdict> => check.check({ user, password });
  /** In rounds of bcrypt, of each job so far. */
  const costs = (): number[] =>
    jobs.map(({ hashes }) => hashes.reduce((sum, hash) => sum + 2 ** getRounds(hash), 0));
  return { state, jobs, verdict, costs };
}

const USERS = {
  anna: hashSync('secret', 4),
  beth: hashSync('pass:word', 6),
  cora: sha('secret'),
  Ännchen: hashSync('grün 安', 5),
};

describe('A password', () => {
  const right: [user: string, password: string][] = [
    ['anna', 'secret'],
    ['beth', 'pass:word'],
    ['cora', 'secret'],
    ['Ännchen', 'grün 安'],
  ];
  it.each(right)('lets its own user in: %s', async (user, password) => {
    expect(await checkOf(USERS).verdict(user, password)).toBe('admitted');
  });

  it.each([
    ['anna', ''],
    ['anna', 'Secret'],
    ['anna', 'secret '],
    ['anna', 'secret\n'],
    ['anna', 'secret\0'],
    ['anna', 'secret\0secret'],
    ['anna', USERS.anna],
    ['beth', 'secret'],
    ['beth', 'pass'],
    ['cora', USERS.cora],
    ['cora', 'secret\n'],
    ['Ännchen', 'gru\u0308n 安'],
    ['A\u0308nnchen', 'grün 安'],
    ['Anna', 'secret'],
    ['', 'secret'],
    ['', ''],
    ['nobody', 'secret'],
    ['anna\0', 'secret'],
    ['__proto__', ''],
    ['constructor', 'secret'],
  ])('lets nobody else in: %j with %j', async (user, password) => {
    expect(await checkOf(USERS).verdict(user, password)).toBe('refused');
  });

  it('may have the 72 bytes that bcrypt looks at, and is refused with more', async () => {
    const longest = 'ü'.repeat(36);
    const { verdict } = checkOf({ anna: hashSync(longest, 4), cora: sha(`${longest}!`) });
    expect(await verdict('anna', longest)).toBe('admitted');
    expect(await verdict('anna', `${longest}!`)).toBe('refused');
    expect(await verdict('cora', `${longest}!`)).toBe('admitted');
  });

  it('of a user who was let in does not open for what only begins like it', async () => {
    const longest = 'x'.repeat(72);
    const { verdict } = checkOf({ anna: hashSync(longest, 4) });
    expect(await verdict('anna', longest)).toBe('admitted');
    expect(await verdict('anna', `${longest}y`)).toBe('refused');
  });

  it('is exact, whatever else is tried', async () => {
    const { verdict } = checkOf(USERS);
    const known = fc.constantFrom(...right.flat());
    const near = fc
      .tuple(known, fc.constantFrom(...'aA \0\t:ü'), fc.nat(12))
      .map(([text, character, at]) => text.slice(0, at) + character + text.slice(at));
    const text = fc.oneof(known, near, fc.string(), fc.string({ unit: 'binary' }));
    await fc.assert(
      fc.asyncProperty(text, text, async (user, password) => {
        const isRight = right.some((pair) => pair[0] === user && pair[1] === password);
        expect(await verdict(user, password)).toBe(isRight ? 'admitted' : 'refused');
      }),
      { examples: right, numRuns: 200 },
    );
  });
});

describe('A check', () => {
  it('costs as much as that of the dearest, whoever the user is', async () => {
    const { verdict, costs } = checkOf(USERS);
    const users = ['anna', 'beth', 'cora', 'Ännchen', 'nobody', ''];
    for (const user of users) await verdict(user, 'wrong');
    expect(costs()).toEqual(users.map(() => 2 ** 6));
    for (const user of users) await verdict(user, 'x'.repeat(100));
    expect(costs()).toEqual([...users, ...users].map(() => 2 ** 6));
  });

  it('that succeeds for the first time costs the same', async () => {
    const { verdict, costs } = checkOf(USERS);
    expect([await verdict('anna', 'secret'), await verdict('cora', 'secret')]).toEqual([
      'admitted',
      'admitted',
    ]);
    expect(costs()).toEqual([2 ** 6, 2 ** 6]);
  });

  it('needs no bcrypt where nobody has it', async () => {
    const { verdict, jobs } = checkOf({ cora: sha('secret') });
    expect([
      await verdict('cora', 'secret'),
      await verdict('cora', 'x'),
      await verdict('x', 'secret'),
    ]).toEqual(['admitted', 'refused', 'refused']);
    expect(jobs).toEqual([]);
  });
});

describe('What was right', () => {
  it('is paid for once, however many requests there are', async () => {
    const { verdict, jobs } = checkOf(USERS);
    for (let request = 0; request < 50; request++) expect(await verdict('anna', 'secret')).toBe('admitted');
    expect(jobs).toHaveLength(1);
  });

  it('is paid for once by requests that come together', async () => {
    const { state, verdict, jobs } = checkOf(USERS);
    const mayEnd = signal();
    state.before = () => mayEnd.given;
    const all = Promise.all(Array.from({ length: 50 }, () => verdict('anna', 'secret')));
    await expect.poll(() => jobs.length).toBe(1);
    mayEnd.give();
    expect(new Set(await all)).toEqual(new Set(['admitted']));
    expect(jobs).toHaveLength(1);
  });

  it('is forgotten when the file changes, so that a removed user never gets in', async () => {
    const { state, verdict, jobs } = checkOf(USERS);
    expect(await verdict('anna', 'secret')).toBe('admitted');
    const { anna, ...others } = USERS;
    state.entries = entriesOf(others);
    expect(await verdict('anna', 'secret')).toBe('refused');
    state.entries = entriesOf({ ...others, anna: hashSync('another', 4) });
    expect(await verdict('anna', 'secret')).toBe('refused');
    state.entries = entriesOf({ ...others, anna });
    expect(await verdict('anna', 'secret')).toBe('admitted');
    expect(jobs).toHaveLength(4);
  });

  it('does not open for who was removed while the check was under way', async () => {
    const { state, verdict, jobs } = checkOf(USERS);
    const mayEnd = signal();
    state.before = () => mayEnd.given;
    const early = verdict('anna', 'secret');
    await expect.poll(() => jobs.length).toBe(1);
    state.entries = entriesOf({ beth: USERS.beth });
    const late = verdict('anna', 'secret');
    mayEnd.give();
    // It was asked before.
    expect([await early, await late]).toEqual(['admitted', 'refused']);
    expect(await verdict('anna', 'secret')).toBe('refused');
  });

  it('is remembered of a thousand, and of the newest', async () => {
    const many = Object.fromEntries(
      Array.from({ length: 1_001 }, (_, index) => [`u${index}`, sha(`${index}`)]),
    );
    const { verdict, jobs } = checkOf({ ...many, anna: USERS.anna });
    for (let index = 0; index < 1_001; index++) await verdict(`u${index}`, `${index}`);
    expect(jobs).toHaveLength(1_001);
    await verdict('u1000', '1000');
    await verdict('u1', '1');
    expect(jobs).toHaveLength(1_001);
    expect(await verdict('u0', '0')).toBe('admitted');
    expect(jobs).toHaveLength(1_002);
  });
});

describe('What was wrong', () => {
  it('is not remembered', async () => {
    const { verdict, jobs } = checkOf(USERS);
    await verdict('anna', 'wrong');
    await verdict('anna', 'wrong');
    expect(jobs).toHaveLength(2);
  });
});

describe('A check that finds too much to do', () => {
  it('says so, lets nobody in, and is not remembered', async () => {
    const { state, verdict } = checkOf(USERS);
    expect(await verdict('beth', 'pass:word')).toBe('admitted');
    state.isBusy = true;
    expect(await verdict('anna', 'secret')).toBe('busy');
    expect(await verdict('nobody', 'secret')).toBe('busy');
    // Who is known already is not kept waiting.
    expect(await verdict('beth', 'pass:word')).toBe('admitted');
    state.isBusy = false;
    expect(await verdict('anna', 'secret')).toBe('admitted');
  });

  it('says so to those with {SHA} as well', async () => {
    const { state, verdict } = checkOf(USERS);
    state.isBusy = true;
    expect(await verdict('cora', 'secret')).toBe('busy');
  });
});
