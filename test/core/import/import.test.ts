import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { WheelstoreError, type ErrorCode } from '../../../core/errors.ts';
import type { ImportResult } from '../../../core/import/import.ts';
import type { OfferedFile } from '../../../core/import/source.ts';
import type { ReportEvent } from '../../../core/reporter.ts';
import { MemoryStore } from '../../../stores/memory.ts';
import { publishing, wheel } from '../../support/commands.ts';
import { buildSdist, buildWheel, type BuiltFile } from '../../support/distributions.ts';
import { testEnvironment } from '../../support/environment.ts';
import { importing, OldIndex } from '../../support/import-sources.ts';
import { InterceptedStore } from '../../support/intercepted-store.ts';
import { brokenLinks, filenamesOnPages, inconsistencies, recordsOf } from '../../support/repository-check.ts';
import { normalizeName } from '../../../core/names.ts';

const named = (name: string, version: string): BuiltFile => buildWheel({ name, version });
const [foo1, foo2, bar1] = [named('foo', '1.0'), named('foo', '2.0'), named('bar', '1.0')];

const imported = (result: ImportResult): string[] =>
  result.imported.map(({ offered }) => offered.filename).sort();
const problems = (result: ImportResult): string[] =>
  result.problems.map(({ code, value }) => `${code} ${value}`);

async function filesIn(store: MemoryStore): Promise<string[]> {
  return (await recordsOf(store)).flatMap(({ files }) => files.map(({ filename }) => filename));
}

/** Imports, and looks whether all is as it must be. */
async function importedInto(store: MemoryStore, source: OldIndex) {
  const result = await importing(testEnvironment(store), source);
  expect(await inconsistencies(store)).toEqual([]);
  return result;
}

describe('An import', () => {
  it('publishes all that there is, and the next one only what is new', async () => {
    const store = new MemoryStore();
    const source = new OldIndex().offer('foo', foo1).offer('bar', bar1);
    const first = await importedInto(store, source);
    expect([imported(first), first.done, first.problems]).toEqual([
      [bar1.filename, foo1.filename],
      ['bar', 'foo'],
      [],
    ]);
    source.asked.length = 0;
    source.offer('foo', foo2);
    expect(imported(await importedInto(store, source))).toEqual([foo2.filename]);
    expect(source.asked).toEqual([`foo/${foo2.filename}`]);
    expect(await filesIn(store)).toEqual([bar1.filename, foo1.filename, foo2.filename]);
  });

  it('keeps upload times and yanks, with their reasons', async () => {
    const store = new MemoryStore();
    const says = (more: Partial<OfferedFile>) => ({ uploadTime: '2019-02-03T04:05:06.123456Z', ...more });
    const source = new OldIndex().offer(
      'foo',
      { ...foo1, says: says({ yanked: 'breaks <everything>' }) },
      { ...foo2, says: says({ yanked: true }) },
      named('foo', '3.0'),
    );
    const before = new Date().toISOString();
    await importedInto(store, source);
    const [record] = await recordsOf(store);
    expect(record?.files.map(({ yanked }) => yanked)).toEqual(['breaks <everything>', true, false]);
    const [one, other, own = ''] = record?.files.map(({ uploadTime }) => uploadTime) ?? [];
    expect([one, other]).toEqual(['2019-02-03T04:05:06.123456Z', '2019-02-03T04:05:06.123456Z']);
    expect(own >= before).toBe(true);
  });

  it('follows what is yanked later, and the status of the project', async () => {
    const store = new MemoryStore();
    const source = new OldIndex().offer('foo', foo1, foo2);
    await importedInto(store, source);
    const files = source.project('foo').then((project) => project?.files ?? []);
    const [first, second] = await files;
    if (first === undefined || second === undefined) throw new Error('They were offered');
    source.describe('foo', {
      files: [{ ...first, yanked: 'late' }, second],
      status: { status: 'archived', reason: 'moved' },
    });
    const result = await importedInto(store, source);
    expect([result.yanked, imported(result)]).toEqual([1, []]);
    const [record] = await recordsOf(store);
    expect(record?.files.map(({ yanked }) => yanked)).toEqual(['late', false]);
    expect(record?.status).toEqual({ status: 'archived', reason: 'moved' });
    expect((await importedInto(store, source)).yanked).toBe(0);
    expect((await recordsOf(store))[0]?.serial).toBe(record?.serial);
  });

  it('takes over a quarantine, and nothing of a project of which there is nothing', async () => {
    const store = new MemoryStore();
    const source = new OldIndex().offer('foo', foo1).describe('foo', { status: { status: 'quarantined' } });
    source.describe('gone', { status: { status: 'quarantined' } });
    const result = await importedInto(store, source);
    expect([result.done, result.failure]).toEqual([['gone', 'foo'], undefined]);
    expect((await recordsOf(store)).map(({ name, status }) => [name, status.status])).toEqual([
      ['foo', 'quarantined'],
    ]);
  });

  it('accepts old spellings with a warning, which pages show as they are', async () => {
    const store = new MemoryStore();
    const events: ReportEvent[] = [];
    const files = [
      buildSdist({ name: 'Foo.Bar', version: '1.0', filename: 'Foo.Bar-1.0.tar.gz', files: {} }),
      buildWheel({ name: 'Foo.Bar', version: '2.0', filename: 'Foo.Bar-2.0-py3-none-any.whl' }),
    ];
    const environment = testEnvironment(store, { reporter: { emit: (event) => events.push(event) } });
    const result = await importing(environment, new OldIndex().offer('foo-bar', ...files));
    expect(problems(result)).toEqual([]);
    const warned = events.flatMap((event) => (event.type === 'warning' ? [event.subject] : []));
    expect(warned.sort()).toEqual(files.map(({ filename }) => filename));
    const pages = await filenamesOnPages(store, normalizeName('foo-bar'));
    for (const page of pages) expect(page).toEqual(files.map(({ filename }) => filename));
  });

  it('tells how far it is, in bytes, and nothing of each batch', async () => {
    const events: ReportEvent[] = [];
    const environment = testEnvironment(new MemoryStore(), {
      reporter: { emit: (event) => events.push(event) },
    });
    const sized = (file: BuiltFile) => ({ ...file, says: { size: file.bytes.length } });
    const bad = { ...sized(foo2), bytes: new Uint8Array(foo2.bytes.length) };
    await importing(environment, new OldIndex().offer('foo', sized(foo1), bad));
    const total = foo1.bytes.length + foo2.bytes.length;
    expect(events).toContainEqual({ type: 'importing', files: 2, bytes: total });
    const steps = events.flatMap((event) => (event.type === 'imported' ? [event.bytes] : []));
    expect(steps.reduce((sum, bytes) => sum + bytes, 0)).toBe(total);
    expect(events.filter(({ type }) => type === 'sending' || type === 'sent')).toEqual([]);
  });
});

