import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Distribution } from '../../../core/distribution.ts';
import { WheelstoreError } from '../../../core/errors.ts';
import { normalizeName } from '../../../core/names.ts';
import { MemoryStore } from '../../../stores/memory.ts';
import {
  type Command,
  deleting,
  losing,
  publishing,
  reindexingFromFiles,
  repairing,
  settingStatus,
  wheel,
  yanking,
} from '../../support/commands.ts';
import { testEnvironment } from '../../support/environment.ts';
import {
  brokenLinks,
  filenamesOnPages,
  inconsistencies,
  pageSerials,
} from '../../support/repository-check.ts';
import { interleave, type Ending } from '../../support/schedule.ts';
import { SEED } from '../../support/seed.ts';

let foo1: Distribution;
let foo2: Distribution;
let foo3: Distribution;
let foo1Other: Distribution;
let bar1: Distribution;

beforeAll(async () => {
  [foo1, foo2, foo3, foo1Other, bar1] = await Promise.all([
    wheel('foo', '1.0'),
    wheel('foo', '2.0'),
    wheel('foo', '3.0'),
    wheel('foo', '1.0', 'other bytes'),
    wheel('bar', '1.0'),
  ]);
});

/** Fails where a page has gone back to an older record since it was last called. */
function watchSerials(store: MemoryStore): () => Promise<void> {
  let last = new Map<string, number>();
  return async () => {
    const serials = await pageSerials(store);
    for (const [key, serial] of last) expect(serials.get(key), key).toBeGreaterThanOrEqual(serial);
    last = serials;
  };
}

interface Race {
  readonly title: string;
  readonly before?: () => Command[];
  readonly actors: () => Command[];
  /** What must hold at the end, besides that everything fits together. */
  readonly expected?: (store: MemoryStore, endings: readonly Ending[]) => Promise<void>;
}

const FOO = normalizeName('foo');

async function expectOnPages(store: MemoryStore, versions: string[]): Promise<void> {
  const expected = versions.map((version) => `foo-${version}-py3-none-any.whl`);
  for (const names of await filenamesOnPages(store, FOO)) expect(names).toEqual(expected);
}

function expectSuccess(endings: readonly Ending[]): void {
  for (const { error } of endings) if (error !== undefined) throw error;
}

