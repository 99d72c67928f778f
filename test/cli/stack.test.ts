import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { wheelstore } from '../support/command.ts';
import { inconsistencies } from '../support/repository-check.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { expectExplanation, expectRefusal, jsonOf } from './outcomes.ts';
import { sha256, small, workplace, writeFiles } from './repositories.ts';
import { serveStacks } from './stacks.ts';

const { server, aws, newStack } = serveStacks();

const CACHED = { PageTtlSeconds: '60' };
const OF_FOO = ['/simple/foo/*'];
const OF_LIST = ['/simple/', '/simple/index.*'];

describe('A repository that a stack names', () => {
  it('is where the outputs of the stack say', async () => {
    const { dist } = workplace(...small('foo', '1.0'));
    const { run, store, bucket } = await newStack({ Prefix: 'team/packages/' });
    const upload = await run(['upload', dist]);
    expect(upload).toMatchObject({ code: 0 });
    expect(upload.stdout).toContain('Install:  pip install --index-url https://pypi.example.com/simple/ foo');
    const keys = server().keys(bucket);
    expect(keys).toContain('team/packages/simple/foo/index.json');
    expect(keys.filter((key) => !key.startsWith('team/packages/'))).toEqual([]);
    expect(await run(['list'])).toMatchObject({ code: 0, stdout: 'foo  1.0  1 file\n' });
    expect(await inconsistencies(store)).toEqual([]);
  });

  it('is served from its bucket', async () => {
    const { run, start, invalidated } = await newStack(CACHED);
    await run(['upload', workplace(...small('foo', '1.0')).dist]);
    const before = invalidated().length;
    const serving = start(['serve', '--port', '0', '--quiet']);
    const [, url = ''] = await serving.printed(/ at (http:\S+)\/simple\/ /);
    expect(await (await fetch(`${url}/simple/foo/`)).text()).toContain('foo-1.0-py3-none-any.whl');
    serving.child.kill('SIGINT');
    expect(await serving.ended).toMatchObject({ code: 0 });
    expect(invalidated()).toHaveLength(before);
  });

  it('can be named by a variable and in the file', async () => {
    const { name, env } = await newStack();
    const variables = { ...env, WHEELSTORE_STACK: name };
    expect(await wheelstore(['list'], { env: variables })).toMatchObject({ code: 0 });
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'wheelstore.toml'), `stack = "${name}"\n`);
    const options = { cwd: folder, env: { ...env, WHEELSTORE_CONFIG: undefined } };
    expect(await wheelstore(['list'], options)).toMatchObject({ code: 0 });
    const elsewhere = await wheelstore(['list', '--store', '.'], options);
    expect(elsewhere).toMatchObject({ code: 0 });
  });

  it('is shown by config without asking anybody', async () => {
    const env = { AWS_CONFIG_FILE: '/nonexistent', AWS_ENDPOINT_URL: 'http://127.0.0.1:1' };
    const shown = await wheelstore(['config', '--stack', 'S', '--json'], { env });
    expect(shown).toMatchObject({ code: 0, stderr: '' });
    expect(jsonOf(shown)).toMatchObject({
      repository: { kind: 'stack', url: 'S' },
      settings: { stack: { value: 'S', origin: 'flag --stack' }, region: { value: null } },
    });
  });

  it.each([
    ['two places', ['list', '--stack', 'S', '--bucket', 'b'], 'two repositories'],
    ['two places', ['list', '--stack', 'S', '--store', '.'], 'two repositories'],
    ['two places', ['serve', '.', '--stack', 'S'], 'two repositories'],
    ['a prefix', ['list', '--stack', 'S', '--prefix', 'p'], '--prefix belongs to --bucket'],
    ['no name', ['list', '--stack', ''], '--stack'],
    ['no name of a stack', ['list', '--stack', 'not a stack'], '"not a stack"'],
    ['a purge of nothing', ['delete', 'foo', '1.0', '--purge'], '--purge needs a stack'],
    ['a purge of nothing', ['delete', 'foo', '1.0', '--purge', '--bucket', 'b'], '--purge needs a stack'],
    ['a wait for nothing', ['upload', '.', '--wait'], '--wait needs a stack'],
  ])('makes no sense with %s: %j', async (_title, words, text) => {
    const ending = await wheelstore(words, { env: (await newStack()).env });
    expectRefusal(ending, 2, text);
  });

  it.each([
    ['no such stack', {}, ['list', '--stack', 'Nowhere'], '"Nowhere"'],
    ['no credentials', { AWS_ACCESS_KEY_ID: undefined }, ['list', '--stack', 'S'], 'No AWS credentials'],
    [
      'no connection',
      { AWS_ENDPOINT_URL_CLOUDFORMATION: 'http://127.0.0.1:1' },
      ['list', '--stack', 'S'],
      'ECONN',
    ],
  ])('cannot be used where there is %s', async (_title, env, words, text) => {
    expectRefusal(await wheelstore(words, { env: { ...(await newStack()).env, ...env } }), 1, text);
  });
});

