import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { buildSdist } from '../support/distributions.ts';
import { expectSound, Importer } from './importing.ts';
import { expectExplanation, expectRefusal, jsonOf } from './outcomes.ts';
import { filesOnPage, projectsOnList, small, snapshotOf } from './repositories.ts';
import { pathOf, ScriptedIndex, send, type IndexFile } from './scripted-index.ts';

const FOO: readonly IndexFile[] = [
  ...small('foo', '1.0', '1.9', '1.10', '2.0rc1'),
  buildSdist({ name: 'foo', version: '1.10' }),
];

function wheelsOf(...versions: readonly string[]): string[] {
  return versions.map((version) => `foo-${version}-py3-none-any.whl`);
}

function ordinary(): Promise<ScriptedIndex> {
  return ScriptedIndex.start({ foo: FOO, bar: small('bar', '1.0'), baz: small('baz', '3') });
}

describe('What is imported of an index', () => {
  it.each<[string, readonly string[], readonly string[], readonly string[]]>([
    ['everything', ['--all'], ['bar', 'baz', 'foo'], FOO.map(({ filename }) => filename)],
    ['projects, in any spelling', ['Foo', 'BAR'], ['bar', 'foo'], FOO.map(({ filename }) => filename)],
    ['releases', ['foo==1.0', 'foo==1.10.0'], ['foo'], ['foo-1.10.tar.gz', ...wheelsOf('1.0', '1.10')]],
    ['a release and another project', ['foo==1.9', 'baz'], ['baz', 'foo'], wheelsOf('1.9')],
    [
      'the newest releases, as PEP 440 orders them',
      ['foo', '--newest', '2'],
      ['foo'],
      ['foo-1.10.tar.gz', ...wheelsOf('1.10', '2.0rc1')],
    ],
  ])('is what was asked for: %s', async (_, words, projects, files) => {
    const index = await ordinary();
    const importer = new Importer();
    expect(await importer.import([index.url, ...words])).toMatchObject({ code: 0 });
    expect(projectsOnList(importer.store)).toEqual(projects);
    expect(filesOnPage(importer.store, 'foo').toSorted()).toEqual([...files].sort());
    await expectSound(importer);
  });

  it('is shown and not fetched with --dry-run', async () => {
    const index = await ordinary();
    const importer = new Importer();
    const ending = await importer.import([index.url, 'foo', '--newest', '1', '--dry-run']);
    expect(ending).toMatchObject({ code: 0 });
    expect(ending.stdout).toMatch(/^would import {2}foo-2\.0rc1-py3-none-any\.whl {2}\(\d+ B\)\n/);
    expect(ending.stdout).toContain('Nothing was written (--dry-run).');
    expect(ending.stderr).toContain('To import: 1 file of 1 project');
    expect(ending.stderr).toContain('Left out: 4 files (not asked for)');
    expect(index.takeRequests()).toEqual(['/simple/foo/']);
    expect(snapshotOf(importer.store)).toBeUndefined();
    expect(existsSync(join(importer.home, 'state'))).toBe(false);
  });

  it('is told as JSON', async () => {
    const index = await ordinary();
    const importer = new Importer();
    const dry = jsonOf(await importer.import([index.url, 'baz', '--dry-run', '--json']));
    expect(dry).toMatchObject({ dryRun: true, plan: { projects: 1, present: 0 }, imported: [] });
    const done = jsonOf(await importer.import([index.url, 'baz', '--json']));
    const [baz] = small('baz', '3');
    expect(done).toMatchObject({
      source: `index ${index.url}`,
      dryRun: false,
      plan: { files: [{ filename: baz?.filename, size: baz?.bytes.length }], skipped: [] },
      imported: [{ project: 'baz', filename: baz?.filename, size: baz?.bytes.length, warnings: [] }],
      yanked: 0,
      requests: 2,
      problems: [],
    });
  });

  it('leaves other projects alone where one is not there', async () => {
    const index = await ordinary();
    const importer = new Importer();
    const ending = await importer.import([index.url, 'nobody', 'bar']);
    expect(ending).toMatchObject({ code: 1 });
    expectExplanation(ending, `index ${index.url} has no project "nobody"`);
    expect(projectsOnList(importer.store)).toEqual(['bar']);
  });
});

