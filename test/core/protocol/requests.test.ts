import { describe, expect, it } from 'vitest';
import type { Store } from '../../../core/store.ts';
import { MemoryStore } from '../../../stores/memory.ts';
import { deleting, publishing, wheel, yanking, type Command } from '../../support/commands.ts';
import { testEnvironment } from '../../support/environment.ts';
import { InterceptedStore } from '../../support/intercepted-store.ts';
import { Rounds } from '../../support/rounds.ts';

interface Cost {
  /** How often the command had to wait for an answer before it could ask on. */
  readonly roundTrips: number;
  readonly requests: Readonly<Record<string, number>>;
}

/** Runs a command on a store that answers all requests under way at once, round by round. */
async function costOf(inner: Store, command: Command): Promise<Cost> {
  const requests: Record<string, number> = {};
  const rounds = new Rounds();
  const store = new InterceptedStore(inner, ({ name }, proceed) => {
    requests[name] = (requests[name] ?? 0) + 1;
    return rounds.ask(proceed);
  });
  const roundTrips = await rounds.of(command(testEnvironment(store, { jobs: 64 })));
  return { roundTrips, requests };
}

describe('what a command costs', () => {
  it('is two round trips where there is nothing new', async () => {
    const store = new MemoryStore();
    const command = publishing([await wheel('foo', '1.0')]);
    await command(testEnvironment(store));
    expect(await costOf(store, command)).toEqual({ roundTrips: 2, requests: { head: 4, get: 1 } });
  });

  it('is four round trips for a wheel into a project that exists, whatever else there is', async () => {
    const store = new MemoryStore();
    const others = await Promise.all(Array.from({ length: 20 }, (_, i) => wheel(`other-${i}`, '1.0')));
    await publishing([await wheel('foo', '1.0'), ...others])(testEnvironment(store));
    expect(await costOf(store, publishing([await wheel('foo', '2.0')]))).toEqual({
      roundTrips: 4,
      requests: { head: 4, get: 1, create: 2, replace: 5 },
    });
  });

  it('is nine round trips for a wheel into a new project', async () => {
    expect(await costOf(new MemoryStore(), publishing([await wheel('foo', '1.0')]))).toEqual({
      roundTrips: 9,
      requests: { head: 4, get: 2, create: 2, list: 2, replace: 10 },
    });
  });

  it('is one project list for many new projects, which are published at the same time', async () => {
    const projects = await Promise.all(Array.from({ length: 20 }, (_, i) => wheel(`new-${i}`, '1.0')));
    const { roundTrips, requests } = await costOf(new MemoryStore(), publishing(projects));
    expect(roundTrips).toBe(9);
    expect(requests).toEqual({
      head: 4,
      get: 20 + 1,
      create: 20 * 2,
      list: 20 + 1,
      replace: 20 * (1 + 4 + 1) + 4,
    });
  });

  it('is four round trips for a yank and five for a deletion', async () => {
    const store = new MemoryStore();
    await publishing([await wheel('foo', '1.0'), await wheel('foo', '2.0')])(testEnvironment(store));
    expect((await costOf(store, yanking('foo', '1.0', true))).roundTrips).toBe(4);
    expect(await costOf(store, deleting('foo', '1.0'))).toEqual({
      roundTrips: 5,
      requests: { head: 4, get: 1, replace: 5, remove: 2 },
    });
  });
});
