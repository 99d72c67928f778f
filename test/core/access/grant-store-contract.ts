import { expect, it } from 'vitest';
import { serializeGrant, type Grant } from '../../../core/access/grant.ts';
import type { GrantStore } from '../../../core/access/grant-store.ts';
import {
  createToken,
  listGrants,
  revokeTokens,
  rotateToken,
  type TokenEnvironment,
} from '../../../core/access/tokens.ts';
import { hashOfToken } from '../../../core/access/token.ts';
import { grantOf } from './grants.ts';

/** What a test needs of a place for grants. */
export interface GrantPlace {
  /** Another view of the same place each time, as another process has it. */
  open(): GrantStore;
  /** Puts something else there that is no grant, where grants are. */
  spoil(): Promise<void>;
}

/** What the use cases work with, on this store. */
export function environmentOn(grants: GrantStore): TokenEnvironment {
  const wait = (milliseconds: number): Promise<void> =>
    new Promise((resolve) => setTimeout(resolve, milliseconds));
  return { grants, now: () => new Date(), wait, random: Math.random };
}

/** The grants that are there, in an order that does not depend on the store. */
async function kept(place: GrantPlace): Promise<readonly Grant[]> {
  const { grants } = await place.open().read();
  return [...grants].sort((one, other) => (serializeGrant(one) < serializeGrant(other) ? -1 : 1));
}

