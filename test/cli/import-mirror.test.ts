import { describe, expect, it } from 'vitest';
import { buildWheel } from '../support/distributions.ts';
import type { BuiltFile } from '../support/distributions.ts';
import { expectSound, Importer } from './importing.ts';
import { jsonOf } from './outcomes.ts';
import { filesOnPage, linksOf, projectsOnList, small, writeFiles } from './repositories.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { pathOf, ScriptedIndex, type IndexFile } from './scripted-index.ts';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const [ONE, TWO, THREE] = small('foo', '1.0', '2.0', '3.0') as [BuiltFile, BuiltFile, BuiltFile];

/** A mirror that is up to date with an index. */
async function mirrored(files: readonly IndexFile[] = [ONE, TWO]) {
  const index = await ScriptedIndex.start({ foo: files, bar: small('bar', '1.0') });
  const importer = new Importer();
  const words = [index.url, '--all'];
  expect(await importer.import(words)).toMatchObject({ code: 0 });
  index.takeRequests();
  const change = (...now: readonly IndexFile[]): void => void index.projects.set('foo', { files: [...now] });
  /** Runs it again; gives what it has fetched, and what it reports. */
  const again = async (code = 0) => {
    const ending = await importer.import([...words, '--json']);
    expect(ending).toMatchObject({ code });
    const fetched = index.takeRequests().filter((path) => path.startsWith('/files/'));
    await expectSound(importer);
    return { fetched, report: jsonOf(ending) as Record<string, unknown> };
  };
  return { index, importer, change, again };
}

/** What the page here says of yanks, by filename. */
function yanksIn(importer: Importer): Record<string, string | undefined> {
  const html = readFileSync(join(importer.store, 'simple/foo/index.html'), 'utf8');
  const links = linksOf(html).map(({ text, attributes }) => [text, attributes.get('data-yanked')] as const);
  return Object.fromEntries(links.filter(([, reason]) => reason !== undefined));
}

describe('An import that runs again', () => {
  it('fetches nothing where nothing is new, and changes nothing', async () => {
    const { importer, again } = await mirrored();
    const record = importer.record('foo');
    expect(await again()).toMatchObject({ fetched: [], report: { imported: [], plan: { present: 3 } } });
    expect(importer.record('foo')).toBe(record);
  });

  it('fetches a new release, and no other file again', async () => {
    const { importer, change, again } = await mirrored();
    change(ONE, TWO, THREE);
    expect(await again()).toMatchObject({ fetched: [pathOf('foo', THREE)] });
    expect(filesOnPage(importer.store, 'foo')).toEqual([ONE, TWO, THREE].map(({ filename }) => filename));
  });

  it('yanks what was yanked there, and keeps what is yanked here', async () => {
    const { importer, change, again } = await mirrored();
    expect(await importer.run('yank', 'foo', '2.0', '--reason', 'ours')).toMatchObject({ code: 0 });
    const theirs = (file: IndexFile): IndexFile => ({ ...file, claims: { yanked: 'theirs & "broken"' } });
    change(theirs(ONE), theirs(TWO));
    expect(await again()).toMatchObject({ fetched: [], report: { yanked: 1 } });
    expect(yanksIn(importer)).toEqual({ [ONE.filename]: 'theirs & "broken"', [TWO.filename]: 'ours' });
    // Taken back there, it stays yanked here: only people here know whether they rely on it.
    change(ONE, TWO);
    expect(await again()).toMatchObject({ report: { yanked: 0 } });
    expect(yanksIn(importer)).toEqual({ [ONE.filename]: 'theirs & "broken"', [TWO.filename]: 'ours' });
  });

  it('keeps what was deleted there', async () => {
    const { index, importer, change, again } = await mirrored();
    change(TWO);
    index.projects.delete('bar');
    expect(await again()).toMatchObject({ fetched: [], report: { problems: [] } });
    expect(filesOnPage(importer.store, 'foo')).toEqual([ONE.filename, TWO.filename]);
    expect(projectsOnList(importer.store)).toEqual(['bar', 'foo']);
  });

  it('does not bring back what was deleted here', async () => {
    const { importer, again } = await mirrored();
    expect(await importer.run('delete', 'foo', '1.0')).toMatchObject({ code: 0 });
    const skipped = [{ filename: ONE.filename, reason: 'deleted here' }];
    expect(await again()).toMatchObject({ fetched: [], report: { plan: { skipped } } });
    expect(filesOnPage(importer.store, 'foo')).toEqual([TWO.filename]);
  });

  it('names a file that has other bytes there now, and keeps its own', async () => {
    const { importer, change, again } = await mirrored();
    change({ ...buildWheel({ name: 'foo', version: '1.0', files: { 'foo/evil.py': '' } }) }, TWO, THREE);
    const problems = [{ code: 'file-exists', value: ONE.filename }];
    expect(await again(1)).toMatchObject({ fetched: [pathOf('foo', THREE)], report: { problems } });
    expect(filesOnPage(importer.store, 'foo')).toContain(THREE.filename);
  });

  it('follows a status that lets less happen, and no other', async () => {
    const { index, importer, change, again } = await mirrored();
    const project = index.projects.get('foo');
    const status = async (): Promise<string | undefined> =>
      /^foo: (\w+)/.exec((await importer.run('status', 'foo')).stdout)?.[1];
    change(ONE, TWO, THREE);
    for (const [there, here] of [
      ['deprecated', 'deprecated'],
      ['archived', 'archived'],
      ['active', 'archived'],
      ['quarantined', 'quarantined'],
      ['active', 'quarantined'],
    ] as const) {
      const files = there === 'quarantined' ? [] : (index.projects.get('foo')?.files ?? []);
      index.projects.set('foo', { files, status: { status: there, reason: 'said there' } });
      await again();
      expect({ there, here: await status() }).toEqual({ there, here });
      if (there === 'quarantined') index.projects.set('foo', { files: project?.files ?? [] });
    }
    expect(projectsOnList(importer.store)).toEqual(['bar']);
  });
});

