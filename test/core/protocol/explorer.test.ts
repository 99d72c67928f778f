import { describe, expect, it } from 'vitest';
import { swapRecord } from '../../../core/commit.ts';
import { fileKey, headersOf, recordKey } from '../../../core/keys.ts';
import { normalizeName } from '../../../core/names.ts';
import { renderProjectPage } from '../../../core/pages/project-page.ts';
import { refreshProjectPages } from '../../../core/project-pages.ts';
import { withoutVersion, withYanked } from '../../../core/record-changes.ts';
import { serializeRecord } from '../../../core/record.ts';
import { removeBytes } from '../../../core/remove.ts';
import { readPageHeads, readRecord, writePage } from '../../../core/snapshot.ts';
import { parseVersion } from '../../../core/versions.ts';
import { describeStore } from '../../stores/contract.ts';
import { encode, HEADERS } from '../../support/bytes.ts';
import { deleting, publishing, wheel, type Command } from '../../support/commands.ts';
import { explore, type Checks } from '../../support/exploration/explore.ts';
import { exploreRace, type Participant, type Race } from '../../support/exploration/race.ts';
import { Worlds, WorldStore } from '../../support/exploration/world.ts';

const [foo1, foo2, foo1Other, bar1] = await Promise.all([
  wheel('foo', '1.0'),
  wheel('foo', '2.0'),
  wheel('foo', '1.0', 'other bytes'),
  wheel('bar', '1.0'),
]);

const FOO = normalizeName('foo');
const V1 = parseVersion('1.0');

describe('the store whose states are explored', () => {
  describeStore(
    async () => new WorldStore(new Worlds()),
    (store) => store,
  );
});

const unchecked: Checks = { step: () => undefined, state: async () => undefined };

describe('the explorer', { timeout: 300_000 }, () => {
  const reading =
    (...rounds: string[][]): Command =>
    async ({ store }) => {
      for (const keys of rounds) await Promise.all(keys.map((key) => store.head(key)));
    };

  it.each([
    {
      what: 'two and three operations',
      actors: [
        [['a'], ['b']],
        [['c'], ['d'], ['e']],
      ],
      orders: 10n,
    },
    { what: 'three operations at once and one', actors: [[['a', 'b', 'c']], [['d']]], orders: 24n },
    { what: 'one, one and two', actors: [[['a']], [['b']], [['c'], ['d']]], orders: 12n },
  ])('tries every order of $what', async ({ actors, orders }) => {
    const worlds = new Worlds();
    const commands = actors.map((rounds) => reading(...rounds));
    expect((await explore(worlds, worlds.empty, commands, unchecked)).schedules).toBe(orders);
  });

  it('comes to every end that the order of operations makes possible', async () => {
    const worlds = new Worlds();
    const writing =
      (text: string): Command =>
      async ({ store }) => {
        const found = await store.get('x');
        await store.replace('x', encode(text), found?.etag, HEADERS);
      };
    const ends = new Set<string>();
    const state: Checks['state'] = async ({ objects }, endings) => {
      if (!endings.includes(undefined)) ends.add(Buffer.from(objects.get('x')?.body ?? []).toString());
    };
    const commands = ['one', 'two', 'three'].map(writing);
    await explore(worlds, worlds.empty, commands, { ...unchecked, state });
    expect([...ends].sort()).toEqual(['one', 'three', 'two']);
  });

  const rivals: Race = {
    title: 'rivals',
    before: [],
    participants: [foo1, foo1Other].map((file) => ({
      command: publishing([file]),
      shows: [file],
      refusal: 'file-exists',
    })),
    losers: [1],
  };
  const newcomers: Race = {
    title: 'newcomers',
    before: [],
    participants: [foo1, bar1].map((file) => ({ command: publishing([file]) })),
  };

  it('finds as many schedules in fewer states when it takes like states for one', async () => {
    const all = await exploreRace(rivals, { symmetry: false, forgetting: false });
    for (const [symmetry, forgetting] of [
      [true, false],
      [false, true],
      [true, true],
    ] as const) {
      const fewer = await exploreRace(rivals, { symmetry, forgetting });
      expect(fewer.schedules).toBe(all.schedules);
      expect(fewer.states).toBeLessThanOrEqual(all.states);
    }
    const remembering = await exploreRace(newcomers, { symmetry: true, forgetting: false });
    const forgetful = await exploreRace(newcomers);
    expect(forgetful.schedules).toBe(remembering.schedules);
    expect(forgetful.states).toBeLessThan(remembering.states);
  });
});