describe('A file that is not what its source says', () => {
  const hash = { hashes: { sha256: 'ab'.repeat(32) } };
  const cases: readonly (readonly [string, Partial<OfferedFile>, Uint8Array, ErrorCode])[] = [
    ['another sha256', hash, foo1.bytes, 'corrupt-file'],
    ['another md5', { hashes: { md5: 'ab'.repeat(16) } }, foo1.bytes, 'corrupt-file'],
    ['another size', { hashes: {}, size: 5 }, foo1.bytes, 'corrupt-file'],
    ['a size that would fill a disk', { hashes: {}, size: 10 ** 15 }, foo1.bytes, 'corrupt-file'],
    ['a truncated body', {}, foo1.bytes.subarray(0, 100), 'corrupt-file'],
    ['no archive', { hashes: {} }, new TextEncoder().encode('<html>'), 'invalid-archive'],
    ['nothing', { hashes: {} }, new Uint8Array(), 'invalid-archive'],
    ['another project inside', { hashes: {} }, bar1.bytes, 'invalid-metadata'],
  ];

  it.each(cases)('is not imported, is named, and stops nothing else: %s', async (_, says, bytes, code) => {
    const store = new MemoryStore();
    const source = new OldIndex().offer('foo', { ...foo1, says }, foo2).offer('bar', bar1);
    source.answer(`foo/${foo1.filename}`, () => bytes);
    const result = await importedInto(store, source);
    expect(imported(result)).toEqual([bar1.filename, foo2.filename]);
    expect(result.problems.map((problem) => problem.code)).toEqual([code]);
    expect(result.problems[0]?.message).toContain(foo1.filename);
    expect([result.done, result.failure]).toEqual([['bar'], undefined]);
  });

  it('is of the project that its filename says, and of no other that could be meant', async () => {
    // foo-1.0-1 is foo 1.0.post1, or foo-1.0 1.
    const file = buildSdist({ name: 'foo-1.0', version: '1', filename: 'foo-1.0-1.tar.gz' });
    const result = await importedInto(new MemoryStore(), new OldIndex().offer('foo', file));
    expect(problems(result)).toEqual(['invalid-metadata foo-1.0-1.tar.gz']);
    expect(imported(await importedInto(new MemoryStore(), new OldIndex().offer('foo-1-0', file)))).toEqual([
      'foo-1.0-1.tar.gz',
    ]);
  });

  it('keeps a project from being done, and from getting its status', async () => {
    const store = new MemoryStore();
    const source = new OldIndex()
      .offer('foo', foo1, foo2)
      .describe('foo', { status: { status: 'archived' } });
    source.answer(`foo/${foo1.filename}`, () => new Uint8Array(3));
    expect((await importedInto(store, source)).done).toEqual([]);
    expect((await recordsOf(store))[0]?.status.status).toBe('active');
    source.answer(`foo/${foo1.filename}`, () => foo1.bytes);
    expect((await importedInto(store, source)).done).toEqual(['foo']);
    expect((await recordsOf(store))[0]?.status.status).toBe('archived');
  });
});

