import { describe, expect, it } from 'vitest';
import { ofRepository } from '../../../core/import/overlap.ts';
import { TreeSource } from '../../../core/import/tree-source.ts';
import { normalizeName } from '../../../core/names.ts';
import { MemoryStore } from '../../../stores/memory.ts';
import { publishing, sdist, settingStatus, wheel, yanking } from '../../support/commands.ts';
import { sha256 } from '../../support/bytes.ts';
import { buildSdist, buildWheel } from '../../support/distributions.ts';
import { testEnvironment } from '../../support/environment.ts';
import {
  importing,
  MemoryTree,
  s3pypiLink,
  s3pypiPage,
  s3pypiProject,
} from '../../support/import-sources.ts';
import { inconsistencies, recordsOf } from '../../support/repository-check.ts';

const foo1 = buildWheel({ name: 'foo', version: '1.0' });
const foo2 = buildWheel({ name: 'foo', version: '2.0' });
const local = buildWheel({ name: 'foo', version: '1!1.0+local.1' });
const source1 = buildSdist({ name: 'foo', version: '1.0' });
const bar1 = buildWheel({ name: 'bar', version: '1.0' });
const PACING = testEnvironment(new MemoryStore());

type Files = ConstructorParameters<typeof MemoryTree>[0];

/** What a tree offers of a project. */
async function offerOf(tree: MemoryTree, name = 'foo') {
  const source = await TreeSource.open(tree, PACING);
  const offered = await source.project(normalizeName(name));
  return {
    files: offered?.files.map(({ location }) => location),
    offered: offered?.files ?? [],
    unlisted: offered?.unlisted ?? [],
    problems: offered?.problems.map(({ code, value }) => `${code} ${value}`),
    status: offered?.status,
  };
}

/** Imports a whole tree into a new repository. */
async function importAll(files: Files, isForeign?: (path: string) => boolean) {
  const store = new MemoryStore();
  const tree = new MemoryTree(files);
  const environment = testEnvironment(store);
  const result = await importing(environment, await TreeSource.open(tree, environment, isForeign));
  expect(await inconsistencies(store)).toEqual([]);
  const records = await recordsOf(store);
  return {
    ...result,
    tree,
    store,
    problems: result.problems.map(({ code, value }) => `${code} ${value}`),
    published: records.flatMap((record) => record.files.map(({ filename }) => filename)),
    records,
  };
}

