import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Finding } from '../../../core/findings.ts';
import { fileKey, metadataKey, recordKey } from '../../../core/keys.ts';
import { normalizeName } from '../../../core/names.ts';
import { repair } from '../../../core/repair.ts';
import { parseRecord, serializeRecord, type ProjectRecord } from '../../../core/record.ts';
import { verify } from '../../../core/verify.ts';
import { MemoryStore } from '../../../stores/memory.ts';
import { encode, HEADERS, newObject } from '../../support/bytes.ts';
import {
  deleting,
  publishing,
  reindexing,
  reindexingFromFiles,
  sdist,
  settingStatus,
  wheel,
  yanking,
} from '../../support/commands.ts';
import { testEnvironment } from '../../support/environment.ts';
import { InterceptedStore } from '../../support/intercepted-store.ts';
import { brokenLinks, inconsistencies } from '../../support/repository-check.ts';

const FOO = normalizeName('foo');
const SETTINGS = 'repository.json';

/** A repository with what each command leaves: yanked, deleted, replaced and quarantined files. */
async function repository(): Promise<MemoryStore> {
  const store = new MemoryStore();
  const [foo1, foo2, foo2sdist, foo3, foo3Other, bar1, hidden] = await Promise.all([
    wheel('foo', '1.0'),
    wheel('foo', '2.0'),
    sdist('foo', '2.0'),
    wheel('foo', '3.0'),
    wheel('foo', '3.0', 'other bytes'),
    wheel('bar', '1.0'),
    wheel('hidden', '1.0'),
  ]);
  const commands = [
    publishing([foo1, foo2, foo2sdist, foo3, bar1, hidden]),
    yanking('foo', '1.0', 'broken'),
    publishing([foo3Other], 'replace'),
    deleting('bar', '1.0'),
    settingStatus('hidden', 'quarantined'),
  ];
  for (const command of commands) await command(testEnvironment(store));
  return store;
}

async function recordOf(store: MemoryStore, name = 'foo'): Promise<ProjectRecord> {
  const project = normalizeName(name);
  const object = await store.get(recordKey(project));
  return parseRecord(object?.body ?? new Uint8Array(), project, recordKey(project));
}

async function keyOf(store: MemoryStore, filename: string): Promise<string> {
  const { name, files } = await recordOf(store);
  const file = files.find((entry) => entry.filename === filename);
  if (file === undefined) throw new Error(`${filename} is not published`);
  return fileKey({ project: name, ...file });
}

/** What something else does to an object. */
async function overwrite(store: MemoryStore, key: string, text: string | Uint8Array): Promise<void> {
  await store.remove(key);
  await store.replace(key, typeof text === 'string' ? encode(text) : text, undefined, HEADERS);
}

async function snapshotOf(store: MemoryStore): Promise<Map<string, string>> {
  const objects = new Map<string, string>();
  for await (const { key } of store.list('')) objects.set(key, (await store.get(key))?.sha256 ?? '');
  return objects;
}

const WHEEL = 'foo-2.0-py3-none-any.whl';

const FOREIGN = [
  'files/Foo/0123456789abcdef/foo-1.0.tar.gz',
  'files/foo/0123456789abcdef-1/foo-1.0.tar.gz',
  'files/foo/foo-1.0.tar.gz',
  'files/notes.txt',
  'records/default/Foo_Bar.json',
  'records/default/foo.json.bak',
  'records/other/foo.json',
  'simple/Foo/index.html',
  'simple/foo/evil.js',
  'simple/foo/v1/index.html',
];

interface Damage {
  readonly title: string;
  readonly damage: (store: MemoryStore) => Promise<void>;
  /** `kind key`, with `KEY` for the key of the wheel. */
  readonly found: readonly string[];
  /** What `repair` leaves; nothing, unless it is said. */
  readonly left?: readonly string[];
  readonly deep?: boolean;
}

