import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { wheelstore, type Ending } from '../support/command.ts';
import { expectRefusal, jsonOf } from './outcomes.ts';
import { checkEveryLink, publishedWorkplace, small, snapshotOf } from './repositories.ts';

/** A repository in a folder, and commands on it. */
async function repository(): Promise<{
  readonly store: string;
  readonly dist: string;
  run(...words: readonly string[]): Promise<Ending>;
}> {
  const { store, dist } = await publishedWorkplace(...small('foo', '1.0', '2.0'), ...small('bar', '1.0'));
  return { store, dist, run: (...words) => wheelstore([...words, '--store', store]) };
}

/** Where the bytes of a published file are. */
function pathOf(store: string, filename: string): string {
  const found = readdirSync(join(store, 'files'), { recursive: true, encoding: 'utf8' });
  const path = found.find((entry) => entry.endsWith(filename));
  if (path === undefined) throw new Error(`${filename} is not there`);
  return join(store, 'files', path);
}

/** Takes an object away with all that the folder store keeps of it, as a copy may lose it. */
function lose(store: string, key: string): void {
  rmSync(join(store, key), { recursive: true });
  // There is nothing of an object that was written once.
  rmSync(join(store, '.wheelstore/versions', key), { recursive: true, force: true });
}

describe('verify', () => {
  it('says that everything fits together, with what it has looked at', async () => {
    const { store, run } = await repository();
    const before = snapshotOf(store);
    expect(await run('verify')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^2 projects, 3 files \(.* kB\): everything fits together\.\n$/),
      stderr: '',
    });
    expect(await run('verify', '--deep')).toMatchObject({ code: 0 });
    expect(snapshotOf(store)).toEqual(before);
  });

  it('exits with 1 as long as anything is wrong, and mends with --repair what it can', async () => {
    const { store, dist, run } = await repository();
    lose(store, 'simple/foo/index.html');
    lose(store, 'simple/index.json');
    const wheel = pathOf(store, 'foo-2.0-py3-none-any.whl');
    rmSync(wheel);
    const found = await run('verify');
    expect(found.code).toBe(1);
    expect(found.stdout.split('\n')).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^missing-file {2}files\/foo\/.*\/foo-2.0-py3-none-any.whl$/),
        'missing-page  simple/foo/index.html',
        'missing-page  simple/index.json',
        'unlisted-project  bar',
        'unlisted-project  foo',
      ]),
    );
    const repaired = await run('verify', '--repair');
    expect(repaired.code).toBe(1);
    expect(repaired.stdout).toContain('mended  missing-page  simple/foo/index.html');
    expect(repaired.stdout).toContain('upload FILE --force');
    const restored = await run('upload', join(dist, 'foo-2.0-py3-none-any.whl'), '--force');
    expect(restored).toMatchObject({ code: 0, stdout: expect.stringContaining('restored') });
    expect(existsSync(wheel)).toBe(true);
    expect(await run('verify', '--deep')).toMatchObject({ code: 0 });
    await checkEveryLink(store);
  });

  it('finds other bytes of the same size only when it reads them, and tells them as JSON', async () => {
    const { store, run } = await repository();
    const wheel = pathOf(store, 'bar-1.0-py3-none-any.whl');
    writeFileSync(wheel, Buffer.alloc(readFileSync(wheel).length));
    expect(await run('verify')).toMatchObject({ code: 0 });
    const deep = await run('verify', '--deep', '--json', '--repair');
    expect(deep.code).toBe(1);
    expect(jsonOf({ ...deep, code: 0 })).toMatchObject({
      deep: true,
      projects: 2,
      files: 3,
      findings: [{ kind: 'wrong-hash', project: 'bar', fix: expect.any(String) }],
      mended: [],
      elsewhere: {},
    });
  });

  it('shows names that would command a terminal as what they are', async () => {
    const { store, run } = await repository();
    writeFileSync(join(store, 'files/foo/\u001b[2J.whl'), 'x');
    const { code, stdout } = await run('verify');
    expect(code).toBe(1);
    expect(stdout).toContain('foreign-object  files/foo/\\u001b[2J.whl');
    expect(stdout).not.toContain('\u001b[2J');
  });

  it('is refused where there is no repository', async () => {
    const { store } = await repository();
    expectRefusal(await wheelstore(['verify', '--store', join(store, 'nowhere')]), 1, 'nowhere');
  });
});

describe('reindex', () => {
  it('rebuilds the pages', async () => {
    const { store, run } = await repository();
    const before = snapshotOf(join(store, 'simple'));
    lose(store, 'simple');
    expect(await run('reindex')).toMatchObject({ code: 0, stdout: 'pages rebuilt of 2 projects.\n' });
    expect(snapshotOf(join(store, 'simple'))).toEqual(before);
    expect(await run('verify')).toMatchObject({ code: 0 });
  });

  it('makes lost records again from the files, and says what files do not tell', async () => {
    const { store, run } = await repository();
    await run('yank', 'foo', '1.0');
    lose(store, 'records');
    const refused = await run('reindex');
    expectRefusal(refused, 1, '--from-files');
    const before = snapshotOf(store);
    const planned = await run('reindex', '--from-files', '--dry-run');
    expect(planned.stdout).toContain('would record  foo-2.0-py3-none-any.whl');
    expect(snapshotOf(store)).toEqual(before);
    const done = await run('reindex', '--from-files');
    expect(done).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('3 files recorded; pages rebuilt of 2 projects.'),
      stderr: expect.stringContaining('Yanks, deletions and statuses are in records alone'),
    });
    expect(await run('verify', '--deep')).toMatchObject({ code: 0 });
    await checkEveryLink(store);
    expect((await run('show', 'foo')).stdout).not.toContain('yanked');
    // Nothing is left to be done.
    expect(jsonOf(await run('reindex', '--from-files', '--json'))).toEqual({
      dryRun: false,
      projects: 2,
      restored: [],
      problems: [],
    });
  });

  it('exits with 1 where a file cannot be recorded, and records the others', async () => {
    const { store, run } = await repository();
    lose(store, 'records');
    const damaged = pathOf(store, 'foo-2.0-py3-none-any.whl');
    writeFileSync(damaged, 'no wheel');
    const result = await run('reindex', '--from-files');
    expect(result.code).toBe(1);
    expect(result.stderr).toContain('foo-2.0-py3-none-any.whl');
    expect(result.stderr).not.toContain('    at ');
    expect((await run('list')).stdout).toBe('bar  1.0  1 file\nfoo  1.0  1 file\n');
  });

  it('takes --dry-run only where it would have something to say', async () => {
    const { run } = await repository();
    expect(await run('reindex', '--dry-run')).toMatchObject({ code: 2 });
  });
});
