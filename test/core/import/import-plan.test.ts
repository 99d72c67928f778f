import { describe, expect, it } from 'vitest';
import { WheelstoreError } from '../../../core/errors.ts';
import { planImport, type ImportWishes } from '../../../core/import/import-plan.ts';
import { parseSelections } from '../../../core/import/selection.ts';
import { normalizeName } from '../../../core/names.ts';
import type { Status } from '../../../core/record.ts';
import { MemoryStore } from '../../../stores/memory.ts';
import { deleting, publishing, settingStatus, wheel, yanking, type Command } from '../../support/commands.ts';
import { buildSdist, buildWheel, type BuiltFile } from '../../support/distributions.ts';
import { testEnvironment } from '../../support/environment.ts';
import { OldIndex } from '../../support/import-sources.ts';

const foo = (version: string): BuiltFile => buildWheel({ name: 'foo', version });
const [foo1, foo2, foo3] = [foo('1.0'), foo('2.0'), foo('3.0rc1')];
const SHA256 = '12'.repeat(32);

async function repository(...commands: readonly Command[]): Promise<MemoryStore> {
  const store = new MemoryStore();
  for (const command of commands) await command(testEnvironment(store));
  return store;
}

async function planned(
  source: OldIndex,
  {
    words,
    store = new MemoryStore(),
    ...wishes
  }: { words?: readonly string[]; store?: MemoryStore } & Partial<ImportWishes> = {},
) {
  const selections = words === undefined ? undefined : parseSelections(words);
  const plan = await planImport(testEnvironment(store), source, { selections, ...wishes });
  const names = (of: readonly { readonly filename: string }[]): string[] =>
    of.map(({ filename }) => filename);
  const all = plan.projects;
  expect(source.asked).toEqual([]);
  return {
    projects: all.map(({ project }) => project),
    files: names(all.flatMap(({ files }) => files)),
    present: names(all.flatMap(({ present }) => present)),
    yanks: names(all.flatMap(({ yanks }) => yanks)),
    skipped: all.flatMap(({ skipped }) => skipped.map(({ filename, reason }) => `${filename}: ${reason}`)),
    status: all.map(({ status }) => status?.status),
    problems: plan.problems.map(({ code, value }) => `${code} ${value}`),
    plan,
  };
}

