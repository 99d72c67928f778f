import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { HeadObjectCommand, PutObjectCommand, type HeadObjectCommandOutput } from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { normalizeName } from '../../core/names.ts';
import { wheelstore } from '../support/command.ts';
import { buildWheel } from '../support/distributions.ts';
import { filenamesOnPages, inconsistencies } from '../support/repository-check.ts';
import type { Fault, FaultRule, LoggedOperation } from '../support/s3-server.ts';
import { clientOf } from '../support/s3/sdk-client.ts';
import { serveCommands, type TestBucket } from './buckets.ts';
import { largeWheel } from './large-wheel.ts';
import { ANOTHER_USER_NEEDS, canBeAnotherUser } from './other-user.ts';
import { expectRefusal, jsonOf } from './outcomes.ts';
import { linksOf, sha256, small, workplace, type PageLink } from './repositories.ts';

// What was found to be wrong with s3pypi, by number; those from C23 on concern who may read, and what is
// in front of the bucket.
// Each test shows that the same command line does the right thing here.

const { server, awsEnvironment, newBucket } = serveCommands();

const MEBIBYTE = 1024 * 1024;
const FOO_1 = 'foo-1.0-py3-none-any.whl';
const FOO_2 = 'foo-2.0-py3-none-any.whl';
const SILENCE: Fault = { kind: 'silence', when: 'before' };

/** foo 1.0 again, with other bytes. */
const OTHER_FOO_1 = buildWheel({ name: 'foo', version: '1.0', files: { 'foo/new.py': '' } });

/** Every key, with the hash of what is there. */
function snapshotOf({ name }: TestBucket): Record<string, string> {
  const keys = server().keys(name);
  return Object.fromEntries(keys.map((key) => [key, sha256(server().bytes(name, key) ?? Buffer.alloc(0))]));
}

function textOf({ name }: TestBucket, key: string): string {
  return server().bytes(name, key)?.toString('utf8') ?? `there is no ${key}`;
}

function linksOn(bucket: TestBucket, page: string): PageLink[] {
  return linksOf(textOf(bucket, page));
}

/** The filenames on the pages of foo, which all say the same. */
async function filesOfFoo({ store }: TestBucket): Promise<readonly string[]> {
  const [first = [], ...others] = await filenamesOnPages(store, normalizeName('foo'));
  for (const names of others) expect(names).toEqual(first);
  return first;
}

/** A bucket to which these versions of foo are uploaded. */
async function bucketWithFoo(...versions: readonly string[]): Promise<TestBucket> {
  const bucket = await newBucket();
  expect(await bucket.run(['upload', workplace(...small('foo', ...versions)).dist])).toMatchObject({
    code: 0,
  });
  return bucket;
}

/** Starts a command, and kills it once it has sent a request that this rule is for. */
async function killedAt(bucket: TestBucket, words: readonly string[], rule: Omit<FaultRule, 'fault'>) {
  const injection = server().inject({ bucket: bucket.name, ...rule, fault: SILENCE });
  const { child, ended } = bucket.start(words);
  await Promise.race([injection.struck, ended]);
  child.kill('SIGKILL');
  expect(await ended).toMatchObject({ code: null, signal: 'SIGKILL' });
  injection.remove();
}

/** Holds requests until the test lets them go. */
function latch(): { readonly opened: Promise<void>; open(): void } {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open: () => open() };
}

async function headOf({ name }: TestBucket, suffix: string): Promise<HeadObjectCommandOutput> {
  const client = clientOf(server());
  const key = server()
    .keys(name)
    .find((each) => each.endsWith(suffix));
  const head = await client.send(new HeadObjectCommand({ Bucket: name, Key: key }));
  client.destroy();
  return head;
}

/** Puts something into a bucket that is not of Wheelstore. */
async function putForeign({ name }: TestBucket, key: string, text: string): Promise<void> {
  const client = clientOf(server());
  await client.send(new PutObjectCommand({ Bucket: name, Key: key, Body: text }));
  client.destroy();
}

function requestsIn({ name }: TestBucket): LoggedOperation[] {
  return server().log.entries.filter((entry) => entry.bucket === name);
}