describe('A bucket of s3pypi', () => {
  it('is imported as its pages say, with the times of the bucket', async () => {
    const { published, problems, records } = await importAll({
      ...s3pypiProject('foo', foo1, source1, local),
      ...s3pypiProject('bar', bar1),
      '': s3pypiPage('<a href="foo/">foo</a>'),
      'index.html': s3pypiPage('<a href="foo/">foo</a>'),
    });
    expect(published).toEqual([bar1.filename, 'foo-1.0.tar.gz', foo1.filename, local.filename]);
    expect(problems).toEqual([]);
    expect(records[1]?.files[0]?.uploadTime).toBe('2020-02-03T04:05:06.000Z');
  });

  it.each(['foo/', 'foo/index.html'])('has its page at %s, with hashes and without', async (page) => {
    const { offered, problems } = await offerOf(
      new MemoryTree({
        [`foo/${foo1.filename}`]: foo1.bytes,
        [`foo/${foo2.filename}`]: foo2.bytes,
        [page]: s3pypiPage(s3pypiLink(foo1), s3pypiLink(foo2, 'none')),
      }),
    );
    expect(problems).toEqual([]);
    expect(offered.map(({ hashes, size }) => [hashes, size])).toEqual([
      [{ sha256: sha256(foo1.bytes) }, foo1.bytes.length],
      [{}, foo2.bytes.length],
    ]);
  });

  it.each(['foo-1!1.0+local.1', 'foo-1%211.0%2Blocal.1', 'foo-1%211.0+local.1'])(
    'names a file with an epoch and a local version as %s',
    async (written) => {
      const link = `<a href="${written}-py3-none-any.whl#sha256=${sha256(local.bytes)}">x</a>`;
      const files = { [`foo/${local.filename}`]: local.bytes, 'foo/': s3pypiPage(link) };
      expect(await offerOf(new MemoryTree(files))).toMatchObject({
        files: [`foo/${local.filename}`],
        problems: [],
      });
    },
  );

  it('says what is published: what its page does not name is left where it is', async () => {
    const files = { ...s3pypiProject('foo', foo1), [`foo/${foo2.filename}`]: foo2.bytes };
    const { published, plan, problems } = await importAll(files);
    expect([published, problems]).toEqual([[foo1.filename], []]);
    expect(plan.projects[0]?.skipped).toEqual([{ filename: `foo/${foo2.filename}`, reason: 'not offered' }]);
  });

  it('has lost what its page names and is not there, unless it is here', async () => {
    const files = s3pypiProject('foo', foo1, foo2);
    delete files[`foo/${foo2.filename}`];
    const { published, problems, done, store, tree } = await importAll(files);
    expect([published, problems, done]).toEqual([[foo1.filename], [`not-found ${foo2.filename}`], []]);
    await publishing([await wheel('foo', '2.0')])(testEnvironment(store));
    const again = await importing(testEnvironment(store), await TreeSource.open(tree, PACING));
    expect([again.problems, again.done]).toEqual([[], ['foo']]);
  });

  it('may have a file with another hash than its page says', async () => {
    const files = { ...s3pypiProject('foo', foo1, foo2), [`foo/${foo1.filename}`]: bar1.bytes };
    const { published, problems } = await importAll(files);
    expect([published, problems]).toEqual([[foo2.filename], [`corrupt-file ${foo1.filename}`]]);
  });

  it('may have folders that a console has made, which are no pages', async () => {
    const files = { 'foo/': '', 'empty/': '', [`foo/${foo1.filename}`]: foo1.bytes };
    const source = await TreeSource.open(new MemoryTree(files), PACING);
    expect((await source.projects()).projects).toEqual(['foo']);
    expect(await offerOf(new MemoryTree(files))).toMatchObject({ files: [`foo/${foo1.filename}`] });
  });

  it('may have two pages of a project: the one that was written last counts', async () => {
    const files = {
      [`foo/${foo1.filename}`]: foo1.bytes,
      [`foo/${foo2.filename}`]: foo2.bytes,
      'foo/index.html': s3pypiPage(s3pypiLink(foo1)),
      'foo/': s3pypiPage(s3pypiLink(foo1), s3pypiLink(foo2)),
    };
    const written = (newest: string) => (path: string) => new Date(path === newest ? 2_000 : 1_000);
    expect((await offerOf(new MemoryTree(files, written('foo/')))).files).toHaveLength(2);
    expect((await offerOf(new MemoryTree(files, written('foo/index.html')))).files).toHaveLength(1);
    expect((await offerOf(new MemoryTree(files, () => undefined))).files).toHaveLength(1);
  });

  it('may have a page that is damaged: nothing is imported by guessing', async () => {
    const files = { ...s3pypiProject('foo', foo1), 'foo/': '<html><p>502 Bad Gateway</p></html>' };
    const { published, problems, plan } = await importAll({ ...files, ...s3pypiProject('bar', bar1) });
    expect([published, problems]).toEqual([[bar1.filename], ['invalid-page foo/']]);
    expect(plan.problems[0]?.message).not.toContain('tree.invalid');
  });

  it('may have entries that make no sense, which are told without a made-up address', async () => {
    const page = s3pypiPage(s3pypiLink(foo1), '<a href="foo-2.0.tar.gz#sha256=short">foo</a>');
    const { plan, published } = await importAll({ ...s3pypiProject('foo', foo1), 'foo/': page });
    expect(published).toEqual([foo1.filename]);
    expect(plan.problems.map(({ code, value }) => [code, value])).toEqual([
      ['invalid-page', 'foo-2.0.tar.gz'],
    ]);
    expect(plan.problems[0]?.message).toContain('"foo/"');
  });
});