describe('The plan of an import', () => {
  it('has everything that there is, in the order of names', async () => {
    const source = new OldIndex()
      .offer('foo', foo1, foo2)
      .offer('bar', buildWheel({ name: 'bar', version: '1' }));
    expect(await planned(source)).toMatchObject({
      projects: ['bar', 'foo'],
      files: ['bar-1-py3-none-any.whl', foo1.filename, foo2.filename],
      problems: [],
    });
  });

  it('has what was asked for, by name and by version in any spelling', async () => {
    const source = new OldIndex().offer('foo', foo1, foo2, buildSdist({ name: 'foo', version: '1.0' }));
    source.offer('bar', buildWheel({ name: 'bar', version: '1.0' }));
    expect(await planned(source, { words: ['Foo==1'] })).toMatchObject({
      files: [foo1.filename, 'foo-1.0.tar.gz'],
      skipped: [`${foo2.filename}: not selected`],
      problems: [],
    });
  });

  it('names projects and releases that are not there', async () => {
    const source = new OldIndex().offer('foo', foo1);
    const { problems, files } = await planned(source, { words: ['foo==1.0', 'foo==7', 'baz'] });
    expect([files, problems]).toEqual([[foo1.filename], ['not-found baz', 'not-found 7']]);
  });

  it('does not miss a release that is gone there and published here', async () => {
    const store = await repository(publishing([await wheel('foo', '1.0')]));
    const source = new OldIndex().offer('foo', foo2);
    expect((await planned(source, { words: ['foo==1.0'], store })).problems).toEqual([]);
  });

  it('has the newest versions only, with all of their files', async () => {
    const older = [foo('1.9'), foo('1.10'), buildSdist({ name: 'foo', version: '1.10' })];
    const source = new OldIndex().offer('foo', foo1, ...older, foo2);
    expect((await planned(source, { newest: 2 })).files).toEqual([
      'foo-1.10-py3-none-any.whl',
      'foo-1.10.tar.gz',
      foo2.filename,
    ]);
    expect((await planned(source, { newest: 1, words: ['foo==1.0'] })).files).toEqual([foo1.filename]);
  });

  it('has no problems of what was not asked for', async () => {
    const broken = (value: string) => new WheelstoreError('invalid-page', `${value} is wrong`, { value });
    const problems = [broken('foo-0.1.tar.gz'), broken('foo-2.0.tar.gz'), broken('nobody knows')];
    const source = new OldIndex().offer('foo', foo1, foo2).describe('foo', { problems });
    expect((await planned(source, { newest: 1 })).problems).toEqual([
      'invalid-page foo-2.0.tar.gz',
      'invalid-page nobody knows',
    ]);
    expect((await planned(source)).problems).toHaveLength(3);
  });

  it('leaves out what was done by an interrupted import', async () => {
    const source = new OldIndex().offer('foo', foo1).offer('bar');
    const done = new Set([normalizeName('foo')]);
    expect((await planned(source, { done })).projects).toEqual(['bar']);
    expect((await planned(source, { done, words: ['foo', 'bar'] })).projects).toEqual(['bar']);
  });

  it('names files of other projects, and bad filenames, as problems; other formats are left out', async () => {
    const files = ['bar-1.0.tar.gz', 'foo.whl', 'foo-1.0.egg', 'foo-1.0.tar.bz2'].map((filename) => ({
      filename,
      bytes: foo1.bytes,
    }));
    const { problems, skipped, files: taken } = await planned(new OldIndex().offer('foo', ...files, foo1));
    expect(problems).toEqual(['invalid-filename bar-1.0.tar.gz', 'invalid-filename foo.whl']);
    expect(skipped).toEqual(['foo-1.0.egg: unsupported format', 'foo-1.0.tar.bz2: unsupported format']);
    expect(taken).toEqual([foo1.filename]);
  });

  it('stops at nothing that is wrong with one page or one record', async () => {
    const store = await repository(publishing([await wheel('foo', '1.0')]));
    const record = await store.get('records/default/foo.json');
    await store.replace('records/default/foo.json', new Uint8Array(), record?.etag, {
      contentType: '',
      cacheControl: '',
    });
    const source = new OldIndex().offer('foo', foo2).offer('bar').offer('baz', foo1);
    source.project = async (name) => {
      if (name !== 'bar') return OldIndex.prototype.project.call(source, name);
      throw new WheelstoreError('invalid-page', 'no page', { value: 'bar' });
    };
    const { projects, problems } = await planned(source, { store });
    expect(projects).toEqual(['baz']);
    expect(problems).toEqual([
      'invalid-page bar',
      `invalid-filename ${foo1.filename}`,
      'corrupt-record records/default/foo.json',
    ]);
  });

  it.each(['unreachable', 'access-denied', 'interrupted'] as const)(
    'stops where all is lost: %s',
    async (code) => {
      const source = new OldIndex().offer('foo', foo1);
      source.project = () => Promise.reject(new WheelstoreError(code, 'lost'));
      await expect(planned(source)).rejects.toMatchObject({ code });
    },
  );

  it('begins with nothing more once it is interrupted', async () => {
    const environment = testEnvironment(new MemoryStore(), { signal: AbortSignal.abort() });
    const plan = planImport(environment, new OldIndex().offer('foo', foo1), { selections: undefined });
    await expect(plan).rejects.toMatchObject({ code: 'interrupted' });
  });
});

describe('A file that is published here', () => {
  const here = () => wheel('foo', '1.0').then((file) => repository(publishing([file])));

  it.each([
    ['the same hash', {}],
    ['no hash', { hashes: {} }],
    ['only another kind of hash', { hashes: { md5: 'ab'.repeat(16) } }],
    ['the same size', { hashes: {}, size: foo1.bytes.length }],
  ])('is there already, by %s', async (_, says) => {
    const source = new OldIndex().offer('foo', { ...foo1, says });
    expect(await planned(source, { store: await here() })).toMatchObject({
      files: [],
      present: [foo1.filename],
      problems: [],
    });
  });

  it.each([
    ['hash', { hashes: { sha256: SHA256 } }],
    ['size', { hashes: {}, size: 7 }],
  ])('is a problem where it has another %s there', async (_, says) => {
    const source = new OldIndex().offer('foo', { ...foo1, says }, foo2);
    expect(await planned(source, { store: await here() })).toMatchObject({
      files: [foo2.filename],
      present: [],
      problems: [`file-exists ${foo1.filename}`],
    });
  });

  it('is yanked where it was yanked there; a yank of ours stays', async () => {
    const source = new OldIndex().offer('foo', { ...foo1, says: { yanked: 'theirs' } });
    expect((await planned(source, { store: await here() })).yanks).toEqual([foo1.filename]);
    const store = await here();
    await yanking('foo', '1.0', 'ours')(testEnvironment(store));
    expect((await planned(source, { store })).yanks).toEqual([]);
    expect((await planned(new OldIndex().offer('foo', foo1), { store })).yanks).toEqual([]);
  });
});

