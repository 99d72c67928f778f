import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { mapBounded } from '../../core/parallel.ts';
import { DirectoryStore } from '../../stores/directory.ts';
import { buildSdist, buildWheel } from '../support/distributions.ts';
import { startWheelstore, wheelstore, type Ending } from '../support/command.ts';
import { inconsistencies } from '../support/repository-check.ts';
import { faultAt, someSteps, stepsIn, type Fault } from './faults.ts';
import { largeWheel } from './large-wheel.ts';
import { expectExplanation } from './outcomes.ts';
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

/** A command that is stopped, and what must be there when the same command has run again. */
interface Scene {
  readonly prepare: () => Promise<Workplace>;
  readonly words: (place: Workplace) => readonly string[];
  readonly projects: Readonly<Record<string, readonly string[]>>;
}

const FOO = ['foo-1.0.tar.gz', 'foo-1.0-py3-none-any.whl', 'foo-2.0-py3-none-any.whl'];
const BAR = ['bar-1.0-py3-none-any.whl'];

const NEW_FILES = [
  ...small('foo', '1.0', '2.0'),
  buildSdist({ name: 'foo', version: '1.0', metadataVersion: '2.2' }),
  ...small('bar', '1.0'),
];

const FIRST_UPLOAD: Scene = {
  prepare: () => Promise.resolve(workplace(...NEW_FILES)),
  words: ({ dist }) => ['upload', dist],
  projects: { bar: BAR, foo: FOO },
};

const REPLACEMENT: Scene = {
  prepare: async () => {
    const place = await publishedWorkplace(...small('foo', '1.0'));
    writeFiles(place.dist, [buildWheel({ name: 'foo', version: '1.0', files: { 'foo/new.py': '' } })]);
    return place;
  },
  words: ({ dist }) => ['upload', dist, '--force'],
  projects: { foo: ['foo-1.0-py3-none-any.whl'] },
};

const DELETION: Scene = {
  prepare: () => publishedWorkplace(...small('foo', '1.0', '2.0')),
  words: () => ['delete', 'foo', '1.0'],
  projects: { foo: ['foo-2.0-py3-none-any.whl'] },
};

const QUARANTINE: Scene = {
  prepare: () => publishedWorkplace(...small('foo', '1.0'), ...small('bar', '1.0')),
  words: () => ['status', 'foo', 'quarantined'],
  projects: { bar: BAR },
};

/**
 * Runs a command with a fault at some of its steps, and then again without.
 *
 * @param count of the steps
 * @param check called for each run that the fault did not leave alone
 * @returns how many runs came to a good end in spite of the fault
 */
async function tryFaults(
  scene: Scene,
  fault: Fault,
  count: number,
  check: (ending: Ending) => void,
): Promise<number> {
  const run = (place: Workplace, nodeOptions: readonly string[] = []) =>
    wheelstore([...scene.words(place), '--store', place.store], { nodeOptions });
  const whole = await run(await scene.prepare(), faultAt(0, fault));
  expect(whole).toMatchObject({ code: 0 });
  const endings = await mapBounded(someSteps(stepsIn(whole.stderr), count), 2, async (step) => {
    const place = await scene.prepare();
    const ending = await run(place, faultAt(step, fault));
    if (ending.code !== 0) check(ending);
    checkEveryLink(place.store);

    const again = await run(place);
    expect({ step, ...again }).toMatchObject({ step, code: 0 });
    await expectDone(scene, place);
    return ending;
  });
  return endings.filter(({ code }) => code === 0).length;
}

async function expectDone({ projects }: Scene, { store }: Workplace): Promise<void> {
  expect(projectsOnList(store)).toEqual(Object.keys(projects));
  for (const [name, files] of Object.entries(projects)) expect(filesOnPage(store, name)).toEqual(files);
  checkEveryLink(store);
  // Last, because to read through the store mends what is visible.
  expect(await inconsistencies(new DirectoryStore(store))).toEqual([]);
}

// Steps of several files are made at the same time, so their number is not always quite the same, and
// the last may never come.
const MOST_SPARED = 2;

describe('A command that is killed', () => {
  it.each<[string, Scene, number]>([
    ['upload', FIRST_UPLOAD, 12],
    ['upload --force', REPLACEMENT, 5],
    ['delete', DELETION, 5],
    ['status', QUARANTINE, 5],
  ])('leaves nothing broken, and is completed by the same command: %s', async (_, scene, count) => {
    const spared = await tryFaults(scene, 'SIGKILL', count, ({ signal }) => expect(signal).toBe('SIGKILL'));
    expect(spared).toBeLessThanOrEqual(MOST_SPARED);
  });

  it('leaves nothing that stops the next one, at whatever moment that was', async () => {
    for (const files of [1, 6, 14, 24]) {
      const { folder, dist, store } = workplace(...NEW_FILES);
      const running = startWheelstore(['upload', dist, '--store', store]);
      let isOver = false;
      void running.ended.then(() => (isOver = true));
      while (!isOver && Object.keys(snapshotIfStill(store)).length < files) await nextTurn();
      running.child.kill('SIGKILL');
      await running.ended;
      checkEveryLink(store);
      // Another upload than the one that was killed.
      expect(await wheelstore(['upload', `${dist}/bar-*`, '--store', store])).toMatchObject({ code: 0 });
      expect(filesOnPage(store, 'bar')).toEqual(BAR);
      expect(await wheelstore(['upload', dist, '--store', store])).toMatchObject({ code: 0 });
      await expectDone(FIRST_UPLOAD, { folder, dist, store });
    }
  });
});

