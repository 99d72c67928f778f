import { randomBytes } from 'node:crypto';
import {
  appendFileSync,
  chmodSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { WheelstoreError } from '../../core/errors.ts';
import { metadataKey } from '../../core/keys.ts';
import { StampedFile } from '../../stores/plain-folder/stamped-file.ts';
import { sha256 } from '../support/bytes.ts';
import type { BuiltFile } from '../support/distributions.ts';
import { keyOf, PlainPlace, wheel } from './plain-folders.ts';

const FOO = 'foo-1.0-py3-none-any.whl';

/** The code of the error that `run` fails with. */
async function codeOf(run: () => Promise<unknown>): Promise<string> {
  const error = await run().then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof WheelstoreError)) throw new Error('It did not fail on purpose', { cause: error });
  return error.code;
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe('A plain folder that is served', () => {
  it('shows what is added, in an old folder and in a new one', async () => {
    const place = new PlainPlace();
    place.add('', wheel('foo', '1.0'));
    await place.start();
    place.add('', wheel('foo', '2.0'));
    place.add('new/folder', wheel('bar', '1.0'));
    place.later();
    expect(await place.projects()).toEqual(['bar', 'foo']);
    expect(await place.filenames('foo')).toHaveLength(2);
    expect(await place.bytes(keyOf((await place.files('bar'))[0]!))).toBeDefined();
  });

  it('no longer shows what is removed, and has neither its bytes nor its metadata', async () => {
    const place = new PlainPlace();
    const [path = ''] = place.add('', wheel('foo', '1.0'), wheel('bar', '1.0'));
    await place.start();
    const key = keyOf((await place.files('foo'))[0]!);
    rmSync(path);
    expect(await place.bytes(key)).toBeUndefined();
    expect(await place.bytes(metadataKey(key))).toBeUndefined();
    place.later();
    expect(await place.projects()).toEqual(['bar']);
    expect(await place.text('simple/foo/index.html')).toBeUndefined();
  });

  it('is looked at once in a while, and not for every request', async () => {
    const place = new PlainPlace();
    place.add('', wheel('foo', '1.0'));
    await place.start();
    place.add('', wheel('bar', '1.0'));
    place.later(900);
    expect(await place.projects()).toEqual(['foo']);
    place.later(100);
    expect(await place.projects()).toEqual(['bar', 'foo']);
  });

  it('is looked at for a file that is not known yet', async () => {
    const place = new PlainPlace();
    place.add('', wheel('foo', '1.0'));
    await place.start();
    const bar = wheel('bar', '1.0');
    place.add('', bar);
    place.later();
    const key = `files/bar/${sha256(bar.bytes).slice(0, 16)}/${bar.filename}`;
    expect(await place.bytes(key)).toEqual(new Uint8Array(bar.bytes));
  });

  it('is looked at also after the clock was set back', async () => {
    const place = new PlainPlace();
    place.add('', wheel('foo', '1.0'));
    await place.start();
    place.add('', wheel('bar', '1.0'));
    place.now -= 30_000;
    expect(await place.projects()).toEqual(['bar', 'foo']);
  });

  it('is looked at once for requests that come together', async () => {
    const place = new PlainPlace();
    place.add('', wheel('foo', '1.0'));
    await place.start();
    place.add('', wheel('bar', '1.0'));
    place.later();
    const opened = vi.spyOn(StampedFile, 'open');
    const lists = await Promise.all(Array.from({ length: 20 }, () => place.projects()));
    for (const list of lists) expect(list).toEqual(['bar', 'foo']);
    expect(opened).toHaveBeenCalledTimes(1);
  });

  it('shows the same page as long as nothing of it changes, and another one when it does', async () => {
    const place = new PlainPlace();
    place.add('', wheel('foo', '1.0'));
    const folder = await place.start();
    const headOf = async (key: string) => {
      const object = await folder.open(key);
      await object?.close();
      return { etag: object?.etag, lastModified: object?.lastModified };
    };
    const before = await headOf('simple/foo/index.json');
    place.add('', wheel('bar', '1.0'));
    place.later();
    expect(await headOf('simple/foo/index.json')).toEqual(before);
    place.add('', wheel('foo', '1.1'));
    place.later();
    const after = await headOf('simple/foo/index.json');
    expect(after.etag).not.toBe(before.etag);
    expect(after.lastModified?.getTime()).toBeGreaterThan(before.lastModified?.getTime() ?? 0);
  });

  it('fails, rather than to be empty, while it is not there', async () => {
    const place = new PlainPlace();
    place.add('', wheel('foo', '1.0'));
    await place.start();
    renameSync(place.root, `${place.root}-moved`);
    place.later();
    expect(await codeOf(() => place.projects())).toBe('not-found');
    renameSync(`${place.root}-moved`, place.root);
    expect(await place.projects()).toEqual(['foo']);
  });

  it('says that it has become a repository, once', async () => {
    const place = new PlainPlace();
    place.add('', wheel('foo', '1.0'));
    await place.start();
    place.add('files/bar/0123456789abcdef', wheel('bar', '1.0'));
    for (let look = 0; look < 2; look++) {
      place.later();
      expect(await place.projects()).toEqual(['foo']);
    }
    expect(place.warnings).toEqual([expect.stringContaining('start again')]);
  });
});