/** Reads the record before the ETags of the pages. */
const mendingInTheWrongOrder: Command = async (environment) => {
  const { store } = environment;
  for (;;) {
    const { record } = await readRecord(store, FOO);
    const heads = await readPageHeads(store, FOO);
    if (await writePage(environment, FOO, renderProjectPage(record), heads)) return;
  }
};

/** Does not look whether the pages are still what they were. */
const mendingOnce: Command = async (environment) => {
  const { store } = environment;
  const heads = await readPageHeads(store, FOO);
  const { record } = await readRecord(store, FOO);
  const later = await readPageHeads(store, FOO);
  if (heads['index.html'] !== undefined) await writePage(environment, FOO, renderProjectPage(record), later);
};

/** Takes the record's ETag anew before it writes what it has made of the old one. */
const yankingWithoutComparing: Command = async (environment) => {
  const { store } = environment;
  const key = recordKey(FOO);
  const { record } = await readRecord(store, FOO);
  const head = await store.head(key);
  const next = withYanked(record, V1, true);
  if (next !== record) await store.replace(key, serializeRecord(next), head?.etag, headersOf(key));
  await refreshProjectPages(environment, FOO);
};

/** Does not try again when another writer was faster. */
const yankingOnce: Command = async (environment) => {
  const { store } = environment;
  const heads = await readPageHeads(store, FOO);
  const snapshot = await readRecord(store, FOO);
  const committed = await swapRecord(environment, snapshot, withYanked(snapshot.record, V1, true));
  if (committed !== undefined) await writePage(environment, FOO, renderProjectPage(committed.record), heads);
};

const deletingTheBytesFirst: Command = async (environment) => {
  const { record } = await readRecord(environment.store, FOO);
  await removeBytes(environment, FOO, withoutVersion(record, V1).tombstones);
  await deleting('foo', '1.0')(environment);
};

describe('a protocol that is wrong', () => {
  const publisher: Participant = { command: publishing([foo2]), shows: [foo2] };

  it.each([
    { wrong: 'reads the record before the ETags', command: mendingInTheWrongOrder, found: 'goes back' },
    { wrong: 'writes pages whatever they are', command: mendingOnce, found: 'goes back' },
    {
      wrong: 'writes a record that it did not compare',
      command: yankingWithoutComparing,
      found: 'goes back',
    },
    { wrong: 'gives up when another is faster', command: yankingOnce, found: 'was yanked, and is not' },
    { wrong: 'removes bytes that pages name', command: deletingTheBytesFirst, found: 'broken links' },
  ])('is found out where it $wrong', async ({ command, found }) => {
    const yanks = found.includes('yanked') ? [foo1] : [];
    const participants = [publisher, { command, yanks }];
    const race = { title: '', before: [publishing([foo1])], participants };
    await expect(exploreRace(race)).rejects.toThrow(found);
  });

  it('is found out where one waits for another', async () => {
    const worlds = new Worlds();
    let begin = (): void => undefined;
    const isBegun = new Promise<void>((resolve) => (begin = resolve));
    const waiting: Command = async ({ store }) => {
      await isBegun;
      await store.head('x');
    };
    const working: Command = async ({ store }) => {
      await store.head('x');
      begin();
    };
    await expect(explore(worlds, worlds.empty, [waiting, working], unchecked)).rejects.toThrow('waits for');
  });

  it('is told with the steps that lead there', async () => {
    const participants = [publisher, { command: deletingTheBytesFirst }];
    const race = { title: '', before: [publishing([foo1])], participants };
    const key = fileKey({ ...foo1, generation: 1 });
    await expect(exploreRace(race)).rejects.toThrow(`actor 2: remove ${key}`);
  });
});