const DAMAGES: readonly Damage[] = [
  {
    title: 'a link without bytes',
    damage: async (store) => store.remove(await keyOf(store, WHEEL)),
    found: ['missing-file KEY'],
    left: ['missing-file KEY'],
  },
  {
    title: 'a file of another size',
    damage: async (store) => overwrite(store, await keyOf(store, WHEEL), 'short'),
    found: ['wrong-size KEY'],
    left: ['wrong-size KEY'],
  },
  {
    title: 'a file of the same size with other bytes, when it reads them',
    damage: async (store) => {
      const key = await keyOf(store, WHEEL);
      const { size = 0 } = (await store.head(key)) ?? {};
      await overwrite(store, key, 'x'.repeat(size));
    },
    deep: true,
    found: ['wrong-hash KEY'],
    left: ['wrong-hash KEY'],
  },
  {
    title: 'a metadata file with other bytes, when it reads them',
    damage: async (store) => overwrite(store, metadataKey(await keyOf(store, WHEEL)), 'Name: other'),
    deep: true,
    found: ['wrong-hash KEY.metadata'],
    left: ['wrong-hash KEY.metadata'],
  },
  {
    title: 'a metadata file that is missing, and makes it again from the wheel',
    damage: async (store) => store.remove(metadataKey(await keyOf(store, WHEEL))),
    found: ['missing-metadata KEY.metadata'],
  },
  {
    title: 'a metadata file that is missing beside a wheel that is damaged',
    damage: async (store) => {
      const key = await keyOf(store, WHEEL);
      await store.remove(metadataKey(key));
      await overwrite(store, key, 'no wheel');
    },
    found: ['wrong-size KEY', 'missing-metadata KEY.metadata'],
    left: ['wrong-size KEY', 'missing-metadata KEY.metadata'],
  },
  {
    title: 'a page that is missing',
    damage: (store) => store.remove('simple/foo/index.json'),
    found: ['missing-page simple/foo/index.json'],
  },
  {
    title: 'a page that something else has written',
    damage: (store) => overwrite(store, 'simple/foo/index.html', '<a href="https://evil.example/">'),
    found: ['stale-page simple/foo/index.html'],
  },
  {
    title: 'a page whose headers were lost in a copy',
    damage: async (store) => {
      const body = (await store.get('simple/foo/index.json.gz'))?.body ?? '';
      await overwrite(store, 'simple/foo/index.json.gz', body);
    },
    found: ['stale-page simple/foo/index.json.gz'],
  },
  {
    title: 'a file in no record, and leaves it there',
    damage: async (store) => {
      await store.create('files/foo/0123456789abcdef/foo-9.0.tar.gz', newObject('sdist'));
    },
    found: ['unrecorded-file files/foo/0123456789abcdef/foo-9.0.tar.gz'],
    left: ['unrecorded-file files/foo/0123456789abcdef/foo-9.0.tar.gz'],
  },
  {
    title: 'a file that a deletion has left behind',
    damage: async (store) => {
      const { name, tombstones } = await recordOf(store, 'bar');
      const [tombstone] = tombstones;
      if (tombstone === undefined) throw new Error('nothing was deleted');
      await store.create(fileKey({ project: name, ...tombstone }), newObject('bytes'));
    },
    found: [expect.stringMatching(/^undeleted-file files\/bar\/.*\/bar-1.0-py3-none-any.whl$/) as string],
    left: [expect.stringMatching(/^undeleted-file /) as string],
  },
  {
    title: 'a project that is not on the project list',
    damage: (store) => overwrite(store, 'simple/index.json', '{"meta":{},"projects":[{"name":"bar"}]}'),
    found: ['stale-page simple/index.json', 'unlisted-project simple/index.json'],
  },
  {
    title: 'a project list that is no JSON',
    damage: (store) => overwrite(store, 'simple/index.json', '{"projects":[null,1,{"name":"../x"}]}'),
    found: [
      'stale-page simple/index.json',
      'unlisted-project simple/index.json',
      'unlisted-project simple/index.json',
    ],
  },
  {
    title: 'a record that says that the project list is behind',
    damage: async (store) => {
      const record = await recordOf(store);
      await overwrite(store, recordKey(FOO), serializeRecord({ ...record, listPending: 'added' }));
    },
    found: ['list-behind records/default/foo.json'],
  },
  {
    title: 'settings that have lost a quarantine',
    damage: async (store) => {
      const settings = { format: 1, serial: 1, indexes: { default: { quarantined: [] } } };
      await overwrite(store, SETTINGS, JSON.stringify(settings));
    },
    found: [
      'list-behind records/default/hidden.json',
      'stale-page simple/index.html',
      'stale-page simple/index.json',
      'unlisted-project simple/index.json',
      'stale-page simple/index.json.gz',
      'stale-page simple/index.v1.html',
    ],
  },
  {
    title: 'a record that is damaged, and leaves it as it is',
    damage: (store) => overwrite(store, recordKey(FOO), '{"format":1}'),
    found: ['corrupt-record records/default/foo.json'],
    left: ['corrupt-record records/default/foo.json'],
  },
  {
    title: 'settings that are damaged, and leaves them as they are',
    damage: (store) => overwrite(store, SETTINGS, 'x'),
    found: ['corrupt-record repository.json'],
    left: ['corrupt-record repository.json'],
  },
  {
    title: 'a record that is lost, and does not make the project list forget the project',
    damage: async (store) => {
      await store.remove(recordKey(normalizeName('bar')));
      await store.remove('simple/index.v1.html');
    },
    found: ['lost-record records/default/bar.json'],
    left: ['lost-record records/default/bar.json'],
  },
  {
    title: 'foreign objects in each folder, and leaves them there',
    damage: async (store) => {
      for (const key of FOREIGN) await store.create(key, newObject('x'));
    },
    found: FOREIGN.map((key) => `foreign-object ${key}`),
    left: FOREIGN.map((key) => `foreign-object ${key}`),
  },
];

