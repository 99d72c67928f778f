import { once } from 'node:events';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { describe, expect, it, onTestFinished } from 'vitest';
import { DirectoryStore } from '../../stores/directory.ts';
import { COMMAND, startProcess, wheelstore, type CommandOptions } from '../support/command.ts';
import { buildSdist, buildWheel, type BuiltFile } from '../support/distributions.ts';
import { s3pypiLink, s3pypiPage, s3pypiProject } from '../support/import-sources.ts';
import { run, succeeded } from '../support/pips.ts';
import { describeWithPython, findPython } from '../support/python.ts';
import { inconsistencies, recordsOf } from '../support/repository-check.ts';
import { clientOf } from '../support/s3/sdk-client.ts';
import { serveCommands, type TestBucket } from './buckets.ts';
import { flat } from './import-places.ts';
import { expectExplanation, expectRefusal, jsonOf } from './outcomes.ts';
import { projectsOnList, small, workplace, type Workplace } from './repositories.ts';

const { server, awsEnvironment, newBucket } = serveCommands();

/** pip looks into the metadata of what it downloads; this sdist needs nothing of anybody for that. */
function sdist(name: string, version: string, filename: string): BuiltFile {
  const info = `${name.toLowerCase().replaceAll('.', '_')}-${version}.dist-info`;
  const backend = `
import os
def prepare_metadata_for_build_wheel(folder, config_settings=None):
    os.mkdir(os.path.join(folder, '${info}'))
    with open(os.path.join(folder, '${info}', 'METADATA'), 'w') as file:
        file.write('Metadata-Version: 2.1\\nName: ${name}\\nVersion: ${version}\\n')
    return '${info}'
`;
  const project = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n';
  return buildSdist({ name, version, filename, files: { 'pyproject.toml': project, 'backend.py': backend } });
}

const FOO = [
  ...small('foo', '1.0', '2.0'),
  sdist('foo', '2.0', 'foo-2.0.tar.gz'),
  ...small('foo', '1!0.1', '2.0+local.1'),
];
const BAR = small('bar', '1.0');
const LAYOUT = {
  ...s3pypiProject('foo', ...FOO),
  ...s3pypiProject('bar', ...BAR),
  'index.html': s3pypiPage(),
};
const FILENAMES = [...BAR, ...FOO].map(({ filename }) => filename).sort();

async function put(
  bucket: string,
  files: Readonly<Record<string, string | Uint8Array>>,
  prefix = '',
): Promise<void> {
  const client = clientOf(server());
  for (const [path, Body] of Object.entries(files)) {
    await client.send(
      new PutObjectCommand({ Bucket: bucket, Key: prefix + path, Body, ContentType: 'text/html' }),
    );
  }
  client.destroy();
}

/** A bucket that s3pypi has published to. */
async function oldBucket(prefix = ''): Promise<string> {
  const { name } = await newBucket();
  await put(name, LAYOUT, prefix);
  return name;
}

function importing(words: readonly string[], { cwd }: { cwd?: string } = {}, more: CommandOptions = {}) {
  const endpoint = ['--s3-endpoint-url', server().endpoint];
  return wheelstore(['import', ...words, ...endpoint], {
    ...more,
    ...(cwd === undefined ? {} : { cwd }),
    env: { ...environment(), ...more.env },
  });
}

/** What an import of a test remembers is with the test. */
function environment(): Record<string, string> {
  return { ...awsEnvironment(), XDG_STATE_HOME: workplace().folder };
}

const bucketOf = (name: string, prefix = ''): string => `s3://${name}/${prefix}`;

async function filenamesIn(store: TestBucket['store'] | DirectoryStore): Promise<string[]> {
  const records = await recordsOf(store);
  expect(await inconsistencies(store)).toEqual([]);
  return records.flatMap(({ files }) => files.map(({ filename }) => filename)).sort();
}