describe('A file that is replaced', () => {
  const [before, after] = [wheel('foo', '1.0', 'before'), wheel('foo', '1.0', 'after!')];

  /** Another file of the same size; how small it is packed depends on its hashes. */
  const twinOf = ({ bytes }: BuiltFile): BuiltFile => {
    for (let content = 0; ; content++) {
      const twin = wheel('foo', '1.0', String(content).padStart(6, '0'));
      if (twin.bytes.length === bytes.length) return twin;
    }
  };

  it.each(['written anew', 'put in its place'])('is never served under the old hash: %s', async (how) => {
    const place = new PlainPlace();
    const [path = ''] = place.add('', before);
    await place.start();
    const old = keyOf((await place.files('foo'))[0]!);
    if (how === 'written anew') writeFileSync(path, after.bytes);
    else {
      writeFileSync(`${path}.part`, after.bytes);
      renameSync(`${path}.part`, path);
    }
    // At once: no page was asked for in between.
    expect(await place.bytes(old)).toBeUndefined();
    expect(await place.bytes(metadataKey(old))).toBeUndefined();
    const [file] = await place.files('foo');
    expect(file?.hashes.sha256).toBe(sha256(after.bytes));
    expect(await place.bytes(keyOf(file!))).toEqual(new Uint8Array(after.bytes));
  });

  it('is not served under the old hash where its size and time are as before', async () => {
    const place = new PlainPlace();
    const [path = ''] = place.add('', before);
    const { mtime } = statSync(path);
    const twin = twinOf(before);
    await place.start();
    const old = keyOf((await place.files('foo'))[0]!);
    writeFileSync(path, twin.bytes);
    utimesSync(path, mtime, mtime);
    expect(await place.bytes(old)).toBeUndefined();
    expect((await place.files('foo'))[0]?.hashes.sha256).toBe(sha256(twin.bytes));
  });

  it('stays where it is when only its permissions change', async () => {
    const place = new PlainPlace();
    const [path = ''] = place.add('', before);
    await place.start();
    const page = await place.text('simple/foo/index.html');
    const key = keyOf((await place.files('foo'))[0]!);
    chmodSync(path, 0o640);
    expect(await place.bytes(key)).toEqual(new Uint8Array(before.bytes));
    place.later();
    expect(await place.text('simple/foo/index.html')).toBe(page);
  });

  it('is gone from the pages when it is broken, until it is mended', async () => {
    const place = new PlainPlace();
    const [path = ''] = place.add('', before, wheel('bar', '1.0'));
    await place.start();
    truncateSync(path, before.bytes.length - 10);
    place.later();
    expect(await place.projects()).toEqual(['bar']);
    expect(place.warnings).toEqual([expect.stringMatching(new RegExp(`^${FOO}: not served: .`))]);
    writeFileSync(path, before.bytes);
    place.later();
    expect(await place.projects()).toEqual(['bar', 'foo']);
  });

  it('breaks off a download that is under way', async () => {
    const place = new PlainPlace();
    const large = wheel('foo', '1.0', randomBytes(500_000).toString('base64'));
    const [path = ''] = place.add('', large);
    const folder = await place.start();
    const object = await folder.open(keyOf((await place.files('foo'))[0]!));
    const download = async () => {
      for await (const _ of object!.stream()) appendFileSync(path, 'more');
    };
    expect(await codeOf(download)).toBe('file-changed');
  });

  it('is found at the place of another that had the same bytes', async () => {
    const place = new PlainPlace();
    const [first = ''] = place.add('a', before);
    place.add('b', before);
    await place.start();
    const key = keyOf((await place.files('foo'))[0]!);
    rmSync(first);
    expect(await place.bytes(key)).toEqual(new Uint8Array(before.bytes));
  });
});