function told(findings: readonly Finding[], key: string): string[] {
  return findings.map((finding) => `${finding.kind} ${finding.key}`.replace(key, 'KEY'));
}

describe('checking a repository', () => {
  it('finds nothing where everything fits together', async () => {
    const store = await repository();
    const before = await snapshotOf(store);
    const result = await verify(testEnvironment(store), { deep: true });
    expect(result.findings).toEqual([]);
    expect(result).toMatchObject({ projects: 3, files: 5 });
    expect(await snapshotOf(store)).toEqual(before);
  });

  it('is no answer where there is no repository', async () => {
    const store = new MemoryStore();
    await store.create('logs/1', newObject('x'));
    const environment = testEnvironment(store);
    await expect(verify(environment, { deep: false })).rejects.toMatchObject({ code: 'not-found' });
    await expect(reindexing()(environment)).rejects.toMatchObject({ code: 'not-found' });
    await expect(reindexingFromFiles()(environment)).rejects.toMatchObject({ code: 'not-found' });
    expect(await snapshotOf(store)).toEqual(new Map([['logs/1', expect.any(String)]]));
  });

  it.each(DAMAGES)('finds $title', async ({ damage, found, left = [], deep = false }) => {
    const store = await repository();
    const key = await keyOf(store, WHEEL);
    await damage(store);
    const damaged = await snapshotOf(store);
    const environment = testEnvironment(store);
    const { findings } = await verify(environment, { deep });
    expect(told(findings, key)).toEqual(found);
    // Looking changes nothing.
    expect(await snapshotOf(store)).toEqual(damaged);
    const rest = await repair(environment, findings);
    expect(told(rest, key)).toEqual(left);
    // Nothing is ever removed, and no file or record changes but for its note.
    const mended = await snapshotOf(store);
    for (const [object, sha256] of damaged) {
      expect(mended.has(object), object).toBe(true);
      if (object.startsWith('files/')) expect(mended.get(object), object).toBe(sha256);
    }
    if (left.length === 0) expect(await inconsistencies(store)).toEqual([]);
  });

  it('finds out whatever object is removed or overwritten, and what it cannot mend it goes on telling', async () => {
    const whole = await repository();
    const keys = [...(await snapshotOf(whole)).keys()];
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...keys), fc.option(fc.string()), async (key, text) => {
        const store = await repository();
        if (text === null) await store.remove(key);
        else await overwrite(store, key, text);
        const environment = testEnvironment(store);
        const { findings } = await verify(environment, { deep: true });
        expect(findings, key).not.toEqual([]);
        const left = await repair(environment, findings);
        expect((await verify(environment, { deep: true })).findings, key).toEqual(left);
      }),
      { numRuns: 60 },
    );
  });

  it('counts what is beside the repository, and does not complain of it', async () => {
    const store = await repository();
    for (const key of ['README.txt', 'logs/1', 'logs/2', 'foo/index.html']) {
      await store.create(key, newObject('x'));
    }
    const { findings, elsewhere } = await verify(testEnvironment(store), { deep: false });
    expect(findings).toEqual([]);
    expect(elsewhere).toEqual(
      new Map([
        ['README.txt', 1],
        ['logs', 2],
        ['foo', 1],
      ]),
    );
  });

  it('tells nothing of what a publisher has half done, if it is done at the second look', async () => {
    const store = await repository();
    const later = publishing([await wheel('new', '1.0')]);
    let waits = 0;
    // The publisher has come so far as to store its file, and goes on while the check waits.
    await store.create('files/new/0123456789abcdef/new-1.0.tar.gz', newObject('x'));
    const { findings } = await verify(
      testEnvironment(store, {
        wait: async () => {
          waits++;
          await store.remove('files/new/0123456789abcdef/new-1.0.tar.gz');
          await later(testEnvironment(store));
        },
      }),
      { deep: true },
    );
    expect(waits).toBe(1);
    expect(findings).toEqual([]);
  });

  it.each(['head', 'get', 'open', 'list'] as const)(
    'takes a failing %s for what it is, not for something missing',
    async (name) => {
      const store = await repository();
      const failing = new InterceptedStore(store, async (operation, proceed) => {
        if (operation.name === name) throw new TypeError('the store fails');
        return proceed();
      });
      await expect(verify(testEnvironment(failing), { deep: true })).rejects.toThrow('the store fails');
    },
  );

  it('ends between two projects when it is interrupted', async () => {
    const controller = new AbortController();
    const store = new InterceptedStore(await repository(), async (_operation, proceed) => {
      controller.abort();
      return proceed();
    });
    const environment = testEnvironment(store, { signal: controller.signal });
    await expect(verify(environment, { deep: true })).rejects.toMatchObject({ code: 'interrupted' });
  });

  it('puts metadata that is gone back when the same file is published by force', async () => {
    const store = await repository();
    await store.remove(metadataKey(await keyOf(store, WHEEL)));
    await publishing([await wheel('foo', '2.0')], 'replace')(testEnvironment(store));
    expect(await inconsistencies(store)).toEqual([]);
  });

  it('lets nobody publish a project whose record is lost, since its page would forget the rest', async () => {
    const store = await repository();
    await store.remove(recordKey(FOO));
    const before = await snapshotOf(store);
    const upload = publishing([await wheel('foo', '4.0')])(testEnvironment(store));
    await expect(upload).rejects.toMatchObject({ code: 'corrupt-record', value: recordKey(FOO) });
    expect(await snapshotOf(store)).toEqual(before);
  });

  it('lets no new project make a list that forgets those whose records are lost', async () => {
    const store = await repository();
    const list = await store.get('simple/index.json');
    for await (const { key } of store.list('records/')) await store.remove(key);
    const upload = publishing([await wheel('new', '1.0')])(testEnvironment(store));
    await expect(upload).rejects.toMatchObject({ code: 'corrupt-record' });
    expect(await store.get('simple/index.json')).toEqual(list);
    await reindexingFromFiles()(testEnvironment(store));
    expect(await inconsistencies(store)).toEqual([]);
  });

  it('ends while it lists when it is interrupted', async () => {
    const controller = new AbortController();
    const store = await repository();
    const endless = {
      ...store,
      list: async function* () {
        for (let listed = 0; ; listed++) {
          if (listed === 10) controller.abort();
          if (listed === 20) throw new Error('It goes on listing');
          yield { key: `logs/${listed}`, size: 1 };
        }
      },
    } as unknown as MemoryStore;
    const environment = testEnvironment(endless, { signal: controller.signal });
    await expect(verify(environment, { deep: false })).rejects.toMatchObject({ code: 'interrupted' });
  });

  it('puts bytes that are gone back when the same file is published by force', async () => {
    const store = await repository();
    const key = await keyOf(store, WHEEL);
    await store.remove(key);
    await store.remove(metadataKey(key));
    const again = [await wheel('foo', '2.0')];
    await publishing(again)(testEnvironment(store));
    expect(await brokenLinks(store)).not.toEqual([]);
    const result = await publishing(again, 'replace')(testEnvironment(store));
    expect(result).toMatchObject({ published: [{ action: 'restore', key }] });
    expect(await inconsistencies(store)).toEqual([]);
  });
});
