import { beforeAll, describe, expect, it } from 'vitest';
import type { Distribution } from '../../core/distribution.ts';
import { WheelstoreError } from '../../core/errors.ts';
import { exportRepository, type Exported } from '../../core/export.ts';
import { fileKey } from '../../core/keys.ts';
import type { Store } from '../../core/store.ts';
import { verify } from '../../core/verify.ts';
import { DirectoryStore } from '../../stores/directory.ts';
import { MemoryStore } from '../../stores/memory.ts';
import { encode, newObject } from '../support/bytes.ts';
import {
  deleting,
  oldSdist,
  publishing,
  sdist,
  settingStatus,
  wheel,
  yanking,
  type Command,
} from '../support/commands.ts';
import { buildWheel } from '../support/distributions.ts';
import { testEnvironment } from '../support/environment.ts';
import { importing, MemorySpool, OldIndex } from '../support/import-sources.ts';
import { InterceptedStore, Killed, killAt } from '../support/intercepted-store.ts';
import { brokenLinks, inconsistencies, recordsOf } from '../support/repository-check.ts';
import { temporaryFolder } from '../support/temporary.ts';

let foo1: Distribution;
let foo2: Distribution;
let foo1Other: Distribution;
let bar: readonly Distribution[];

beforeAll(async () => {
  [foo1, foo2, foo1Other] = await Promise.all([
    wheel('foo', '1.0'),
    wheel('foo', '2.0'),
    wheel('foo', '1.0', 'other bytes'),
  ]);
  bar = await Promise.all([sdist('bar', '1.0'), oldSdist('bar', '2.0')]);
});

async function repository(...commands: readonly Command[]): Promise<MemoryStore> {
  const store = new MemoryStore();
  for (const command of [publishing([foo1, ...bar]), ...commands]) await command(testEnvironment(store));
  return store;
}

async function exported(from: Store, to: Store, signal?: AbortSignal): Promise<Exported> {
  const spool = new MemorySpool();
  const environment = testEnvironment(from, signal === undefined ? {} : { signal });
  try {
    return await exportRepository(environment, testEnvironment(to), spool);
  } finally {
    expect(spool.held).toBe(0);
  }
}

/** Everything in a repository; the project list is made from the rest. */
async function contents(store: Store): Promise<Record<string, string | undefined>> {
  const all: Record<string, string | undefined> = {};
  for await (const { key } of store.list('')) all[key] = (await store.head(key))?.sha256;
  return all;
}

/** Both have the same objects, but for the settings, whose serial counts what was written there. */
async function expectSame(one: Store, other: Store): Promise<void> {
  const { 'repository.json': _, 'tokens.json': _tokens, ...objects } = await contents(one);
  const isOfList = (key: string): boolean => key.startsWith('simple/index.');
  const { 'repository.json': _other, ...others } = await contents(other);
  expect(Object.keys(others).sort()).toEqual(Object.keys(objects).sort());
  for (const [key, hash] of Object.entries(others))
    if (!isOfList(key)) expect([key, hash]).toEqual([key, objects[key]]);
  expect(await recordsOf(other)).toEqual(await recordsOf(one));
  expect(await inconsistencies(other)).toEqual([]);
  expect((await verify(testEnvironment(other), { deep: true })).findings).toEqual([]);
}

