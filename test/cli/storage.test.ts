import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { DirectoryStore } from '../../stores/directory.ts';
import type { BuiltFile } from '../support/distributions.ts';
import { COMMAND, runProcess, wheelstore } from '../support/command.ts';
import { inconsistencies } from '../support/repository-check.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { ANOTHER_USER_NEEDS, canBeAnotherUser } from './other-user.ts';
import { expectExplanation, expectRefusal } from './outcomes.ts';
import {
  checkEveryLink,
  filesOnPage,
  projectsOnList,
  publishedWorkplace,
  small,
  snapshotOf,
  workplace,
  writeFiles,
  type Workplace,
} from './repositories.ts';
import { largeWheel } from './large-wheel.ts';

/** Mounts a small file system of its own at `folder`; `false` where that is not allowed. */
function mountSmall(folder: string, options: string): boolean {
  return spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder]).status === 0;
}

function canMount(): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false;
  const folder = temporaryFolder(afterAll);
  if (!mountSmall(folder, 'size=64k')) return false;
  execFileSync('umount', [folder]);
  return true;
}

/** A workplace whose repository is on a small disk. */
function onSmallDisk(options: string, ...files: readonly BuiltFile[]): Workplace {
  const place = workplace(...files);
  mkdirSync(place.store);
  expect(mountSmall(place.store, options)).toBe(true);
  onTestFinished(() => {
    execFileSync('umount', [place.store]);
  });
  return place;
}

describe.skipIf(!canMount())('A disk that is full (needs root and tmpfs)', () => {
  it('is named, and once there is space the same command succeeds', async () => {
    const { dist, store } = onSmallDisk('size=1m', ...small('foo', '1.0'));
    expect(await wheelstore(['upload', dist, '--store', store])).toMatchObject({ code: 0 });
    writeFiles(dist, [largeWheel('foo', '2.0', 2 * 1024 * 1024), ...small('bar', '1.0')]);
    const ending = await wheelstore(['upload', dist, '--store', store]);
    expect(ending.code).toBe(1);
    expectExplanation(ending, 'No space is left for', 'foo-2.0-py3-none-any.whl', 'Free space on this disk');
    expect(filesOnPage(store, 'foo')).toEqual(['foo-1.0-py3-none-any.whl']);
    checkEveryLink(store);
    // Nothing that is half-written stays, not even under a temporary name.
    expect(snapshotOf(join(store, '.wheelstore/tmp'))).toEqual({});
    expect(JSON.stringify(snapshotOf(join(store, 'files')))).not.toContain('foo-2.0-py3-none-any.whl":');

    execFileSync('mount', ['-o', 'remount,size=16m', store]);
    expect(await wheelstore(['upload', dist, '--store', store])).toMatchObject({ code: 0 });
    expect(filesOnPage(store, 'foo')).toHaveLength(2);
    expect(projectsOnList(store)).toEqual(['bar', 'foo']);
    expect(await inconsistencies(new DirectoryStore(store))).toEqual([]);
  });

  // From too small for anything to too small for the last page.
  it.each([
    'size=4k',
    'size=16k',
    'size=28k',
    'size=40k',
    'size=52k',
    'size=64k',
    'nr_inodes=8',
    'nr_inodes=30',
  ])('breaks nothing, whenever that is: %s', async (options) => {
    const { dist, store } = onSmallDisk(options, ...small('foo', '1.0', '2.0'), ...small('bar', '1.0'));
    const ending = await wheelstore(['upload', dist, '--store', store]);
    if (ending.code !== 0) expectExplanation(ending, 'No space is left for', 'run the same command again');
    checkEveryLink(store);
    execFileSync('mount', ['-o', 'remount,size=16m,nr_inodes=1000', store]);
    expect(await wheelstore(['upload', dist, '--store', store])).toMatchObject({ code: 0 });
    expect(projectsOnList(store)).toEqual(['bar', 'foo']);
    expect(filesOnPage(store, 'foo')).toHaveLength(2);
    expect(await inconsistencies(new DirectoryStore(store))).toEqual([]);
  });
});

// In blocks of 512 bytes, or of 1024 where the shell is bash.
const LIMIT = 512;

const hasFileLimit =
  process.platform !== 'win32' && spawnSync('sh', ['-c', `ulimit -f ${LIMIT}`]).status === 0;

describe.skipIf(!hasFileLimit)('A limit on the size of files (needs ulimit -f)', () => {
  it('is named, and nothing half-written stays', async () => {
    const { dist, store } = await publishedWorkplace(...small('foo', '1.0'));
    writeFiles(dist, [largeWheel('foo', '2.0', 4 * 1024 * 1024)]);
    const script = `ulimit -f ${LIMIT}; exec "$@"`;
    const words = ['-c', script, 'sh', process.execPath, COMMAND, 'upload', dist, '--store', store];
    const ending = await runProcess('sh', words);
    expect(ending.code).toBe(1);
    expectExplanation(ending, 'No space is left for', 'foo-2.0-py3-none-any.whl', 'EFBIG');
    expect(filesOnPage(store, 'foo')).toEqual(['foo-1.0-py3-none-any.whl']);
    expect(snapshotOf(join(store, '.wheelstore/tmp'))).toEqual({});
    expect(await wheelstore(['upload', dist, '--store', store])).toMatchObject({ code: 0 });
    expect(checkEveryLink(store)).toBe(8);
  });
});

