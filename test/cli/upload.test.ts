import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { buildSdist, buildWheel } from '../support/distributions.ts';
import { wheelstore } from '../support/command.ts';
import { expectRefusal, jsonOf } from './outcomes.ts';
import {
  checkEveryLink,
  filesOnPage,
  projectsOnList,
  publishedWorkplace,
  sha256,
  small,
  snapshotOf,
  workplace,
  writeFiles,
} from './repositories.ts';

const WHEEL = 'foo-1.0-py3-none-any.whl';

/** A wheel of the same filename with other bytes. */
const CHANGED = buildWheel({ name: 'foo', version: '1.0', files: { 'foo/new.py': 'new = True\n' } });

describe('upload', () => {
  it('publishes, and says what, and how to install it', async () => {
    const sdist = buildSdist({ name: 'foo', version: '1.0' });
    const { folder, store } = workplace(...small('foo', '1.0'), sdist, ...small('Bar.Baz', '2.0'));
    const ending = await wheelstore(['upload', 'dist', '--store', './packages'], { cwd: folder });
    expect(ending).toEqual({
      code: 0,
      signal: null,
      stderr: expect.stringMatching(/^Publishing 3 files \(.* kB\)\n$/),
      stdout: [
        'published      bar_baz-2.0-py3-none-any.whl',
        'published      foo-1.0.tar.gz',
        `published      ${WHEEL}`,
        '3 files published, 0 already there.',
        '',
        'Serve:    wheelstore serve ./packages',
        'Install:  pip install --index-url http://127.0.0.1:8080/simple/ bar-baz foo',
        '',
      ].join('\n'),
    });
    expect(projectsOnList(store)).toEqual(['bar-baz', 'foo']);
    expect(filesOnPage(store, 'foo')).toEqual(['foo-1.0.tar.gz', WHEEL]);
    expect(checkEveryLink(store)).toBe(12);
  });

  it('changes nothing when it is run again', async () => {
    const { dist, store } = await publishedWorkplace(...small('foo', '1.0', '2.0'));
    const before = snapshotOf(store);
    const ending = await wheelstore(['upload', dist, '--store', store]);
    expect(ending).toMatchObject({ code: 0, stderr: '' });
    expect(ending.stdout).toContain(`already there  ${WHEEL}\n`);
    expect(ending.stdout).toContain('0 files published, 2 already there.\n');
    expect(ending.stdout).toContain('pip install --index-url http://127.0.0.1:8080/simple/ foo\n');
    expect(snapshotOf(store)).toEqual(before);
  });

  it('publishes only what is new', async () => {
    const { dist, store } = await publishedWorkplace(...small('foo', '1.0'));
    writeFiles(dist, small('foo', '2.0'));
    const { stdout } = await wheelstore(['upload', dist, '--store', store]);
    expect(stdout).toContain('1 file published, 1 already there.\n');
    expect(filesOnPage(store, 'foo')).toEqual([WHEEL, 'foo-2.0-py3-none-any.whl']);
  });

  it('refuses other bytes under a published filename, and publishes nothing else either', async () => {
    const { dist, store } = await publishedWorkplace(...small('foo', '1.0'));
    writeFiles(dist, [CHANGED, ...small('foo', '2.0'), ...small('bar', '1.0')]);
    const before = snapshotOf(store);
    const ending = await wheelstore(['upload', dist, '--store', store]);
    expectRefusal(ending, 1, `"${WHEEL}" is already published in foo, with other bytes`, '--force');
    expect(snapshotOf(store)).toEqual(before);
  });

  it('replaces them with --force', async () => {
    const { dist, store } = await publishedWorkplace(...small('foo', '1.0'));
    writeFiles(dist, [CHANGED]);
    for (const word of ['--force', '-f']) {
      const { code, stdout } = await wheelstore(['upload', dist, word, '--store', store]);
      expect(code).toBe(0);
      expect(stdout).toContain(word === '-f' ? `already there  ${WHEEL}` : `replaced       ${WHEEL}`);
      expect(checkEveryLink(store)).toBe(4);
      const page = readFileSync(join(store, 'simple/foo/index.html'), 'utf8');
      expect(page).toContain(`#sha256=${sha256(CHANGED.bytes)}`);
    }
    const wheels = Object.keys(snapshotOf(join(store, 'files')) ?? {}).filter((key) => key.endsWith('.whl'));
    expect(wheels).toHaveLength(1);
  });

  it('refuses even the same file with --strict', async () => {
    const { dist, store } = await publishedWorkplace(...small('foo', '1.0'));
    writeFiles(dist, small('foo', '2.0'));
    const before = snapshotOf(store);
    const ending = await wheelstore(['upload', dist, '--strict', '--store', store]);
    expectRefusal(ending, 1, `"${WHEEL}" is already published in foo, with the same bytes`, '--strict');
    expect(snapshotOf(store)).toEqual(before);
    const fresh = join(dist, 'foo-2.0-py3-none-any.whl');
    expect(await wheelstore(['upload', fresh, '--strict', '--store', store])).toMatchObject({ code: 0 });
  });

  it('reports every conflict in one go', async () => {
    const { dist, store } = await publishedWorkplace(...small('foo', '1.0', '1.1'), ...small('bar', '1.0'));
    const { stderr } = await wheelstore(['upload', dist, '--strict', '--store', store]);
    expect(stderr.match(/^error: ".*" is already published in (foo|bar), /gm)).toHaveLength(3);
  });

  it('refuses two different files of one name, and takes the same file twice', async () => {
    const { folder, dist, store } = workplace(...small('foo', '1.0'));
    const [other = ''] = writeFiles(join(folder, 'other'), [CHANGED]);
    const ending = await wheelstore(['upload', dist, other, '--store', store]);
    expectRefusal(ending, 1, `"${WHEEL}" is given twice, with different bytes`);
    expect(snapshotOf(store)).toBeUndefined();

    writeFiles(join(folder, 'other'), small('foo', '1.0'));
    const { code, stdout } = await wheelstore(['upload', dist, other, '--store', store]);
    expect(code).toBe(0);
    expect(stdout).toContain('1 file published, 0 already there.');
  });

  it('takes no file of a closed project, nor a deleted filename with other bytes', async () => {
    const { dist, store } = await publishedWorkplace(...small('foo', '1.0', '2.0'));
    await wheelstore(['delete', 'foo', '1.0', '--store', store]);
    writeFiles(dist, [CHANGED]);
    const before = snapshotOf(store);
    const deleted = await wheelstore(['upload', dist, '--store', store]);
    expectRefusal(deleted, 1, `"${WHEEL}" was published in foo with other bytes, and deleted`);
    expect(snapshotOf(store)).toEqual(before);

    await wheelstore(['status', 'foo', 'archived', '--store', store]);
    writeFiles(dist, small('foo', '3.0'));
    const closed = await wheelstore(['upload', `${dist}/foo-3*`, '--store', store]);
    expectRefusal(closed, 1, 'the project foo is archived', 'wheelstore status foo active');
  });

  it('quotes the folder for a shell where that is needed', async () => {
    const { folder } = workplace(...small('foo', '1.0'));
    const { stdout } = await wheelstore(['upload', 'dist', '--store', "it's mine"], { cwd: folder });
    expect(stdout).toContain("Serve:    wheelstore serve 'it'\\''s mine'\n");
  });
});