describe('An export', () => {
  it('has the same records, pages and files, and no tokens', async () => {
    const from = await repository(yanking('foo', '1.0', 'broken'), settingStatus('bar', 'deprecated'));
    const says = { provenance: 'p', uploadTime: '2019-02-03T04:05:06.123456Z' };
    const old = new OldIndex().offer('baz', { ...buildWheel({ name: 'baz', version: '1.0' }), says });
    await importing(
      testEnvironment(from),
      old.answer('p', () => encode('{}')),
    );
    await from.replace('tokens.json', encode('{}'), undefined, { contentType: '', cacheControl: '' });
    for (const to of [new MemoryStore(), new DirectoryStore(temporaryFolder())]) {
      const { projects, copied, problems } = await exported(from, to);
      // Wheels and new sdists have a metadata file; one has a provenance.
      expect([projects, copied, problems]).toEqual([3, 4 + 3 + 1, []]);
      await expectSame(from, to);
      expect(await to.head('tokens.json')).toBeUndefined();
    }
  });

  it('copies nothing the second time, and writes nothing', async () => {
    const from = await repository();
    const to = new MemoryStore();
    await exported(from, to);
    const writes: string[] = [];
    const watched = new InterceptedStore(to, (operation, proceed) => {
      if (!['head', 'get', 'list'].includes(operation.name)) writes.push(operation.key);
      return proceed();
    });
    const opened: string[] = [];
    const read = new InterceptedStore(from, (operation, proceed) => {
      if (operation.name === 'open') opened.push(operation.key);
      return proceed();
    });
    expect(await exported(read, watched)).toEqual({ projects: 2, copied: 0, bytes: 0, problems: [] });
    expect([writes, opened]).toEqual([[], []]);
  });

  const changes: readonly (readonly [string, () => Command, number])[] = [
    ['a new release', () => publishing([foo2]), 2],
    ['a deletion', () => deleting('bar', '1.0'), 0],
    [
      'a deletion that was taken back',
      () => async (environment) => {
        await deleting('foo', '1.0')(environment);
        await publishing([foo1])(environment);
      },
      2,
    ],
    ['a yank', () => yanking('foo', '1.0', 'bad'), 0],
    ['a quarantine', () => settingStatus('foo', 'quarantined'), 0],
    ['a replacement by force', () => publishing([foo1Other], 'replace'), 2],
  ];

  it.each(changes)('takes over what has changed since: %s', async (_, change, copies) => {
    const from = await repository();
    const to = new MemoryStore();
    await exported(from, to);
    await change()(testEnvironment(from));
    expect(await exported(from, to)).toMatchObject({ copied: copies, problems: [] });
    await expectSame(from, to);
    if (_ !== 'a quarantine') return;
    await settingStatus('foo', 'active')(testEnvironment(from));
    await exported(from, to);
    await expectSame(from, to);
  });

  it('begins with a project in quarantine as well', async () => {
    const from = await repository(settingStatus('foo', 'quarantined'));
    const to = new MemoryStore();
    await exported(from, to);
    await expectSame(from, to);
  });

  it('is not of nothing', async () => {
    const to = new MemoryStore();
    await expect(exported(new MemoryStore(), to)).rejects.toMatchObject({ code: 'not-found' });
    expect(await contents(to)).toEqual({});
  });
});

describe('A target that was published to', () => {
  it('keeps its own, by project, and is named', async () => {
    const from = await repository();
    const to = new MemoryStore();
    await exported(from, to);
    await publishing([foo2])(testEnvironment(to));
    const before = await contents(to);
    // With as many changes as the other, and with more of them here.
    for (const changes of [0, 1, 5]) {
      for (let change = 0; change < changes; change++) {
        await yanking('foo', '1.0', `reason ${changes} ${change}`)(testEnvironment(from));
      }
      const { problems } = await exported(from, to);
      expect(problems.map(({ code, value }) => [code, value])).toEqual([['file-exists', 'foo']]);
      expect(await contents(to)).toEqual(before);
    }
  });

  it('is refused as a whole where it has other projects, before anything is written', async () => {
    const to = new MemoryStore();
    await publishing([await wheel('qux', '1.0')])(testEnvironment(to));
    const before = await contents(to);
    await expect(exported(await repository(), to)).rejects.toMatchObject({
      code: 'file-exists',
      value: 'qux',
    });
    expect(await contents(to)).toEqual(before);
  });

  it('is not one where the export has gone on', async () => {
    const from = await repository();
    const to = new MemoryStore();
    await exported(from, to);
    await deleting('foo', '1.0')(testEnvironment(from));
    await publishing([foo2])(testEnvironment(from));
    expect((await exported(from, to)).problems).toEqual([]);
    await expectSame(from, to);
  });
});