const RACES: Race[] = [
  {
    title: 'two publishers of one new project lose nothing',
    actors: () => [publishing([foo1]), publishing([foo2])],
    expected: async (store, endings) => {
      expectSuccess(endings);
      await expectOnPages(store, ['1.0', '2.0']);
    },
  },
  {
    title: 'three publishers of one new project lose nothing',
    actors: () => [publishing([foo1]), publishing([foo2]), publishing([foo3])],
    expected: async (store, endings) => {
      expectSuccess(endings);
      await expectOnPages(store, ['1.0', '2.0', '3.0']);
    },
  },
  {
    title: 'three publishers into a project that exists lose nothing',
    before: () => [publishing([foo1])],
    actors: () => [publishing([foo2]), publishing([foo3]), publishing([foo1, bar1])],
    expected: async (store, endings) => {
      expectSuccess(endings);
      await expectOnPages(store, ['1.0', '2.0', '3.0']);
    },
  },
  {
    title: 'publishers of two new projects are both in the project list',
    actors: () => [publishing([foo1]), publishing([bar1])],
    expected: async (_store, endings) => expectSuccess(endings),
  },
  {
    title: 'of two publishers with other bytes under one filename, exactly one succeeds',
    actors: () => [publishing([foo1]), publishing([foo1Other])],
    expected: async (_store, endings) => {
      const errors = endings.flatMap(({ error }) => (error === undefined ? [] : [error]));
      expect(errors).toHaveLength(1);
      expect(errors[0]).toBeInstanceOf(WheelstoreError);
      expect(errors[0]).toMatchObject({ problems: [{ code: 'file-exists' }] });
    },
  },
  {
    title: 'publishing while a release is deleted',
    before: () => [publishing([foo1])],
    actors: () => [publishing([foo2]), deleting('foo', '1.0')],
    expected: async (store, endings) => {
      expectSuccess(endings);
      await expectOnPages(store, ['2.0']);
    },
  },
  {
    title: 'publishing the very bytes that are being deleted, twice',
    before: () => [publishing([foo1])],
    actors: () => [publishing([foo1]), deleting('foo', '1.0'), publishing([foo1])],
    expected: async (_store, endings) => expectSuccess(endings),
  },
  {
    title: 'deleting twice while the same bytes are published again',
    before: () => [publishing([foo1]), deleting('foo', '1.0')],
    actors: () => [publishing([foo1]), deleting('foo', '1.0')],
    expected: async (_store, endings) => expectSuccess(endings),
  },
  {
    title: 'publishing while a release is yanked',
    before: () => [publishing([foo1])],
    actors: () => [publishing([foo2]), yanking('foo', '1.0', 'broken')],
    expected: async (store, endings) => {
      expectSuccess(endings);
      await expectOnPages(store, ['1.0', '2.0']);
    },
  },
  {
    title: 'publishing, deleting and yanking at once',
    before: () => [publishing([foo1, foo3])],
    actors: () => [publishing([foo2]), deleting('foo', '1.0'), yanking('foo', '3.0', 'broken')],
    expected: async (store, endings) => {
      expectSuccess(endings);
      await expectOnPages(store, ['2.0', '3.0']);
    },
  },
  {
    title: 'quarantine against its end, while another project is new',
    before: () => [publishing([foo1])],
    actors: () => [settingStatus('foo', 'quarantined'), settingStatus('foo', 'active'), publishing([bar1])],
    expected: async (_store, endings) => expectSuccess(endings),
  },
  {
    title: 'publishing against quarantine',
    before: () => [publishing([foo1])],
    actors: () => [settingStatus('foo', 'quarantined'), publishing([foo2, bar1])],
  },
  {
    title: 'replacing by force against deleting',
    before: () => [publishing([foo1, foo2])],
    actors: () => [publishing([foo1Other], 'replace'), deleting('foo', '1.0')],
  },
  {
    title: 'making lost records again, twice, while a release is published',
    before: () => [publishing([foo1, bar1]), losing('records/'), losing('simple/')],
    actors: () => [reindexingFromFiles(), reindexingFromFiles(), publishing([foo2])],
    expected: async (store, endings) => {
      expectSuccess(endings);
      await expectOnPages(store, ['1.0', '2.0']);
    },
  },
  {
    title: 'mending, publishing and deleting',
    before: () => [publishing([foo1, foo2]), losing('simple/foo/')],
    actors: () => [repairing(), publishing([foo3]), deleting('foo', '1.0')],
    expected: async (store, endings) => {
      expectSuccess(endings);
      await expectOnPages(store, ['2.0', '3.0']);
    },
  },
];

describe('a random order of store operations', () => {
  it.each(RACES)('$title', async ({ before, actors, expected }) => {
    await fc.assert(
      fc.asyncProperty(fc.infiniteStream(fc.nat()), async (choices) => {
        const store = new MemoryStore();
        for (const command of before?.() ?? []) await command(testEnvironment(store));
        const checkSerials = watchSerials(store);
        const endings = await interleave(
          store,
          actors(),
          (count) => (choices.next().value ?? 0) % count,
          async () => {
            expect(await brokenLinks(store)).toEqual([]);
            await checkSerials();
          },
        );
        await expected?.(store, endings);
        const left = await inconsistencies(store);
        // Who loses a race for a filename leaves bytes that nothing names.
        const hasLosers = endings.some(({ error }) => error !== undefined);
        expect(hasLosers ? left.filter((line) => !line.endsWith('in no record')) : left).toEqual([]);
      }),
      { numRuns: 60, seed: SEED },
    );
  });
});