describe('upload --dry-run', () => {
  it('writes nothing, and prints what upload then does', async () => {
    const place = workplace(...small('foo', '1.0'), ...small('bar', '1.0'));
    const words = ['upload', place.dist, '--store', place.store, '--json'];
    const dry = await wheelstore([...words, '--dry-run']);
    expect(snapshotOf(place.store)).toBeUndefined();
    const { files } = jsonOf(dry) as { files: object[] };
    expect(jsonOf(await wheelstore(words))).toEqual({ files, failures: [] });
  });

  it('foresees what is there, what is replaced, and what is refused', async () => {
    const { dist, store } = await publishedWorkplace(...small('foo', '1.0', '2.0'));
    writeFiles(dist, [CHANGED, ...small('foo', '3.0')]);
    const before = snapshotOf(store);
    const words = ['upload', dist, '--store', store, '--dry-run'];
    expectRefusal(await wheelstore(words), 1, 'with other bytes');
    const { code, stdout, stderr } = await wheelstore([...words, '--force']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.replace(/\(\d+ B\)/g, '(size)').split('\n')).toEqual([
      `would replace  ${WHEEL}  (size)`,
      'already there  foo-2.0-py3-none-any.whl  (size)',
      'would publish  foo-3.0-py3-none-any.whl  (size)',
      'Nothing was written (--dry-run).',
      '',
    ]);
    expect(snapshotOf(store)).toEqual(before);
  });
});

