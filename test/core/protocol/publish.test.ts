import { describe, expect, it } from 'vitest';
import { headersOf } from '../../../core/keys.ts';
import { normalizeName } from '../../../core/names.ts';
import { planPublish } from '../../../core/publish.ts';
import { MemoryStore } from '../../../stores/memory.ts';
import { readProject } from '../../../core/catalog.ts';
import { deleting, publishing, settingStatus, wheel, yanking } from '../../support/commands.ts';
import { testEnvironment } from '../../support/environment.ts';
import { inconsistencies } from '../../support/repository-check.ts';

const FOO = normalizeName('foo');
const problem = (code: string) => ({ code: 'rejected-files', problems: [expect.objectContaining({ code })] });

async function repository() {
  const store = new MemoryStore();
  return { store, environment: testEnvironment(store) };
}

describe('publishing', () => {
  it('takes the upload time from the store', async () => {
    const store = new MemoryStore(() => new Date('2026-01-02T03:04:05.678Z'));
    const environment = testEnvironment(store);
    await publishing([await wheel('foo', '1.0')])(environment);
    const { files } = await readProject(environment, FOO);
    expect(files.map(({ uploadTime }) => uploadTime)).toEqual(['2026-01-02T03:04:05.678Z']);
  });

  it('keeps every object with the headers of its key, and what a record could be made from again', async () => {
    const { store, environment } = await repository();
    const foo = await wheel('foo', '1.0');
    await publishing([foo])(environment);
    for (const prefix of ['files/', 'simple/', 'records/']) {
      for await (const { key } of store.list(prefix)) {
        expect(store.headersOf(key), key).toMatchObject(headersOf(key));
        if (!key.endsWith('.whl')) continue;
        expect(store.headersOf(key)?.metadata).toEqual({
          sha256: foo.sha256,
          version: '1.0',
          'metadata-sha256': foo.metadata?.sha256,
        });
      }
    }
  });

  it('keeps a yank when the file is replaced by force', async () => {
    const { store, environment } = await repository();
    await publishing([await wheel('foo', '1.0')])(environment);
    await yanking('foo', '1.0', 'broken')(environment);
    await publishing([await wheel('foo', '1.0', 'mended')], 'replace')(environment);
    const { files } = await readProject(environment, FOO);
    expect(files).toMatchObject([{ yanked: 'broken', generation: 1 }]);
    expect(await inconsistencies(store)).toEqual([]);
  });

  it('gives the same bytes another address after they were deleted, and other bytes none', async () => {
    const { store, environment } = await repository();
    const foo = await wheel('foo', '1.0');
    await publishing([foo])(environment);
    await deleting('foo', '1.0')(environment);
    for (const policy of ['refuse', 'replace'] as const) {
      const other = planPublish(environment, [await wheel('foo', '1.0', 'other')], policy);
      await expect(other).rejects.toMatchObject(problem('file-deleted'));
    }
    await publishing([foo])(environment);
    const { files } = await readProject(environment, FOO);
    expect(files).toMatchObject([{ sha256: foo.sha256, generation: 2 }]);
    expect(await inconsistencies(store)).toEqual([]);
  });

  it('goes back and forth by force, each time at an address of its own', async () => {
    const { store, environment } = await repository();
    const [one, other] = [await wheel('foo', '1.0'), await wheel('foo', '1.0', 'other')];
    for (const next of [one, other, one, other, one]) await publishing([next], 'replace')(environment);
    const { files, tombstones } = await readProject(environment, FOO);
    expect(files).toMatchObject([{ sha256: one.sha256, generation: 3 }]);
    expect(tombstones).toHaveLength(4);
    expect(await inconsistencies(store)).toEqual([]);
  });

  it.each(['archived', 'quarantined'] as const)('is refused in a project that is %s', async (status) => {
    const { environment } = await repository();
    const foo = await wheel('foo', '1.0');
    await publishing([foo])(environment);
    await settingStatus('foo', status)(environment);
    const plan = planPublish(environment, [await wheel('foo', '2.0')], 'refuse');
    await expect(plan).rejects.toMatchObject(problem('project-closed'));
    // What is there already is no upload.
    await publishing([foo])(environment);
  });

  it('reports the problems of all projects at once, and takes a file named twice once', async () => {
    const { environment } = await repository();
    await publishing([await wheel('foo', '1.0'), await wheel('bar', '1.0')])(environment);
    const clashing = [await wheel('foo', '1.0', 'x'), await wheel('bar', '1.0', 'x')];
    await expect(planPublish(environment, clashing, 'refuse')).rejects.toMatchObject({
      problems: [{ value: 'bar-1.0-py3-none-any.whl' }, { value: 'foo-1.0-py3-none-any.whl' }],
    });
    const again = await wheel('baz', '1.0');
    expect((await planPublish(environment, [again, again], 'refuse')).files).toHaveLength(1);
    const two = planPublish(environment, [again, await wheel('baz', '1.0', 'x')], 'refuse');
    await expect(two).rejects.toMatchObject(problem('file-exists'));
  });

  it('plans in the order of projects and versions', async () => {
    const { environment } = await repository();
    const given = await Promise.all(['1.10', '1.9', '1.0rc1'].map((version) => wheel('foo', version)));
    const { files } = await planPublish(environment, [...given, await wheel('bar', '1.0')], 'refuse');
    expect(files.map(({ distribution }) => `${distribution.project} ${distribution.version}`)).toEqual([
      'bar 1.0',
      'foo 1.0rc1',
      'foo 1.9',
      'foo 1.10',
    ]);
  });
});