describe('What makes no sense', () => {
  it.each<[string, (url: string) => readonly string[], 1 | 2, string | RegExp]>([
    ['an index and no names', (url) => [url], 2, /pass --all/],
    ['names and --all', (url) => [url, 'foo', '--all'], 2, /contradict each other/],
    ['what is no name', (url) => [url, 'foo>=1'], 2, '"foo>=1"'],
    ['a version that is none', (url) => [url, 'foo==latest'], 2, '"foo==latest"'],
    ['no number of versions', (url) => [url, 'foo', '--newest', '0'], 2, '"0" is no number'],
    ['--resume of a dry run', (url) => [url, '--all', '--resume', '--dry-run'], 2, '--resume'],
    ['to empty another index', (url) => [url, '--all', '--remove-source'], 2, '--remove-source'],
    ['another protocol', () => ['ftp://me:s3cret@pypi.old.example/simple/'], 1, /ftp.*nor an index/],
    ['nothing', () => [''], 2, /^error: "" is neither a folder, a bucket nor an index/],
    ['a URL with a query', (url) => [`${url}?token=s3cret`, '--all'], 2, 'query'],
    ['the root of a server', (url) => [url.replace('simple/', ''), 'foo'], 1, /simple\//],
    ['the page of a project', (url) => [`${url}foo/`, 'foo'], 1, 'is the page of one project'],
  ])('is refused, and nothing is made: %s', async (_, words, code, text) => {
    const index = await ordinary();
    const importer = new Importer();
    const ending = await importer.import(words(index.url));
    expect(ending.stderr).not.toContain('s3cret');
    if (code === 2) expectRefusal(ending, 2, text);
    else expectExplanation(ending, text);
    expect(ending).toMatchObject({ code });
    expect(snapshotOf(importer.store)).toBeUndefined();
  });
});

describe('An import that was interrupted', () => {
  it('goes on with --resume, without asking for what was done', async () => {
    const index = await ordinary();
    const importer = new Importer();
    const [bad = FOO[0] as IndexFile] = small('foo', '1.0');
    index.answers.set(pathOf('foo', bad), (_, response) => send(response, 403, ''));
    expect(await importer.import([index.url, '--all'])).toMatchObject({ code: 1 });
    const [journal = ''] = readdirSync(join(importer.home, 'state/wheelstore/imports'));
    expect(journal).not.toBe('');
    index.takeRequests();
    index.answers.clear();
    expect(await importer.import([index.url, '--all', '--resume'])).toMatchObject({ code: 0 });
    expect(index.takeRequests()).toEqual(['/simple/', '/simple/foo/', pathOf('foo', bad)]);
    expect(filesOnPage(importer.store, 'foo')).toHaveLength(FOO.length);
    // Once all is done there is nothing to go on with.
    expect(readdirSync(join(importer.home, 'state/wheelstore/imports'))).toEqual([]);
    await expectSound(importer);
  });

  it('stops after Ctrl-C, and the same command completes it', async () => {
    const index = await ordinary();
    const importer = new Importer();
    const [slow = FOO[0] as IndexFile] = small('foo', '1.0');
    const asked = new Promise<void>((resolve) => {
      index.answers.set(pathOf('foo', slow), (_, response) => {
        response.writeHead(200).write(slow.bytes.subarray(0, 10));
        resolve();
      });
    });
    const running = importer.start([index.url, '--all']);
    await asked;
    running.child.kill('SIGINT');
    const ending = await running.ended;
    expect(ending).toMatchObject({ code: 130, signal: null });
    expect(ending.stderr).not.toContain('defect:');
    index.answers.clear();
    expect(await importer.import([index.url, '--all'])).toMatchObject({ code: 0 });
    expect(projectsOnList(importer.store)).toEqual(['bar', 'baz', 'foo']);
    await expectSound(importer);
  });
});