describe('A file that is being copied', () => {
  const foo = wheel('foo', '1.0', 'x'.repeat(10_000));

  it('is not served half, and not complained of; it is there when it is complete', async () => {
    const place = new PlainPlace();
    place.add('', wheel('bar', '1.0'));
    await place.start();
    const path = place.put(FOO, foo.bytes.subarray(0, 300));
    for (const end of [600, 900]) {
      // Somebody writes to it just now.
      place.now = Date.now() + 2_000 + end;
      expect(await place.projects()).toEqual(['bar']);
      appendFileSync(path, foo.bytes.subarray(end - 300, end));
    }
    appendFileSync(path, foo.bytes.subarray(900));
    place.now += 2_000;
    expect(await place.projects()).toEqual(['bar', 'foo']);
    expect(await place.bytes(keyOf((await place.files('foo'))[0]!))).toEqual(new Uint8Array(foo.bytes));
    expect(place.warnings).toEqual([]);
  });

  it('is complained of, once, when nobody goes on writing', async () => {
    const place = new PlainPlace();
    place.add('', wheel('bar', '1.0'));
    await place.start();
    place.put(FOO, foo.bytes.subarray(0, 300));
    place.now = Date.now() + 1_500;
    await place.projects();
    expect(place.warnings).toEqual([]);
    for (let look = 0; look < 3; look++) {
      place.later();
      await place.projects();
    }
    expect(place.warnings).toEqual([expect.stringMatching(new RegExp(`^${FOO}: not served: .`))]);
  });

  it('keeps nobody waiting for long', async () => {
    const place = new PlainPlace();
    place.add('', wheel('bar', '1.0'));
    let give = (): void => undefined;
    const patience: number[] = [];
    await place.start({ wait: async (milliseconds) => void patience.push(milliseconds) });
    const open = StampedFile.open.bind(StampedFile);
    const blocked = new Promise<void>((resolve) => (give = resolve));
    vi.spyOn(StampedFile, 'open').mockImplementation(async (path, stamp) => {
      if (path === join(place.root, FOO)) await blocked;
      return open(path, stamp);
    });
    place.put(FOO, foo.bytes);
    place.add('', wheel('baz', '1.0'));
    rmSync(join(place.root, 'bar-1.0-py3-none-any.whl'));
    place.later();
    // The check of one takes long; what was removed is gone all the same.
    expect(await place.projects()).not.toContain('bar');
    expect(patience).toEqual([5_000]);
    give();
    await vi.waitFor(async () => {
      place.later();
      expect(await place.projects()).toEqual(['baz', 'foo']);
    });
  });

  it('is not checked any more when nobody is served any more', async () => {
    const place = new PlainPlace();
    place.add('', wheel('bar', '1.0'));
    const folder = await place.start({ jobs: 1 });
    place.add('', ...['1.0', '1.1', '1.2', '1.3'].map((version) => wheel('foo', version)));
    place.later();
    const open = StampedFile.open.bind(StampedFile);
    let closed: Promise<void> | undefined;
    const opened = vi.spyOn(StampedFile, 'open').mockImplementation((path, stamp) => {
      closed ??= folder.close();
      return open(path, stamp);
    });
    expect(await place.projects()).toEqual(['bar']);
    await closed;
    expect(opened).toHaveBeenCalledTimes(1);
    expect(place.warnings).toEqual([]);
  });
});
