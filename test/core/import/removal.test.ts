import { describe, expect, it } from 'vitest';
import { WheelstoreError } from '../../../core/errors.ts';
import { planImport } from '../../../core/import/import-plan.ts';
import { runImport } from '../../../core/import/import.ts';
import { removeImported } from '../../../core/import/removal.ts';
import { parseSelections } from '../../../core/import/selection.ts';
import { TreeSource } from '../../../core/import/tree-source.ts';
import { fileKey } from '../../../core/keys.ts';
import { normalizeName } from '../../../core/names.ts';
import { MemoryStore } from '../../../stores/memory.ts';
import { deleting, publishing, wheel } from '../../support/commands.ts';
import { sha256 } from '../../support/bytes.ts';
import { buildWheel } from '../../support/distributions.ts';
import { testEnvironment } from '../../support/environment.ts';
import { MemorySpool, MemoryTree, s3pypiPage, s3pypiProject } from '../../support/import-sources.ts';

const foo1 = buildWheel({ name: 'foo', version: '1.0' });
const foo2 = buildWheel({ name: 'foo', version: '2.0' });
const bar1 = buildWheel({ name: 'bar', version: '1.0' });
const both = () => ({ ...s3pypiProject('foo', foo1, foo2), ...s3pypiProject('bar', bar1) });

interface Setting {
  readonly store?: MemoryStore;
  readonly words?: readonly string[];
  /** Between the import and the removal. */
  readonly meanwhile?: (store: MemoryStore) => Promise<unknown>;
}

/** Imports with `--remove-source`. */
async function moved(tree: MemoryTree, { store = new MemoryStore(), words, meanwhile }: Setting = {}) {
  const environment = testEnvironment(store);
  const spool = new MemorySpool();
  const tools = { source: await TreeSource.open(tree, environment), spool };
  const selections = words === undefined ? undefined : parseSelections(words);
  const plan = await planImport(environment, tools.source, { selections });
  const result = await runImport(environment, tools, plan);
  await meanwhile?.(store);
  const removal = await removeImported(environment, tools, plan, result);
  expect(spool.held).toBe(0);
  return removal;
}

const paths = (tree: MemoryTree): string[] => [...tree.files.keys()].sort();

describe('Removing from the source', () => {
  it('takes away files and pages of what was imported, and nothing else', async () => {
    const tree = new MemoryTree({
      ...both(),
      'index.html': s3pypiPage(),
      'docs/foo/index.html': '<p>About foo</p>',
      'foo/notes.txt': 'x',
    });
    expect(await moved(tree)).toEqual({ removed: ['bar', 'foo'], kept: [] });
    expect(paths(tree)).toEqual(['docs/foo/index.html', 'foo/notes.txt', 'index.html']);
  });

  it('takes away what an earlier import has brought', async () => {
    const store = new MemoryStore();
    const tree = new MemoryTree(both());
    await moved(new MemoryTree(both()), { store });
    expect((await moved(tree, { store })).removed).toEqual(['bar', 'foo']);
    expect(paths(tree)).toEqual([]);
  });

  it('is of the projects that were asked for', async () => {
    const tree = new MemoryTree(both());
    expect(await moved(tree, { words: ['bar'] })).toEqual({ removed: ['bar'], kept: [] });
    expect(paths(tree)).toEqual(Object.keys(s3pypiProject('foo', foo1, foo2)).sort());
  });

  it('leaves pages about something else, and projects without files, alone', async () => {
    const files = {
      'docs/index.html': '<p>Hello</p>',
      'old/': s3pypiPage(),
      'blank/index.html': '<html></html>',
    };
    const tree = new MemoryTree({ ...files, ...s3pypiProject('bar', bar1) });
    expect(await moved(tree)).toEqual({ removed: ['bar'], kept: [] });
    expect(paths(tree)).toEqual(Object.keys(files).sort());
  });

  const missing = s3pypiProject('foo', foo1, foo2);
  delete missing[`foo/${foo2.filename}`];
  it.each<[string, ReturnType<typeof s3pypiProject>, Setting]>([
    ['a file was refused', { ...both(), [`foo/${foo2.filename}`]: bar1.bytes }, {}],
    ['a file is not on the page', { ...both(), 'foo/foo-3.0.tar.gz': 'x' }, {}],
    ['a file of the page is lost', missing, {}],
    [
      'a file is an egg',
      { ...both(), 'foo/': s3pypiPage('<a href="foo-1.0.egg">x</a>'), 'foo/foo-1.0.egg': '' },
      {},
    ],
    ['only one release was asked for', both(), { words: ['foo==1.0'] }],
    [
      'a release was deleted here since',
      both(),
      { meanwhile: (store) => deleting('foo', '1.0')(testEnvironment(store)) },
    ],
    [
      'its bytes are gone here since',
      both(),
      {
        meanwhile: (store) =>
          store.remove(
            fileKey({
              project: normalizeName('foo'),
              filename: foo1.filename,
              sha256: sha256(foo1.bytes),
              generation: 1,
            }),
          ),
      },
    ],
  ])('leaves all of a project where it is as long as %s', async (_, files, setting) => {
    const tree = new MemoryTree(files);
    const before = paths(tree).filter((path) => path.startsWith('foo/'));
    expect((await moved(tree, setting)).kept).toEqual(['foo']);
    expect(paths(tree).filter((path) => path.startsWith('foo/'))).toEqual(before);
  });

  it('leaves a file that is published here with other bytes, whatever its page says', async () => {
    const store = new MemoryStore();
    await publishing([await wheel('foo', '1.0', 'other bytes')])(testEnvironment(store));
    const withoutHash = { 'foo/': s3pypiPage(`<a href="${foo1.filename}">x</a>`) };
    for (const files of [s3pypiProject('foo', foo1), { ...s3pypiProject('foo', foo1), ...withoutHash }]) {
      const tree = new MemoryTree(files);
      expect(await moved(tree, { store })).toEqual({ removed: [], kept: ['foo'] });
      expect(paths(tree)).toHaveLength(2);
    }
  });

  it('leaves what was replaced there since it was fetched', async () => {
    const tree = new MemoryTree(both());
    const meanwhile = async () => tree.files.set(`bar/${bar1.filename}`, foo1.bytes);
    expect(await moved(tree, { meanwhile })).toEqual({ removed: ['foo'], kept: ['bar'] });
    expect(tree.files.get(`bar/${bar1.filename}`)).toBe(foo1.bytes);
  });

  it('goes on where it was interrupted, at whatever step', async () => {
    const steps = Object.keys(both()).length;
    for (let at = 1; at <= steps; at++) {
      const store = new MemoryStore();
      const tree = new MemoryTree(both());
      const remove = tree.remove.bind(tree);
      let step = 0;
      tree.remove = async (path) => {
        if (++step === at) throw new WheelstoreError('store-failed', 'no');
        await remove(path);
      };
      const { failure } = await moved(tree, { store });
      expect(failure).toMatchObject({ code: 'store-failed' });
      tree.remove = remove;
      const again = await moved(tree, { store });
      expect([at, again.failure, again.kept]).toEqual([at, undefined, []]);
      expect(paths(tree)).toEqual([]);
    }
  });
});