describe('Mirrors and publishers at the same time', () => {
  const versions = Array.from({ length: 12 }, (_, number) => `${number}.0`);

  it('lose nothing of each other', async () => {
    const files = small('foo', ...versions);
    const [one, two] = await Promise.all([
      ScriptedIndex.start({ foo: files, bar: small('bar', '1.0') }),
      ScriptedIndex.start({ foo: files.toReversed(), baz: small('baz', '1.0') }),
    ]);
    const importer = new Importer();
    const [own = ''] = writeFiles(temporaryFolder(), small('foo', '99.0'));
    const endings = await Promise.all([
      importer.import([one.url, '--all', '--jobs', '2']),
      importer.import([two.url, '--all', '--jobs', '2']),
      importer.run('upload', own),
      importer.run('upload', ...writeFiles(temporaryFolder(), small('own', '1.0'))),
    ]);
    expect(endings.map(({ code }) => code)).toEqual([0, 0, 0, 0]);
    expect(projectsOnList(importer.store)).toEqual(['bar', 'baz', 'foo', 'own']);
    expect(filesOnPage(importer.store, 'foo')).toHaveLength(versions.length + 1);
    await expectSound(importer);
  });

  it('complete each other after Ctrl-C', async () => {
    const files = small('foo', ...versions);
    const index = await ScriptedIndex.start({ foo: files, bar: small('bar', '1.0') });
    const importer = new Importer();
    const [last] = files.slice(-1);
    const held = new Promise<void>((resolve) => {
      index.answers.set(pathOf('foo', last as BuiltFile), () => resolve());
    });
    const stopped = importer.start([index.url, '--all', '--jobs', '2']);
    await held;
    stopped.child.kill('SIGINT');
    index.answers.clear();
    const [ending, other] = await Promise.all([stopped.ended, importer.import([index.url, '--all'])]);
    expect([ending.code, other.code]).toEqual([130, 0]);
    expect(filesOnPage(importer.store, 'foo')).toHaveLength(versions.length);
    await expectSound(importer);
  });
});
