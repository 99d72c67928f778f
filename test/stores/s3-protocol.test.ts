import { describe, expect, it } from 'vitest';
import { planPublish, publish } from '../../core/publish.ts';
import type { S3Store } from '../../stores/s3.ts';
import { deleting, publishing, wheel } from '../support/commands.ts';
import { testEnvironment } from '../support/environment.ts';
import { brokenLinks, inconsistencies } from '../support/repository-check.ts';
import { CONFLICT, PRECONDITION_FAILED, SLOW_DOWN, type Fault } from '../support/s3-server.ts';
import { serveBuckets } from './s3-served.ts';

const { server, newBucket, connect } = serveBuckets();

const FAULTS: readonly (readonly [title: string, fault: Fault])[] = [
  ['500 InternalError', { kind: 'answer', status: 500, code: 'InternalError' }],
  ['503 SlowDown', SLOW_DOWN],
  ['409 ConditionalRequestConflict', CONFLICT],
  ['412 PreconditionFailed', PRECONDITION_FAILED],
  ['403 AccessDenied', { kind: 'answer', status: 403, code: 'AccessDenied' }],
  ['500 after the effect', { kind: 'answer', when: 'after', status: 500, code: 'InternalError' }],
  ['a reset connection', { kind: 'reset', when: 'before' }],
  ['a reset connection after the effect', { kind: 'reset', when: 'after' }],
  ['a body that is cut off', { kind: 'truncate', bytes: 3 }],
];

/** A bucket in which foo 1.0 is published, seen through a client that tries nothing twice. */
async function prepared(): Promise<{ readonly fragile: S3Store; readonly store: S3Store }> {
  const bucket = newBucket();
  const [fragile, store] = await Promise.all([connect({ bucket, maxAttempts: 1 }), connect({ bucket })]);
  await publishing([await wheel('foo', '1.0')])(testEnvironment(store));
  return { fragile, store };
}

describe('each request of an upload in turn', () => {
  it.each(FAULTS)('can end in %s, and nothing is lost', async (_title, fault) => {
    const distributions = [await wheel('foo', '2.0'), await wheel('bar', '1.0')];
    for (let nth = 1; ; nth++) {
      const { fragile, store } = await prepared();
      const environment = testEnvironment(fragile);
      const injection = server().inject({ nth, fault });
      const outcome = await planPublish(environment, distributions, 'refuse')
        .then((plan) => publish(environment, plan))
        .catch((error: unknown) => ({ published: [], failures: [{ project: undefined, error }] }));
      const { hits } = injection;
      injection.remove();
      expect(await brokenLinks(store), `request ${nth}`).toEqual([]);
      // What says that it has succeeded has done all of it.
      if (outcome.failures.length === 0) expect(await inconsistencies(store), `request ${nth}`).toEqual([]);
      await publishing(distributions)(testEnvironment(store));
      expect(await inconsistencies(store), `request ${nth}, run again`).toEqual([]);
      if (hits === 0) {
        expect(nth).toBeGreaterThan(20);
        return;
      }
    }
  });
});

describe('each request of a deletion in turn', () => {
  it.each(FAULTS)('can end in %s, and nothing is lost', async (_title, fault) => {
    for (let nth = 1; ; nth++) {
      const { fragile, store } = await prepared();
      await publishing([await wheel('foo', '2.0')])(testEnvironment(store));
      const injection = server().inject({ nth, fault });
      await deleting('foo', '1.0')(testEnvironment(fragile)).catch(() => undefined);
      const { hits } = injection;
      injection.remove();
      expect(await brokenLinks(store), `request ${nth}`).toEqual([]);
      await deleting('foo', '1.0')(testEnvironment(store));
      expect(await inconsistencies(store), `request ${nth}, run again`).toEqual([]);
      if (hits === 0) {
        expect(nth).toBeGreaterThan(8);
        return;
      }
    }
  });
});