describe('CloudFront', () => {
  it('is told nothing where it keeps no page', async () => {
    const { run, invalidated } = await newStack();
    expect((await run(['upload', workplace(...small('foo', '1.0')).dist, '--wait'])).code).toBe(0);
    expect((await run(['yank', 'foo', '1.0'])).code).toBe(0);
    expect(invalidated()).toEqual([]);
  });

  it('forgets the pages of what has changed, and no others', async () => {
    const { run, invalidated } = await newStack(CACHED);
    const { folder, dist } = workplace(...small('foo', '1.0'), ...small('bar', '1.0'));
    const upload = await run(['upload', dist]);
    expect(upload.stderr).toContain('CloudFront is forgetting 4 paths.');
    const [release = ''] = writeFiles(join(folder, 'more'), small('foo', '2.0'));
    await run(['upload', release]);
    await run(['yank', 'foo', '2.0']);
    await run(['status', 'bar', 'quarantined']);
    await run(['delete', 'foo', '2.0']);
    const sorted = invalidated().map((paths) => [...paths].sort());
    expect(sorted).toEqual([
      [...OF_LIST, '/simple/bar/*', ...OF_FOO].sort(),
      OF_FOO,
      OF_FOO,
      [...OF_LIST, '/simple/bar/*'].sort(),
      OF_FOO,
    ]);
    // These change nothing.
    for (const words of [
      ['list'],
      ['show', 'foo'],
      ['verify'],
      ['upload', release, '--dry-run'],
      ['status', 'foo'],
    ])
      await run(words);
    expect(invalidated()).toHaveLength(5);
  });

  it('is told again by the same command, for one that was killed before it could', async () => {
    const { run, invalidated } = await newStack(CACHED);
    const { dist } = workplace(...small('foo', '1.0'));
    await run(['upload', dist]);
    const again = await run(['upload', dist]);
    expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining('1 already there') });
    await run(['yank', 'foo', '1.0']);
    await run(['yank', 'foo', '1.0']);
    const [first, second, third, fourth] = invalidated().map((paths) => [...paths].sort());
    expect(first).toEqual([...OF_LIST, ...OF_FOO].sort());
    expect(second).toEqual(first);
    expect(third).toEqual(OF_FOO);
    expect(fourth).toEqual(first);
  });

  it('is waited for where that is asked', async () => {
    const { run, distribution } = await newStack(CACHED);
    aws().pollsBeforeCompletion = 1;
    const upload = await run(['upload', workplace(...small('foo', '1.0')).dist, '--wait']);
    expect(upload).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('CloudFront has forgotten 3 paths.'),
    });
    expect(aws().invalidations.find((one) => one.distribution === distribution)?.polls).toBe(2);
  });

  it('keeps deleted files unless they are purged, whatever it does with pages', async () => {
    const { run, invalidated } = await newStack();
    const [one, two] = small('foo', '1.0', '2.0');
    const { dist } = workplace(...(one === undefined || two === undefined ? [] : [one, two]));
    await run(['upload', dist]);
    await run(['delete', 'foo', '1.0']);
    expect(invalidated()).toEqual([]);
    const folderOf = (bytes: Uint8Array = new Uint8Array()) => `/files/foo/${sha256(bytes).slice(0, 16)}/*`;
    await run(['delete', 'foo', '2.0', '--purge', '--dry-run']);
    expect(invalidated()).toEqual([]);
    expect((await run(['delete', 'foo', '2.0', '--purge'])).code).toBe(0);
    // Of what was deleted before as well, whoever did it.
    expect((await run(['delete', 'foo', '1.0', '--purge'])).code).toBe(0);
    expect(invalidated()).toEqual([[folderOf(two?.bytes)], [folderOf(one?.bytes)]]);
  });
});

