import { beforeAll, describe, expect, it } from 'vitest';
import type { Distribution } from '../../../core/distribution.ts';
import { planPublish, publish } from '../../../core/publish.ts';
import { MemoryStore } from '../../../stores/memory.ts';
import {
  deleting,
  importingAll,
  losing,
  publishing,
  reindexing,
  reindexingFromFiles,
  repairing,
  sdist,
  settingStatus,
  wheel,
  yanking,
  type Command,
} from '../../support/commands.ts';
import { buildWheel } from '../../support/distributions.ts';
import { testEnvironment } from '../../support/environment.ts';
import { OldIndex } from '../../support/import-sources.ts';
import { InterceptedStore, Killed, killAt } from '../../support/intercepted-store.ts';
import { brokenLinks, inconsistencies } from '../../support/repository-check.ts';

let foo1: Distribution;
let foo2: Distribution;
let foo1Other: Distribution;
let foo1Source: Distribution;
let bar1: Distribution;

beforeAll(async () => {
  [foo1, foo2, foo1Other, foo1Source, bar1] = await Promise.all([
    wheel('foo', '1.0'),
    wheel('foo', '2.0'),
    wheel('foo', '1.0', 'other bytes'),
    sdist('foo', '1.0'),
    wheel('bar', '1.0'),
  ]);
});

const losingMetadata: Command = async ({ store }) => {
  for await (const { key } of store.list('files/')) if (key.endsWith('.metadata')) await store.remove(key);
};

interface Scenario {
  readonly title: string;
  readonly before: () => Command[];
  readonly command: () => Command;
}

const SCENARIOS: Scenario[] = [
  { title: 'publishing a new project', before: () => [], command: () => publishing([foo1, foo1Source]) },
  {
    title: 'publishing into a project that exists',
    before: () => [publishing([foo1])],
    command: () => publishing([foo2]),
  },
  { title: 'publishing two new projects', before: () => [], command: () => publishing([foo1, bar1]) },
  {
    title: 'publishing what is there already',
    before: () => [publishing([foo1])],
    command: () => publishing([foo1]),
  },
  {
    title: 'replacing a file by force',
    before: () => [publishing([foo1, foo2])],
    command: () => publishing([foo1Other], 'replace'),
  },
  {
    title: 'deleting a release',
    before: () => [publishing([foo1, foo1Source, foo2])],
    command: () => deleting('foo', '1.0'),
  },
  {
    title: 'publishing a deleted file again',
    before: () => [publishing([foo1]), deleting('foo', '1.0')],
    command: () => publishing([foo1]),
  },
  {
    title: 'yanking a release',
    before: () => [publishing([foo1, foo2])],
    command: () => yanking('foo', '1.0', 'broken'),
  },
  {
    title: 'putting a project into quarantine',
    before: () => [publishing([foo1, bar1])],
    command: () => settingStatus('foo', 'quarantined'),
  },
  {
    title: 'letting a project out of quarantine',
    before: () => [publishing([foo1, bar1]), settingStatus('foo', 'quarantined')],
    command: () => settingStatus('foo', 'active'),
  },
  {
    title: 'mending pages and metadata that were lost',
    before: () => [publishing([foo1, foo2, bar1]), losing('simple/'), losingMetadata],
    command: () => repairing(),
  },
  {
    title: 'rebuilding pages that were lost',
    before: () => [publishing([foo1, foo2, bar1]), losing('simple/')],
    command: () => reindexing(),
  },
  {
    title: 'making records again that were lost, with metadata',
    before: () => [
      publishing([foo1, foo1Source, bar1]),
      losing('records/'),
      losing('simple/'),
      losingMetadata,
    ],
    command: () => reindexingFromFiles(),
  },
  {
    title: 'importing new files, a yank and a status',
    before: () => [publishing([foo1])],
    command: () => importingAll(OLD_INDEX),
  },
];

const OLD_INDEX = new OldIndex()
  .offer('foo', { ...buildWheel({ name: 'foo', version: '1.0' }), says: { yanked: 'old' } })
  .offer('foo', buildWheel({ name: 'foo', version: '2.0' }))
  .offer('bar', buildWheel({ name: 'bar', version: '1.0' }))
  .describe('bar', { status: { status: 'archived' } });

