import { GetObjectCommand, NoSuchKey, PutObjectCommand } from '@aws-sdk/client-s3';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { describe, expect, it } from 'vitest';
import { mapBounded } from '../../core/parallel.ts';
import { sha256 } from '../support/bytes.ts';
import { runProcess, startWheelstore } from '../support/command.ts';
import { buildSdist, buildWheel, type BuiltFile, type SdistSpec } from '../support/distributions.ts';
import { lyingServer } from '../support/lying-server.ts';
import { findPips, freshPath, runPip, type Pip } from '../support/pips.ts';
import { s3pypiPage } from '../support/import-sources.ts';
import { clientOf } from '../support/s3/sdk-client.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { serveCommands, type TestBucket } from './buckets.ts';
import { Importer } from './importing.ts';
import { jsonOf } from './outcomes.ts';
import { writeFiles } from './repositories.ts';

/** It takes nothing to build, as pip has to for what it knows of an sdist. */
const BACKEND = `
import os
def prepare_metadata_for_build_wheel(folder, settings=None):
    with open('PKG-INFO') as file:
        metadata = file.read()
    fields = dict(line.split(': ', 1) for line in metadata.splitlines() if line)
    name = '%s-%s.dist-info' % (fields['Name'].replace('-', '_'), fields['Version'])
    os.mkdir(os.path.join(folder, name))
    with open(os.path.join(folder, name, 'METADATA'), 'w') as file:
        file.write(metadata)
    return name
def build_wheel(folder, settings=None, metadata=None):
    raise NotImplementedError
`;
const PYPROJECT = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n';

function sdist(spec: SdistSpec): BuiltFile {
  return buildSdist({ ...spec, files: { 'pyproject.toml': PYPROJECT, 'backend.py': BACKEND } });
}

/** What has been uploaded over the years, and how it is asked for. */
const RELEASES: Readonly<Record<string, readonly BuiltFile[]>> = {
  'acme-core==1.0': [
    buildWheel({ name: 'Acme.Core', version: '1.0', filename: 'Acme.Core-1.0-py3-none-any.whl' }),
  ],
  'acme-core==1.1': [
    buildWheel({ name: 'acme-core', version: '1.1' }),
    sdist({ name: 'acme-core', version: '1.1', filename: 'acme-core-1.1.tar.gz' }),
  ],
  'acme-core==1.1+local.5': [buildWheel({ name: 'acme-core', version: '1.1+local.5' })],
  'acme-core==1.2': [sdist({ name: 'acme-core', version: '1.2', format: 'zip' })],
  'acme-core==1.3+ubuntu.1': [sdist({ name: 'acme-core', version: '1.3+ubuntu.1' })],
  'acme-core==1!2.0': [
    buildWheel({ name: 'acme-core', version: '1!2.0' }),
    sdist({ name: 'acme-core', version: '1!2.0' }),
  ],
  'hello-world==0.1.0': [
    buildWheel({ name: 'hello_world', version: '0.1.0', requiresPython: '>=3.4' }),
    sdist({ name: 'hello_world', version: '0.1.0' }),
  ],
  'xyz==1.0': [buildWheel({ name: 'xyz', version: '1.0', build: '7', tags: 'py2.py3-none-any' })],
  'zope-thing==4.0.dev1': [
    sdist({ name: 'Zope.Thing', version: '4.0.dev1', filename: 'Zope.Thing-4.0.dev1.tar.gz' }),
  ],
};

/** What pip is asked for: with these, every file is the best one for something. */
const WISHES: readonly (readonly string[])[] = [
  ...Object.keys(RELEASES).map((release) => [release]),
  ['acme-core===1.1'],
  ...['acme-core===1.1', 'acme-core==1!2.0', 'hello-world'].map((wish) => ['--no-binary', ':all:', wish]),
  ['acme-core'],
  ['--pre', 'zope-thing'],
];

const FILES = Object.values(RELEASES).flat();
const FILENAMES = FILES.map(({ filename }) => filename).sort();

const buckets = serveCommands();