describe('A batch of which something is refused', () => {
  it('is published all the same, but for that', async () => {
    const store = new MemoryStore();
    const many = Array.from({ length: 9 }, (_, index) => named('foo', `${index + 1}.0`));
    const source = new OldIndex().offer('foo', ...many).offer('bar', bar1);
    // Somebody publishes another foo 4.0 between the plan and the import.
    const other = await wheel('foo', '4.0', 'other bytes');
    const stolen = `foo/${many[3]?.filename}`;
    let isStolen = false;
    const read = source.read.bind(source);
    source.read = async function* (location) {
      if (location === stolen && !isStolen) {
        isStolen = true;
        await publishing([other])(testEnvironment(store));
      }
      yield* read(location);
    };
    const result = await importedInto(store, source);
    expect(problems(result)).toEqual([`file-exists ${many[3]?.filename}`]);
    expect(imported(result)).toHaveLength(9);
    expect(new Set(imported(result)).size).toBe(9);
    expect([result.done, result.failure]).toEqual([['bar'], undefined]);
  });

  it('counts a project whose record was lost, and no other', async () => {
    const store = new MemoryStore();
    await publishing([await wheel('foo', '1.0')])(testEnvironment(store));
    await store.remove('records/default/foo.json');
    const source = new OldIndex().offer('bar', bar1).offer('foo', foo1, foo2);
    const result = await importing(testEnvironment(store), source);
    expect([imported(result), result.done, result.failure]).toEqual([[bar1.filename], ['bar'], undefined]);
    expect(result.problems.map(({ code }) => code)).toEqual(['corrupt-record', 'corrupt-record']);
  });
});

describe('An import whose store fails at any operation', () => {
  const index = () =>
    new OldIndex()
      .offer('foo', { ...foo1, says: { yanked: 'old', provenance: 'p' } }, foo2)
      .offer('bar', bar1)
      .answer('p', () => new TextEncoder().encode('{}'));

  it('leaves nothing half-written, and the same again fetches what is not in a record, and no more', async () => {
    let operations = 0;
    const counting = new InterceptedStore(new MemoryStore(), (_operation, proceed) => {
      operations++;
      return proceed();
    });
    await importing(testEnvironment(counting), index());
    expect(operations).toBeGreaterThan(30);
    let failed = 0;
    for (let at = 1; at <= operations; at++) {
      const store = new MemoryStore();
      let count = 0;
      const failing = new InterceptedStore(store, (_operation, proceed) => {
        if (++count === at) throw new WheelstoreError('store-failed', 'once');
        return proceed();
      });
      const first = await importing(testEnvironment(failing), index()).catch((failure: unknown) => ({
        failure,
      }));
      expect(first.failure).toMatchObject({ code: 'store-failed' });
      expect(await brokenLinks(store)).toEqual([]);
      const before = new Set(await filesIn(store));
      if ('imported' in first) expect(imported(first)).toEqual([...before].sort());
      failed++;
      const again = index();
      expect(imported(await importedInto(store, again))).toHaveLength(3 - before.size);
      const fetched = again.asked.filter((location) => location !== 'p');
      expect(fetched).toHaveLength(3 - before.size);
      expect(await filesIn(store)).toHaveLength(3);
    }
    expect(failed).toBe(operations);
  });
});

