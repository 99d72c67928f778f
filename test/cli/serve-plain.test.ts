import { chmodSync, cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { describe, expect, it, vi } from 'vitest';
import { startWheelstore, wheelstore, type CommandOptions, type RunningProcess } from '../support/command.ts';
import { buildSdist } from '../support/distributions.ts';
import { Published } from '../support/published.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { ANOTHER_USER_NEEDS, canBeAnotherUser } from './other-user.ts';
import { expectRefusal } from './outcomes.ts';
import { linksOf, sha256, small, snapshotOf, writeFiles } from './repositories.ts';

interface Place {
  readonly folder: string;
  readonly wheels: string;
  readonly caches: string;
}

function newPlace(): Place {
  const folder = temporaryFolder();
  const wheels = join(folder, 'wheels');
  mkdirSync(wheels);
  return { folder, wheels, caches: join(folder, 'caches') };
}

interface Serving {
  /** As it was announced: `plain folder ... (1 file of 1 project)`. */
  readonly what: string;
  readonly url: string;
  readonly server: RunningProcess;
}

/** Serves a folder on a free port. */
async function serve(
  { wheels, caches }: Place,
  words: readonly string[] = [],
  options: CommandOptions = {},
): Promise<Serving> {
  const env = { XDG_CACHE_HOME: caches, LOCALAPPDATA: caches, ...options.env };
  const server = startWheelstore(['serve', wheels, '--port', '0', ...words], { ...options, env });
  const [, what = '', url = ''] = await server.printed(
    /^Serving (.*) at (http:\S+)\/simple\/ \(Ctrl-C stops\)\n/m,
  );
  return { what, url, server };
}

async function stopped({ server }: Serving): Promise<string> {
  server.child.kill('SIGINT');
  const { code, stderr } = await server.ended;
  expect(code).toBe(0);
  return stderr;
}

/** The texts of the links of a page. */
async function linkedOn(url: string): Promise<string[]> {
  const response = await fetch(url);
  return response.status === 200 ? linksOf(await response.text()).map(({ text }) => text) : [];
}

describe('serve, with a folder of plain wheels', () => {
  it('serves it, says what it is, and writes nothing to it', async () => {
    const place = newPlace();
    writeFiles(place.wheels, small('foo', '1.0', '2.0'));
    writeFiles(join(place.wheels, 'bar'), [buildSdist({ name: 'Bar', version: '1.0' })]);
    const before = snapshotOf(place.wheels);
    const serving = await serve(place);
    expect(serving.what).toBe(`plain folder ${place.wheels} (3 files of 2 projects)`);
    const { url } = serving;
    expect(await linkedOn(`${url}/simple/`)).toEqual(['bar', 'foo']);
    const page = await fetch(`${url}/simple/Foo/`);
    expect(page.url).toBe(`${url}/simple/foo/`);
    const links = linksOf(await page.text());
    expect(links.map(({ text }) => text)).toEqual(['foo-1.0-py3-none-any.whl', 'foo-2.0-py3-none-any.whl']);
    for (const { href } of links) {
      const [path = '', hash] = href.split('#sha256=');
      const file = await fetch(new URL(path, page.url));
      expect(sha256(new Uint8Array(await file.arrayBuffer()))).toBe(hash);
    }
    expect(await stopped(serving)).not.toMatch(/warning|error/);
    expect(snapshotOf(place.wheels)).toEqual(before);
  });

  it('answers as ever: HEAD, ranges, conditions, forms of a page, metadata', async () => {
    const place = newPlace();
    const [built] = small('foo', '1.0');
    writeFiles(place.wheels, [built!]);
    const { url } = await serve(place);
    const json = await fetch(`${url}/simple/foo/?format=application/vnd.pypi.simple.v1+json`);
    expect(json.headers.get('content-type')).toBe('application/vnd.pypi.simple.v1+json');
    const { files } = (await json.json()) as {
      files: { url: string; 'core-metadata': { sha256: string } }[];
    };
    const file = new URL(files[0]!.url, `${url}/simple/foo/`).href;

    const etag = json.headers.get('etag') ?? '';
    expect((await fetch(json.url, { headers: { 'if-none-match': etag } })).status).toBe(304);
    const head = await fetch(file, { method: 'HEAD' });
    expect(head.headers.get('content-length')).toBe(String(built!.bytes.length));
    expect(head.headers.get('cache-control')).toContain('immutable');
    const part = await fetch(file, { headers: { range: 'bytes=10-19' } });
    expect(part.status).toBe(206);
    expect(Buffer.from(await part.arrayBuffer()).equals(Buffer.from(built!.bytes.subarray(10, 20)))).toBe(
      true,
    );
    const metadata = await fetch(`${file}.metadata`);
    expect(sha256(new Uint8Array(await metadata.arrayBuffer()))).toBe(files[0]!['core-metadata'].sha256);
    for (const path of ['/foo-1.0-py3-none-any.whl', '/records/default/foo.json', '/files/foo/']) {
      expect((await fetch(`${url}${path}`)).status).toBe(404);
    }
  });

  it('sees what is added, replaced and removed', { timeout: 60_000 }, async () => {
    const place = newPlace();
    const [one, two] = small('foo', '1.0', '2.0');
    writeFiles(place.wheels, [one!]);
    const { url } = await serve(place);
    // Each request looks again, if the last look was a second ago.
    const shows = (names: readonly string[]) =>
      vi.waitFor(async () => expect(await linkedOn(`${url}/simple/`)).toEqual(names), {
        timeout: 15_000,
        interval: 200,
      });
    await shows(['foo']);
    writeFiles(join(place.wheels, 'new'), small('bar', '1.0'));
    await shows(['bar', 'foo']);
    rmSync(join(place.wheels, one!.filename));
    await shows(['bar']);
    writeFiles(place.wheels, [two!]);
    await shows(['bar', 'foo']);
    expect(await linkedOn(`${url}/simple/foo/`)).toEqual([two!.filename]);
  });

  it('names what it does not serve, once, and counts other formats', async () => {
    const place = newPlace();
    const [path = ''] = writeFiles(place.wheels, small('foo', '1.0', '1.1'));
    writeFileSync(path, 'no wheel');
    for (const name of ['old-1.0.egg', 'old-1.0.win32.exe']) writeFileSync(join(place.wheels, name), 'x');
    const serving = await serve(place);
    expect(serving.what).toMatch(/\(1 file of 1 project\)$/);
    await linkedOn(`${serving.url}/simple/`);
    const stderr = await stopped(serving);
    expect(stderr.match(/^warning: .*$/gm)).toEqual([
      expect.stringMatching(/^warning: \S*wheels: not served: 2 files of a format/),
      expect.stringMatching(/^warning: \S*foo-1.0-py3-none-any.whl: not served: ./),
    ]);
    expect(stderr).not.toMatch(/ {4}at |defect/);
  });

  it('checks only what is new at the next start', async () => {
    const place = newPlace();
    writeFiles(place.wheels, small('foo', '1.0', '1.1'));
    // The clock of a disk may take a moment until the time of a file tells it from the next.
    await vi.waitFor(
      async () => {
        expect(await stopped(await serve(place))).not.toContain('Checking');
      },
      { timeout: 30_000, interval: 100 },
    );
    writeFiles(place.wheels, small('foo', '1.2'));
    const serving = await serve(place);
    expect(serving.what).toMatch(/\(3 files of 1 project\)$/);
    expect(await stopped(serving)).toMatch(/^Checking 1 file;/m);
    expect(readdirSync(join(place.caches, 'wheelstore', 'plain'))).toHaveLength(1);
  });

  it('works where nothing can be remembered, and says so', async () => {
    const place = newPlace();
    writeFiles(place.wheels, small('foo', '1.0'));
    writeFileSync(place.caches, 'a file');
    const serving = await serve(place);
    expect(await linkedOn(`${serving.url}/simple/`)).toEqual(['foo']);
    expect(await stopped(serving)).toMatch(/^warning: \S*\.json: .*the next start checks all files again$/m);
  });

  it('says with --verbose why it serves a plain folder', async () => {
    const place = newPlace();
    writeFiles(place.wheels, small('foo', '1.0'));
    expect(await stopped(await serve(place, ['--verbose']))).toMatch(/no records: served as a plain folder/);
  });
});

describe('serve takes for a repository', () => {
  it('an empty folder', async () => {
    const place = newPlace();
    const serving = await serve(place);
    expect(serving.what).toBe(`folder ${place.wheels}`);
    expect((await fetch(`${serving.url}/simple/`)).status).toBe(404);
  });

  it('a folder with records, and says what lies beside them', async () => {
    const place = newPlace();
    await new Published(place.wheels).add(...small('foo', '1.0'));
    writeFiles(place.wheels, small('plain', '1.0'));
    writeFiles(join(place.wheels, 'more'), small('plain', '1.1'));
    const serving = await serve(place);
    expect(serving.what).toBe(`folder ${place.wheels}`);
    expect(await linkedOn(`${serving.url}/simple/`)).toEqual(['foo']);
    expect(await stopped(serving)).toContain(
      `note: 2 plain files beside the repository are not in it; "wheelstore import ${place.wheels}" publishes them\n`,
    );
  });

  it('what is left of one without its records', async () => {
    const place = newPlace();
    const other = join(place.folder, 'repository');
    await new Published(other).add(...small('foo', '1.0'));
    for (const part of ['files', 'simple'])
      cpSync(join(other, part), join(place.wheels, part), { recursive: true });
    writeFiles(place.wheels, small('plain', '1.0'));
    const serving = await serve(place);
    expect(serving.what).toBe(`folder ${place.wheels}`);
    expect(await linkedOn(`${serving.url}/simple/`)).toEqual(['foo']);
    expect(await stopped(serving)).toMatch(/note: 1 plain file beside the repository is not in it/);
  });

  it('a plain folder that somebody has published to', async () => {
    const place = newPlace();
    writeFiles(place.wheels, small('plain', '1.0'));
    const [path = ''] = writeFiles(join(place.folder, 'dist'), small('foo', '1.0'));
    expect(await wheelstore(['upload', path, '--store', place.wheels])).toMatchObject({ code: 0 });
    const serving = await serve(place);
    expect(serving.what).toBe(`folder ${place.wheels}`);
    expect(await linkedOn(`${serving.url}/simple/`)).toEqual(['foo']);
  });

  it('no folder that is not there', async () => {
    const ending = await wheelstore(['serve', join(temporaryFolder(), 'nothing'), '--port', '0']);
    expectRefusal(ending, 1, 'nothing', 'upload');
  });
});

describe.skipIf(!canBeAnotherUser)(`serve as somebody else (${ANOTHER_USER_NEEDS})`, () => {
  it('names what this user may not read, and serves the rest', async () => {
    const place = newPlace();
    for (const folder of [place.folder, place.wheels]) chmodSync(folder, 0o755);
    const [, secret = ''] = writeFiles(place.wheels, [...small('foo', '1.0'), ...small('secret', '1.0')]);
    writeFiles(join(place.wheels, 'closed'), small('bar', '1.0'));
    chmodSync(secret, 0o600);
    chmodSync(join(place.wheels, 'closed'), 0o700);
    const caches = join(place.folder, 'other');
    mkdirSync(caches, { mode: 0o777 });
    chmodSync(caches, 0o777);
    const serving = await serve({ ...place, caches }, [], { uid: 12_345, gid: 12_345 });
    expect(await linkedOn(`${serving.url}/simple/`)).toEqual(['foo']);
    chmodSync(secret, 0o644);
    chmodSync(join(place.wheels, 'closed'), 0o755);
    await vi.waitFor(
      async () => expect(await linkedOn(`${serving.url}/simple/`)).toEqual(['bar', 'foo', 'secret']),
      { timeout: 15_000, interval: 200 },
    );
    const stderr = await stopped(serving);
    expect(stderr.match(/^warning: .*$/gm)?.sort()).toEqual([
      expect.stringMatching(/closed: not served: No permission to read/),
      expect.stringMatching(/secret-1.0-py3-none-any.whl: not served: No permission to read/),
    ]);
    expect(process.getuid?.()).toBe(0);
  });
});
