import {
  appendFileSync,
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { StampedFile } from '../../stores/plain-folder/stamped-file.ts';
import { sha256 } from '../support/bytes.ts';
import { PlainPlace, wheel } from './plain-folders.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

describe('The second start', () => {
  it('opens none of a thousand wheels, and serves the same', async () => {
    const place = new PlainPlace();
    const versions = ['1.0', '1.1', '1.2', '1.3', '1.4'];
    for (let project = 0; project < 200; project++) {
      for (const version of versions) place.add(`p${project % 20}`, wheel(`project-${project}`, version));
    }
    const opened = vi.spyOn(StampedFile, 'open');
    const first = await place.start();
    expect(first.contents).toEqual({ files: 1000, projects: 200 });
    expect([opened.mock.calls.length, place.checked]).toEqual([1000, 1000]);
    const page = await place.text('simple/project-7/index.json');

    opened.mockClear();
    const second = await place.start();
    expect(second.contents).toEqual({ files: 1000, projects: 200 });
    expect([opened.mock.calls.length, place.checked]).toEqual([0, 0]);
    expect(await place.text('simple/project-7/index.json')).toBe(page);
    expect(opened).not.toHaveBeenCalled();
  });

  it('checks what is new, what was changed, and what was moved', async () => {
    const place = new PlainPlace();
    const [one = '', two = ''] = place.add(
      '',
      wheel('one', '1.0'),
      wheel('two', '1.0'),
      wheel('three', '1.0'),
    );
    await place.start();
    writeFileSync(one, wheel('one', '1.0', 'other').bytes);
    mkdirSync(join(place.root, 'sub'));
    renameSync(two, join(place.root, 'sub', 'two-1.0-py3-none-any.whl'));
    place.add('', wheel('four', '1.0'));
    await place.start();
    expect(place.checked).toBe(3);
    expect((await place.files('one'))[0]?.hashes.sha256).toBe(sha256(wheel('one', '1.0', 'other').bytes));
    await place.start();
    expect(place.checked).toBe(0);
  });

  it('knows what came while the folder was served', async () => {
    const place = new PlainPlace();
    place.add('', wheel('one', '1.0'));
    await place.start();
    place.add('', wheel('two', '1.0'));
    place.later();
    await place.projects();
    await place.start();
    expect(place.checked).toBe(0);
    expect(await place.projects()).toEqual(['one', 'two']);
  });

  it('checks again what did not pass, and says so again', async () => {
    const place = new PlainPlace();
    place.add('', wheel('one', '1.0'));
    place.put('bad-1.0-py3-none-any.whl', 'x');
    await place.start();
    await place.start();
    expect(place.checked).toBe(1);
    expect(place.warnings).toEqual([expect.stringMatching(/^bad-1.0/)]);
  });

  it('knows nothing of what another version has checked', async () => {
    const place = new PlainPlace();
    place.add('', wheel('one', '1.0'));
    await place.start();
    await place.start({ cache: { file: place.cache, version: '2', root: place.root } });
    expect(place.checked).toBe(1);
  });
});

describe('The cache', () => {
  it('is for this user alone, and complete', async () => {
    const place = new PlainPlace();
    place.add('', wheel('one', '1.0'));
    await place.start();
    expect(readdirSync(dirname(place.cache))).toEqual(['wheels.json']);
    if (process.platform !== 'win32') {
      expect(statSync(place.cache).mode & 0o777).toBe(0o600);
      expect(statSync(dirname(place.cache)).mode & 0o777).toBe(0o700);
    }
  });

  it.each([
    ['damaged', (path: string) => writeFileSync(path, readFileSync(path).subarray(0, 100))],
    ['followed by something', (path: string) => appendFileSync(path, '{}')],
    ['of another program', (path: string) => writeFileSync(path, '{"format":1,"files":"all"}')],
    ['gone', (path: string) => rmSync(path)],
  ])('is made anew where it is %s', async (_, damage) => {
    const place = new PlainPlace();
    place.add('', wheel('one', '1.0'));
    await place.start();
    damage(place.cache);
    await place.start();
    expect([place.checked, place.warnings]).toEqual([1, []]);
    await place.start();
    expect(place.checked).toBe(0);
  });

  it('that cannot be written is done without, and the person is told once', async () => {
    const place = new PlainPlace();
    place.add('', wheel('one', '1.0'));
    writeFileSync(dirname(place.cache), 'a file where the folder should be');
    await place.start();
    place.add('', wheel('two', '1.0'));
    place.later();
    expect(await place.projects()).toEqual(['one', 'two']);
    expect(place.warnings).toEqual([expect.stringMatching(/the next start checks all files again$/)]);
  });

  it('that is a folder is done without', async () => {
    const place = new PlainPlace();
    place.add('', wheel('one', '1.0'));
    mkdirSync(place.cache, { recursive: true });
    await place.start();
    expect(await place.projects()).toEqual(['one']);
    expect(place.warnings).toHaveLength(1);
  });

  it('is not needed', async () => {
    const place = new PlainPlace();
    place.add('', wheel('one', '1.0'));
    await place.start({ cache: undefined });
    expect(await place.projects()).toEqual(['one']);
    expect(place.isCached).toBe(false);
  });

  it('is kept also while many files are still to be checked', async () => {
    const place = new PlainPlace();
    place.add('', ...['1.0', '1.1', '1.2'].map((version) => wheel('one', version)));
    const kept: boolean[] = [];
    const reporter = {
      emit: ({ type }: { type: string }) => {
        if (type === 'checked') kept.push(place.isCached);
        place.later();
      },
    };
    await place.start({ reporter, jobs: 1 });
    expect(kept).toEqual([false, true, true]);
  });
});

const canGiveAway = process.platform !== 'win32' && process.getuid?.() === 0;

describe.skipIf(!canGiveAway)('The cache of somebody else (needs root)', () => {
  it('is not believed', async () => {
    const place = new PlainPlace();
    place.add('', wheel('one', '1.0'));
    await place.start();
    chownSync(place.cache, 12_345, 12_345);
    chmodSync(place.cache, 0o644);
    await place.start();
    expect(place.checked).toBe(1);
    expect(statSync(place.cache).uid).toBe(0);
  });
});
