import { describe, expect, it } from 'vitest';
import type { Grant } from '../../../core/access/grant.ts';
import { LARGEST_CHANGE, type GrantStore } from '../../../core/access/grant-store.ts';
import { StoredGrants } from '../../../core/access/stored-grants.ts';
import {
  createToken,
  listGrants,
  revokeTokens,
  rotateToken,
  type TokenEnvironment,
} from '../../../core/access/tokens.ts';
import { hashOfToken, isToken } from '../../../core/access/token.ts';
import { WheelstoreError } from '../../../core/errors.ts';
import { MemoryStore } from '../../../stores/memory.ts';
import { grantOf } from './grants.ts';

const NOON = Date.parse('2026-01-31T12:00:00.900Z');
const DAY = 86_400_000;

/** Tokens in memory, and a clock that only moves when a test says so. */
function tokens(grants: GrantStore = new StoredGrants(new MemoryStore())) {
  const clock = { time: NOON };
  const environment: TokenEnvironment = {
    grants,
    now: () => new Date(clock.time),
    wait: () => Promise.resolve(),
    random: Math.random,
  };
  const keep = async (put: readonly Grant[]): Promise<void> => {
    await grants.write(await grants.read(), { put, remove: [] });
  };
  return { environment, clock, grants, keep };
}

const inDays = (days: number): Date => new Date(NOON + days * DAY);

describe('A token that is made', () => {
  it('is kept as its hash, in whole seconds', async () => {
    const { environment } = tokens();
    const { token, grant } = await createToken(environment, {
      name: 'ci',
      expires: inDays(90),
      projects: ['a-*'],
    });
    expect(isToken(token)).toBe(true);
    expect(grant).toEqual({
      name: 'ci',
      sha256: hashOfToken(token),
      created: '2026-01-31T12:00:00Z',
      expires: '2026-05-01T12:00:00Z',
      projects: ['a-*'],
    });
    expect(await listGrants(environment)).toEqual([grant]);
  });

  it('has each project once, and no end unless it is given', async () => {
    const { environment } = tokens();
    const { grant } = await createToken(environment, { name: 'ci', projects: ['b', 'a', 'b'] });
    expect(grant.projects).toEqual(['b', 'a']);
    expect(grant).not.toHaveProperty('expires');
    expect((await createToken(environment, { name: 'all', projects: [] })).grant).not.toHaveProperty(
      'projects',
    );
  });

  it('takes no name that is taken, also by one that has expired', async () => {
    const { environment, clock } = tokens();
    await createToken(environment, { name: 'ci', expires: inDays(1) });
    clock.time += 2 * DAY;
    await expect(createToken(environment, { name: 'ci' })).rejects.toMatchObject({
      code: 'token-exists',
      value: 'ci',
      fix: expect.stringContaining('wheelstore token rotate ci'),
    });
    expect(await listGrants(environment)).toHaveLength(1);
  });

  it.each([
    ['a year ago', new Date(NOON - 365 * DAY), 'is past'],
    ['now', new Date(NOON), 'is past'],
    // It would be kept as a time that is past.
    ['in less than a second', new Date(NOON + 50), 'is past'],
    ['in more than 100 years', new Date(NOON + 36_526 * DAY), '100 years'],
    ['after the year 9999', new Date(8.64e15), '100 years'],
    ['at no time', new Date(NaN), '100 years'],
  ])('does not end %s', async (_, expires, text) => {
    const { environment } = tokens();
    const made = createToken(environment, { name: 'ci', expires });
    await expect(made).rejects.toMatchObject({ code: 'usage', message: expect.stringContaining(text) });
    expect(await listGrants(environment)).toEqual([]);
  });

  it('has no more projects than a value of a key-value store can hold, also when it is replaced', async () => {
    const { environment } = tokens();
    const projects = Array.from({ length: 60 }, (_, number) => `some-project-${number}`);
    await expect(createToken(environment, { name: 'ci', projects })).rejects.toMatchObject({
      code: 'usage',
      fix: expect.stringContaining('"acme-*"'),
    });
    for (let number = projects.length; ; number--) {
      const wishes = { name: 'ci', projects: projects.slice(0, number) };
      const made = await createToken(environment, wishes).catch(() => undefined);
      if (made === undefined) continue;
      const { grant } = await rotateToken(environment, 'ci', { grace: DAY, expires: inDays(1) });
      for (const each of await listGrants(environment)) {
        expect(new TextEncoder().encode(JSON.stringify(each)).length).toBeLessThanOrEqual(1024);
      }
      expect(grant.projects).toEqual(wishes.projects);
      break;
    }
  });
});

