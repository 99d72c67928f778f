import { chmodSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { isCertificateMissing } from '../support/certificate.ts';
import { wheelstore } from '../support/command.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { shown } from './examinations.ts';
import { ANOTHER_USER_NEEDS, canBeAnotherUser } from './other-user.ts';
import { expectRefusal } from './outcomes.ts';
import { publishedWorkplace, small, snapshotOf } from './repositories.ts';
import { type IndexAnswer, serveStack, type ServedStack } from './served-stacks.ts';
import { serveStacks } from './stacks.ts';

const stacks = serveStacks();
const { server, aws, awsEnvironment, newBucket, newStack } = stacks;

describe('doctor of a folder', () => {
  it('says what is well, and leaves nothing behind', async () => {
    const { store } = await publishedWorkplace(...small('foo', '1.0'));
    const before = snapshotOf(store);
    const ending = await wheelstore(['doctor', '--store', store]);
    expect(ending).toMatchObject({ code: 0, stderr: '' });
    expect(ending.stdout).toMatch(/^ok {7}hard-links +hard links work/m);
    expect(ending.stdout).toMatch(/^6 checks: .* 0 failures, 1 skipped\.$/m);
    expect(snapshotOf(store)).toEqual(before);
  });

  it('fails where there is none', async () => {
    const ending = await wheelstore(['doctor', '--store', 'nowhere', '--json'], { cwd: temporaryFolder() });
    expect(ending.code).toBe(1);
    expect(shown(ending)).toMatchObject({
      repository: 'folder nowhere',
      healthy: false,
      outcomes: { folder: 'failure', writable: 'skipped' },
    });
  });

  it.skipIf(!canBeAnotherUser)(`fails where one may not write (${ANOTHER_USER_NEEDS})`, async () => {
    const { store, folder } = await publishedWorkplace(...small('foo', '1.0'));
    for (const path of [folder, store]) chmodSync(path, 0o755);
    const ending = await wheelstore(['doctor', '--store', store], { uid: 12_345, gid: 12_345 });
    expect(ending.code).toBe(1);
    expect(ending.stdout).toMatch(/^failure {2}writable +No permission to write .*\n {21}Give this user/m);
  });
});

describe('doctor of a bucket', () => {
  it('says what is well, what nobody can say, and leaves nothing behind', async () => {
    const { run, name } = await newBucket('team');
    const report = shown(await run(['doctor', '--json']));
    expect(report).toMatchObject({ repository: `bucket s3://${name}/team`, healthy: true });
    expect(report.outcomes).toEqual({
      bucket: 'ok',
      credentials: 'ok',
      region: 'skipped',
      listing: 'ok',
      settings: 'ok',
      'conditional-writes': 'ok',
      // The server of these tests knows no such settings.
      'public-access': 'skipped',
      versioning: 'skipped',
      encryption: 'skipped',
      'unfinished-uploads': 'skipped',
      contents: 'skipped',
    });
    expect(server().keys(name)).toEqual([]);
  });

  it.each([
    ['listing', { actions: ['s3:ListBucket'], keyPrefix: '' }, 'bucket'],
    ['reading settings', { actions: ['s3:GetObject'], keyPrefix: 'repository.json' }, 'settings'],
  ] as const)('fails where %s is denied', async (_title, denial, name) => {
    const { run, name: bucket } = await newBucket();
    const allow = server().deny({ ...denial, bucket });
    const ending = await run(['doctor', '--json']);
    allow();
    expect(ending.code).toBe(1);
    const report = shown(ending);
    expect(report.outcomes[name]).toBe('failure');
    expect(report.checks.find((check) => check.name === name)?.message).toContain(denial.actions[0]);
  });

  it('warns where it may not write to find out', async () => {
    const { run, name: bucket } = await newBucket();
    const allow = server().deny({ actions: ['s3:PutObject'], bucket });
    const ending = await run(['doctor']);
    allow();
    expect(ending).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^warning {2}conditional-writes/m),
    });
  });

  it.each([
    ['no such bucket', {}, 'There is no bucket'],
    ['no credentials', { AWS_ACCESS_KEY_ID: undefined }, 'No AWS credentials'],
    ['a wrong secret', { AWS_SECRET_ACCESS_KEY: 'wrong' }, 'SignatureDoesNotMatch'],
  ])('says what is wrong with %s', async (title, env, text) => {
    const { run, name } = await newBucket();
    const words = title === 'no such bucket' ? ['doctor', '--json', '--bucket', 'nowhere'] : undefined;
    const ending =
      words === undefined
        ? await run(['doctor', '--json'], { env })
        : await wheelstore([...words, '--s3-endpoint-url', server().endpoint], { env: awsEnvironment() });
    expect(ending.code).toBe(1);
    const [first, ...others] = shown(ending).checks;
    expect(first).toMatchObject({
      name: 'bucket',
      outcome: 'failure',
      message: expect.stringContaining(text),
    });
    for (const { outcome } of others) expect(outcome).toBe('skipped');
    expect(server().keys(name)).toEqual([]);
  });

  it('exits with 2 where the command line makes no sense', async () => {
    expectRefusal(await wheelstore(['doctor', '--bucket', 'b', '--store', 'a']), 2, 'two repositories');
    expectRefusal(await wheelstore(['doctor', '--stack', 'S', '--prefix', 'p']), 2, '--prefix');
  });
});