describe('What is damaged in the repository', () => {
  const keyOf = () =>
    fileKey({ project: foo1.project, filename: foo1.filename, sha256: foo1.sha256, generation: 1 });

  it.each<[string, (store: MemoryStore) => Promise<unknown>]>([
    ['a file that is gone', (store) => store.remove(keyOf())],
    [
      'a file with other bytes',
      async (store) => {
        await store.remove(keyOf());
        await store.create(keyOf(), newObject('other'));
      },
    ],
    ['a metadata file that is gone', (store) => store.remove(`${keyOf()}.metadata`)],
  ])('is not exported, and named; the others are: %s', async (_, damage) => {
    const from = await repository();
    await damage(from);
    const to = new MemoryStore();
    const { problems } = await exported(from, to);
    expect(problems.map(({ code }) => code)).toEqual(['corrupt-file']);
    expect(problems[0]?.value).toContain(foo1.filename);
    expect((await recordsOf(to)).map(({ name }) => name)).toEqual(['bar']);
    expect((await inconsistencies(to)).filter((line) => !line.startsWith('files/foo/'))).toEqual([]);
  });

  it('is nothing that was deleted while the export was on its way', async () => {
    const from = await repository();
    const to = new MemoryStore();
    let isFirst = true;
    const busy = new InterceptedStore(from, async (operation, proceed) => {
      if (operation.name === 'open' && operation.key === keyOf() && isFirst) {
        isFirst = false;
        await deleting('foo', '1.0')(testEnvironment(from));
      }
      return proceed();
    });
    expect((await exported(busy, to)).problems).toEqual([]);
    await expectSame(from, to);
  });

  it('is a record that cannot be read', async () => {
    const from = await repository();
    const key = 'records/default/foo.json';
    await from.replace(key, encode('{'), (await from.head(key))?.etag, { contentType: '', cacheControl: '' });
    const to = new MemoryStore();
    const { problems } = await exported(from, to);
    expect(problems.map(({ code }) => code)).toEqual(['corrupt-record']);
    expect((await recordsOf(to)).map(({ name }) => name)).toEqual(['bar']);
  });
});

describe('An export that is stopped', () => {
  async function countOperations(): Promise<number> {
    let count = 0;
    const counting = new InterceptedStore(new MemoryStore(), (_operation, proceed) => {
      count++;
      return proceed();
    });
    await exported(await repository(), counting);
    return count;
  }

  it.each(['before', 'after'] as const)(
    'at any operation of its target leaves links that work, and goes on (%s the effect)',
    async (when) => {
      const operations = await countOperations();
      expect(operations).toBeGreaterThan(20);
      const from = await repository();
      for (let at = 1; at <= operations; at++) {
        const to = new MemoryStore();
        await expect(exported(from, new InterceptedStore(to, killAt(at, when)))).rejects.toThrow(Killed);
        expect(await brokenLinks(to)).toEqual([]);
        const { problems } = await exported(from, to);
        expect(problems).toEqual([]);
        await expectSame(from, to);
      }
    },
  );

  it('by a person says so, and goes on', async () => {
    const from = await repository();
    const to = new MemoryStore();
    await expect(exported(from, to, AbortSignal.abort())).rejects.toMatchObject({ code: 'interrupted' });
    await exported(from, to);
    await expectSame(from, to);
  });

  it('by a store that fails says why', async () => {
    const failing = new InterceptedStore(new MemoryStore(), (operation, proceed) => {
      if (operation.name === 'create') throw new WheelstoreError('unwritable', 'full');
      return proceed();
    });
    await expect(exported(await repository(), failing)).rejects.toMatchObject({ code: 'unwritable' });
  });
});
