import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { buildSdist, buildWheel, type BuiltFile } from '../support/distributions.ts';
import { expectSound, Importer } from './importing.ts';
import { expectExplanation, jsonOf } from './outcomes.ts';
import { snapshotOf } from './repositories.ts';
import { page, pathOf, ScriptedIndex, send, type IndexFile } from './scripted-index.ts';

const GOOD = buildWheel({ name: 'foo', version: '1.0' });
const BAD = buildWheel({ name: 'foo', version: '2.0' });
const OTHER = buildWheel({ name: 'bar', version: '1.0' });

/** An index with `GOOD`, a file that is not as it should be, and another project. */
function withLie(claims: Readonly<Record<string, unknown>>, file: BuiltFile = BAD) {
  return async (): Promise<ScriptedIndex> =>
    ScriptedIndex.start({ foo: [GOOD, { ...file, claims }], bar: [OTHER] });
}

/** An index where `change` is done to what is right. */
function changed(change: (index: ScriptedIndex) => void) {
  return async (): Promise<ScriptedIndex> => {
    const index = await ScriptedIndex.start({ foo: [GOOD, BAD], bar: [OTHER] });
    change(index);
    return index;
  };
}

const AT = pathOf('foo', BAD);

function endless(index: ScriptedIndex, headers: Readonly<Record<string, string>>): void {
  index.answers.set(AT, (_, response) => {
    response.writeHead(200, headers);
    const piece = Buffer.alloc(64 * 1024);
    const more = (): void => {
      while (!response.destroyed && response.write(piece));
      response.once('drain', more);
    };
    more();
  });
}

function replaced(index: ScriptedIndex, ...files: readonly IndexFile[]): void {
  index.projects.set('foo', { files: [GOOD, ...files] });
}

type Lie = readonly [what: string, start: () => Promise<ScriptedIndex>, code: string, named: string | RegExp];

const NOT_A_WHEEL: BuiltFile = { filename: BAD.filename, bytes: Buffer.from('<html>no wheel</html>') };
const OF_ANOTHER = buildWheel({ name: 'bar', version: '2.0', filename: BAD.filename });
const OF_NOBODY = buildSdist({ name: 'foo-extra', version: '2.0' });
const IN_DISGUISE = buildSdist({ name: 'bar', version: '2.0', filename: 'foo-2.0.tar.gz' });
const PROVENANCE = '/files/foo/provenance';

const LIES_ABOUT_A_FILE: readonly Lie[] = [
  ['a wrong sha256', withLie({ hashes: { sha256: 'ab'.repeat(32) } }), 'corrupt-file', BAD.filename],
  ['another wrong hash', withLie({ hashes: { blake2b: 'ab'.repeat(64) } }), 'corrupt-file', BAD.filename],
  ['a hash that is none', withLie({ hashes: { sha256: 'no hash' } }), 'invalid-page', BAD.filename],
  ['a size that is too small', withLie({ size: 10 }), 'corrupt-file', BAD.filename],
  ['a size that is too large', withLie({ size: BAD.bytes.length + 1 }), 'corrupt-file', BAD.filename],
  ['a size that is none', withLie({ size: -1 }), 'invalid-page', BAD.filename],
  [
    'a metadata file that is not in the wheel',
    withLie({ 'core-metadata': { sha256: 'ab'.repeat(32) } }),
    'corrupt-file',
    /has metadata with the sha256/,
  ],
  ['an upload in the future', withLie({ 'upload-time': '2999-01-01T00:00:00Z' }), 'invalid-page', '2999'],
  ['an upload at no time', withLie({ 'upload-time': 'yesterday' }), 'invalid-page', 'yesterday'],
  [
    'an absurd requires-python',
    withLie({ 'requires-python': 'x'.repeat(5000) }),
    'invalid-page',
    BAD.filename,
  ],
  [
    'a name that leads elsewhere',
    withLie({ filename: '../../foo-2.0.whl' }),
    'invalid-filename',
    '../../foo',
  ],
  ['a file of no host', withLie({ url: 'http://' }), 'invalid-page', BAD.filename],
  ['a file of this machine', withLie({ url: 'file:///etc/passwd' }), 'unsafe-address', 'file:///etc/passwd'],
  ['a wheel that is no zip', withLie({}, NOT_A_WHEEL), 'invalid-archive', BAD.filename],
  ['a wheel of another project', withLie({}, OF_ANOTHER), 'invalid-metadata', BAD.filename],
  ['a filename of another project', withLie({}, OF_NOBODY), 'invalid-filename', OF_NOBODY.filename],
  ['an sdist of another project', withLie({}, IN_DISGUISE), 'invalid-metadata', IN_DISGUISE.filename],
  [
    'a body that ends too early',
    changed((index) => {
      index.answers.set(AT, (_, response) => {
        response.writeHead(200, { 'content-length': String(BAD.bytes.length) });
        response.write(BAD.bytes.subarray(0, 100), () => response.destroy());
      });
    }),
    'unreachable',
    BAD.filename,
  ],
  ['a body without end', changed((index) => endless(index, {})), 'corrupt-file', BAD.filename],
  [
    'a body without end where the page says no size',
    changed((index) => {
      replaced(index, { ...BAD, claims: { size: undefined } });
      endless(index, { 'content-length': String(6 * 1024 ** 3) });
    }),
    'corrupt-file',
    BAD.filename,
  ],
  [
    'a redirect to what tells a cloud machine its secrets',
    changed((index) => index.answers.set(AT, redirecting('http://169.254.169.254/latest/meta-data/'))),
    'unsafe-address',
    '169.254.169.254',
  ],
  [
    'a redirect to a private network',
    changed((index) => index.answers.set(AT, redirecting('http://10.1.2.3/foo-2.0-py3-none-any.whl'))),
    'unsafe-address',
    '10.1.2.3',
  ],
  [
    'a link to a private network',
    withLie({ url: 'http://192.168.0.1/foo-2.0-py3-none-any.whl' }),
    'unsafe-address',
    '192.168.0.1',
  ],
  ['a login page', changed((index) => index.answers.set(AT, page(LOGIN))), 'corrupt-file', BAD.filename],
  [
    'one name with two hashes',
    changed((index) => {
      const other = buildWheel({ name: 'foo', version: '2.0', files: { 'foo/other.py': '' } });
      replaced(index, BAD, { ...other, folder: 'again' });
    }),
    'file-exists',
    BAD.filename,
  ],
  [
    'a provenance that is not JSON',
    changed((index) => {
      replaced(index, { ...BAD, claims: { provenance: PROVENANCE } });
      index.answers.set(PROVENANCE, page('<html>'));
    }),
    'corrupt-file',
    /provenance that is not JSON/,
  ],
  [
    'a provenance that is not there',
    changed((index) => replaced(index, { ...BAD, claims: { provenance: PROVENANCE } })),
    'not-found',
    BAD.filename,
  ],
];