const PAGE: IndexAnswer = {
  status: 200,
  headers: { 'content-type': 'application/vnd.pypi.simple.v1+json' },
};

const servedStack = (): Promise<ServedStack> => serveStack(stacks, PAGE);

describe.skipIf(isCertificateMissing())('doctor of a stack (needs openssl)', () => {
  it('says what is well of all of it', async () => {
    const { stack, env } = await servedStack();
    const ending = await stack.run(['doctor', '--json'], { env });
    expect(ending.code).toBe(0);
    expect(shown(ending).outcomes).toMatchObject({
      stack: 'ok',
      bucket: 'ok',
      listing: 'ok',
      distribution: 'ok',
      dns: 'ok',
      certificate: 'ok',
      index: 'ok',
      hidden: 'ok',
    });
    expect(aws().invalidations.filter((one) => one.distribution === stack.distribution)).toEqual([]);
    expect(server().keys(stack.bucket)).toEqual([]);
  });

  it('says everything that is wrong at once', async () => {
    const { stack } = await servedStack();
    const made = aws().distributions.get(stack.distribution);
    if (made !== undefined) aws().distributions.set(stack.distribution, { ...made, enabled: false });
    // Nobody trusts the certificate without NODE_EXTRA_CA_CERTS.
    const ending = await stack.run(['doctor', '--json']);
    expect(ending.code).toBe(1);
    expect(shown(ending).outcomes).toMatchObject({
      bucket: 'ok',
      distribution: 'failure',
      dns: 'ok',
      certificate: 'failure',
      index: 'failure',
    });
  });

  it('warns where it may not look at the distribution', async () => {
    const { stack, env } = await servedStack();
    aws().refuse({ operation: 'GetDistribution', status: 403, code: 'AccessDenied', times: 1 });
    const ending = await stack.run(['doctor'], { env });
    expect(ending.code).toBe(0);
    expect(ending.stdout).toMatch(/^warning {2}distribution .*cloudfront:GetDistribution/m);
  });
});

describe('doctor of a stack', () => {
  it.each([
    ['that is not there', {}, 'Nowhere', 'There is no stack'],
    ['that may not be described', { denied: true }, undefined, 'cloudformation:DescribeStacks'],
  ])('%s says so', async (_title, { denied = false }: { denied?: boolean }, name, text) => {
    const stack = await newStack();
    if (denied) aws().refuse({ operation: 'DescribeStacks', status: 403, code: 'AccessDenied', times: 1 });
    const words = ['doctor', '--json', '--stack', name ?? stack.name];
    const ending = await wheelstore(words, { env: stack.env });
    expect(ending.code).toBe(1);
    const { checks } = shown(ending);
    expect(checks).toMatchObject([
      { name: 'stack', outcome: 'failure', message: expect.stringContaining(text) },
    ]);
  });
});