async function prepared({ before }: Scenario): Promise<MemoryStore> {
  const store = new MemoryStore();
  for (const command of before()) await command(testEnvironment(store));
  return store;
}

async function countOperations(scenario: Scenario): Promise<number> {
  let count = 0;
  const counting = new InterceptedStore(await prepared(scenario), (_operation, proceed) => {
    count++;
    return proceed();
  });
  await scenario.command()(testEnvironment(counting));
  return count;
}

describe.each(SCENARIOS)('$title, killed at each store operation in turn', (scenario) => {
  it.each(['before', 'after'] as const)(
    'leaves links that all work, and the same command again completes it (killed %s the effect)',
    async (when) => {
      const operations = await countOperations(scenario);
      expect(operations).toBeGreaterThanOrEqual(5);
      for (let at = 1; at <= operations; at++) {
        const store = await prepared(scenario);
        const dying = new InterceptedStore(store, killAt(at, when));
        await expect(scenario.command()(testEnvironment(dying)), `killed at ${at}`).rejects.toThrow(Killed);
        expect(await brokenLinks(store), `killed at ${at}`).toEqual([]);
        await scenario.command()(testEnvironment(store));
        expect(await inconsistencies(store), `killed at ${at}, run again`).toEqual([]);
      }
    },
  );
});

describe('a store that fails', () => {
  it.each(SCENARIOS)(
    'at any operation stops $title, and nothing that was there is lost',
    async (scenario) => {
      const operations = await countOperations(scenario);
      for (let at = 1; at <= operations; at++) {
        const store = await prepared(scenario);
        let count = 0;
        const failing = new InterceptedStore(store, (_operation, proceed) =>
          ++count === at ? Promise.reject(new Error('503 Slow Down')) : proceed(),
        );
        await expect(scenario.command()(testEnvironment(failing)), `failed at ${at}`).rejects.toThrow('503');
        expect(await brokenLinks(store)).toEqual([]);
        await scenario.command()(testEnvironment(store));
        expect(await inconsistencies(store)).toEqual([]);
      }
    },
  );
});

describe('what is published when something goes wrong afterwards', () => {
  it('is said to be published, beside what went wrong', async () => {
    const store = new MemoryStore();
    const failing = new InterceptedStore(store, (operation, proceed) =>
      operation.name === 'list' && operation.key === 'records/default/'
        ? Promise.reject(new Error('503 Slow Down'))
        : proceed(),
    );
    const environment = testEnvironment(failing);
    const result = await publish(environment, await planPublish(environment, [foo1], 'refuse'));
    expect(result.published.map(({ distribution }) => distribution.filename)).toEqual([foo1.filename]);
    expect(result.failures).toEqual([{ project: undefined, error: new Error('503 Slow Down') }]);
  });

  it('is told beside the interruption, which is told once', async () => {
    const store = new MemoryStore();
    const controller = new AbortController();
    const interrupting = new InterceptedStore(store, async (operation, proceed) => {
      const result = await proceed();
      if (operation.key === 'records/default/bar.json' && operation.name === 'replace') controller.abort();
      return result;
    });
    const environment = testEnvironment(interrupting, { jobs: 1, signal: controller.signal });
    const plan = await planPublish(environment, [foo1, bar1], 'refuse');
    const { published, failures } = await publish(environment, plan);
    expect(published.map(({ distribution }) => distribution.project)).toEqual(['bar']);
    expect(failures).toEqual([
      { project: undefined, error: expect.objectContaining({ code: 'interrupted' }) },
    ]);
    await publishing([foo1, bar1])(testEnvironment(store));
    expect(await inconsistencies(store)).toEqual([]);
  });

  it('leaves nothing going on behind the back of who was told of a failure', async () => {
    let isWriting = false;
    const slow = new InterceptedStore(new MemoryStore(), async (operation, proceed) => {
      if (operation.name !== 'create') return proceed();
      if (operation.key.endsWith('.metadata')) throw new Error('403 Forbidden');
      isWriting = true;
      for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
      isWriting = false;
      return proceed();
    });
    await expect(publishing([foo1])(testEnvironment(slow))).rejects.toThrow('403');
    expect(isWriting).toBe(false);
  });
});
