import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DirectoryStore } from '../../stores/directory.ts';
import { buildWheel } from '../support/distributions.ts';
import { wheelstore, type Ending } from '../support/command.ts';
import { inconsistencies } from '../support/repository-check.ts';
import { jsonOf } from './outcomes.ts';
import {
  checkEveryLink,
  filesOnPage,
  linksOf,
  projectsOnList,
  publishedWorkplace,
  small,
  workplace,
  writeFiles,
} from './repositories.ts';

/** Runs all of these at the same time; each must succeed. */
async function together(store: string, ...commands: readonly (readonly string[])[]): Promise<Ending[]> {
  const endings = await Promise.all(commands.map((words) => wheelstore([...words, '--store', store])));
  for (const ending of endings) {
    expect(ending).toMatchObject({ code: 0, signal: null });
    expect(ending.stderr).not.toMatch(/error|defect/);
  }
  return endings;
}

/** What every command has come to: pages, project list and bytes agree. */
async function expectConsistent(store: string): Promise<void> {
  // What a static web server sees comes first: to read through the store mends.
  expect(checkEveryLink(store)).toBeGreaterThan(0);
  expect(await inconsistencies(new DirectoryStore(store))).toEqual([]);
}

const EIGHT = ['1.0', '1.1', '1.2', '1.3', '1.4', '1.5', '1.6', '1.7'];

describe('Commands at the same time', () => {
  it('lose nothing: 8 uploads to one project in a new folder', async () => {
    const { dist, store } = workplace(...small('foo', ...EIGHT));
    await together(store, ...EIGHT.map((version) => ['upload', `${dist}/foo-${version}-*`]));
    const names = EIGHT.map((version) => `foo-${version}-py3-none-any.whl`);
    expect(filesOnPage(store, 'foo')).toEqual(names);
    const record = JSON.parse(readFileSync(join(store, 'records/default/foo.json'), 'utf8')) as {
      files: { filename: string }[];
    };
    expect(record.files.map(({ filename }) => filename)).toEqual(names);
    expect(projectsOnList(store)).toEqual(['foo']);
    await expectConsistent(store);
  });

  it('lose nothing: 8 uploads of several projects each', async () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    const { dist, store } = workplace(...names.flatMap((name) => small(name, ...EIGHT)));
    // Each has a release of every project; one project is new to everyone.
    await together(store, ...EIGHT.map((version) => ['upload', `${dist}/*-${version}-*`]));
    expect(projectsOnList(store)).toEqual(names);
    for (const name of names) expect(filesOnPage(store, name)).toHaveLength(EIGHT.length);
    await expectConsistent(store);
  });

  it('agree: 4 uploads of the very same file', async () => {
    const { dist, store } = workplace(...small('foo', '1.0'));
    const words = ['upload', dist, '--json'];
    const endings = await together(store, words, words, words, words);
    for (const ending of endings) expect(jsonOf(ending)).toMatchObject({ files: [{ project: 'foo' }] });
    expect(filesOnPage(store, 'foo')).toHaveLength(1);
    await expectConsistent(store);
  });

  it('let exactly one of two different files of one name win', async () => {
    const files = { 'foo/other.py': 'x = 1\n' };
    const { folder, store } = workplace();
    const [one, other] = [join(folder, 'one'), join(folder, 'other')];
    writeFiles(one, small('foo', '1.0'));
    writeFiles(other, [buildWheel({ name: 'foo', version: '1.0', files })]);
    const endings = await Promise.all(
      [one, other].map((dist) => wheelstore(['upload', dist, '--store', store])),
    );
    expect(endings.map(({ code }) => code).sort()).toEqual([0, 1]);
    const loser = endings.find(({ code }) => code === 1);
    expect(loser?.stderr).toContain('is already published in foo, with other bytes');
    expect(filesOnPage(store, 'foo')).toHaveLength(1);
    expect(checkEveryLink(store)).toBe(4);
  });

  it('lose nothing: uploads, yanks, deletions and a status of one project', async () => {
    const old = ['0.1', '0.2', '0.3', '0.4'];
    const { dist, store } = await publishedWorkplace(...small('foo', ...old));
    writeFiles(dist, small('foo', ...EIGHT.slice(0, 4)));
    await together(
      store,
      ...EIGHT.slice(0, 4).map((version) => ['upload', `${dist}/foo-${version}-*`]),
      ['yank', 'foo', '0.1', '--reason', 'broken'],
      ['yank', 'foo', '0.2'],
      ['delete', 'foo', '0.3'],
      ['delete', 'foo', '0.4'],
      ['status', 'foo', 'deprecated'],
    );
    const html = readFileSync(join(store, 'simple/foo/index.html'), 'utf8');
    const yanks = linksOf(html).map(({ text, attributes }) => `${text} ${attributes.get('data-yanked')}`);
    expect(yanks).toEqual([
      'foo-0.1-py3-none-any.whl broken',
      'foo-0.2-py3-none-any.whl ',
      ...EIGHT.slice(0, 4).map((version) => `foo-${version}-py3-none-any.whl undefined`),
    ]);
    expect(html).toContain('<meta name="pypi:project-status" content="deprecated">');
    await expectConsistent(store);
  });

  it('come to an end that one order explains: an upload and a deletion of the same release', async () => {
    const { dist, store } = await publishedWorkplace(...small('foo', '1.0', '2.0'));
    const one = `${dist}/foo-1.0-*`;
    await together(store, ['upload', one], ['delete', 'foo', '1.0'], ['upload', one], ['yank', 'foo', '2.0']);
    expect([1, 2]).toContain(filesOnPage(store, 'foo').length);
    await expectConsistent(store);
  });
});