/** How pages are called in a bucket of s3pypi. */
type PageName = '' | 'index.html';

/** Fills a bucket as s3pypi does. */
type Fill = (bucket: TestBucket, prefix: string | undefined, pageName: PageName) => Promise<void>;

function folderOf({ filename }: BuiltFile): string {
  const release = Object.entries(RELEASES).find(([, files]) =>
    files.some((file) => file.filename === filename),
  );
  return release?.[0].split('==', 1)[0] ?? '';
}

/** `urllib.parse.quote`: more than `encodeURIComponent` leaves alone. */
function quoted(filename: string): string {
  return encodeURIComponent(filename).replaceAll('!', '%21');
}

/** The shapes that were seen in buckets of s3pypi, of older versions too, which wrote no hashes. */
const inItsShapes: Fill = async ({ name }, prefix, pageName) => {
  const client = clientOf(buckets.server());
  const put = (path: string, Body: string | Uint8Array, ContentType: string): Promise<unknown> => {
    const Key = [prefix, path].filter((part) => part !== undefined).join('/');
    return client.send(new PutObjectCommand({ Bucket: name, Key, Body, ContentType }));
  };
  const folders = [...new Set(FILES.map(folderOf))];
  for (const folder of folders) {
    const files = FILES.filter((file) => folderOf(file) === folder);
    const links = files
      .toSorted((one, other) => (one.filename < other.filename ? -1 : 1))
      .map((file, index) => {
        const hash = index % 3 === 2 ? '' : `#sha256=${sha256(file.bytes)}`;
        return `<a href="${quoted(file.filename)}${hash}">${file.filename}</a>`;
      });
    for (const file of files) await put(`${folder}/${file.filename}`, file.bytes, 'application/x-gzip');
    await put(`${folder}/${pageName}`, s3pypiPage(...links), 'text/html');
  }
  const root = folders.map((folder) => `<a href="${folder}/">${folder}</a>`);
  await put(prefix === undefined ? 'index.html' : pageName, s3pypiPage(...root), 'text/html');
  client.destroy();
};

const S3PYPI = process.env['WHEELSTORE_TEST_S3PYPI'] ?? '';

const byItself: Fill = async ({ name }, prefix, pageName) => {
  const { endpoint } = buckets.server();
  const [program = '', ...words] = S3PYPI.split(' ');
  const options = [
    '--bucket',
    name,
    '--s3-endpoint-url',
    endpoint,
    '--put-root-index',
    ...(prefix === undefined ? [] : ['--prefix', prefix]),
    ...(pageName === '' ? [] : ['--index.html']),
  ];
  const dist = writeFiles(temporaryFolder(), FILES);
  const ending = await runProcess(program, [...words, 'upload', ...dist, ...options], {
    env: {
      ...buckets.awsEnvironment(),
      AWS_DEFAULT_REGION: buckets.server().region,
      // There is no lock table here either.
      AWS_ENDPOINT_URL_DYNAMODB: endpoint,
    },
  });
  expect(ending).toMatchObject({ code: 0 });
};

/** A bucket behind a CDN that knows nothing of packages: an URL is a key. */
async function behindCdn(
  { name }: TestBucket,
  prefix: string | undefined,
  pageName: PageName,
): Promise<string> {
  const client = clientOf(buckets.server());
  const { url } = await lyingServer((request, response) => {
    void (async () => {
      const path = decodeURIComponent(request.url ?? '').slice(1);
      const Key = path.endsWith('/') ? path + pageName : path;
      try {
        const { Body } = await client.send(new GetObjectCommand({ Bucket: name, Key }));
        // s3pypi calls a zip application/x-gzip, which newer pips believe.
        const type = path.endsWith('/') ? 'text/html' : 'application/octet-stream';
        response.writeHead(200, { 'content-type': type }).end(await Body?.transformToByteArray());
      } catch (error) {
        response.writeHead(error instanceof NoSuchKey ? 404 : 500).end();
      }
    })();
  });
  return prefix === undefined ? url : `${url}/${prefix}`;
}