describe('Other static indexes', () => {
  it('may have their files beside their pages', async () => {
    const link = `<a href="../../packages/${foo1.filename}#sha256=${sha256(foo1.bytes)}" data-upload-time="2018-01-02T03:04:05Z" data-yanked="old">x</a>`;
    const { published, problems, records } = await importAll({
      [`packages/${foo1.filename}`]: foo1.bytes,
      [`packages/${bar1.filename}`]: bar1.bytes,
      'index.html': '<title>My private index</title>',
      'changelog/page1/index.html': '<title>Changelog</title><p>All</p><a href="/">x</a>',
      'changelog/index.html': '<title>Changelog</title><p>All</p><a href="/">x</a>',
      'pypi/foo/json': '{}',
      'packages.json': '[]',
      'simple/index.html': '<title>Simple index</title><a href="foo/">foo</a>',
      'simple/foo/index.html': `<title>Links for foo</title>${link}`,
    });
    // bar has no page: it was never taken away from one.
    expect([published, problems]).toEqual([[bar1.filename, foo1.filename], []]);
    expect(records[1]?.files[0]).toMatchObject({ uploadTime: '2018-01-02T03:04:05Z', yanked: 'old' });
  });

  it('may have their files at another place, which is told', async () => {
    const page = '<title>Links for foo</title><a href="https://files.example/foo-1.0.tar.gz">x</a>';
    const { files, problems } = await offerOf(new MemoryTree({ 'simple/foo/index.html': page }));
    expect([files, problems]).toEqual([[], ['not-found foo-1.0.tar.gz']]);
  });

  it('may have links that lead out of the tree', async () => {
    const links = [
      '../../../../etc/foo-1.0.tar.gz',
      '//evil.example/foo-1.1.tar.gz',
      '%2e%2e/foo-1.2.tar.gz',
    ];
    const page = s3pypiPage(...links.map((link) => `<a href="${link}">x</a>`));
    const { files, problems } = await offerOf(new MemoryTree({ 'foo/': page }));
    expect(files).toEqual([]);
    expect(problems).toHaveLength(3);
  });

  it('may be a repository of ours, which is imported with all that it knows', async () => {
    const old = new MemoryStore(() => new Date('2021-01-01T00:00:00.000Z'));
    const environment = testEnvironment(old);
    await publishing([await wheel('foo', '1.0'), await sdist('foo', '1.0'), await wheel('foo', '2.0')])(
      environment,
    );
    await yanking('foo', '2.0', 'broken & bad')(environment);
    await settingStatus('foo', 'archived')(environment);
    const files: Record<string, Uint8Array> = {};
    for await (const { key } of old.list('')) files[key] = (await old.get(key))?.body ?? new Uint8Array();
    for (const root of ['', 'backup/repo/']) {
      const moved = Object.entries(files).map(([key, body]) => [root + key, body] as const);
      const { records, problems } = await importAll(Object.fromEntries(moved));
      const [before] = await recordsOf(old);
      expect(problems).toEqual([]);
      expect(records[0]?.files).toEqual(before?.files);
      expect(records[0]?.status).toEqual(before?.status);
    }
  });
});