describe('What ends an import before its end', () => {
  const manyProjects = (count: number): OldIndex => {
    const source = new OldIndex();
    for (let index = 0; index < count; index++) {
      const name = `p${String(index).padStart(3, '0')}`;
      source.offer(name, named(name, '1.0'));
    }
    return source;
  };

  it('is a store that fails: what was published before is told, and stays', async () => {
    const store = new MemoryStore();
    // More than a batch.
    const source = manyProjects(130);
    const failing = new InterceptedStore(store, (operation, proceed) => {
      if (operation.key === 'records/default/p129.json' && operation.name === 'replace')
        throw new WheelstoreError('store-failed', 'no more');
      return proceed();
    });
    const result = await importing(testEnvironment(failing), source);
    expect(result.failure).toMatchObject({ code: 'store-failed' });
    expect(imported(result)).toHaveLength(129);
    expect(result.done).toHaveLength(128);
    source.asked.length = 0;
    const again = await importedInto(store, source);
    expect(imported(again)).toEqual(['p129-1.0-py3-none-any.whl']);
    expect(source.asked).toHaveLength(1);
  });

  it('is a store that fails: nothing more is fetched ahead', async () => {
    const source = manyProjects(400);
    let fail = (): void => {};
    const failed = new Promise<void>((resolve) => (fail = resolve));
    const failing = new InterceptedStore(new MemoryStore(), (operation, proceed) => {
      if (operation.name !== 'create') return proceed();
      // The last one of the batch.
      if (operation.key.includes('p127')) fail();
      throw new WheelstoreError('store-failed', 'nothing');
    });
    const read = source.read.bind(source);
    source.read = async function* (location) {
      if (source.asked.length >= 130) await failed.then(() => wait(100));
      yield* read(location);
    };
    const result = await importing(testEnvironment(failing), source);
    expect([imported(result), result.failure]).toEqual([
      [],
      expect.objectContaining({ code: 'store-failed' }),
    ]);
    expect(source.asked.length).toBeLessThan(140);
  });

  it('is a person', async () => {
    const store = new MemoryStore();
    const source = manyProjects(300);
    const controller = new AbortController();
    const read = source.read.bind(source);
    source.read = (location) => {
      if (source.asked.length >= 200) controller.abort();
      return read(location);
    };
    const environment = testEnvironment(store, { signal: controller.signal });
    const result = await importing(environment, source);
    expect(result.failure).toMatchObject({ code: 'interrupted' });
    expect(imported(result).length).toBeLessThanOrEqual(128);
    expect(await filesIn(store)).toEqual(imported(result));
    source.read = read;
    source.asked.length = 0;
    const again = await importedInto(store, source);
    expect(imported(again)).toHaveLength(300 - imported(result).length);
    expect(source.asked).toHaveLength(300 - imported(result).length);
  });

  it('is a source that cannot be reached, eight times in a row', async () => {
    const source = manyProjects(100);
    const unreachable = () => {
      throw new WheelstoreError('unreachable', 'nobody is there');
    };
    for (let index = 50; index < 100; index++) {
      const name = `p${String(index).padStart(3, '0')}`;
      source.answer(`${name}/${name}-1.0-py3-none-any.whl`, unreachable);
    }
    const result = await importing(testEnvironment(new MemoryStore(), { jobs: 1 }), source);
    expect(result.failure).toMatchObject({ code: 'unreachable' });
    expect([result.problems.length, source.asked.length]).toEqual([7, 58]);
  });

  it('is not a source that cannot be reached now and then', async () => {
    const source = manyProjects(40);
    for (let index = 0; index < 40; index += 2) {
      const name = `p${String(index).padStart(3, '0')}`;
      source.answer(`${name}/${name}-1.0-py3-none-any.whl`, () => {
        throw new WheelstoreError('unreachable', 'try again');
      });
    }
    const result = await importing(testEnvironment(new MemoryStore(), { jobs: 1 }), source);
    expect([result.failure, result.problems.length, imported(result).length]).toEqual([undefined, 20, 20]);
  });

  it.each<ErrorCode>(['unwritable', 'expired-credentials'])(
    'is what would meet each file: %s',
    async (code) => {
      const source = manyProjects(20);
      source.answer('p003/p003-1.0-py3-none-any.whl', () => {
        throw new WheelstoreError(code, 'no');
      });
      const result = await importing(testEnvironment(new MemoryStore(), { jobs: 1 }), source);
      expect(result.failure).toMatchObject({ code });
      expect(source.asked).toHaveLength(4);
    },
  );

  it('is a defect, which is passed on as it is', async () => {
    const defect = new TypeError('undefined is not a function');
    const source = manyProjects(3).answer('p001/p001-1.0-py3-none-any.whl', () => {
      throw defect;
    });
    const result = await importing(testEnvironment(new MemoryStore()), source);
    expect(result.failure).toBe(defect);
  });
});