/** The user and group that own nothing. */
const NOBODY = 65_534;

describe.skipIf(!canBeAnotherUser)(`Without permission (${ANOTHER_USER_NEEDS})`, () => {
  const nobody = { uid: NOBODY, gid: NOBODY };

  /** A repository that is nobody's, in a folder that all may go through. */
  async function nobodysWorkplace(): Promise<Workplace> {
    const place = await publishedWorkplace(...small('foo', '1.0'));
    chmodSync(place.folder, 0o755);
    for (const key of ['.', ...Object.keys(snapshotOf(place.store) ?? {})]) {
      chownSync(join(place.store, key), NOBODY, NOBODY);
    }
    return place;
  }

  /** All but the bytes of distributions, which may be there before any record names them. */
  function withoutFiles(store: string): [string, string][] {
    return Object.entries(snapshotOf(store) ?? {}).filter(([key]) => !key.startsWith('files/'));
  }

  it('to read a file, a folder or what is in it, that is named', async () => {
    const { folder, dist } = await nobodysWorkplace();
    const wheel = join(dist, 'foo-1.0-py3-none-any.whl');
    const options = { ...nobody, cwd: folder };
    chmodSync(wheel, 0o000);
    for (const input of [wheel, dist, `${dist}/*`]) {
      const ending = await wheelstore(['upload', input], options);
      expectRefusal(ending, 1, 'No permission to read', 'dist/foo-1.0-py3-none-any.whl"');
      // Another repository would not help.
      expect(ending.stderr).not.toContain('--store');
    }
    chmodSync(dist, 0o311);
    expectRefusal(await wheelstore(['upload', dist], options), 1, 'No permission to read', `"${dist}"`);
    chmodSync(dist, 0o000);
    expectRefusal(await wheelstore(['upload', dist], options), 1, 'No permission to read', `"${dist}"`);
    expectRefusal(await wheelstore(['upload', wheel], options), 1, 'No permission to read', wheel);
    const pattern = await wheelstore(['upload', `${dist}/*`], options);
    expectRefusal(pattern, 1, `${dist}/*`);
  });

  it('to write the repository, that is named, and nothing is changed', async () => {
    const { dist, store } = await publishedWorkplace(...small('foo', '1.0'));
    chmodSync(dirname(store), 0o755);
    writeFiles(dist, small('foo', '2.0'));
    const before = snapshotOf(store);
    for (const words of [
      ['upload', dist],
      ['yank', 'foo', '1.0'],
      ['delete', 'foo', '1.0'],
      ['status', 'foo', 'archived'],
    ]) {
      const ending = await wheelstore([...words, '--store', store], nobody);
      expect(ending.code).toBe(1);
      expectExplanation(ending, 'No permission to write', store);
    }
    const fresh = await wheelstore(['upload', dist, '--store', `${store}/../new`], nobody);
    expect(fresh.code).toBe(1);
    expectExplanation(fresh, 'No permission to write', 'new');
    expect(snapshotOf(store)).toEqual(before);
    // To read it is another matter.
    expect((await wheelstore(['list', '--store', store], nobody)).stdout).toBe('foo  1.0  1 file\n');
    expect(await wheelstore(['show', 'foo', '--store', store], nobody)).toMatchObject({ code: 0 });
  });

  it('to read a record, no command takes it for absent', async () => {
    const { folder, dist, store } = await nobodysWorkplace();
    writeFiles(dist, small('foo', '2.0'));
    const versions = join(store, '.wheelstore/versions/records/default/foo.json');
    const before = withoutFiles(store);
    for (const hide of [versions, join(store, 'records/default'), store]) {
      const { mode } = statSync(hide);
      chmodSync(hide, 0o000);
      for (const words of [['upload', dist], ['list'], ['show', 'foo'], ['yank', 'foo', '1.0']]) {
        // The list needs no records folder to find out what is in it, as versions are there too.
        const ending = await wheelstore([...words, '--store', store], { ...nobody, cwd: folder });
        if (hide === join(store, 'records/default') && ending.code === 0) continue;
        expect(ending.code).toBe(1);
        expectExplanation(ending, 'No permission to', store);
      }
      chmodSync(hide, mode);
    }
    expect(withoutFiles(store)).toEqual(before);
  });

  it('to go to the repository, that is said, and not that there is none', async () => {
    const { folder, store } = await nobodysWorkplace();
    chmodSync(folder, 0o700);
    for (const words of [
      ['list', '--store', store],
      ['serve', store],
    ]) {
      expectRefusal(await wheelstore(words, nobody), 1, 'No permission to read', store);
    }
  });
});