describe('A folder without pages', () => {
  it.each([
    ['flat', ''],
    ['one folder a project', 'foo/'],
    ['one folder a release', 'foo/1.0/'],
    ['by the letter', 'packages/f/Foo/'],
  ])('is taken as it is: %s', async (_, folder) => {
    const files = Object.fromEntries(
      [foo1, source1].map(({ filename, bytes }) => [folder + filename, bytes]),
    );
    const { published, problems } = await importAll({ ...files, 'README.md': 'x', 'requirements.txt': 'x' });
    expect([published, problems]).toEqual([['foo-1.0.tar.gz', foo1.filename], []]);
  });

  it('may have what has the name of no distribution, which is told', async () => {
    const { published, problems } = await importAll({
      [foo1.filename]: foo1.bytes,
      'backup.zip': 'x',
      'foo-1.0-py3.whl': 'x',
    });
    expect(published).toEqual([foo1.filename]);
    expect(problems).toEqual(['invalid-filename backup.zip', 'invalid-filename foo-1.0-py3.whl']);
  });

  it('says with its folders whose a file is that can be read in two ways', async () => {
    // foo-2-1 is foo 2.post1, or foo-2 1.
    const file = buildSdist({ name: 'foo-2', version: '1', filename: 'foo-2-1.tar.gz' });
    const folder = await importAll({ 'foo-2/foo-2-1.tar.gz': file.bytes });
    expect([folder.records[0]?.name, folder.problems]).toEqual(['foo-2', []]);
    const flat = await importAll({ 'foo-2-1.tar.gz': file.bytes });
    expect([flat.published, flat.problems]).toEqual([[], ['invalid-metadata foo-2-1.tar.gz']]);
  });

  it('may have a file twice: one of them is imported', async () => {
    const { published, problems, plan } = await importAll({
      [foo1.filename]: foo1.bytes,
      [`old/${foo1.filename}`]: foo1.bytes,
    });
    expect([published, problems]).toEqual([[foo1.filename], []]);
    expect(plan.projects[0]?.skipped).toEqual([{ filename: foo1.filename, reason: 'offered twice' }]);
  });

  it.each<[string, Files]>([
    ['nothing', {}],
    ['nothing of an index', { 'README.md': 'x', 'src/main.py': 'x' }],
  ])('must have something: %s', async (_, files) => {
    await expect(TreeSource.open(new MemoryTree(files), PACING)).rejects.toMatchObject({ code: 'not-found' });
  });
});

describe('Keys of any kind', () => {
  it('do no harm', async () => {
    const odd = ['a b', 'ü', '..', '.', '', 'a%2Fb', 'a\nb', '?', '#', 'a//b', ' foo ', '\u202e'];
    const files: Record<string, Uint8Array> = {};
    for (const [index, folder] of odd.entries()) {
      const { filename, bytes } = buildWheel({ name: 'foo', version: `1.${index}` });
      files[`${folder}/${filename}`] = bytes;
    }
    const { published, problems } = await importAll(files);
    expect([published.length, problems]).toEqual([odd.length, []]);
  });

  it('have pages whose links are read from where they lie', async () => {
    for (const folder of ['my packages', 'ü%', 'a//b', 'x?y#z']) {
      const files = Object.fromEntries(
        Object.entries(s3pypiProject('foo', foo1)).map(([path, body]) => [`${folder}/${path}`, body]),
      );
      const { files: found, problems } = await offerOf(new MemoryTree(files));
      expect([found, problems]).toEqual([[`${folder}/foo/${foo1.filename}`], []]);
    }
  });

  it('may end in what no filename can have', async () => {
    const { problems } = await importAll({ [foo1.filename]: foo1.bytes, 'fo\u00f6-1.0.tar.gz': 'x' });
    expect(problems).toEqual(['invalid-filename fo\u00f6-1.0.tar.gz']);
  });
});

describe('The repository that a tree is imported to', () => {
  it.each([
    ['in place', '', '', 'files/foo/0123456789abcdef/foo-1.0.tar.gz', 'foo/foo-1.0.tar.gz'],
    ['in it', '', 'repo/', 'repo/simple/foo/index.html', 'simple/foo/index.html'],
    ['around it', 'simple/', '', 'foo/index.json', 'foo/'],
    ['beside it', 'old/', 'new/', undefined, 'files/foo/0123456789abcdef/foo-1.0.tar.gz'],
    ['of a like name', 'old/', 'old2/', undefined, 'records/default/foo.json'],
  ])('is no part of it: %s', (_, tree, repository, its, others) => {
    const isIts = ofRepository(tree, repository);
    if (its !== undefined) expect(isIts(its)).toBe(true);
    expect(isIts(others)).toBe(false);
  });

  it('leaves projects alone that are called as its folders', () => {
    const isIts = ofRepository('', '');
    const names = ['simple/', 'simple/simple-1.0.tar.gz', 'files/', 'files/files-1.0.tar.gz', 'records/'];
    expect(names.filter(isIts)).toEqual([]);
  });
});