describe('A token in the place of another', () => {
  it('ends it at once, and is good for as long as the other was', async () => {
    const { environment, clock } = tokens();
    const first = await createToken(environment, { name: 'ci', expires: inDays(90), projects: ['a'] });
    clock.time += 30 * DAY;
    const second = await rotateToken(environment, 'ci', { grace: 0 });
    expect(second.token).not.toBe(first.token);
    expect(second.oldUntil).toBeUndefined();
    expect(second.grant).toMatchObject({ name: 'ci', projects: ['a'], expires: '2026-05-31T12:00:00Z' });
    expect(await listGrants(environment)).toEqual([second.grant]);
  });

  it('leaves it a time of grace, but never more than it had', async () => {
    const { environment, clock } = tokens();
    const first = await createToken(environment, { name: 'ci', expires: inDays(2) });
    clock.time += 1_000;
    const second = await rotateToken(environment, 'ci', { grace: DAY, expires: inDays(9) });
    clock.time += 1_000;
    const third = await rotateToken(environment, 'ci', { grace: 30 * DAY });
    expect([second.oldUntil, third.oldUntil]).toEqual(['2026-02-01T12:00:01Z', '2026-02-09T12:00:00Z']);
    expect((await listGrants(environment)).map(({ sha256, retired }) => [sha256, retired])).toEqual([
      [third.grant.sha256, undefined],
      [second.grant.sha256, true],
      [first.grant.sha256, true],
    ]);
    clock.time += 5 * DAY;
    const fourth = await rotateToken(environment, 'ci', { grace: DAY });
    const left = (await listGrants(environment)).map(({ sha256 }) => sha256);
    expect(left.sort()).toEqual([second, third, fourth].map(({ grant }) => grant.sha256).sort());
    await rotateToken(environment, 'ci', { grace: 0 });
    expect(await listGrants(environment)).toHaveLength(1);
  });

  it('takes the place of one that has expired, which gets no grace', async () => {
    const { environment, clock } = tokens();
    await createToken(environment, { name: 'ci', expires: inDays(1) });
    clock.time += 9 * DAY;
    const { grant, oldUntil } = await rotateToken(environment, 'ci', { grace: DAY });
    expect({ expires: grant.expires, oldUntil }).toEqual({
      expires: '2026-02-10T12:00:00Z',
      oldUntil: undefined,
    });
    expect(await listGrants(environment)).toEqual([grant]);
  });

  it('is refused where twenty others are still good, unless it ends them', async () => {
    const { environment } = tokens();
    await createToken(environment, { name: 'ci' });
    for (let round = 0; round < 20; round++) await rotateToken(environment, 'ci', { grace: DAY });
    await expect(rotateToken(environment, 'ci', { grace: DAY })).rejects.toMatchObject({
      code: 'token-exists',
      value: 'ci',
    });
    expect(await listGrants(environment)).toHaveLength(21);
    await rotateToken(environment, 'ci', { grace: 0 });
    expect(await listGrants(environment)).toHaveLength(1);
  });

  it('never opens more than the other did', async () => {
    const { environment, keep } = tokens();
    await keep([grantOf('ci', { projects: ['a'] })]);
    expect((await rotateToken(environment, 'ci', { grace: 0 })).grant.projects).toEqual(['a']);
  });

  it('needs one that is there', async () => {
    const { environment, keep } = tokens();
    await keep([grantOf('old', { retired: true, expires: '2027-01-01T00:00:00Z' })]);
    for (const name of ['ci', 'old']) {
      await expect(rotateToken(environment, name, { grace: 0 })).rejects.toMatchObject({ code: 'not-found' });
    }
  });
});