describe('upload --json', () => {
  it('prints nothing but JSON, with everything about each file', async () => {
    const [wheel] = small('foo', '1.0');
    const { dist, store } = workplace(...small('foo', '1.0'));
    const ending = await wheelstore(['upload', dist, '--json', '--store', store]);
    const hash = sha256(wheel?.bytes ?? new Uint8Array());
    expect(jsonOf(ending)).toEqual({
      files: [
        {
          filename: WHEEL,
          project: 'foo',
          version: '1.0',
          action: 'publish',
          sha256: hash,
          size: wheel?.bytes.length,
          key: `files/foo/${hash.slice(0, 16)}/${WHEEL}`,
          warnings: [],
        },
      ],
      failures: [],
    });
    const again = jsonOf(await wheelstore(['upload', dist, '--json', '--store', store]));
    expect(again).toMatchObject({ files: [{ filename: WHEEL, action: 'unchanged' }] });
  });

  it('has the warnings, which also are on stderr', async () => {
    const { dist, store } = workplace(buildSdist({ name: 'foo', version: '1.0', format: 'zip' }));
    const ending = await wheelstore(['upload', dist, '--json', '--store', store]);
    expect(ending.code).toBe(0);
    expect(ending.stderr).toContain('warning: foo-1.0.zip: ');
    const warning = expect.stringContaining('foo-1.0.tar.gz');
    expect(jsonOf(ending)).toMatchObject({ files: [{ warnings: [warning] }] });
  });

  it('leaves stdout empty where nothing was published', async () => {
    const { dist, store } = workplace({ filename: WHEEL, bytes: new Uint8Array(9) });
    expectRefusal(await wheelstore(['upload', dist, '--json', '--store', store]), 1, WHEEL);
  });
});

describe('The files to upload', () => {
  /** A tree of files, some of which are no distributions. */
  function tree() {
    const place = workplace(...small('foo', '1.0', '2.0'), buildSdist({ name: 'foo', version: '1.0' }));
    writeFileSync(join(place.dist, 'README.txt'), 'not a distribution');
    writeFiles(join(place.dist, 'more'), small('bar', '1.0'));
    writeFiles(join(place.folder, 'a [b] {c} (d)'), small('baz', '1.0'));
    return place;
  }

  const [ONE, TWO, SDIST] = [WHEEL, 'foo-2.0-py3-none-any.whl', 'foo-1.0.tar.gz'];
  const BAR = 'bar-1.0-py3-none-any.whl';
  const BAZ = 'baz-1.0-py3-none-any.whl';

  it.each<[title: string, inputs: string[], expected: string[]]>([
    ['a file', [`dist/${ONE}`], [ONE]],
    ['a file by its absolute path', [`{folder}/dist/${ONE}`], [ONE]],
    ['a folder, without what is no distribution and without its folders', ['dist'], [ONE, SDIST, TWO]],
    ['a folder with a slash', ['./dist/'], [ONE, SDIST, TWO]],
    ['a pattern that no shell has expanded', ['dist/*.whl'], [ONE, TWO]],
    ['an absolute pattern', ['{folder}/dist/*.whl'], [ONE, TWO]],
    ['a pattern that leaves the current folder', ['dist/more/../../dist/*.gz'], [SDIST]],
    ['a pattern across folders', ['**/bar-*.whl'], [BAR]],
    ['a pattern with alternatives', ['dist/foo-{1,2}.0-*.whl'], [ONE, TWO]],
    ['a pattern with a set', ['dist/foo-[12].0-*'], [ONE, TWO]],
    ['several, each file once', ['dist/*.whl', `dist/${ONE}`, 'dist', `./dist/${TWO}`], [ONE, SDIST, TWO]],
    ['a folder whose name looks like a pattern', ['a [b] {c} (d)'], [BAZ]],
    ['a file below such a folder', [`a [b] {c} (d)/${BAZ}`], [BAZ]],
  ])('can be %s', async (_, inputs, expected) => {
    const { folder, store } = tree();
    const words = inputs.map((input) => input.replace('{folder}', folder));
    const ending = await wheelstore(['upload', ...words, '--json', '--dry-run'], { cwd: folder });
    expect(ending).toMatchObject({ code: 0, stderr: '' });
    const { files } = jsonOf(ending) as { files: { filename: string }[] };
    expect(files.map(({ filename }) => filename).sort()).toEqual([...expected].sort());
    expect(snapshotOf(store)).toBeUndefined();
  });

  it.each(['dist (1)/*.whl', '{folder}/dist (1)/*.whl', '{folder}/dist (1)/**'])(
    'can be a pattern in a folder with parentheses, as Windows has: %s',
    async (pattern) => {
      const { folder, dist } = workplace(...small('foo', '1.0'));
      renameSync(dist, join(folder, 'dist (1)'));
      const word = pattern.replace('{folder}', folder);
      const ending = await wheelstore(['upload', word, '--dry-run'], { cwd: folder });
      expect(ending.stderr).toBe('');
      expect(ending.stdout).toContain(WHEEL);
    },
  );

  it('are each looked at where a pattern takes in something else', async () => {
    const { folder } = tree();
    const ending = await wheelstore(['upload', 'dist/*'], { cwd: folder });
    expectRefusal(ending, 1, '"README.txt" is neither a wheel (.whl) nor an sdist', 'python -m build');
  });
});
