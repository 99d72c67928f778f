import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DirectoryStore } from '../../stores/directory.ts';
import { wheelstore } from '../support/command.ts';
import { buildSdist } from '../support/distributions.ts';
import { run, succeeded } from '../support/pips.ts';
import { staticServer } from '../support/python-servers.ts';
import { describeWithPython, findPython } from '../support/python.ts';
import { recordsOf } from '../support/repository-check.ts';
import { serveCommands } from './buckets.ts';
import { faultAt, someSteps, stepsIn } from './faults.ts';
import { expectWhole } from './import-places.ts';
import { expectRefusal, jsonOf } from './outcomes.ts';
import {
  checkEveryLink,
  publishedWorkplace,
  small,
  snapshotOf,
  writeFiles,
  type Workplace,
} from './repositories.ts';

const { newBucket } = serveCommands();

const FILES = [...small('foo', '1.0', '2.0'), ...small('bar', '1.0')];
const WHOLE = {
  bar: ['bar-1.0-py3-none-any.whl'],
  foo: ['foo-1.0-py3-none-any.whl', 'foo-2.0-py3-none-any.whl'],
};

/** A repository, where it goes to, and where temporary files go. */
async function publishedPlace(): Promise<Workplace & { readonly out: string; readonly spools: string }> {
  const place = await publishedWorkplace(...FILES);
  const spools = join(place.folder, 'tmp');
  mkdirSync(spools);
  return { ...place, out: join(place.folder, 'out'), spools };
}

type Place = Awaited<ReturnType<typeof publishedPlace>>;

function exporting(
  { folder, spools }: Place,
  words: readonly string[] = ['out'],
  nodeOptions: readonly string[] = [],
) {
  return wheelstore(['export', ...words], { cwd: folder, env: { TMPDIR: spools }, nodeOptions });
}

function verified(folder: string) {
  return wheelstore(['verify', '--deep', '--store', folder]);
}

describe('wheelstore export DIR', () => {
  it('makes a folder that is the repository, and keeps it up to date', async () => {
    const place = await publishedPlace();
    const { store, out, dist, spools } = place;
    const first = await exporting(place);
    expect(first).toMatchObject({ code: 0 });
    expect(first.stdout).toMatch(/^2 projects in out; 6 files copied \(.*\)\.$/m);
    await expectWhole(out, WHOLE);
    expect(await recordsOf(new DirectoryStore(out))).toEqual(await recordsOf(new DirectoryStore(store)));
    expect(await verified(out)).toMatchObject({ code: 0 });

    const before = snapshotOf(out);
    expect(jsonOf(await exporting(place, ['out', '--json']))).toEqual({
      projects: 2,
      copied: 0,
      bytes: 0,
      problems: [],
    });
    expect(snapshotOf(out)).toEqual(before);

    writeFiles(dist, [buildSdist({ name: 'foo', version: '3.0' })]);
    const change = (...words: string[]) => wheelstore([...words, '--store', store]);
    for (const words of [
      ['upload', join(dist, 'foo-3.0.tar.gz')],
      ['yank', 'foo', '2.0', '--reason', 'bad'],
      ['delete', 'foo', '1.0'],
      ['status', 'bar', 'archived'],
    ]) {
      expect(await change(...words)).toMatchObject({ code: 0 });
    }
    expect(await exporting(place)).toMatchObject({ code: 0 });
    await expectWhole(out, { ...WHOLE, foo: ['foo-2.0-py3-none-any.whl', 'foo-3.0.tar.gz'] });
    expect(await recordsOf(new DirectoryStore(out))).toEqual(await recordsOf(new DirectoryStore(store)));
    expect(await verified(out)).toMatchObject({ code: 0 });
    expect(readdirSync(spools)).toEqual([]);
  });

  it('is of a bucket as well', async () => {
    const bucket = await newBucket('team');
    const place = await publishedPlace();
    expect(await bucket.run(['upload', place.dist])).toMatchObject({ code: 0 });
    expect(await bucket.run(['export', place.out])).toMatchObject({ code: 0 });
    await expectWhole(place.out, WHOLE);
    expect(await recordsOf(new DirectoryStore(place.out))).toEqual(await recordsOf(bucket.store));
  });

  it('leaves a folder that was published to as it is', async () => {
    const place = await publishedPlace();
    await exporting(place);
    writeFiles(place.dist, small('foo', '3.0'));
    await wheelstore(['upload', join(place.dist, 'foo-3.0*'), '--store', place.out]);
    const before = snapshotOf(place.out);
    const ending = await exporting(place, ['out', '--json']);
    expect([ending.code, jsonOf(ending)]).toMatchObject([
      1,
      { problems: [{ code: 'file-exists', value: 'foo' }] },
    ]);
    expect(snapshotOf(place.out)).toEqual(before);
    const other = await publishedWorkplace(...small('qux', '1.0'));
    expectRefusal(await exporting(place, [other.store]), 1, 'qux');
  });

  it('is refused where there is no repository, and no folder', async () => {
    const place = await publishedPlace();
    expectRefusal(await exporting(place, ['out', '--store', 'none']), 1, 'none');
    expectRefusal(await exporting(place, ['s3://bucket/prefix']), 2, 'no folder');
    expectRefusal(await exporting(place, []), 2);
    expect(existsSync(place.out)).toBe(false);
  });

  it.each(['SIGKILL', 'SIGINT', 'ENOSPC'] as const)(
    'is completed by the same command after %s',
    async (fault) => {
      const counted = await exporting(await publishedPlace(), ['out'], faultAt(0, fault));
      expect(counted.code).toBe(0);
      for (const step of someSteps(stepsIn(counted.stderr), 5)) {
        const place = await publishedPlace();
        const ending = await exporting(place, ['out'], faultAt(step, fault));
        if (existsSync(place.out)) checkEveryLink(place.out);
        if (fault !== 'SIGKILL') expect(readdirSync(place.spools)).toEqual([]);
        if (ending.code !== 0) expect(ending.code).toBe({ SIGKILL: null, SIGINT: 130, ENOSPC: 1 }[fault]);
        expect(await exporting(place)).toMatchObject({ code: 0 });
        await expectWhole(place.out, WHOLE);
      }
    },
  );
});

describeWithPython('An exported folder behind python3 -m http.server', () => {
  it('is what pip installs from, and what an import reads back', async () => {
    const place = await publishedPlace();
    const { folder, out, store } = place;
    await wheelstore(['yank', 'foo', '2.0', '--reason', 'bad', '--store', store]);
    await exporting(place);
    const url = await staticServer(out);
    const target = join(folder, 'got');
    const words = ['-m', 'pip', 'download', 'foo', 'bar', '--no-deps', '--dest', target];
    succeeded(await run(findPython()?.python ?? '', [...words, '--index-url', `${url}simple/`]));
    // 2.0 is yanked.
    expect(readdirSync(target).sort()).toEqual(['bar-1.0-py3-none-any.whl', 'foo-1.0-py3-none-any.whl']);
    const back = join(folder, 'back');
    const imported = await wheelstore(['import', `${url}simple/`, '--all', '--to', back], {
      env: { XDG_STATE_HOME: join(folder, 'state') },
    });
    expect(imported).toMatchObject({ code: 0 });
    const filesOf = async (of: string) =>
      (await recordsOf(new DirectoryStore(of))).map(({ name, files }) => ({ name, files }));
    expect(await filesOf(back)).toEqual(await filesOf(store));
  });
});