/** Files come and go while they are counted. */
function snapshotIfStill(store: string): Record<string, string> {
  try {
    return snapshotOf(store) ?? {};
  } catch {
    return {};
  }
}

describe('A command whose disk fails', () => {
  it.each<['EIO' | 'ENOSPC', string, Scene, number]>([
    ['ENOSPC', 'upload', FIRST_UPLOAD, 8],
    ['EIO', 'upload --force', REPLACEMENT, 5],
    ['EIO', 'delete', DELETION, 5],
  ])('says so, and is completed by the same command: %s, %s', async (fault, _, scene, count) => {
    const spared = await tryFaults(scene, fault, count, (ending) => {
      expect(ending.code).toBe(1);
      expectExplanation(ending, `(${fault})`);
    });
    expect(spared).toBeLessThanOrEqual(MOST_SPARED);
  });
});

/** Waits until `folder` holds a file, or `isOver`. */
async function untilFileIn(folder: string, isOver: () => boolean): Promise<void> {
  const isThere = (): boolean => {
    try {
      return readdirSync(folder).length > 0;
    } catch {
      return false;
    }
  };
  while (!isOver() && !isThere()) await nextTurn();
}

describe('Ctrl-C', () => {
  it.each([['one large wheel'], ['a large wheel among others']])(
    'stops an upload in the middle with 130, and the same command completes it: %s',
    async (what) => {
      const others = what === 'one large wheel' ? [] : small('foo', '1.0', '2.0', '3.0');
      const { dist, store } = workplace(largeWheel('large', '1.0', 56 * 1024 * 1024), ...others);
      const running = startWheelstore(['upload', dist, '--store', store]);
      let isOver = false;
      void running.ended.then(() => (isOver = true));
      await untilFileIn(join(store, '.wheelstore/tmp'), () => isOver);
      running.child.kill('SIGINT');
      const { code, signal, stderr } = await running.ended;
      expect({ code, signal }).toEqual({ code: 130, signal: null });
      expect(stderr).toContain('Stopping after this step (Ctrl-C again stops at once)');
      expect(stderr).toContain('Run the same command again: it completes what is missing.');
      checkEveryLink(store);
      expect(readdirSync(join(store, '.wheelstore/tmp'))).toEqual([]);

      expect(await wheelstore(['upload', dist, '--store', store])).toMatchObject({ code: 0 });
      expect(filesOnPage(store, 'large')).toEqual(['large-1.0-py3-none-any.whl']);
      if (others.length > 0) expect(filesOnPage(store, 'foo')).toHaveLength(3);
      expect(await inconsistencies(new DirectoryStore(store))).toEqual([]);
    },
  );

  it('stops an upload at once at the second time, with 130', async () => {
    const { dist, store } = workplace(largeWheel('large', '1.0', 56 * 1024 * 1024));
    const running = startWheelstore(['upload', dist, '--store', store]);
    await running.printed(/Publishing 1 file/);
    running.child.kill('SIGINT');
    await running.printed(/Stopping after this step/);
    running.child.kill('SIGINT');
    expect(await running.ended).toMatchObject({ code: 130, signal: null });
    expect(await wheelstore(['upload', dist, '--store', store])).toMatchObject({ code: 0 });
    expect(filesOnPage(store, 'large')).toEqual(['large-1.0-py3-none-any.whl']);
  });

  it('stops an upload while files are still being checked, with nothing written', async () => {
    const { dist, store } = workplace(largeWheel('large', '1.0', 56 * 1024 * 1024));
    // The module that checks is loaded last before the checks begin.
    const running = startWheelstore(['upload', dist, '--store', store], {
      nodeOptions: ['--import', `data:text/javascript,${encodeURIComponent(INTERRUPT_AT_FIRST_READ)}`],
    });
    expect(await running.ended).toMatchObject({ code: 130, signal: null });
    expect(snapshotOf(store)).toBeUndefined();
  });

  it.each<[string, Scene, number]>([
    ['upload', FIRST_UPLOAD, 8],
    ['upload --force', REPLACEMENT, 5],
    ['delete', DELETION, 5],
  ])('leaves nothing broken at any point, and the same command completes it: %s', async (_, scene, count) => {
    // What only has its last step left may come to its end.
    await tryFaults(scene, 'SIGINT', count, (ending) => {
      expect(ending.code).toBe(130);
      expectExplanation(ending, 'Interrupted', 'Run the same command again');
    });
  });
});

const INTERRUPT_AT_FIRST_READ = `
  import fs from 'node:fs/promises';
  import process from 'node:process';
  import { syncBuiltinESMExports } from 'node:module';
  const open = fs.open;
  let isFirst = true;
  fs.open = async (...words) => {
    if (isFirst && String(words[0]).endsWith('.whl')) {
      isFirst = false;
      process.kill(process.pid, 'SIGINT');
    }
    return open(...words);
  };
  syncBuiltinESMExports();
`;
