import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { HeadObjectCommand } from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { normalizeName } from '../../core/names.ts';
import { decode } from '../support/bytes.ts';
import { wheelstore } from '../support/command.ts';
import { buildWheel } from '../support/distributions.ts';
import { filenamesOnPages, inconsistencies } from '../support/repository-check.ts';
import { startS3Server } from '../support/s3-server.ts';
import { clientOf } from '../support/s3/sdk-client.ts';
import { serveCommands } from './buckets.ts';
import { expectRefusal, jsonOf } from './outcomes.ts';
import { small, workplace } from './repositories.ts';

const { server, awsEnvironment, newBucket } = serveCommands();

describe('A repository in a bucket', () => {
  it('is published to, read and changed by the commands that a folder has', async () => {
    const { dist } = workplace(...small('foo', '1.0', '2.0'), ...small('Bar.Baz', '1.0'));
    const { run, store, name } = await newBucket('/team//packages/');
    expect(await run(['upload', dist, '--dry-run'])).toMatchObject({ code: 0 });
    expect(server().keys(name)).toEqual([]);
    const upload = await run(['upload', dist]);
    expect(upload).toMatchObject({ code: 0 });
    expect(upload.stdout).toContain('3 files published, 0 already there.');
    expect((await run(['upload', dist])).stdout).toContain('0 files published, 3 already there.');
    expect(jsonOf(await run(['list', '--json']))).toMatchObject({
      projects: [{ name: 'bar-baz' }, { name: 'foo', latest: '2.0', files: 2 }],
    });
    expect((await run(['yank', 'foo', '2.0', '--reason', 'broken'])).code).toBe(0);
    expect((await run(['show', 'foo'])).stdout).toContain('yanked: broken');
    expect((await run(['delete', 'foo', '1.0'])).code).toBe(0);
    expect((await run(['status', 'bar-baz', 'archived'])).code).toBe(0);
    expect(await inconsistencies(store)).toEqual([]);
    // Nothing is outside of the prefix, which has lost its doubled slashes.
    expect(
      server()
        .keys(name)
        .filter((key) => !key.startsWith('team/packages/')),
    ).toEqual([]);
    expect(
      server()
        .keys(name)
        .filter((key) => key.includes('//')),
    ).toEqual([]);
  });

  it('is the same place as s3://bucket/prefix', async () => {
    const { dist } = workplace(...small('foo', '1.0'));
    const { run, name } = await newBucket('team');
    await run(['upload', dist]);
    const words = ['list', '--store', `s3://${name}/team/`, '--s3-endpoint-url', server().endpoint];
    expect((await wheelstore(words, { env: awsEnvironment() })).stdout).toBe('foo  1.0  1 file\n');
  });

  it('loses nothing to 30 uploads at once into one new project', async () => {
    const versions = Array.from({ length: 30 }, (_, index) => `1.${index}`);
    const { dist } = workplace(...small('foo', ...versions));
    const { run, store } = await newBucket();
    const endings = await Promise.all(
      versions.map((version) => run(['upload', join(dist, `foo-${version}-py3-none-any.whl`)])),
    );
    expect(endings.map(({ code, stderr }) => (code === 0 ? '' : stderr)).filter(Boolean)).toEqual([]);
    for (const names of await filenamesOnPages(store, normalizeName('foo'))) expect(names).toHaveLength(30);
    expect(await inconsistencies(store)).toEqual([]);
  });

  it('keeps objects with the types and cache headers that clients need', async () => {
    const { dist } = workplace(...small('foo', '1.0'));
    const { run, name } = await newBucket();
    await run(['upload', dist]);
    const client = clientOf(server());
    const headersOf = async (key: string) => {
      const found = await client.send(new HeadObjectCommand({ Bucket: name, Key: key }));
      return [found.ContentType, found.ContentEncoding, found.CacheControl?.split(',')[0]];
    };
    const wheel =
      server()
        .keys(name)
        .find((key) => key.endsWith('.whl')) ?? '';
    expect(await headersOf(wheel)).toEqual(['application/octet-stream', undefined, 'max-age=31536000']);
    expect(await headersOf('simple/foo/index.html')).toEqual([
      'text/html; charset=utf-8',
      undefined,
      'max-age=0',
    ]);
    const json = 'application/vnd.pypi.simple.v1+json';
    expect(await headersOf('simple/foo/index.json')).toEqual([json, undefined, 'max-age=0']);
    expect(await headersOf('simple/index.json.gz')).toEqual([json, 'gzip', 'max-age=0']);
    client.destroy();
  });

  it('is checked, mended, and rebuilt from its files alone', async () => {
    const { dist } = workplace(...small('foo', '1.0', '2.0'), ...small('bar', '1.0'));
    const { run, store, name, remove } = await newBucket('p');
    await run(['upload', dist]);
    expect(await run(['verify', '--deep'])).toMatchObject({ code: 0, stderr: '' });
    const records = server()
      .keys(name)
      .filter((key) => key.startsWith('p/records/'));
    const before = await Promise.all(records.map((key) => store.get(key.slice('p/'.length))));
    await remove(...records, 'p/simple/foo/index.json');
    expect(await run(['verify', '--repair'])).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('lost-record  records/default/foo.json'),
    });
    server().log.clear();
    expect(await run(['reindex', '--from-files'])).toMatchObject({ code: 0 });
    // What the publisher has noted beside each file is enough: none is read.
    const read = server().log.entries.filter(({ operation }) => operation === 'GetObject');
    expect(read.filter(({ key }) => key?.startsWith('p/files/'))).toEqual([]);
    const filesOf = (body: Uint8Array | undefined) =>
      (JSON.parse(decode(body ?? new Uint8Array())) as { files: { uploadTime: string }[] }).files;
    for (const [number, key] of records.entries()) {
      const after = filesOf((await store.get(key.slice('p/'.length)))?.body);
      // The time that an answer tells can be a moment later than that of the object.
      expect(after).toEqual(
        filesOf(before[number]?.body).map((file) => ({ ...file, uploadTime: expect.any(String) as string })),
      );
    }
    expect(await run(['verify', '--deep'])).toMatchObject({ code: 0 });
    expect(await inconsistencies(store)).toEqual([]);
  });

  it('keeps what is there where other bytes come under a filename', async () => {
    const { run, store } = await newBucket();
    await run(['upload', workplace(...small('foo', '1.0')).dist]);
    const other = workplace(buildWheel({ name: 'foo', version: '1.0', files: { 'foo/new.py': '' } })).dist;
    expectRefusal(await run(['upload', other]), 1, 'already published', '--force');
    expect((await run(['upload', other, '--force'])).code).toBe(0);
    expect(await inconsistencies(store)).toEqual([]);
  });
});