describe('Reading what is there', () => {
  it.each([
    ['403', { kind: 'answer', status: 403, code: 'AccessDenied' }],
    ['400', { kind: 'answer', status: 400, code: 'InvalidRequest' }],
    ['404 of another kind', { kind: 'answer', status: 404, code: 'NoSuchUpload' }],
    ['500', { kind: 'answer', status: 500, code: 'InternalError' }],
  ] as const)(
    'C1: no error counts as an empty index, which would be overwritten: %s',
    async (_title, fault) => {
      const bucket = await bucketWithFoo('1.0');
      const before = snapshotOf(bucket);
      const { dist } = workplace(...small('foo', '2.0'));
      const injection = server().inject({ bucket: bucket.name, operation: 'GetObject', fault });
      const env = { AWS_MAX_ATTEMPTS: '1' };
      expectRefusal(await bucket.run(['upload', dist], { env }), 1, 's3:GetObject');
      injection.remove();
      expect(snapshotOf(bucket)).toEqual(before);
      expect((await bucket.run(['upload', dist])).code).toBe(0);
      expect(await filesOfFoo(bucket)).toEqual([FOO_1, FOO_2]);
    },
  );

  it('C12: what a page says of a file is kept when other files come', async () => {
    const bucket = await newBucket();
    const first = buildWheel({ name: 'foo', version: '1.0', requiresPython: '>=3.8, <4' });
    await bucket.run(['upload', workplace(first).dist]);
    const reason = `breaks "a < b" & <a href='x'>`;
    await bucket.run(['yank', 'foo', '1.0', '--reason', reason]);
    await bucket.run(['upload', workplace(...small('foo', '2.0')).dist]);
    const link = linksOn(bucket, 'simple/foo/index.html').find(({ text }) => text === FOO_1);
    expect(link?.href).toMatch(new RegExp(`#sha256=${sha256(first.bytes)}$`));
    expect(link?.attributes.get('data-requires-python')).toMatch(/^>=3\.8, ?<4$/);
    expect(link?.attributes.get('data-yanked')).toBe(reason);
    expect(link?.attributes.get('data-core-metadata')).toMatch(/^sha256=[0-9a-f]{64}$/);
  });

  it('C13: no folder is a project that was never uploaded', async () => {
    const bucket = await newBucket();
    for (const key of ['logs/2026/access.log', 'simple/notes/readme.txt', 'bar/bar-1.0.whl', 'records/x/y'])
      await putForeign(bucket, key, 'x');
    await bucket.run(['upload', workplace(...small('foo', '1.0')).dist]);
    expect(linksOn(bucket, 'simple/index.html').map(({ text }) => text)).toEqual(['foo']);
    expect(jsonOf(await bucket.run(['list', '--json']))).toMatchObject({ projects: [{ name: 'foo' }] });
  });

  it('C14: pages say all that the simple API has', async () => {
    const bucket = await newBucket();
    await bucket.run([
      'upload',
      workplace(buildWheel({ name: 'foo', version: '1.0', requiresPython: '>=3.9' })).dist,
    ]);
    await bucket.run(['yank', 'foo', '1.0']);
    for (const page of ['simple/index.html', 'simple/foo/index.html'])
      expect(textOf(bucket, page)).toMatch(/<meta name="pypi:repository-version" content="1\.\d+">/);
    const { attributes } = linksOn(bucket, 'simple/foo/index.html')[0] ?? {};
    for (const name of ['data-core-metadata', 'data-requires-python', 'data-yanked'])
      expect(attributes?.has(name), name).toBe(true);
    expect(JSON.parse(textOf(bucket, 'simple/foo/index.json'))).toMatchObject({
      meta: { 'api-version': expect.stringMatching(/^1\.\d+$/) },
      versions: ['1.0'],
      files: [{ filename: FOO_1, 'requires-python': '>=3.9', yanked: true, 'core-metadata': {} }],
    });
  });
});