describe('wheelstore import s3://BUCKET', () => {
  it.each(['', 'some/prefix/'])(
    'works in place, with the prefix %j, and the old objects stay',
    async (prefix) => {
      const name = await oldBucket(prefix);
      const before = server().keys(name);
      const words = [bucketOf(name, prefix), '--to', bucketOf(name, prefix)];
      const first = await importing(words);
      expect(first).toMatchObject({ code: 0 });
      expect(first.stdout).toContain(`${FILENAMES.length} files of 2 projects imported`);
      expect(server().keys(name)).toEqual(expect.arrayContaining([...before]));
      await put(name, { [`foo/${BAR[0]?.filename}`]: 'not on the page' }, prefix);
      const second = await importing([...words, '--json']);
      expect([second.code, jsonOf(second)]).toMatchObject([
        0,
        { imported: [], plan: { present: FILENAMES.length }, problems: [] },
      ]);
    },
  );

  it('imports what s3pypi has published since', async () => {
    const name = await oldBucket();
    const words = [bucketOf(name), '--to', bucketOf(name)];
    await importing(words);
    const [bar2] = small('bar', '2.0');
    if (bar2 === undefined) throw new Error('It was built');
    const page = s3pypiPage(...[...BAR, bar2].map((file) => s3pypiLink(file)));
    await put(name, { [`bar/${bar2.filename}`]: bar2.bytes, 'bar/': page });
    server().log.clear();
    expect((await importing(words)).stdout).toContain('1 file of 1 project imported');
    const read = server().log.entries.filter(
      ({ operation, key }) => operation === 'GetObject' && /^(foo|bar)\//.test(key ?? ''),
    );
    expect(read.map(({ key }) => key).sort()).toEqual(['bar/', `bar/${bar2.filename}`, 'foo/']);
  });

  it('goes to another place: a bucket, a prefix of the same one around or beside it, a folder', async () => {
    const name = await oldBucket('old/');
    const { name: other, store } = await newBucket();
    expect(await importing([bucketOf(name, 'old'), '--to', bucketOf(other)])).toMatchObject({ code: 0 });
    expect(await filenamesIn(store)).toEqual(FILENAMES);
    const { folder, store: packages }: Workplace = workplace();
    expect(await importing([bucketOf(name, 'old')], { cwd: folder })).toMatchObject({ code: 0 });
    expect(await filenamesIn(new DirectoryStore(packages))).toEqual(FILENAMES);
    for (const target of ['', 'beside', 'old/new']) {
      const words = [bucketOf(name, 'old'), '--to', bucketOf(name, target), '--json'];
      for (const [index, ending] of [await importing(words), await importing(words)].entries()) {
        expect([target, ending.code, jsonOf(ending)]).toMatchObject([
          target,
          0,
          { problems: [], plan: { present: index * FILENAMES.length, skipped: [] } },
        ]);
      }
    }
  });

  it('takes a folder to a bucket', async () => {
    const bucket = await newBucket();
    const { folder, dist } = workplace(...FOO);
    expect(await importing([dist, '--to', bucketOf(bucket.name)], { cwd: folder })).toMatchObject({
      code: 0,
    });
    expect(await filenamesIn(bucket.store)).toEqual(FOO.map(({ filename }) => filename).sort());
    expectRefusal(await importing([dist, '--to', join(folder, 'packages')]), 2, '--s3-endpoint-url');
  });

  it('writes nothing with --dry-run', async () => {
    const name = await oldBucket();
    const before = server().keys(name);
    const ending = await importing([bucketOf(name), '--to', bucketOf(name), '--dry-run', '--json']);
    expect([ending.code, jsonOf(ending)]).toMatchObject([0, { dryRun: true, imported: [] }]);
    expect(server().keys(name)).toEqual(before);
  });

  it('removes the old objects when they are safely here, and goes on where it was stopped', async () => {
    const name = await oldBucket();
    const { store } = await newBucket();
    const words = [bucketOf(name), '--to', bucketOf(name)];
    await importing(words);
    const refused = server().deny({ actions: ['s3:DeleteObject'], bucket: name, keyPrefix: 'foo/' });
    const stopped = await importing([...words, '--remove-source', '--json']);
    expect([stopped.code, jsonOf(stopped)]).toMatchObject([
      1,
      { removedFromSource: ['bar'], failure: { code: 'access-denied' } },
    ]);
    expectExplanation(stopped, 's3:DeleteObject');
    refused();
    expect(await importing([...words, '--remove-source'])).toMatchObject({ code: 0 });
    const left = server()
      .keys(name)
      .filter((key) => !/^(files|records|simple)\//.test(key));
    expect(left).toEqual(['index.html']);
    expect(store.description).not.toBe('');
    const verified = await wheelstore(
      ['verify', '--deep', '--bucket', name, '--s3-endpoint-url', server().endpoint],
      { env: awsEnvironment() },
    );
    expect(verified).toMatchObject({ code: 0 });
  });

  it('names what is wrong in the bucket, and imports the rest', async () => {
    const name = await oldBucket();
    await put(name, {
      [`foo/${FOO[0]?.filename}`]: 'other bytes',
      'qux/': '<p>no page</p>',
      'qux/qux-1.0.tar.gz': 'x',
    });
    const bucket = await newBucket();
    const ending = await importing([bucketOf(name), '--to', bucketOf(bucket.name)]);
    expect(ending.code).toBe(1);
    expectExplanation(ending, FOO[0]?.filename ?? '', '"qux/"');
    expect(ending.stderr).not.toContain('tree.invalid');
    expect(await filenamesIn(bucket.store)).toEqual(FILENAMES.filter((each) => each !== FOO[0]?.filename));
  });

  it('says where there is nothing, or no bucket', async () => {
    const { name } = await newBucket();
    const { folder } = workplace();
    expectRefusal(await importing([bucketOf(name)], { cwd: folder }), 1, 'There are no distributions in');
    expectRefusal(await importing(['s3://none.example.com'], { cwd: folder }), 1, 'none.example.com');
    expect(readdirSync(folder)).toEqual(['dist']);
  });

  it.each([
    ['the source', 'foo/', 'GetObject'],
    ['the target', 'files/', 'PutObject'],
    ['the target', 'records/', 'PutObject'],
    ['the target', 'simple/', 'PutObject'],
  ] as const)(
    'is completed by the same command after %s has failed at %s',
    async (_, keyPrefix, operation) => {
      const name = await oldBucket();
      const words = [bucketOf(name), '--to', bucketOf(name)];
      const action = operation === 'GetObject' ? 's3:GetObject' : 's3:PutObject';
      const allow = server().deny({ actions: [action], bucket: name, keyPrefix });
      const failed = await importing(words);
      expect(failed.code).toBe(1);
      expectExplanation(failed, action);
      allow();
      expect(await importing(words)).toMatchObject({ code: 0 });
      const { code } = await wheelstore(
        ['verify', '--deep', '--bucket', name, '--s3-endpoint-url', server().endpoint],
        { env: awsEnvironment() },
      );
      expect(code).toBe(0);
    },
  );
});

/** The old layout, as the website of its bucket serves it. */
async function serveLayout(): Promise<string> {
  const http = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://x').pathname.slice(1));
    const body = (LAYOUT as Record<string, string | Uint8Array>)[path];
    const type = path.endsWith('/') ? 'text/html' : 'application/octet-stream';
    response.writeHead(body === undefined ? 404 : 200, { 'content-type': type }).end(body);
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  onTestFinished(() => void http.close());
  return `http://127.0.0.1:${(http.address() as AddressInfo).port}/`;
}

describeWithPython('pip', () => {
  it('gets the same releases before and after', async () => {
    const name = await oldBucket();
    const { folder, store } = workplace();
    expect(await importing([bucketOf(name)], { cwd: folder })).toMatchObject({ code: 0 });
    expect(projectsOnList(store)).toEqual(['bar', 'foo']);
    const serving = startProcess(process.execPath, [COMMAND, 'serve', store, '--port', '0']);
    const [, url = ''] = await serving.printed(/(http:\/\/127\.0\.0\.1:\d+)/);
    const downloaded = async (index: string, where: string): Promise<string[]> => {
      const target = join(folder, where);
      mkdirSync(target);
      for (const kind of [
        ['--only-binary', ':all:'],
        ['--no-binary', ':all:', '--no-build-isolation'],
      ]) {
        for (const release of ['foo==1.0', 'foo===2.0', 'foo==2.0+local.1', 'foo==1!0.1', 'foo', 'bar']) {
          // Preparing an sdist takes a build; there is one.
          if (kind[0] === '--no-binary' && release !== 'foo===2.0') continue;
          const words = ['download', release, '--no-deps', '--index-url', index, '--dest', target, ...kind];
          succeeded(await run(findPython()?.python ?? '', ['-m', 'pip', ...words]));
        }
      }
      return readdirSync(target).sort();
    };
    const before = await downloaded(await serveLayout(), 'before');
    expect(before).toEqual(FILENAMES);
    expect(await downloaded(`${url}/simple/`, 'after')).toEqual(before);
    // Old URLs go on working.
    expect(await downloaded(`${url}/`, 'old')).toEqual(before);
  });

  it('finds files with old spellings of their names', async () => {
    const { folder, store } = workplace();
    const files = [
      buildWheel({ name: 'Foo.Bar', version: '2.0', filename: 'Foo.Bar-2.0-py3-none-any.whl' }),
      sdist('Foo.Bar', '1.0', 'Foo.Bar-1.0.tar.gz'),
    ];
    mkdirSync(join(folder, 'old'));
    for (const [path, bytes] of Object.entries(flat(...files)))
      writeFileSync(join(folder, 'old', path), bytes);
    const imported = await wheelstore(['import', 'old'], { cwd: folder, env: environment() });
    expect(imported.code).toBe(0);
    expect(imported.stderr).toContain(
      'warning: 2 files with an older spelling of the name, kept as it is: Foo.Bar-1.0.tar.gz, Foo.Bar-2.0-py3-none-any.whl',
    );
    const serving = startProcess(process.execPath, [COMMAND, 'serve', store, '--port', '0']);
    const [, url = ''] = await serving.printed(/(http:\/\/127\.0\.0\.1:\d+)/);
    const target = join(folder, 'got');
    for (const [release, kind] of [
      ['foo-bar==2.0', '--only-binary'],
      ['Foo_Bar==1.0', '--no-binary'],
    ] as const) {
      const words = [
        'download',
        release,
        '--no-deps',
        '--no-build-isolation',
        kind,
        ':all:',
        '--dest',
        target,
      ];
      succeeded(
        await run(findPython()?.python ?? '', ['-m', 'pip', ...words, '--index-url', `${url}/simple/`]),
      );
    }
    expect(readdirSync(target).sort()).toEqual(['Foo.Bar-1.0.tar.gz', 'Foo.Bar-2.0-py3-none-any.whl']);
  });
});