describe('A command line for s3pypi', () => {
  it('goes on working, and is told what it no longer needs', async () => {
    const { dist } = workplace(...small('foo', '1.0'));
    const { run, store } = await newBucket();
    const words = ['upload', dist, '--locks-table', 'locks', '--put-root-index', '--index.html', '-f'];
    const { code, stderr } = await run(words);
    expect(code).toBe(0);
    for (const flag of ['--locks-table', '--put-root-index', '--index.html']) {
      expect(stderr).toContain(`note: ${flag} is not needed`);
    }
    expect(await inconsistencies(store)).toEqual([]);
  });

  it('may have every flag that s3pypi has', async () => {
    const { dist } = workplace(...small('foo', '1.0'));
    const name = 'all-flags.example.com';
    server().createBucket(name);
    const config = join(dist, 'aws-config');
    const { accessKeyId, secretAccessKey } = server().credentials;
    writeFileSync(
      config,
      `[profile ci]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\n`,
    );
    const env = { ...awsEnvironment(), AWS_CONFIG_FILE: config, AWS_SDK_LOAD_CONFIG: '1' };
    const flags = ['-b', name, '--prefix', 'team', '--profile', 'ci', '--region', 'us-east-1'];
    flags.push('--s3-endpoint-url', server().endpoint, '--s3-put-args', 'ServerSideEncryption=AES256');
    flags.push('--index.html', '--locks-table', 'locks');
    const wheel = join(dist, 'foo-1.0-py3-none-any.whl');
    for (const words of [
      ['-v', 'upload', wheel, ...flags, '--put-root-index', '--strict'],
      ['upload', wheel, ...flags, '--put-root-index', '--force'],
      ['upload', ...flags, '-f', '--', wheel],
      ['-v', 'delete', 'foo', '1.0', ...flags],
    ])
      expect(await wheelstore(words, { env })).toMatchObject({ code: 0 });
    const keys = server().keys(name);
    expect(keys).toContain('team/simple/foo/index.html');
    expect(keys.filter((key) => !key.startsWith('team/'))).toEqual([]);
  });

  it('may ask without credentials', async () => {
    const { options, name } = await newBucket();
    server().log.clear();
    const ending = await wheelstore(['delete', 'foo', '1.0', ...options, '--no-sign-request'], {
      env: awsEnvironment(),
    });
    expectRefusal(ending, 1, name);
    expect(server().log.entries).not.toEqual([]);
    for (const { headers } of server().log.entries) expect(headers).not.toHaveProperty('authorization');
  });

  it.each([
    [['force-unlock', 'locks', 'id']],
    [['force-unlock', '--profile', 'ci', '--region', 'eu-west-1', 'locks', 'id']],
    [['-v', 'force-unlock', 'locks', 'id']],
  ])('is told that nothing can be stuck: %j', async (words) => {
    const ending = await wheelstore(words);
    expect(ending).toMatchObject({
      code: 0,
      stderr: '',
      stdout: expect.stringContaining('nothing can be stuck'),
    });
  });
});

