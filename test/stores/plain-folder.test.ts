import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, linkSync, mkdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { describe, expect, it } from 'vitest';
import { metadataKey } from '../../core/keys.ts';
import { sha256 } from '../support/bytes.ts';
import { buildSdist, buildWheel } from '../support/distributions.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { keyOf, PlainPlace, wheel } from './plain-folders.ts';

const isWindows = process.platform === 'win32';

describe('A folder of wheels and sdists', () => {
  it('is served, flat, nested and mixed, down to four folders', async () => {
    const place = new PlainPlace();
    place.add('', wheel('flat', '1.0'), buildSdist({ name: 'flat', version: '0.9' }));
    place.add('nested', wheel('nested', '1.0'), wheel('nested', '2.0'));
    place.add('2024/May', buildSdist({ name: 'Dated.Project', version: '1.0', format: 'zip' }));
    place.add('a/b/c/d', wheel('deep', '1.0'));
    place.add('a/b/c/d/e', wheel('too-deep', '1.0'));
    const folder = await place.start();
    expect(folder.contents).toEqual({ files: 6, projects: 4 });
    expect(await place.projects()).toEqual(['dated-project', 'deep', 'flat', 'nested']);
    expect(await place.filenames('flat')).toEqual(['flat-0.9.tar.gz', 'flat-1.0-py3-none-any.whl']);
    expect(await place.filenames('too-deep')).toEqual([]);
    expect(place.warnings).toEqual([]);
  });

  it('has pages as a repository has them', async () => {
    const place = new PlainPlace();
    const built = buildWheel({ name: 'Foo', version: '1.0', requiresPython: '>=3.8' });
    const [path = ''] = place.add('', built);
    utimesSync(path, new Date('2024-05-06T12:00:00Z'), new Date('2024-05-06T12:00:00.250Z'));
    await place.start();
    const [file] = await place.files('foo');
    expect(file).toEqual({
      filename: 'foo-1.0-py3-none-any.whl',
      url: `../../files/foo/${sha256(built.bytes).slice(0, 16)}/foo-1.0-py3-none-any.whl`,
      hashes: { sha256: sha256(built.bytes) },
      'requires-python': '>=3.8',
      size: built.bytes.length,
      'upload-time': '2024-05-06T12:00:00.250Z',
      yanked: false,
      'core-metadata': { sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
      'data-dist-info-metadata': { sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
    });
    expect(await place.text('simple/foo/index.html')).toContain(file?.hashes.sha256);
  });

  it('gives the bytes of its files, and their metadata', async () => {
    const place = new PlainPlace();
    const built = [
      buildWheel({ name: 'foo', version: '1!1.0+local', requiresDist: ['bar>=1'] }),
      buildSdist({ name: 'foo', version: '2.0', metadataVersion: '2.2' }),
      buildSdist({ name: 'foo', version: '3.0', metadataVersion: '2.2', format: 'zip' }),
    ];
    place.add('some/where', ...built);
    await place.start();
    const files = await place.files('foo');
    expect(files).toHaveLength(3);
    for (const file of files) {
      const bytes = await place.bytes(keyOf(file));
      expect(bytes).toEqual(new Uint8Array(built.find(({ filename }) => filename === file.filename)!.bytes));
      const metadata = await place.bytes(metadataKey(keyOf(file)));
      expect(sha256(metadata ?? new Uint8Array())).toBe(file['core-metadata']?.sha256);
      expect(new TextDecoder().decode(metadata)).toMatch(/^Metadata-Version: .*\nName: foo\n/);
    }
  });

  it('has no metadata where it cannot be relied on', async () => {
    const place = new PlainPlace();
    place.add('', buildSdist({ name: 'foo', version: '1.0' }));
    await place.start();
    const [file] = await place.files('foo');
    expect(file).not.toHaveProperty('core-metadata');
    expect(await place.bytes(metadataKey(keyOf(file!)))).toBeUndefined();
  });

  it('gives a part of a file, with the size and the hash of all of it', async () => {
    const place = new PlainPlace();
    const built = wheel('foo', '1.0', randomBytes(400_000).toString('base64'));
    place.add('', built);
    const folder = await place.start();
    const key = keyOf((await place.files('foo'))[0]!);
    const object = await folder.open(key);
    expect(object).toMatchObject({ size: built.bytes.length, etag: sha256(built.bytes) });
    const parts: Uint8Array[] = [];
    for await (const part of object!.stream(10, 300_000)) parts.push(part);
    expect(Buffer.concat(parts).equals(Buffer.from(built.bytes.subarray(10, 300_000)))).toBe(true);
  });

  it.each([
    'files/foo/0123456789abcdef/foo-1.0-py3-none-any.whl',
    'simple/other/index.html',
    'simple/foo/other.html',
    'repository.json',
    'records/default/foo.json',
    'tokens.json',
    'foo-1.0-py3-none-any.whl',
    '../wheels/foo-1.0-py3-none-any.whl',
  ])('has nothing else: %s', async (key) => {
    const place = new PlainPlace();
    place.add('', wheel('foo', '1.0'));
    await place.start();
    expect(await place.bytes(key)).toBeUndefined();
  });

  it('is not written to', async () => {
    const place = new PlainPlace();
    place.add('a', wheel('foo', '1.0'));
    chmodSync(join(place.root, 'a'), 0o555);
    chmodSync(place.root, 0o555);
    await place.start();
    place.later();
    expect(await place.filenames('foo')).toHaveLength(1);
    expect(place.warnings).toEqual([]);
    for (const folder of [place.root, join(place.root, 'a')]) chmodSync(folder, 0o755);
  });
});

describe('What is not served', () => {
  it('is named once, with the reason', async () => {
    const place = new PlainPlace();
    const good = wheel('good', '1.0');
    place.add('', good);
    place.put('broken-1.0-py3-none-any.whl', good.bytes.subarray(0, -30));
    place.put('empty-1.0-py3-none-any.whl', '');
    place.put('other-1.0-py3-none-any.whl', good.bytes);
    place.put('nonsense.whl', good.bytes);
    place.put('sub/Data Sheet.zip', 'no zip');
    place.put('CAPITALS-1.0-py3-none-any.WHL', good.bytes);
    place.put('page-1.0.tar.gz', '<!DOCTYPE html><title>404</title>');
    await place.start();
    expect(await place.projects()).toEqual(['good']);
    const told = [...place.warnings].sort();
    expect(told).toEqual([
      expect.stringMatching(/^CAPITALS-1.0-py3-none-any.WHL: not served: .*capitals in its extension/),
      expect.stringMatching(/^broken-1.0-py3-none-any.whl: not served: ./),
      expect.stringMatching(/^empty-1.0-py3-none-any.whl: not served: ./),
      expect.stringMatching(/^nonsense.whl: not served: .*parts between hyphens/),
      expect.stringMatching(/^other-1.0-py3-none-any.whl: not served: .*"good" 1.0/),
      expect.stringMatching(/^page-1.0.tar.gz: not served: ./),
      expect.stringMatching(/^sub\/Data Sheet.zip: not served: .*character/),
    ]);
    place.later();
    await place.projects();
    expect(place.warnings).toHaveLength(told.length);
  });

  it('is counted where no installer takes its format', async () => {
    const place = new PlainPlace();
    place.add('', wheel('foo', '1.0'));
    for (const name of ['foo-1.0-py2.7.egg', 'old/foo-1.0.win32.exe', 'foo-1.0.tar.bz2'])
      place.put(name, 'x');
    for (const name of ['README.md', 'foo-1.0-py3-none-any.whl.asc', 'foo.whl.part']) place.put(name, 'x');
    await place.start();
    expect(place.warnings).toEqual([expect.stringMatching(/: not served: 3 files of a format/)]);
  });

  it('is what is hidden', async () => {
    const place = new PlainPlace();
    place.add('', wheel('foo', '1.0'));
    place.add('.cache', wheel('hidden', '1.0'));
    place.put('.foo-2.0-py3-none-any.whl', wheel('foo', '2.0').bytes);
    await place.start();
    expect(await place.projects()).toEqual(['foo']);
    expect(place.warnings).toEqual([]);
  });

  it('is one of two files with the same name and other bytes, always the same one', async () => {
    const place = new PlainPlace();
    const [one, other] = [wheel('foo', '1.0', 'one'), wheel('foo', '1.0', 'other')];
    place.add('b', one);
    place.add('a', other);
    place.add('c', other);
    await place.start();
    const [file, ...more] = await place.files('foo');
    expect(more).toEqual([]);
    expect(file?.hashes.sha256).toBe(sha256(other.bytes));
    expect(place.warnings).toEqual([
      expect.stringMatching(/^b\/foo-1.0-py3-none-any.whl: not served: it has other bytes than "a\/foo-1.0/),
    ]);
  });

  it('is what a repository in one of the folders keeps', async () => {
    const place = new PlainPlace();
    place.add('dist', wheel('foo', '1.0'));
    place.add('packages/files/bar/0123456789abcdef', wheel('bar', '1.0'));
    await place.start();
    expect(await place.projects()).toEqual(['foo']);
  });
});

describe.skipIf(isWindows)('Links, and what is no file (not on Windows)', () => {
  it('are followed, also out of the folder; those that lead nowhere or in a circle are passed over', async () => {
    const place = new PlainPlace();
    const elsewhere = temporaryFolder();
    const foo = wheel('foo', '1.0');
    writeFileSync(join(elsewhere, 'anything'), foo.bytes);
    mkdirSync(join(elsewhere, 'more'));
    writeFileSync(join(elsewhere, 'more', wheel('bar', '1.0').filename), wheel('bar', '1.0').bytes);
    symlinkSync(join(elsewhere, 'anything'), join(place.root, foo.filename));
    symlinkSync(join(elsewhere, 'more'), join(place.root, 'linked'));
    symlinkSync('.', join(place.root, 'circle'));
    symlinkSync('self-1.0.zip', join(place.root, 'self-1.0.zip'));
    symlinkSync('nothing', join(place.root, 'gone-1.0-py3-none-any.whl'));
    place.add('real', wheel('baz', '1.0'));
    linkSync(join(elsewhere, 'anything'), join(place.root, 'real', foo.filename));
    const folder = await place.start();
    expect(await place.projects()).toEqual(['bar', 'baz', 'foo']);
    expect(folder.contents.files).toBe(3);
    expect(place.warnings).toEqual([]);
    expect(await place.bytes(keyOf((await place.files('foo'))[0]!))).toHaveLength(foo.bytes.length);
  });

  it('are not waited for: a pipe, a socket, a device with the name of a wheel', async () => {
    const place = new PlainPlace();
    place.add('', wheel('foo', '1.0'));
    execFileSync('mkfifo', [join(place.root, 'pipe-1.0-py3-none-any.whl')]);
    symlinkSync('/dev/zero', join(place.root, 'device-1.0-py3-none-any.whl'));
    mkdirSync(join(place.root, 'folder-1.0-py3-none-any.whl'));
    place.add('folder-1.0-py3-none-any.whl', wheel('inside', '1.0'));
    await place.start();
    expect(await place.projects()).toEqual(['foo', 'inside']);
  });

  it('can have names that are no text', async () => {
    const place = new PlainPlace();
    place.add('', wheel('foo', '1.0'));
    const name = Buffer.concat([
      Buffer.from(`${place.root}/caf`),
      Buffer.from([0xe9]),
      Buffer.from('-1.0.zip'),
    ]);
    writeFileSync(name, 'x');
    place.put('evil\n\u001b[31m-1.0.zip', 'x');
    await place.start();
    expect(await place.projects()).toEqual(['foo']);
    expect(place.warnings).toHaveLength(2);
  });
});