/** What every place for grants must do. `make` gives one with nothing in it. */
export function describeGrantStore(make: () => Promise<GrantPlace>): void {
  it('has none at first, and says where it is', async () => {
    const place = await make();
    expect((await place.open().read()).grants).toEqual([]);
    expect(place.open().description).not.toBe('');
  });

  it('gives back what was put, replaced and removed, whoever asks', async () => {
    const place = await make();
    const store = place.open();
    const [a, b, c] = [grantOf('a'), grantOf('b', { projects: ['foo', 'acme-*'] }), grantOf('c')];
    expect(await store.write(await store.read(), { put: [a, b], remove: [] })).toBe(true);
    expect(await kept(place)).toEqual([a, b]);
    const retired: Grant = { ...a, expires: '2027-01-31T00:00:00Z', retired: true };
    expect(await store.write(await store.read(), { put: [retired, c], remove: [b] })).toBe(true);
    expect(await kept(place)).toEqual([retired, c]);
    expect(await store.write(await store.read(), { put: [], remove: [retired, c] })).toBe(true);
    expect(await kept(place)).toEqual([]);
    expect(await store.write(await store.read(), { put: [a], remove: [] })).toBe(true);
    expect(await kept(place)).toEqual([a]);
  });

  it('loses a write where anything has changed since it was read', async () => {
    const place = await make();
    const [one, other] = [place.open(), place.open()];
    const [a, b, c] = [grantOf('a'), grantOf('b'), grantOf('c')];
    const nothing = await one.read();
    expect(await other.write(await other.read(), { put: [a], remove: [] })).toBe(true);
    expect(await one.write(nothing, { put: [b], remove: [] })).toBe(false);
    const stale = await one.read();
    expect(await other.write(await other.read(), { put: [c], remove: [a] })).toBe(true);
    for (const change of [
      { put: [b], remove: [] },
      { put: [], remove: [a] },
      { put: [b], remove: [a] },
    ]) {
      expect(await one.write(stale, change)).toBe(false);
    }
    expect(await kept(place)).toEqual([c]);
  });

  it('loses no grant where all is as it was when it was read, though others have written', async () => {
    const place = await make();
    const store = place.open();
    const [a, b] = [grantOf('a'), grantOf('b')];
    await store.write(await store.read(), { put: [a], remove: [] });
    const stale = await store.read();
    await store.write(await store.read(), { put: [], remove: [a] });
    await store.write(await store.read(), { put: [a], remove: [] });
    // S3 names a version by its bytes: to it, nothing has changed.
    const isWritten = await store.write(stale, { put: [b], remove: [] });
    expect(await kept(place)).toEqual(isWritten ? [a, b] : [a]);
  });

  it('lets exactly one of several writers win', async () => {
    const place = await make();
    const snapshots = await Promise.all(
      Array.from({ length: 10 }, async () => {
        const store = place.open();
        return { store, snapshot: await store.read() };
      }),
    );
    const outcomes = await Promise.all(
      snapshots.map(({ store, snapshot }, number) =>
        store.write(snapshot, { put: [grantOf(`t${number}`)], remove: [] }),
      ),
    );
    expect(outcomes.filter((isWritten) => isWritten)).toHaveLength(1);
    expect(await kept(place)).toHaveLength(1);
  });

  it.each([10, 50])('keeps every token that %d make at the same time', async (number) => {
    const place = await make();
    const names = Array.from({ length: number }, (_, index) => `t${index}`);
    const made = await Promise.all(names.map((name) => createToken(environmentOn(place.open()), { name })));
    const hashes = (await kept(place)).map(({ sha256 }) => sha256).sort();
    expect(hashes).toEqual(made.map(({ token }) => hashOfToken(token)).sort());
  });

  it('lets exactly one of several make a token of one name', async () => {
    const place = await make();
    const made = await Promise.allSettled(
      Array.from({ length: 10 }, () => createToken(environmentOn(place.open()), { name: 'ci' })),
    );
    const winners = made.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
    expect(await kept(place)).toEqual(winners.map(({ grant }) => grant));
    expect(winners).toHaveLength(1);
    for (const each of made) {
      if (each.status === 'rejected') expect(each.reason).toMatchObject({ code: 'token-exists' });
    }
  });

  it('keeps its sense where tokens are made, replaced and revoked at the same time', async () => {
    const place = await make();
    const names = ['a', 'b', 'c', 'd', 'e', 'f'];
    for (const name of names) await createToken(environmentOn(place.open()), { name });
    const rotated = names
      .slice(0, 4)
      .map((name) => rotateToken(environmentOn(place.open()), name, { grace: 0 }));
    const [made] = await Promise.all([
      createToken(environmentOn(place.open()), { name: 'g' }),
      ...rotated,
      revokeTokens(environmentOn(place.open()), ['e']),
      revokeTokens(environmentOn(place.open()), ['f']),
    ]);
    const expected = [...(await Promise.all(rotated)), made].map(({ grant }) => grant);
    expect(await listGrants(environmentOn(place.open()))).toEqual(expected);
  });

  it('holds as many as there are, beyond one page and one change', async () => {
    const place = await make();
    const store = place.open();
    const all = Array.from({ length: 120 }, (_, index) =>
      grantOf(`t${index}`, { projects: ['a'.repeat(150)] }),
    );
    for (let start = 0; start < all.length; start += 50) {
      expect(await store.write(await store.read(), { put: all.slice(start, start + 50), remove: [] })).toBe(
        true,
      );
    }
    expect(await kept(place)).toHaveLength(120);
    await revokeTokens(
      environmentOn(store),
      all.map(({ name }) => name),
    );
    expect(await kept(place)).toEqual([]);
  });

  it('refuses all where one is damaged, and says where', async () => {
    const place = await make();
    await createToken(environmentOn(place.open()), { name: 'ci' });
    await place.spoil();
    await expect(place.open().read()).rejects.toMatchObject({ code: 'corrupt-record' });
    for (const work of [
      () => createToken(environmentOn(place.open()), { name: 'other' }),
      () => rotateToken(environmentOn(place.open()), 'ci', { grace: 0 }),
      () => revokeTokens(environmentOn(place.open()), ['ci']),
    ]) {
      const error = await work().catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: 'corrupt-record', fix: expect.stringMatching(/\S/) });
      expect((error as { value: string }).value).toMatch(/^token/);
    }
  });
}
