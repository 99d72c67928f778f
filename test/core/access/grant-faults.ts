import { expect, it } from 'vitest';
import type { GrantStore } from '../../../core/access/grant-store.ts';
import {
  createToken,
  listGrants,
  revokeTokens,
  rotateToken,
  type TokenEnvironment,
} from '../../../core/access/tokens.ts';
import { hashOfToken } from '../../../core/access/token.ts';
import { WheelstoreError } from '../../../core/errors.ts';
import { environmentOn } from './grant-store-contract.ts';

/** A place for grants in which something can be made to fail. */
export interface FailingPlace {
  open(): GrantStore;
  /** From now on; what it strikes, and how, is the test's own. */
  fail(): void;
  heal(): void;
}

/** One of each thing that changes tokens; it gives back the token that would have been printed. */
const WORK: Readonly<Record<string, (environment: TokenEnvironment) => Promise<string | undefined>>> = {
  create: async (environment) => (await createToken(environment, { name: 'new' })).token,
  rotate: async (environment) => (await rotateToken(environment, 'ci', { grace: 0 })).token,
  'rotate with grace': async (environment) =>
    (await rotateToken(environment, 'ci', { grace: 86_400_000 })).token,
  revoke: async (environment) => void (await revokeTokens(environment, ['ci', 'cd'])),
};

/**
 * What must hold when a request fails: what is there is all or nothing of the change, a token that was
 * printed is good, and the command can be run again.
 *
 * @param make a place in which a request is going to fail
 * @param isSpared whether the work may come to a good end all the same
 */
export function describeGrantFaults(
  make: () => Promise<FailingPlace>,
  isSpared: 'always' | 'sometimes' | 'never',
): void {
  it.each(Object.entries(WORK))('leaves all or nothing of %s, which can be run again', async (name, work) => {
    const place = await make();
    const environment = environmentOn(place.open());
    for (const each of ['ci', 'cd', 'other']) await createToken(environment, { name: each });
    const before = await listGrants(environment);
    place.fail();
    const ending = await work(environment).catch((error: unknown) => error);
    place.heal();
    const after = await listGrants(environment);
    const hashes = after.map(({ sha256 }) => sha256);
    if (ending instanceof Error) {
      expect(isSpared).not.toBe('always');
      // A failure, and no defect.
      expect(ending).toBeInstanceOf(WheelstoreError);
    } else {
      expect(isSpared).not.toBe('never');
      expect(after).not.toEqual(before);
      if (typeof ending === 'string') expect(hashes).toContain(hashOfToken(ending));
    }
    const names = after.map((grant) => `${grant.name}${grant.retired === true ? ' (old)' : ''}`);
    expect(after.filter((grant) => grant.name === 'other')).toEqual(
      before.filter((grant) => grant.name === 'other'),
    );
    const isDone =
      after.length !== before.length || hashes.some((hash) => !before.some((one) => one.sha256 === hash));
    if (!isDone) expect(after).toEqual(before);
    expect(names).toEqual(
      {
        create: isDone ? ['cd', 'ci', 'new', 'other'] : ['cd', 'ci', 'other'],
        rotate: ['cd', 'ci', 'other'],
        'rotate with grace': isDone ? ['cd', 'ci', 'ci (old)', 'other'] : ['cd', 'ci', 'other'],
        revoke: isDone ? ['other'] : ['cd', 'ci', 'other'],
      }[name],
    );

    // The same again does what is left, or says that it is done, with a way to go on.
    const again = await work(environment).catch((error: unknown) => error);
    if (again instanceof Error) {
      expect(isDone).toBe(true);
      expect(again).toMatchObject({ code: name === 'create' ? 'token-exists' : 'not-found' });
    } else if (typeof again === 'string') {
      expect((await listGrants(environment)).map(({ sha256 }) => sha256)).toContain(hashOfToken(again));
    }
    const { token } = await rotateToken(environment, 'other', { grace: 0 });
    expect((await listGrants(environment)).map(({ sha256 }) => sha256)).toContain(hashOfToken(token));
  });
}