describe('A file that is not to come back', () => {
  it('was deleted here, whatever its bytes', async () => {
    const store = await repository(publishing([await wheel('foo', '1.0')]), deleting('foo', '1.0'));
    const source = new OldIndex().offer('foo', foo1, foo2);
    expect(await planned(source, { store })).toMatchObject({
      files: [foo2.filename],
      skipped: [`${foo1.filename}: deleted here`],
      problems: [],
    });
  });

  it.each<Status>(['archived', 'quarantined'])('is of a project that is %s here', async (status) => {
    const store = await repository(publishing([await wheel('foo', '1.0')]), settingStatus('foo', status));
    const { files, present, problems } = await planned(new OldIndex().offer('foo', foo1, foo2), { store });
    expect([files, present, problems]).toEqual([[], [foo1.filename], [`project-closed ${foo2.filename}`]]);
  });

  it('is not on the page of its project', async () => {
    const source = new OldIndex().offer('foo', foo1).describe('foo', { unlisted: ['foo/foo-2.0.tar.gz'] });
    expect((await planned(source)).skipped).toEqual(['foo/foo-2.0.tar.gz: not offered']);
  });
});

describe('A file that is offered twice', () => {
  const twice = (one: object, other: object) =>
    planned(
      new OldIndex().offer(
        'foo',
        { ...foo1, says: { location: 'a', ...one } },
        { ...foo1, says: { location: 'b', ...other } },
      ),
    );
  const skipped = [`${foo1.filename}: offered twice`];

  it('comes from where more is said of it', async () => {
    const locations = ({ plan }: Awaited<ReturnType<typeof planned>>) =>
      plan.projects.flatMap(({ files }) => files.map(({ location }) => location));
    expect(locations(await twice({}, { hashes: {} }))).toEqual(['a']);
    expect(locations(await twice({ hashes: {} }, {}))).toEqual(['b']);
    expect(await twice({}, {})).toMatchObject({ files: [foo1.filename], skipped, problems: [] });
  });

  it('is one where both are the same link', async () => {
    expect(await twice({}, { location: 'a' })).toMatchObject({ files: [foo1.filename], skipped: [] });
  });

  it.each([
    ['hashes', {}, { hashes: { sha256: SHA256 } }],
    ['hashes of any kind', { hashes: { md5: 'ab'.repeat(16) } }, { hashes: { md5: 'cd'.repeat(16) } }],
    ['sizes', { hashes: {}, size: 1 }, { hashes: {}, size: 2 }],
  ])('with different %s is a problem, once, and not imported', async (_, one, other) => {
    expect(await twice(one, other)).toMatchObject({ files: [], problems: [`file-exists ${foo1.filename}`] });
  });
});

describe('The status of a project', () => {
  it.each<Status>(['archived', 'quarantined', 'deprecated'])('is taken over: %s', async (status) => {
    const source = new OldIndex().offer('foo', foo1).describe('foo', { status: { status, reason: 'old' } });
    const { plan } = await planned(source);
    expect(plan.projects[0]?.status).toEqual({ status, reason: 'old' });
  });

  it('is tightened, and never loosened', async () => {
    const store = await repository(
      publishing([await wheel('foo', '1.0')]),
      settingStatus('foo', 'deprecated'),
    );
    for (const status of ['active', 'deprecated', 'archived', 'quarantined'] as const) {
      const source = new OldIndex().offer('foo', foo1).describe('foo', { status: { status } });
      const isTighter = status === 'archived' || status === 'quarantined';
      expect((await planned(source, { store })).status).toEqual([isTighter ? status : undefined]);
    }
    expect((await planned(new OldIndex().offer('foo', foo1, foo3))).status).toEqual([undefined]);
  });
});