describe('Tokens that are revoked', () => {
  it('end with all that they have replaced, and no others', async () => {
    const { environment } = tokens();
    for (const name of ['a', 'b', 'c']) await createToken(environment, { name });
    await rotateToken(environment, 'a', { grace: DAY });
    const revoked = await revokeTokens(environment, ['a', 'c', 'a']);
    expect(revoked.map(({ name }) => name).sort()).toEqual(['a', 'a', 'c']);
    expect((await listGrants(environment)).map(({ name }) => name)).toEqual(['b']);
  });

  it('are all or none where a name is unknown, and each such name is told', async () => {
    const { environment } = tokens();
    for (let number = 0; number < 12; number++) await createToken(environment, { name: `t${number}` });
    const error = await revokeTokens(environment, ['t0', 'x', 'y']).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(WheelstoreError);
    const { code, problems } = error as WheelstoreError;
    expect(code).toBe('not-found');
    expect(problems.map(({ value }) => value)).toEqual(['x', 'y']);
    expect(problems[0]?.fix).toContain('and more');
    await expect(revokeTokens(environment, ['z'])).rejects.toMatchObject({ code: 'not-found', value: 'z' });
    expect(await listGrants(environment)).toHaveLength(12);
    await expect(revokeTokens(tokens().environment, ['z'])).rejects.toMatchObject({
      fix: expect.stringContaining('There is none at all'),
    });
  });

  it('can be more than one change holds', async () => {
    const { environment, grants, keep } = tokens();
    const many = Array.from({ length: 2 * LARGEST_CHANGE + 1 }, (_, number) => `t${number}`);
    await keep(many.map((name) => grantOf(name)));
    const sizes: number[] = [];
    const counting: GrantStore = {
      description: grants.description,
      read: () => grants.read(),
      write: (snapshot, change) => {
        sizes.push(change.remove.length);
        return grants.write(snapshot, change);
      },
    };
    expect(await revokeTokens({ ...environment, grants: counting }, many)).toHaveLength(many.length);
    expect(sizes).toEqual([LARGEST_CHANGE, LARGEST_CHANGE, 1]);
    expect(await listGrants(environment)).toEqual([]);
  });

  it('are ended also where somebody else does it at the same time', async () => {
    const { environment, grants } = tokens();
    await createToken(environment, { name: 'ci' });
    const losing: GrantStore = {
      description: grants.description,
      read: () => grants.read(),
      write: async (snapshot, change) => {
        await grants.write(snapshot, change);
        return false;
      },
    };
    expect(await revokeTokens({ ...environment, grants: losing }, ['ci'])).toHaveLength(1);
    expect(await listGrants(environment)).toEqual([]);
  });
});

describe('Who changes tokens', () => {
  it('writes nothing after Ctrl-C', async () => {
    const { environment } = tokens();
    await createToken(environment, { name: 'ci' });
    const before = await listGrants(environment);
    const stopped = { ...environment, signal: AbortSignal.abort() };
    for (const work of [
      () => createToken(stopped, { name: 'other' }),
      () => rotateToken(stopped, 'ci', { grace: 0 }),
      () => revokeTokens(stopped, ['ci']),
    ]) {
      await expect(work()).rejects.toMatchObject({ code: 'interrupted' });
      expect(await listGrants(environment)).toEqual(before);
    }
  });

  it('gives up where others keep winning', async () => {
    const { environment, grants } = tokens();
    const losing = { description: '', read: () => grants.read(), write: () => Promise.resolve(false) };
    const made = createToken({ ...environment, grants: losing }, { name: 'ci' });
    await expect(made).rejects.toMatchObject({ code: 'contention' });
  });

  it('lists by name, and of one name the current one first', async () => {
    const { environment, keep } = tokens();
    const retired = { retired: true as const, expires: '2027-01-01T00:00:00Z' };
    await keep([
      grantOf('b', { ...retired, created: '2026-01-01T00:00:00Z' }),
      grantOf('b-c'),
      grantOf('b', { ...retired, created: '2026-01-02T00:00:00Z' }),
      grantOf('b'),
      grantOf('B'),
    ]);
    const listed = await listGrants(environment);
    expect(
      listed.map(({ name, retired: isOld, created }) => [name, isOld ?? false, created.slice(8, 10)]),
    ).toEqual([
      ['B', false, '31'],
      ['b', false, '31'],
      ['b', true, '02'],
      ['b', true, '01'],
      ['b-c', false, '31'],
    ]);
  });
});