/** The index of a repository, served by the command. */
async function served(words: readonly string[]): Promise<string> {
  const env = buckets.awsEnvironment();
  const running = startWheelstore(['serve', ...words, '--port', '0', '--quiet'], { env });
  const [, url = ''] = await running.printed(/(http:\/\/127\.0\.0\.1:\d+\/simple\/)/);
  return url;
}

/** What pip gets for each wish: the name and the hash of a file, or why there is none. */
async function downloaded(pip: Pip, index: string): Promise<readonly string[]> {
  return mapBounded(WISHES, 2, async (wish) => {
    const folder = freshPath();
    const words = ['download', '--no-deps', '--no-build-isolation', '--no-cache-dir', '--dest', folder];
    const { status, output } = await runPip(pip, [...words, '--index-url', index, ...wish]);
    if (status !== 0) return output;
    const [name = ''] = readdirSync(folder);
    return `${name} ${sha256(readFileSync(join(folder, name)))}`;
  });
}

const pip = (await findPips()).at(-1);

function importsFrom(fill: Fill): void {
  const layouts: readonly [string, string | undefined, PageName][] = [
    ['pages that are called as their folders', undefined, ''],
    ['below a prefix, with index.html', 'team/python', 'index.html'],
  ];

  it.each(layouts)('comes over completely, to elsewhere: %s', async (_, prefix, pageName) => {
    const bucket = await buckets.newBucket(prefix);
    await fill(bucket, prefix, pageName);
    const importer = new Importer();
    const from = `s3://${bucket.name}/${prefix ?? ''}`;
    const words = [from, '--json', '--s3-endpoint-url', buckets.server().endpoint];
    const ending = await importer.import(words, buckets.awsEnvironment());
    expect(ending).toMatchObject({ code: 0 });
    expect(jsonOf(ending)).toMatchObject({ problems: [], plan: { skipped: [] } });
    expect(importer.filenames()).toEqual(FILENAMES);
    expect(await importer.run('verify', '--deep')).toMatchObject({ code: 0 });
    expect(jsonOf(await importer.import(words, buckets.awsEnvironment()))).toMatchObject({ imported: [] });
  });

  it.each(layouts)('comes over completely, in place: %s', async (_, prefix, pageName) => {
    const bucket = await buckets.newBucket(prefix);
    await fill(bucket, prefix, pageName);
    const from = `s3://${bucket.name}/${prefix ?? ''}`;
    expect(await bucket.run(['import', from])).toMatchObject({ code: 0 });
    expect(await bucket.run(['verify', '--deep'])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(`^4 projects, ${FILES.length} files`) as string,
    });
    const removed = jsonOf(await bucket.run(['import', from, '--remove-source', '--json']));
    expect(removed).toMatchObject({ imported: [], removedFromSource: { length: 4 }, keptAtSource: [] });
    const { stderr } = await bucket.run(['verify', '--deep']);
    expect(stderr).not.toContain('acme-core');
  });

  it.skipIf(pip === undefined)(
    pip === undefined ? 'pip (skipped: needs a Python with pip)' : 'offers pip the same as before',
    async () => {
      if (pip === undefined) return;
      const bucket = await buckets.newBucket();
      await fill(bucket, undefined, '');
      const before = await downloaded(pip, await behindCdn(bucket, undefined, ''));
      const files = FILES.map(({ filename, bytes }) => `${filename} ${sha256(bytes)}`);
      expect([...new Set(before)].sort()).toEqual(files.sort());
      expect(await bucket.run(['import', `s3://${bucket.name}`])).toMatchObject({ code: 0 });
      expect(await downloaded(pip, await served(bucket.options))).toEqual(before);
    },
    120_000,
  );
}

describe('A bucket in the shapes of s3pypi', () => {
  importsFrom(inItsShapes);
});

describe.skipIf(S3PYPI === '')(
  S3PYPI === ''
    ? 'A bucket that s3pypi has filled (skipped: WHEELSTORE_TEST_S3PYPI names no command)'
    : 'A bucket that s3pypi has filled',
  () => {
    importsFrom(byItself);
  },
);