describe('Deleting', () => {
  it('C2: the bucket’s own index.html is left alone when the last release goes', async () => {
    const bucket = await newBucket();
    await putForeign(bucket, 'index.html', 'our company');
    await bucket.run(['upload', workplace(...small('foo', '1.0')).dist]);
    expect((await bucket.run(['delete', 'foo', '1.0'])).code).toBe(0);
    expect(textOf(bucket, 'index.html')).toBe('our company');
    expect(await inconsistencies(bucket.store)).toEqual([]);
  });

  it('C3: the links of the project list keep their slashes', async () => {
    const bucket = await newBucket();
    await bucket.run(['upload', workplace(...small('foo', '1.0'), ...small('bar', '1.0')).dist]);
    await bucket.run(['delete', 'foo', '1.0']);
    expect(linksOn(bucket, 'simple/index.html').map(({ href }) => href)).toEqual(['bar/', 'foo/']);
  });

  it('C11: a file goes after its links, also where it may not go', async () => {
    const bucket = await bucketWithFoo('1.0', '2.0');
    const allow = server().deny({ actions: ['s3:DeleteObject'], bucket: bucket.name });
    expect(await bucket.run(['delete', 'foo', '1.0'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('s3:DeleteObject'),
    });
    allow();
    expect(await filesOfFoo(bucket)).toEqual([FOO_2]);
    expect(
      server()
        .keys(bucket.name)
        .some((key) => key.endsWith(FOO_1)),
    ).toBe(true);
    expect((await bucket.run(['delete', 'foo', '1.0'])).code).toBe(0);
    server().log.clear();
    expect((await bucket.run(['delete', 'foo', '2.0'])).code).toBe(0);
    const own = requestsIn(bucket).filter(({ key = '' }) => /^(?:files|simple)\//.test(key));
    const operations = own.map(({ operation }) => operation);
    expect(operations.indexOf('DeleteObject')).toBeGreaterThan(operations.lastIndexOf('PutObject'));
    expect(await inconsistencies(bucket.store)).toEqual([]);
  });

  it('C17: a release is found however its version is written, and a bad filename is told', async () => {
    const bucket = await bucketWithFoo('1.0');
    const { dist } = workplace({ filename: 'foo.tar.gz', bytes: Buffer.from('x') });
    expectRefusal(await bucket.run(['upload', join(dist, 'foo.tar.gz')]), 1, 'foo.tar.gz');
    expect((await bucket.run(['delete', 'foo', '1.0.0'])).code).toBe(0);
    expect(await filesOfFoo(bucket)).toEqual([]);
  });
});

describe('Many publishers', () => {
  it('C4: two uploads at once keep both, and there is no lock table', async () => {
    const bucket = await bucketWithFoo('1.0');
    // Both have read the same record when the first of them writes it.
    const read = latch();
    const arrivals = [1, 2].map(async (nth) => {
      const rule = {
        bucket: bucket.name,
        operation: 'PutObject',
        key: 'records/default/foo.json',
        nth,
      } as const;
      await server().inject({ ...rule, fault: { kind: 'hold', until: read.opened } }).struck;
    });
    const uploads = ['2.0', '3.0'].map((version) =>
      bucket.run(['upload', workplace(...small('foo', version)).dist]),
    );
    await Promise.all(arrivals);
    read.open();
    expect((await Promise.all(uploads)).map(({ code }) => code)).toEqual([0, 0]);
    expect(await filesOfFoo(bucket)).toHaveLength(3);
    expect(await inconsistencies(bucket.store)).toEqual([]);
  });

  it('C5: nothing is looked up that could turn off what keeps releases', async () => {
    const bucket = await bucketWithFoo('1.0');
    server().log.clear();
    const words = ['upload', workplace(...small('foo', '2.0')).dist, '--locks-table', 'no-such-table'];
    const { code, stderr } = await bucket.run(words);
    expect(code).toBe(0);
    expect(stderr).toContain('note: --locks-table is not needed');
    // Of all that was asked, only S3 was asked, and every write of what is shared carries a condition.
    expect(server().log.names()).not.toContain(undefined);
    const writes = requestsIn(bucket).filter(({ method }) => method === 'PUT');
    expect(writes.length).toBeGreaterThan(5);
    for (const { headers } of writes) {
      expect('if-match' in headers || headers['if-none-match'] === '*').toBe(true);
    }
  });

  it('C6: a publisher that is gone holds nobody up', async () => {
    const bucket = await bucketWithFoo('1.0');
    const record = { operation: 'PutObject', key: 'records/default/foo.json' } as const;
    await killedAt(bucket, ['upload', workplace(...small('foo', '2.0')).dist], record);
    expect((await bucket.run(['upload', workplace(...small('foo', '3.0')).dist])).code).toBe(0);
    const before = snapshotOf(bucket);
    const { stdout: unlocked } = await wheelstore(['force-unlock', 'table', 'lock']);
    expect(unlocked).toContain('nothing can be stuck');
    expect(snapshotOf(bucket)).toEqual(before);
  });

  it('C7: twelve jobs at once succeed, however long the upload of one takes', async () => {
    const bucket = await bucketWithFoo('0.1');
    const versions = Array.from({ length: 12 }, (_, index) => `1.${index}`);
    const { dist } = workplace(...small('foo', ...versions));
    const slow = latch();
    const rule = { bucket: bucket.name, operation: 'PutObject', key: /foo-1\.0-py3-none-any\.whl$/ } as const;
    const injection = server().inject({ ...rule, fault: { kind: 'hold', until: slow.opened } });
    const [first, ...others] = versions.map((version) =>
      bucket.run(['upload', join(dist, `foo-${version}-py3-none-any.whl`)]),
    );
    await injection.struck;
    expect((await Promise.all(others)).map(({ code }) => code)).toEqual(others.map(() => 0));
    expect(await filesOfFoo(bucket)).toHaveLength(12);
    slow.open();
    expect((await first)?.code).toBe(0);
    expect(await filesOfFoo(bucket)).toHaveLength(13);
    expect(await inconsistencies(bucket.store)).toEqual([]);
  });
});

describe('A crash', () => {
  it('C9: the same upload again completes what one that was killed has left', async () => {
    const bucket = await bucketWithFoo('1.0');
    const words = ['upload', workplace(...small('foo', '2.0'), ...small('bar', '1.0')).dist];
    for (const key of ['records/default/foo.json', 'simple/foo/index.html', 'simple/index.json.gz'])
      await killedAt(bucket, words, { operation: 'PutObject', key });
    expect(await inconsistencies(bucket.store)).not.toEqual([]);
    expect((await bucket.run(words)).code).toBe(0);
    expect(await inconsistencies(bucket.store)).toEqual([]);
    expect(await filesOfFoo(bucket)).toEqual([FOO_1, FOO_2]);
  });

  it('C9: a check finds what a killed upload has left, and mends it from its record', async () => {
    const bucket = await bucketWithFoo('1.0');
    const words = ['upload', workplace(...small('foo', '2.0'), ...small('bar', '1.0')).dist];
    await killedAt(bucket, words, { operation: 'PutObject', key: 'records/default/foo.json' });
    const orphan = await bucket.run(['verify']);
    expect(orphan).toMatchObject({ code: 1, stdout: expect.stringContaining('unrecorded-file  files/foo/') });
    await killedAt(bucket, words, { operation: 'PutObject', key: 'simple/foo/index.html' });
    expect((await bucket.run(['verify'])).code).toBe(1);
    expect((await bucket.run(['verify', '--repair'])).stdout).toContain('mended');
    expect(await filesOfFoo(bucket)).toEqual([FOO_1, FOO_2]);
    expect((await bucket.run(words)).code).toBe(0);
    expect(await bucket.run(['verify', '--deep'])).toMatchObject({ code: 0 });
  });

  it('C10: no bytes take the place of others that a crash has left, and none that are published', async () => {
    const bucket = await newBucket();
    const first = ['upload', workplace(...small('foo', '1.0')).dist];
    const second = ['upload', workplace(OTHER_FOO_1).dist, '--strict'];
    // Nobody was told of the first bytes yet: the second get a URL of their own.
    await killedAt(bucket, first, { operation: 'PutObject', key: 'records/default/foo.json' });
    const left = snapshotOf(bucket);
    expect((await bucket.run(second)).code).toBe(0);
    expect(snapshotOf(bucket)).toMatchObject(left);
    expectRefusal(await bucket.run([...first, '--strict']), 1, 'already published');

    // From the record on, they count as published, though no page shows them.
    const other = await newBucket();
    await killedAt(other, first, { operation: 'PutObject', key: 'simple/foo/index.html' });
    expectRefusal(await other.run(second), 1, 'already published');
    expect((await other.run(first)).code).toBe(0);
    expect(await inconsistencies(other.store)).toEqual([]);
  });
});

describe('Files', () => {
  it('C15: wheels have the right type and are cached, large ones go in parts, and new bytes have a new URL', async () => {
    const bucket = await bucketWithFoo('1.0');
    const head = await headOf(bucket, FOO_1);
    expect(head.ContentType).toBe('application/octet-stream');
    expect(head.CacheControl).toContain('immutable');
    const [before] = linksOn(bucket, 'simple/foo/index.html');
    expect((await bucket.run(['upload', workplace(OTHER_FOO_1).dist, '--force'])).code).toBe(0);
    const [after] = linksOn(bucket, 'simple/foo/index.html');
    expect(after?.text).toBe(before?.text);
    expect(after?.href.split('#')[0]).not.toBe(before?.href.split('#')[0]);
    // One PUT of S3 takes 5 GB.
    server().log.clear();
    const large = largeWheel('foo', '2.0', 9 * MEBIBYTE);
    expect((await bucket.run(['upload', workplace(large).dist])).code).toBe(0);
    expect(requestsIn(bucket).filter(({ operation }) => operation === 'UploadPart')).toHaveLength(2);
    expect((await headOf(bucket, FOO_2)).ContentLength).toBe(large.bytes.length);
    expect(await inconsistencies(bucket.store)).toEqual([]);
  });

  it('C16: what is no wheel is refused, and so are other bytes under a published name', async () => {
    const bucket = await bucketWithFoo('1.0');
    const before = snapshotOf(bucket);
    const fake = workplace({ filename: 'bar-1.0-py3-none-any.whl', bytes: Buffer.from('no zip') });
    expectRefusal(await bucket.run(['upload', fake.dist]), 1, 'bar-1.0-py3-none-any.whl');
    expectRefusal(
      await bucket.run(['upload', workplace(OTHER_FOO_1).dist]),
      1,
      'already published',
      '--force',
    );
    expect(snapshotOf(bucket)).toEqual(before);
  });

  it('C18: an absolute pattern names files', async () => {
    const bucket = await newBucket();
    const { dist } = workplace(...small('foo', '1.0', '2.0'));
    expect((await bucket.run(['upload', join(dist, '*.whl')])).code).toBe(0);
    expect(await filesOfFoo(bucket)).toEqual([FOO_1, FOO_2]);
  });
});

describe('Options', () => {
  it('C19: --s3-put-args takes the arguments that S3 has', async () => {
    const bucket = await newBucket();
    const { dist } = workplace(...small('foo', '1.0'));
    const given = 'CacheControl=max-age=60,ServerSideEncryption=AES256';
    expect((await bucket.run(['upload', dist, '--s3-put-args', given])).code).toBe(0);
    expect(await headOf(bucket, FOO_1)).toMatchObject({
      CacheControl: 'max-age=60',
      ServerSideEncryption: 'AES256',
    });
  });

  it('C20: a prefix may have slashes around it', async () => {
    const bucket = await newBucket('/p/');
    expect((await bucket.run(['upload', workplace(...small('foo', '1.0')).dist])).code).toBe(0);
    const keys = server().keys(bucket.name);
    expect(keys.length).toBeGreaterThan(5);
    expect(keys.filter((key) => !key.startsWith('p/') || key.includes('//'))).toEqual([]);
    expect(await inconsistencies(bucket.store)).toEqual([]);
  });
});

describe('The machine', () => {
  it('C21: errors of the cloud are sentences, and an endpoint needs no region', async () => {
    const bucket = await newBucket();
    const { dist } = workplace(...small('foo', '1.0'));
    const words = ['upload', dist];
    const without = { AWS_REGION: undefined, AWS_DEFAULT_REGION: undefined };
    const refusals = [
      [{ AWS_SECRET_ACCESS_KEY: 'wrong' }, 'does not accept the AWS credentials'],
      [{ AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined }, 'No AWS credentials were found'],
    ] as const;
    for (const [env, text] of refusals) expectRefusal(await bucket.run(words, { env }), 1, text);
    const allow = server().deny({ actions: ['s3:PutObject'], bucket: bucket.name });
    expectRefusal(await bucket.run(words), 1, 's3:PutObject');
    allow();
    expect((await bucket.run(words, { env: without })).code).toBe(0);
  });

  it.skipIf(!canBeAnotherUser)(`C22: a user without a name can publish (${ANOTHER_USER_NEEDS})`, async () => {
    const bucket = await newBucket();
    const { dist, folder } = workplace(...small('foo', '1.0'));
    chmodSync(folder, 0o755);
    const env = {
      ...awsEnvironment(),
      HOME: undefined,
      AWS_CONFIG_FILE: undefined,
      AWS_SHARED_CREDENTIALS_FILE: undefined,
    };
    const nobody = { uid: 54_321, gid: 54_321, cwd: folder, env };
    expect(await bucket.run(['upload', dist], nobody)).toMatchObject({ code: 0 });
    expect(await filesOfFoo(bucket)).toEqual([FOO_1]);
  });
});