const LOGIN = '<!doctype html><title>Sign in</title><form action="/login"><input name="password"></form>';
const SCRIPTS =
  '<!doctype html><script>location = "/evil"</script><a href="javascript:alert(1)" onclick="steal()">foo</a>';

function redirecting(to: string) {
  return (_: unknown, response: Parameters<typeof send>[0]): void =>
    send(response, 302, '', { location: to });
}

interface JsonReport {
  readonly imported: readonly { readonly filename: string }[];
  readonly problems: readonly { readonly code: string; readonly message: string; readonly fix: string }[];
}

describe('A source that lies about a file', () => {
  it.each(LIES_ABOUT_A_FILE)('is named, and nothing else suffers: %s', async (_, start, code, named) => {
    const index = await start();
    const importer = new Importer();
    const ending = await importer.import([index.url, '--all', '--json']);
    expect(ending).toMatchObject({ code: 1 });
    expectExplanation(ending, named);
    const { imported, problems } = jsonOf(ending) as JsonReport;
    expect(imported.map(({ filename }) => filename).sort()).toEqual([OTHER.filename, GOOD.filename].sort());
    expect(problems).toMatchObject([{ code, message: expect.stringMatching(named) as string }]);
    expect(importer.filenames()).toEqual([OTHER.filename, GOOD.filename].sort());
    await expectSound(importer);
  });
});

describe('A source that lies about a project', () => {
  it.each<Lie>([
    [
      'a login page',
      changed((index) => index.answers.set('/simple/foo/', page(LOGIN))),
      'invalid-page',
      '/foo/',
    ],
    [
      'scripts',
      changed((index) => index.answers.set('/simple/foo/', page(SCRIPTS))),
      'invalid-page',
      '/foo/',
    ],
    [
      'what is called JSON, and is not',
      changed((index) =>
        index.answers.set(
          '/simple/foo/',
          page('{', { 'content-type': 'application/vnd.pypi.simple.v1+json' }),
        ),
      ),
      'invalid-page',
      '/foo/',
    ],
    [
      'a page that expands without end',
      changed((index) => {
        const bomb = gzipSync(Buffer.alloc(140 * 1024 ** 2));
        index.answers.set('/simple/foo/', page(bomb, { 'content-encoding': 'gzip' }));
      }),
      'invalid-page',
      '/foo/',
    ],
    [
      'a redirect to what tells a cloud machine its secrets',
      changed((index) => index.answers.set('/simple/foo/', redirecting('http://169.254.169.254/'))),
      'unsafe-address',
      '169.254.169.254',
    ],
    [
      'the page of another project',
      changed((index) => index.answers.set('/simple/foo/', redirecting('/simple/bar/'))),
      'invalid-page',
      '/bar/',
    ],
  ])('is named, and nothing else suffers: %s', async (_, start, code, named) => {
    const index = await start();
    const importer = new Importer();
    const ending = await importer.import([index.url, '--all', '--json']);
    expect(ending).toMatchObject({ code: 1 });
    expectExplanation(ending, named);
    expect((jsonOf(ending) as JsonReport).problems).toMatchObject([{ code }]);
    expect(importer.filenames()).toEqual([OTHER.filename]);
    await expectSound(importer);
  });

  it('names it to people as well, with what has come over', async () => {
    const index = await withLie({ hashes: { sha256: 'ab'.repeat(32) } })();
    const ending = await new Importer().import([index.url, 'foo', 'bar']);
    expect(ending).toMatchObject({ code: 1 });
    expect(ending.stdout).toMatch(/^2 files of 2 projects imported .*; 0 already there, 1 problem\.$/m);
    expectExplanation(ending, BAD.filename, 'ab'.repeat(32), 'It was not imported.');
  });
});

describe('A source that is no index', () => {
  it.each([
    ['a login page', LOGIN],
    ['scripts', SCRIPTS],
    ['any page', '<!doctype html><title>Welcome</title><p>It works!</p>'],
  ])('imports nothing, and makes no repository: %s', async (_, body) => {
    const index = await ScriptedIndex.start();
    index.answers.set('/simple/', page(body));
    const importer = new Importer();
    const ending = await importer.import([index.url, '--all']);
    expect(ending).toMatchObject({ code: 1, stdout: '' });
    expectExplanation(ending, index.url);
    expect(snapshotOf(importer.store)).toBeUndefined();
  });
});
