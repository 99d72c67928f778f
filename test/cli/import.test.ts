import { chmodSync, existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { DirectoryStore } from '../../stores/directory.ts';
import { startWheelstore, wheelstore } from '../support/command.ts';
import { buildSdist, buildWheel, type BuiltFile } from '../support/distributions.ts';
import { s3pypiProject } from '../support/import-sources.ts';
import { inconsistencies } from '../support/repository-check.ts';
import { faultAt, someSteps, stepsIn } from './faults.ts';
import { expectExplanation, expectRefusal, jsonOf } from './outcomes.ts';
import { expectWhole, flat, nested, Place } from './import-places.ts';
import { checkEveryLink, filesOnPage, projectsOnList, small, snapshotOf } from './repositories.ts';

const [foo1, foo2] = small('foo', '1.0', '2.0');
const [bar1] = small('bar', '1.0');
const FILES = [foo1, foo2, bar1] as readonly BuiltFile[];
const SOURCE1 = buildSdist({ name: 'foo', version: '1.0' });

const WHOLE = {
  bar: ['bar-1.0-py3-none-any.whl'],
  foo: ['foo-1.0-py3-none-any.whl', 'foo-2.0-py3-none-any.whl'],
};

describe('wheelstore import FOLDER', () => {
  it.each([
    ['flat', flat(...FILES)],
    ['one folder a project', nested(...FILES)],
    [
      'with pages',
      { ...s3pypiProject('foo', ...small('foo', '1.0', '2.0')), ...nested(...small('bar', '1.0')) },
    ],
  ])('publishes what is there, and only what is new the next time: %s', async (_, files) => {
    const place = new Place(files);
    const first = await place.run('old');
    expect(first).toMatchObject({ code: 0 });
    expect(first.stderr).toContain('To import: 3 files of 2 projects');
    expect(first.stdout).toMatch(
      /^3 files of 2 projects imported \(.*\) in [\d.]+ s; 0 already there, 0 problems\.$/m,
    );
    await expectWhole(place.store, WHOLE);
    expect(place.journals()).toEqual([]);
    const before = snapshotOf(place.store);
    const second = await place.run('old', '--to', 'packages');
    expect(second.stdout).toContain('0 files of 0 projects imported');
    expect(snapshotOf(place.store)).toEqual(before);
    place.put(flat(...small('baz', '1.0')));
    expect((await place.run('./old')).stdout).toContain('1 file of 1 project imported');
    expect(projectsOnList(place.store)).toEqual(['bar', 'baz', 'foo']);
  });

  it('works in place, again and again', async () => {
    const place = new Place(flat(...FILES));
    for (const words of [
      ['old', '--to', 'old'],
      ['./old/', '--to', place.source],
    ]) {
      const { code, stdout } = await place.run(...words, '--json');
      expect([code, jsonOf({ code, signal: null, stderr: '', stdout })]).toMatchObject([0, { problems: [] }]);
    }
    await expectWhole(place.source, WHOLE);
    place.put(flat(SOURCE1));
    expect((await place.run('old', '--to', 'old')).stdout).toContain('1 file of 1 project imported');
    const { code } = await place.run('old', '--to', 'old', '--remove-source');
    expect([code, place.sources().filter((path) => !path.includes('/'))]).toEqual([0, []]);
    await expectWhole(place.source, { ...WHOLE, foo: [SOURCE1.filename, ...WHOLE.foo] });
  });

  it('never takes a repository in the source for the source', async () => {
    const place = new Place(flat(...FILES));
    const store = join(place.source, 'repo');
    symlinkSync(store, join(place.folder, 'link'));
    expect(await place.run('old', '--to', 'old/repo')).toMatchObject({ code: 0 });
    place.put(flat(SOURCE1));
    const { stdout } = await place.run('old', '--to', 'link', '--remove-source');
    expect(stdout).toContain('1 file of 1 project imported');
    expect(stdout).toContain('2 projects removed from the source.');
    expect(readdirSync(place.source)).toEqual(['repo']);
    await expectWhole(store, { ...WHOLE, foo: [SOURCE1.filename, ...WHOLE.foo] });
  });

  it('writes nothing with --dry-run, and says what it would do', async () => {
    const place = new Place({ ...flat(...FILES), ...s3pypiProject('foo', ...small('foo', '1.0')) });
    const { code, stdout, stderr } = await place.run('old', '--dry-run');
    expect(code).toBe(0);
    expect(stdout).toContain('would import  bar-1.0-py3-none-any.whl');
    expect(stdout).toContain('left out      foo-2.0-py3-none-any.whl  (not on the page of their project)');
    expect(stdout).toContain('Nothing was written (--dry-run).');
    expect(stderr).toContain('To import: 2 files of 2 projects');
    expect([existsSync(place.store), existsSync(place.state)]).toEqual([false, false]);
  });

  it('prints what it did as JSON, and all else elsewhere', async () => {
    const place = new Place({ ...flat(...FILES), 'backup.zip': 'x', 'foo-3.0-py3-none-any.whl': 'no wheel' });
    const ending = await place.run('old', '--json');
    expect(ending.code).toBe(1);
    expect(jsonOf(ending)).toMatchObject({
      source: 'folder old',
      dryRun: false,
      plan: { projects: 2, present: 0, skipped: [] },
      imported: [
        { project: 'bar', filename: bar1?.filename, size: bar1?.bytes.length },
        { project: 'foo', filename: foo1?.filename },
        { project: 'foo', filename: foo2?.filename },
      ],
      problems: [{ code: 'invalid-filename', value: 'backup.zip' }, { code: 'invalid-archive' }],
    });
    expectExplanation(ending, 'foo-3.0-py3-none-any.whl', 'backup.zip');
    await expectWhole(place.store, WHOLE);
  });

  it('takes what is named, and the newest', async () => {
    const place = new Place(flat(...FILES, ...small('foo', '0.9')));
    expect((await place.run('old', 'FOO', '--newest', '2')).stdout).toContain('2 files of 1 project');
    expect(filesOnPage(place.store, 'foo')).toEqual(WHOLE.foo);
    expect((await place.run('old', 'foo==0.9')).stdout).toContain('1 file of 1 project');
    expectExplanation(
      await place.run('old', 'foo==7', 'nope'),
      'has no release "7" of foo',
      'no project "nope"',
    );
  });

  it('says by which flag its target was named', async () => {
    const place = new Place(flat(...FILES));
    const { stderr } = await place.run('old', '--to', 'first', '-v', '--dry-run');
    expect(stderr).toContain('store: first (flag --to)');
  });

  it('has exit code 1 and says why where a folder cannot be read', async () => {
    const place = new Place(nested(...FILES));
    expectRefusal(await place.run('none'), 1, 'There is no folder "none"');
    expectRefusal(await place.run(join('old', 'foo', foo1?.filename ?? '')), 1, 'This is no folder:');
    mkdirSync(join(place.source, 'empty'));
    expectRefusal(await place.run('old/empty'), 1, 'There are no distributions in');
    if (process.getuid?.() === 0) return;
    chmodSync(join(place.source, 'foo'), 0o000);
    expectRefusal(await place.run('old'), 1, 'No permission to read');
    chmodSync(join(place.source, 'foo'), 0o700);
  });

  it.each([
    [['old', 'foo', '--all']],
    [['old', 'foo==']],
    [['old', '==1.0']],
    [['old', '--newest', '0']],
    [['old', '--to', 'a', '--store', 'b']],
    [['old', '--dry-run', '--remove-source']],
    [['old', '--dry-run', '--resume']],
    [['old', '--resume', '--remove-source']],
    [['https://pypi.old.example/simple/']],
    [['https://pypi.old.example/simple/', 'foo', '--remove-source']],
    [['old', '--s3-endpoint-url', 'http://127.0.0.1:9']],
    [['']],
  ])('is refused as misuse: %j', async (words) => {
    const place = new Place(flat(...FILES));
    expectRefusal(await place.run(...words), 2);
    expect([existsSync(place.store), place.sources().length]).toEqual([false, 3]);
  });
});

describe('wheelstore import --remove-source', () => {
  it('removes what is safely here, and names what it has left', async () => {
    const place = new Place(nested(...FILES));
    place.put({ 'foo/foo-3.0.tar.gz': 'damaged', 'README.md': 'x' });
    const ending = await place.run('old', '--remove-source');
    expect(ending.code).toBe(1);
    expect(ending.stdout).toContain('1 project removed from the source.');
    expect(ending.stderr).toContain('Left there, because not everything of it is here: foo');
    expect(place.sources()).toEqual([
      'README.md',
      'foo/foo-1.0-py3-none-any.whl',
      'foo/foo-2.0-py3-none-any.whl',
      'foo/foo-3.0.tar.gz',
    ]);
    await expectWhole(place.store, WHOLE);
  });

  it('says what it did where it cannot remove, and goes on the next time', async () => {
    const place = new Place(nested(...FILES));
    mkdirSync(join(place.folder, 'other'));
    for (const [path, bytes] of Object.entries(flat(...small('qux', '1.0')))) {
      writeFileSync(join(place.folder, 'other', path), bytes);
    }
    symlinkSync(join(place.folder, 'other'), join(place.source, 'link'));
    const ending = await place.run('old', '--remove-source', '--json');
    expect(ending.code).toBe(1);
    expect(jsonOf(ending)).toMatchObject({
      problems: [],
      removedFromSource: ['bar', 'foo'],
      failure: { code: 'unwritable' },
    });
    expectExplanation(ending, 'is behind a symbolic link');
    expect(readdirSync(join(place.folder, 'other'))).toEqual(['qux-1.0-py3-none-any.whl']);
  });
});

describe('A repository as a source', () => {
  it('is imported whole, and nothing is ever removed from it', async () => {
    const place = new Place(flat(...FILES));
    expect((await place.run('old', '--to', 'first')).code).toBe(0);
    const before = snapshotOf(join(place.folder, 'first'));
    const ending = await place.run('first', '--remove-source');
    expect(ending.code).toBe(1);
    expectExplanation(ending, 'Nothing is removed from folder first: it is a repository');
    expect(snapshotOf(join(place.folder, 'first'))).toEqual(before);
    await expectWhole(place.store, WHOLE);
  });
});

describe('wheelstore import that is stopped', () => {
  const MANY = small('foo', ...Array.from({ length: 6 }, (_, index) => `${index}.0`));
  const ALL = { bar: WHOLE.bar, foo: MANY.map(({ filename }) => filename) };

  it.each(['SIGKILL', 'SIGINT'] as const)(
    'by %s anywhere is completed by the same command',
    async (fault) => {
      const words = ['import', 'old', '--jobs', '1'];
      const whole = new Place(flat(...MANY, ...small('bar', '1.0')));
      const counted = await wheelstore(words, whole.options(faultAt(0, fault)));
      expect(counted.code).toBe(0);
      for (const step of someSteps(stepsIn(counted.stderr), 7)) {
        const place = new Place(flat(...MANY, ...small('bar', '1.0')));
        const stopped = await wheelstore(words, place.options(faultAt(step, fault)));
        if (fault === 'SIGINT' && stopped.code !== 0) {
          expect(stopped.code).toBe(130);
          expect(stopped.stderr).toContain('Run the same command again');
          expect(readdirSync(place.spools)).toEqual([]);
        }
        if (existsSync(place.store)) checkEveryLink(place.store);
        const again = await wheelstore([...words, ...(step % 2 === 0 ? ['--resume'] : [])], place.options());
        expect({ step, ...again }).toMatchObject({ step, code: 0 });
        await expectWhole(place.store, ALL);
        expect(place.journals()).toEqual([]);
      }
    },
  );

  it('goes on with --resume without looking at what was done', async () => {
    // More than one batch.
    const projects = Array.from({ length: 140 }, (_, index) => `p${String(index).padStart(3, '0')}`);
    const place = new Place(flat(...projects.flatMap((name) => small(name, '1.0'))));
    const running = startWheelstore(['import', 'old'], place.options());
    let isOver = false;
    void running.ended.then(() => (isOver = true));
    const isNoted = (): boolean =>
      place
        .journals()
        .some((name) => (snapshotOf(join(place.state, 'wheelstore/imports'))?.[name] ?? EMPTY) !== EMPTY);
    while (!isOver && !isNoted()) await nextTurn();
    running.child.kill('SIGKILL');
    await running.ended;
    expect(place.journals()).toHaveLength(1);
    // Another import, from another folder of the same name, knows nothing of it.
    const other = new Place(flat(...FILES));
    const elsewhere = await wheelstore(['import', 'old', '--resume', '--json'], {
      ...other.options(),
      env: { XDG_STATE_HOME: place.state },
    });
    expect(jsonOf(elsewhere)).toMatchObject({ plan: { projects: 2 } });
    const ending = await wheelstore(['import', 'old', '--resume', '--json'], place.options());
    const { plan } = jsonOf(ending) as { plan: { projects: number; present: number } };
    expect([ending.code, plan.projects < 140]).toEqual([0, true]);
    expect(projectsOnList(place.store)).toEqual(projects);
    expect(await inconsistencies(new DirectoryStore(place.store))).toEqual([]);
    expect(place.journals()).toEqual([]);
  });

  it('can be resumed where it never began', async () => {
    const place = new Place(flat(...FILES));
    expect(await place.run('old', '--resume')).toMatchObject({ code: 0 });
    await expectWhole(place.store, WHOLE);
  });

  it('needs no place for what it remembers', async () => {
    const place = new Place(flat(...FILES));
    writeFileSync(place.state, 'a file');
    const { code, stderr } = await place.run('old');
    expect([code, stderr]).toEqual([0, expect.stringContaining('--resume will not know what was done')]);
    await expectWhole(place.store, WHOLE);
  });

  it('leaves nothing behind at the second Ctrl-C', async () => {
    const place = new Place(flat(...FILES, buildWheel({ name: 'qux', version: '1.0' })));
    const running = startWheelstore(['import', 'old'], place.options(['--import', INTERRUPT_TWICE]));
    expect(await running.ended).toMatchObject({ code: 130 });
    expect(readdirSync(place.spools)).toEqual([]);
    expect(await place.run('old')).toMatchObject({ code: 0 });
  });
});

/** The hash of an empty file. */
const EMPTY = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

/** Sends SIGINT when the first file is spooled, and again when that was heard. */
const INTERRUPT_TWICE = `data:text/javascript,${encodeURIComponent(`
  import fs from 'node:fs/promises';
  import process from 'node:process';
  import { syncBuiltinESMExports } from 'node:module';
  const open = fs.open;
  fs.open = async (...words) => {
    const file = await open(...words);
    if (String(words[0]).includes('wheelstore-import-')) {
      process.kill(process.pid, 'SIGINT');
      setTimeout(() => process.kill(process.pid, 'SIGINT'), 400);
      await new Promise((resolve) => setTimeout(resolve, 5000));
    }
    return file;
  };
  syncBuiltinESMExports();
`)}`;