describe('A bucket that says no', () => {
  it('that is not there, is named', async () => {
    const { run } = await newBucket();
    const words = ['list', '--bucket', 'nowhere', '--s3-endpoint-url', server().endpoint];
    expectRefusal(await wheelstore(words, { env: awsEnvironment() }), 1, 'nowhere');
    expect((await run(['list'])).code).toBe(0);
  });

  it('is never taken for an empty one', async () => {
    const { run, name, store } = await newBucket();
    const { dist } = workplace(...small('foo', '1.0', '2.0'));
    await run(['upload', join(dist, 'foo-1.0-py3-none-any.whl')]);
    const before = server().keys(name);
    const allow = server().deny({ actions: ['s3:GetObject'], bucket: name, keyPrefix: 'records/' });
    const refused = await run(['upload', dist]);
    allow();
    expectRefusal(refused, 1, 's3:GetObject');
    expect(server().keys(name)).toEqual(before);
    expect((await run(['upload', dist])).code).toBe(0);
    expect(await inconsistencies(store)).toEqual([]);
  });

  it('is refused where it does not judge the conditions of writes, unless nobody else writes', async () => {
    const careless = await startS3Server({ buckets: ['careless'], conditionalWrites: 'ignored' });
    try {
      const { dist } = workplace(...small('foo', '1.0'));
      const options = ['--bucket', 'careless', '--s3-endpoint-url', careless.endpoint];
      expectRefusal(
        await wheelstore(['upload', dist, ...options], { env: awsEnvironment(careless) }),
        1,
        '--single-writer',
      );
      expect(careless.keys('careless')).toEqual([]);
      const alone = await wheelstore(['upload', dist, ...options, '--single-writer'], {
        env: awsEnvironment(careless),
      });
      expect(alone).toMatchObject({ code: 0 });
    } finally {
      await careless.close();
    }
  });

  it.each([
    ['two places', ['list', '--store', 'a', '--bucket', 'b']],
    ['a folder with an option of buckets', ['list', '--store', 'a', '--region', 'eu-west-1']],
    ['a prefix beside s3://', ['list', '--store', 's3://bucket', '--prefix', 'p']],
    ['no bucket', ['list', '--store', 's3://']],
    ['an endpoint that is no URL', ['list', '--bucket', 'b', '--s3-endpoint-url', 'minio']],
    ['no number of jobs', ['list', '--bucket', 'b', '--jobs', '0']],
    ['arguments that S3 does not know', ['upload', '.', '--bucket', 'b', '--s3-put-args', 'Nonsense=1']],
  ])('is not even asked where the command line makes no sense: %s', async (_title, words) => {
    const { stderr, code } = await wheelstore(words);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(/^error: .*\n {7}\S/) });
  });
});
