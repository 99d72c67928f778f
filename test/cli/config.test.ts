import { chownSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { devNull } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { describe, expect, it } from 'vitest';
import { SETTINGS } from '../../cli/settings.ts';
import { COMMAND, runProcess, wheelstore, type Ending } from '../support/command.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { expectRefusal, jsonOf } from './outcomes.ts';
import { small, snapshotOf, workplace } from './repositories.ts';

/** A project folder with this `wheelstore.toml`, and how commands run in it or in a folder of it. */
function project(toml?: string) {
  const folder = temporaryFolder();
  mkdirSync(join(folder, '.git'));
  const file = join(folder, 'wheelstore.toml');
  if (toml !== undefined) writeFileSync(file, toml);
  const run = (
    words: readonly string[],
    env: Readonly<Record<string, string | undefined>> = {},
    cwd = folder,
  ): Promise<Ending> =>
    wheelstore(words, {
      cwd,
      env: { WHEELSTORE_CONFIG: undefined, AWS_CONFIG_FILE: '/nonexistent', ...env },
    });
  return { folder, file, run };
}

interface Shown {
  readonly repository: { readonly kind: string; readonly url: string };
  readonly file: string | null;
  readonly settings: Readonly<Record<string, { readonly value: unknown; readonly origin: string }>>;
}

/** What `config --json` says. */
async function shown(ending: Promise<Ending>): Promise<Shown> {
  const ended = await ending;
  expect(ended).toMatchObject({ code: 0, stderr: '' });
  return jsonOf(ended) as Shown;
}

const EVERYTHING = `
bucket = "pypi.example.com"
prefix = "team"
profile = "ci"
region = "eu-west-1"
s3-endpoint-url = "https://minio.example.com"
sign-request = false
s3-put-args = "ServerSideEncryption=aws:kms,SSEKMSKeyId=k"
single-writer = true
jobs = 3
`;

describe('wheelstore.toml', () => {
  it('holds every setting', async () => {
    const { run, file } = project(EVERYTHING);
    const { settings, repository } = await shown(run(['config', '--json']));
    expect(repository).toMatchObject({ kind: 'bucket', url: 's3://pypi.example.com/team' });
    expect(settings).toEqual({
      bucket: { value: 'pypi.example.com', origin: file },
      prefix: { value: 'team', origin: file },
      profile: { value: 'ci', origin: file },
      region: { value: 'eu-west-1', origin: file },
      's3-endpoint-url': { value: 'https://minio.example.com', origin: file },
      'sign-request': { value: false, origin: file },
      's3-put-args': { value: 'ServerSideEncryption=aws:kms,SSEKMSKeyId=k', origin: file },
      'single-writer': { value: true, origin: file },
      jobs: { value: 3, origin: file },
    });
  });

  it('has the folder of a repository beside it, whichever folder a command runs in', async () => {
    const { dist } = workplace(...small('foo', '1.0'));
    const { folder, run } = project('store = "wheels"');
    const below = join(folder, 'some', 'where');
    mkdirSync(below, { recursive: true });
    expect((await run(['upload', dist], {}, below)).code).toBe(0);
    expect(Object.keys(snapshotOf(folder) ?? {})).toContain('wheels/files');
    expect(snapshotOf(below)).toEqual({});
    expect((await run(['list'])).stdout).toBe('foo  1.0  1 file\n');
    const { settings } = await shown(run(['config', '--json', '--store', 'wheels'], {}, below));
    expect(settings['store']).toEqual({ value: 'wheels', origin: 'flag --store' });
  });

  it('may hold arguments for writes as a table', async () => {
    const { run } = project(
      'bucket = "b"\n[s3-put-args]\nCacheControl = "public, Expires=x"\nBucketKeyEnabled = true\nExpires = 2030-01-31T00:00:00Z\n',
    );
    const { settings } = await shown(run(['config', '--json']));
    expect(settings['s3-put-args']?.value).toBe(
      'CacheControl=public, Expires=x,BucketKeyEnabled=true,Expires=2030-01-31T00:00:00.000Z',
    );
  });

  it('is looked for in parent folders, and not beyond the one that holds .git', async () => {
    const { folder, file, run } = project('jobs = 2');
    const [inner, repository] = [join(folder, 'a', 'b'), join(folder, 'a', 'inner')];
    mkdirSync(inner, { recursive: true });
    mkdirSync(join(repository, 'src'), { recursive: true });
    // A work tree and a submodule have a file of that name.
    writeFileSync(join(repository, '.git'), 'gitdir: elsewhere');
    expect((await shown(run(['config', '--json'], {}, inner))).file).toBe(file);
    expect((await shown(run(['config', '--json'], {}, join(repository, 'src')))).file).toBe(null);
    const nearer = join(folder, 'a', 'wheelstore.toml');
    writeFileSync(nearer, 'jobs = 4');
    const { settings } = await shown(run(['config', '--json'], {}, inner));
    expect(settings['jobs']).toEqual({ value: 4, origin: nearer });
  });

  it('can be another file, by flag before variable, or none', async () => {
    const { folder, run } = project('jobs = 2');
    for (const [name, jobs] of [
      ['flag.toml', 3],
      ['variable.toml', 4],
    ] as const)
      writeFileSync(join(folder, name), `jobs = ${jobs}`);
    const env = { WHEELSTORE_CONFIG: 'variable.toml' };
    const jobsOf = async (words: readonly string[], variables = env): Promise<unknown> =>
      (await shown(run(['config', '--json', ...words], variables))).settings['jobs']?.value;
    expect(await jobsOf(['--config', 'flag.toml'])).toBe(3);
    expect(await jobsOf([])).toBe(4);
    expect(await jobsOf([], { WHEELSTORE_CONFIG: '' })).toBe(2);
    expect(await jobsOf(['--config', devNull])).toBe(32);
  });

  it.runIf(process.getuid?.() === 0)('of another user is refused unless it is named', async () => {
    const { folder, file, run } = project('jobs = 2');
    const below = join(folder, 'below');
    mkdirSync(below);
    chownSync(file, 12_345, 12_345);
    expectRefusal(await run(['config'], {}, below), 2, file, 'another user', '--config');
    expect((await run(['config', '--config', file], {}, below)).code).toBe(0);
    // A project that belongs to somebody else, as in a container.
    chownSync(below, 12_345, 12_345);
    expect((await run(['config'], {}, below)).code).toBe(0);
  });

  it.skipIf(process.platform === 'win32')('is never waited for where it is a pipe', async () => {
    const { file, run } = project();
    await runProcess('mkfifo', [file]);
    expectRefusal(await run(['config']), 2, file, 'is no file');
    rmSync(file);
    symlinkSync('nowhere', file);
    expectRefusal(await run(['config']), 2, file, 'There is no such file');
  });
});

/** Files that cannot be used, and what of them the message has to name. */
const WRONG: [toml: string | Buffer, ...texts: string[]][] = [
  ['bucket = \n', 'line 1, column 10'],
  ['jobs = 1\njobs = 2\n', 'line 2'],
  ['buket = "x"', '"buket" is no setting', 'Write bucket.'],
  ['s3_put_args = "x"', 'Write s3-put-args.'],
  ['no-sign-request = true', 'Write sign-request = false.'],
  ['aws_secret_access_key = "hidden"', '"aws_secret_access_key" is no setting', 'Choose from store'],
  ['[tool.wheelstore]\nbucket = "b"', '"tool" is no setting'],
  ['__proto__ = 1', '"__proto__" is no setting'],
  ['"\\u001b[2J" = 1', '\\u001b[2J'],
  ['"evil\\nerror: all is well" = 1', 'evil\\nerror'],
  ['store = 1', 'store: 1 is no text'],
  ['store = ["a"]', 'store: a list is no text'],
  ['store = ""', 'store: "" is empty'],
  ['store = "~/packages"', 'home folder'],
  ['store = "a"\nbucket = "b"', 'two repositories'],
  ['stack = "S"\nbucket = "b"', 'bucket and stack name two repositories'],
  ['stack = "S"\nstore = "a"', 'store and stack name two repositories'],
  ['stack = "S"\nprefix = "p"', 'prefix belongs to a bucket'],
  ['stack = "not a stack"', 'stack: "not a stack" is no name'],
  ['prefix = "p"', 'prefix belongs to a bucket'],
  ['store = "s3://b"\nprefix = "p"', 'prefix belongs to a bucket'],
  ['profile = "a\\u0007"', 'profile: "a\\u0007"'],
  ['region = 2030-01-01', 'region: a date is no text'],
  ['jobs = "3"', 'jobs: "3" is no whole number'],
  ['jobs = 0', 'jobs: "0" is no number of jobs'],
  ['jobs = 99999999999999999999', 'line 1'],
  ['sign-request = "no"', 'sign-request: "no" is neither true nor false'],
  ['single-writer = 1', 'single-writer: 1 is neither true nor false'],
  ['bucket = "not a bucket"', 'bucket: "not a bucket" is no name'],
  ['bucket = "b"\nprefix = "../x"', 'prefix: "../x" cannot be'],
  ['region = "evil.example/#"', 'region: "evil.example/#" is no AWS region'],
  ['s3-endpoint-url = "minio"', 's3-endpoint-url: "minio" cannot be'],
  ['s3-endpoint-url = "https://me:hidden@minio"', 's3-endpoint-url: "https://minio" cannot be'],
  ['s3-put-args = "Nonsense=1"', 's3-put-args: "Nonsense"'],
  ['s3-put-args = 1', 's3-put-args: 1 is no text'],
  ['[s3-put-args]\nNonsense = "1"', 's3-put-args: "Nonsense"'],
  ['[s3-put-args]\nACL = ["private"]', 's3-put-args: a list cannot be "ACL"'],
  [`jobs = ${'['.repeat(5000)}`, 'line 1'],
  [`# ${'x'.repeat(70_000)}`, 'more than 65536 bytes'],
  [Buffer.from([0x6a, 0xff, 0xfe]), 'no text in UTF-8'],
];

describe('A configuration that makes no sense', () => {
  it.each(WRONG)('exits with 2 and says what to do: %j', async (toml, ...texts) => {
    const { file, run } = project('');
    writeFileSync(file, toml);
    const ending = await run(['list', '--store', '.']);
    expectRefusal(ending, 2, JSON.stringify(file), ...texts);
    expect(ending.stderr).not.toContain('hidden');
  });

  it('has all of its problems told at once', async () => {
    const { run } = project('buket = "x"\njobs = "many"\nsign-request = 1\n');
    const env = { WHEELSTORE_JOBS: 'many', WHEELSTORE_SINGLE_WRITER: 'perhaps' };
    const { code, stderr } = await run(['list'], env);
    expect(code).toBe(2);
    const named = ['WHEELSTORE_SINGLE_WRITER', 'WHEELSTORE_JOBS', '"buket"', 'jobs: ', 'sign-request: '];
    for (const text of named) expect(stderr).toMatch(new RegExp(`^error: .*${text}`, 'm'));
    expect(stderr.match(/^error: /gm)).toHaveLength(5);
  });

  it.each([
    [['--config', 'nowhere.toml'], {}, 'nowhere.toml'],
    [['--config', '.'], {}, 'Cannot read'],
    [['--config', ''], {}, '--config names no file'],
    [[], { WHEELSTORE_CONFIG: 'nowhere.toml' }, 'nowhere.toml'],
    [[], { WHEELSTORE_JOBS: '0' }, 'WHEELSTORE_JOBS: "0"'],
    [[], { WHEELSTORE_NO_SIGN_REQUEST: 'on' }, 'WHEELSTORE_NO_SIGN_REQUEST: "on"'],
    [[], { WHEELSTORE_S3_ENDPOINT_URL: 'minio' }, 'WHEELSTORE_S3_ENDPOINT_URL: "minio"'],
    [[], { WHEELSTORE_S3_PUT_ARGS: 'Nonsense=1' }, 'WHEELSTORE_S3_PUT_ARGS: "Nonsense"'],
    [[], { WHEELSTORE_BUCKET: 'b', WHEELSTORE_STORE: 'a' }, 'WHEELSTORE_STORE'],
    [[], { WHEELSTORE_BUCKET: 'not a bucket' }, '"not a bucket"'],
    [['--store', ''], {}, '--store is empty'],
    [['--stack', ''], {}, '--stack is empty'],
    [['--stack', 'a b'], {}, '--stack: "a b"'],
    [[], { WHEELSTORE_STACK: 'S', WHEELSTORE_STORE: 'a' }, 'WHEELSTORE_STACK'],
    [['--bucket', ''], {}, '"" is no name of a bucket'],
    [['--bucket', 'b', '--region', 'a/b'], {}, '--region: "a/b"'],
    [
      ['--bucket', 'b', '-v', '--s3-put-args', 'SSECustomerKey=hidden'],
      {},
      '--s3-put-args: "SSECustomerKey"',
    ],
    [['--bucket', 'b', '-v', '--s3-endpoint-url', 'https://me:hidden@minio'], {}, '--s3-endpoint-url: '],
    [['--bucket', 'b'], { AWS_REGION: 'a/b' }, 'AWS_REGION: "a/b"'],
    [['--bucket', 'b'], { AWS_ENDPOINT_URL: 'https://me:hidden@minio' }, 'AWS_ENDPOINT_URL'],
  ])('is refused: %j %j', async (words, env, text) => {
    const ending = await project().run(['config', ...words], env);
    expectRefusal(ending, 2, text);
    expect(ending.stderr).not.toContain('hidden');
  });
});

describe('Variables', () => {
  it('hold every setting, before the file and after flags', async () => {
    const { run } = project(EVERYTHING);
    const env = {
      WHEELSTORE_BUCKET: 'other',
      WHEELSTORE_PREFIX: 'x',
      WHEELSTORE_PROFILE: 'me',
      WHEELSTORE_REGION: 'r',
      WHEELSTORE_S3_ENDPOINT_URL: 'http://127.0.0.1:9000',
      WHEELSTORE_S3_PUT_ARGS: 'ACL=private',
      WHEELSTORE_NO_SIGN_REQUEST: '0',
      WHEELSTORE_SINGLE_WRITER: 'No',
      WHEELSTORE_JOBS: '5',
    };
    const { settings } = await shown(run(['config', '--json', '--region', 'flag'], env));
    expect(settings).toEqual({
      bucket: { value: 'other', origin: 'variable WHEELSTORE_BUCKET' },
      prefix: { value: 'x', origin: 'variable WHEELSTORE_PREFIX' },
      profile: { value: 'me', origin: 'variable WHEELSTORE_PROFILE' },
      region: { value: 'flag', origin: 'flag --region' },
      's3-endpoint-url': { value: 'http://127.0.0.1:9000', origin: 'variable WHEELSTORE_S3_ENDPOINT_URL' },
      'sign-request': { value: true, origin: 'variable WHEELSTORE_NO_SIGN_REQUEST' },
      's3-put-args': { value: 'ACL=private', origin: 'variable WHEELSTORE_S3_PUT_ARGS' },
      'single-writer': { value: false, origin: 'variable WHEELSTORE_SINGLE_WRITER' },
      jobs: { value: 5, origin: 'variable WHEELSTORE_JOBS' },
    });
  });

  it('are refused where they are no settings, with what may have been meant', async () => {
    const { run, folder } = project();
    const before = snapshotOf(folder);
    const ending = await run(['upload', 'dist'], { WHEELSTORE_BUKET: 'b', WHEELSTORE_TEST_SEED: '1' });
    expectRefusal(ending, 2, 'WHEELSTORE_BUKET', 'name it WHEELSTORE_BUCKET.');
    expect(ending.stderr).not.toContain('WHEELSTORE_TEST_SEED');
    expect(snapshotOf(folder)).toEqual(before);
  });

  it('count as none where they are empty', async () => {
    const { run, file } = project(EVERYTHING);
    const env = Object.fromEntries(SETTINGS.map(({ variable }) => [variable, '']));
    const { settings } = await shown(run(['config', '--json'], env));
    for (const { origin } of Object.values(settings)) expect(origin).toBe(file);
  });

  it.each([
    ['1', false],
    ['TRUE', false],
    ['yes', false],
    ['0', true],
    ['false', true],
    ['no', true],
  ])('say yes and no in these words: %s', async (word, value) => {
    const env = { WHEELSTORE_BUCKET: 'b', WHEELSTORE_NO_SIGN_REQUEST: word };
    const { settings } = await shown(project().run(['config', '--json'], env));
    expect(settings['sign-request']?.value).toBe(value);
  });
});

describe('config', () => {
  it('shows the default folder where nothing is said', async () => {
    const { run, folder } = project();
    expect(await shown(run(['config', '--json']))).toEqual({
      repository: { kind: 'folder', url: join(folder, 'packages') },
      file: null,
      settings: {
        store: { value: './packages', origin: 'default' },
        jobs: { value: 32, origin: 'default' },
      },
    });
  });

  it('shows people the same, a setting to a line', async () => {
    const { run, file } = project('jobs = 3');
    const { stdout } = await run(['config', '--bucket', 'b', '--prefix', 'p']);
    expect(stdout).toContain(`repository: bucket s3://b/p\nconfiguration file: ${file}\n\n`);
    expect(stdout).toMatch(/^bucket {2,}b +flag --bucket$/m);
    expect(stdout).toMatch(/^jobs {2,}3 +\/.*wheelstore\.toml$/m);
    expect(stdout).toMatch(/^region {2,}- +S3 says where the bucket is$/m);
  });

  it("shows what comes from AWS's own variables and files", async () => {
    const { run, folder } = project();
    const config = join(folder, 'aws-config');
    const origin = `the profile "ci" in ${JSON.stringify(config)}`;
    writeFileSync(
      config,
      '[profile ci]\nregion = eu-west-1\nendpoint_url = https://minio.example.com\naws_secret_access_key = hidden\n',
    );
    const ofProfile = { AWS_CONFIG_FILE: config, AWS_PROFILE: 'ci' };
    const { settings } = await shown(run(['config', '--json', '--bucket', 'b'], ofProfile));
    expect(settings).toMatchObject({
      profile: { value: 'ci', origin: 'variable AWS_PROFILE' },
      region: { value: 'eu-west-1', origin },
      's3-endpoint-url': { value: 'https://minio.example.com', origin },
    });
    expect(JSON.stringify(settings)).not.toContain('hidden');
    const variables = { ...ofProfile, AWS_REGION: 'r', AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:1' };
    expect((await shown(run(['config', '--json', '--bucket', 'b'], variables))).settings).toMatchObject({
      region: { value: 'r', origin: 'variable AWS_REGION' },
      's3-endpoint-url': { value: 'http://127.0.0.1:1', origin: 'variable AWS_ENDPOINT_URL_S3' },
    });
  });

  it.skipIf(process.platform === 'win32')('works where its folder has been removed', async () => {
    const { folder } = project();
    const gone = join(folder, 'gone');
    const script = 'mkdir "$1" && cd "$1" && rmdir "$1" && shift && exec "$@"';
    const words = ['-c', script, 'sh', gone, process.execPath, COMMAND, 'config'];
    const options = { env: { WHEELSTORE_CONFIG: undefined } };
    const ending = await runProcess('sh', words, options);
    expect(ending).toMatchObject({ code: 0, stdout: expect.stringContaining('folder ./packages\n') });
    expectRefusal(await runProcess('sh', [...words, '--config', 'x'], options), 2, '"x"');
  });

  it('reads all that others say without a network and without credentials', async () => {
    const { run } = project(EVERYTHING);
    expect((await run(['config'], { AWS_EC2_METADATA_DISABLED: 'true' })).code).toBe(0);
  });
});

describe('A command on a folder that a flag names', () => {
  it('minds nothing that variables and the file say of buckets', async () => {
    const { run } = project(EVERYTHING);
    const { dist } = workplace(...small('foo', '1.0'));
    const env = { WHEELSTORE_BUCKET: 'b', WHEELSTORE_REGION: 'r', WHEELSTORE_PREFIX: 'p' };
    expect((await run(['upload', dist, '--store', 'mine'], env)).code).toBe(0);
    expect((await run(['list', '--store', 'mine'], env)).stdout).toBe('foo  1.0  1 file\n');
  });
});

describe('The README', () => {
  it('has the flag, the variable and the key of every setting', () => {
    const text = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
    for (const { key, variable, flags } of SETTINGS) {
      const flag = /--[\w-]+/.exec(flags)?.[0];
      const row = text.split('\n').find((line) => line.includes(`\`${variable}\``) && line.startsWith('|'));
      expect(row, variable).toContain(`\`${flag}`);
      expect(row, variable).toContain(`\`${key}`);
    }
  });
});