describe('A command that ends in the middle', () => {
  it('has CloudFront forget what it has changed before one project failed', async () => {
    const { run, invalidated, bucket } = await newStack(CACHED);
    const { dist } = workplace(...small('foo', '1.0'), ...small('bar', '1.0'));
    const allow = server().deny({ actions: ['s3:PutObject'], bucket, keyPrefix: 'files/bar/' });
    const ending = await run(['upload', dist]);
    allow();
    expect(ending.code).toBe(1);
    expect(invalidated().map((paths) => [...paths].sort())).toEqual([[...OF_LIST, ...OF_FOO].sort()]);
  });

  it('has CloudFront forget pages of which only some could be written', async () => {
    const { run, invalidated, bucket } = await newStack(CACHED);
    await run(['upload', workplace(...small('foo', '1.0')).dist]);
    const allow = server().deny({ actions: ['s3:PutObject'], bucket, keyPrefix: 'simple/foo/index.json' });
    const ending = await run(['yank', 'foo', '1.0']);
    allow();
    expect(ending.code).toBe(1);
    expectExplanation(ending, 's3:PutObject');
    expect(invalidated().at(-1)).toEqual(OF_FOO);
  });

  it('has CloudFront forget files of which the removal failed', async () => {
    const { run, invalidated, bucket } = await newStack();
    await run(['upload', workplace(...small('foo', '1.0')).dist]);
    const allow = server().deny({ actions: ['s3:DeleteObject'], bucket });
    const ending = await run(['delete', 'foo', '1.0', '--purge']);
    allow();
    expect(ending.code).toBe(1);
    expect(invalidated()).toHaveLength(1);
  });

  it('has CloudFront forget what it has changed before Ctrl-C', async () => {
    const { start, invalidated, bucket } = await newStack(CACHED);
    const { dist } = workplace(...small('foo', '1.0'), ...small('bar', '1.0'));
    let go: () => void = () => undefined;
    const until = new Promise<void>((resolve) => {
      go = resolve;
    });
    const held = server().inject({
      bucket,
      operation: 'PutObject',
      key: /^records\/default\/bar\.json$/,
      nth: 1,
      fault: { kind: 'hold', until },
    });
    const running = start(['upload', dist, '--jobs', '1', '--wait']);
    await held.struck;
    running.child.kill('SIGINT');
    await running.printed(/Stopping after this step/);
    go();
    expect(await running.ended).toMatchObject({ code: 130 });
    expect(invalidated()).toHaveLength(1);
    expect(invalidated()[0]).toContain('/simple/bar/*');
  });

  it('can be stopped while it waits for CloudFront', async () => {
    const { start, invalidated } = await newStack(CACHED);
    aws().pollsBeforeCompletion = Infinity;
    const running = start(['upload', workplace(...small('foo', '1.0')).dist, '--wait', '-v']);
    await running.printed(/waiting for CloudFront/);
    running.child.kill('SIGINT');
    const ending = await running.ended;
    aws().pollsBeforeCompletion = 0;
    expect(ending.code).toBe(130);
    expectExplanation(ending, 'Everything is published', 'up to 60 seconds');
    expect(invalidated()).toHaveLength(1);
  });
});

describe('CloudFront that says no', () => {
  it.each([
    ['AccessDenied', 403, 'cloudfront:CreateInvalidation'],
    ['NoSuchDistribution', 404, 'NoSuchDistribution'],
  ])('fails the command, which says what is served, and for how long: %s', async (code, status, text) => {
    const { run, store, invalidated } = await newStack(CACHED);
    const { dist } = workplace(...small('foo', '1.0'));
    aws().refuse({ operation: 'CreateInvalidation', status, code, times: 1 });
    const ending = await run(['upload', dist]);
    expect(ending.code).toBe(1);
    expect(ending.stdout).toContain('1 file published');
    expectExplanation(ending, 'Everything is published', 'pages as they were for up to 60 seconds', text);
    expect(await inconsistencies(store)).toEqual([]);
    expect(await run(['upload', dist])).toMatchObject({ code: 0 });
    expect(invalidated()).toHaveLength(1);
  });

  it('is asked again where it is busy, and makes one invalidation of it', async () => {
    const { run, invalidated } = await newStack(CACHED);
    aws().refuse({
      operation: 'CreateInvalidation',
      status: 400,
      code: 'TooManyInvalidationsInProgress',
      times: 1,
    });
    expect(await run(['upload', workplace(...small('foo', '1.0')).dist])).toMatchObject({ code: 0 });
    expect(invalidated()).toHaveLength(1);
  });

  it('is told of beside what else went wrong', async () => {
    const { run, bucket } = await newStack(CACHED);
    const { dist } = workplace(...small('foo', '1.0'), ...small('bar', '1.0'));
    const allow = server().deny({ actions: ['s3:PutObject'], bucket, keyPrefix: 'files/bar/' });
    aws().refuse({ operation: 'CreateInvalidation', status: 403, code: 'AccessDenied', times: 1 });
    const ending = await run(['upload', dist]);
    allow();
    expect(ending.code).toBe(1);
    expectExplanation(ending, 's3:PutObject', 'What could be done is published', 'up to 60 seconds');
    expect(ending.stderr).not.toContain('Everything is published');
  });

  it('may go on serving purged files for a year', async () => {
    const { run } = await newStack();
    await run(['upload', workplace(...small('foo', '1.0')).dist]);
    aws().refuse({ operation: 'CreateInvalidation', status: 403, code: 'AccessDenied', times: 1 });
    const ending = await run(['delete', 'foo', '1.0', '--purge']);
    expect(ending.code).toBe(1);
    expectExplanation(ending, 'the deleted files for up to a year');
    expect(await run(['delete', 'foo', '1.0', '--purge'])).toMatchObject({ code: 0 });
  });
});
