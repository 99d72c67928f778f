import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { mockClient } from 'aws-sdk-client-mock';
import { describe, expect, it, vi } from 'vitest';
import { connectCloudFormation, readStackOutputs } from '../../../stores/aws/stack-outputs.ts';
import { refused, withoutWarnings } from '../s3-mock.ts';

const OUTPUTS = {
  IndexUrl: 'https://pypi.example.com/simple/',
  BucketName: 'wheelstore-bucket-1abc',
  Prefix: 'team/packages/',
  BucketRegion: 'eu-west-1',
  DistributionId: 'E1ABCDEFGHIJKL',
  DistributionDomain: 'd111111abcdef8.cloudfront.net',
  PageTtlSeconds: '60',
};

const STORE = 'arn:aws:cloudfront::123456789012:key-value-store/0f5c2b6e-6d3a-4f0e-9a51-1c1f5d1a2b3c';
const PRIVATE = { ...OUTPUTS, Access: 'private', TokensStoreArn: STORE };

/** A client that sends nothing. */
function mocked() {
  withoutWarnings();
  const client = new CloudFormationClient({ region: 'us-east-1' });
  return { client, cloudFormation: mockClient(client) };
}

function answering(outputs: Readonly<Record<string, string>>) {
  const { client, cloudFormation } = mocked();
  const Outputs = Object.entries(outputs).map(([OutputKey, OutputValue]) => ({ OutputKey, OutputValue }));
  const stack = {
    StackName: 'S',
    CreationTime: new Date(0),
    StackStatus: 'CREATE_COMPLETE' as const,
    Outputs,
  };
  cloudFormation.on(DescribeStacksCommand, { StackName: 'S' }).resolves({ Stacks: [stack] });
  return client;
}

function failing(error: Error) {
  const { client, cloudFormation } = mocked();
  cloudFormation.on(DescribeStacksCommand).rejects(error);
  return client;
}

describe('The outputs of a stack', () => {
  it('say where the repository is, and what is in front of it', async () => {
    const outputs = answering({ ...OUTPUTS, PublishersPolicyArn: 'arn:aws:iam::1:policy/p' });
    expect(await readStackOutputs(outputs, 'S')).toEqual({
      bucket: 'wheelstore-bucket-1abc',
      prefix: 'team/packages/',
      region: 'eu-west-1',
      indexUrl: 'https://pypi.example.com/simple/',
      distributionId: 'E1ABCDEFGHIJKL',
      distributionDomain: 'd111111abcdef8.cloudfront.net',
      pageTtlSeconds: 60,
      access: 'public',
    });
  });

  it('say where the tokens of a private index are', async () => {
    expect(await readStackOutputs(answering(PRIVATE), 'S')).toMatchObject({
      access: 'private',
      tokensStoreArn: STORE,
    });
  });

  it('say that everyone may read, and so does a stack that says nothing of it', async () => {
    const silent: Readonly<Record<string, string>> = {};
    for (const said of [{ Access: 'public' }, silent]) {
      const outputs = await readStackOutputs(answering({ ...OUTPUTS, ...said }), 'S');
      expect(outputs.access).toBe('public');
      expect(outputs).not.toHaveProperty('tokensStoreArn');
    }
  });

  it('have a slash for no prefix', async () => {
    expect(await readStackOutputs(answering({ ...OUTPUTS, Prefix: '/' }), 'S')).toMatchObject({ prefix: '' });
  });

  it.each([...Object.keys(OUTPUTS), 'TokensStoreArn'])('are missed by name: %s', async (missing) => {
    const others = Object.entries(PRIVATE).filter(([name]) => name !== missing);
    const read = readStackOutputs(answering(Object.fromEntries(others)), 'S');
    await expect(read).rejects.toMatchObject({
      code: 'not-found',
      value: 'S',
      message: expect.stringContaining(missing),
    });
  });

  it.each([
    ['BucketName', '../other'],
    ['BucketName', ''],
    ['Prefix', '../'],
    ['Prefix', 'team'],
    ['BucketRegion', 'evil.example/#'],
    ['IndexUrl', 'http://pypi.example.com/simple/'],
    ['IndexUrl', 'https://me:secret@pypi.example.com/simple/'],
    ['IndexUrl', 'https://pypi.example.com/simple/\u001b[2J'],
    ['DistributionId', 'E1/../E2'],
    ['DistributionDomain', 'a b'],
    ['PageTtlSeconds', '-1'],
    ['PageTtlSeconds', '1e3'],
    ['PageTtlSeconds', ''],
    ['Access', 'Private'],
    ['Access', ''],
    ['TokensStoreArn', ''],
    ['TokensStoreArn', 'arn:aws:cloudfront::1:key-value-store/a'],
    ['TokensStoreArn', `${STORE}/../other`],
    ['TokensStoreArn', STORE.replace('cloudfront', 's3')],
  ])('are refused where they make no sense: %s %j', async (name, value) => {
    const read = readStackOutputs(answering({ ...PRIVATE, [name]: value }), 'S');
    await expect(read).rejects.toMatchObject({
      code: 'unsupported-store',
      value,
      message: expect.stringContaining(name),
    });
  });
});

const GONE = Object.assign(refused('ValidationError', 400), { message: 'Stack with id S does not exist' });
const PROVIDER = Object.assign(new Error('Could not load credentials from any providers'), {
  name: 'CredentialsProviderError',
});

describe('A stack that cannot be asked', () => {
  it.each([
    ['there is none', GONE, 'not-found', 'S'],
    ['there are no credentials', PROVIDER, 'no-credentials', 'AWS_ACCESS_KEY_ID'],
    ['they have expired', refused('ExpiredToken', 403), 'expired-credentials', 'Sign in'],
    ['they are unknown', refused('InvalidClientTokenId', 403), 'invalid-credentials', 'CloudFormation'],
    ['it is not allowed', refused('AccessDenied', 403), 'access-denied', 'cloudformation:DescribeStacks'],
    [
      'there is no connection',
      Object.assign(new Error('x'), { code: 'ECONNREFUSED' }),
      'unreachable',
      'CloudFormation',
    ],
    ['something else is wrong', refused('Throttling', 400), 'store-failed', 'Throttling'],
  ])('is told so: %s', async (_title, error, code, text) => {
    const thrown = await readStackOutputs(failing(error), 'S').catch((caught: unknown) => caught);
    expect(thrown).toMatchObject({ code });
    const { message, fix, value } = thrown as { message: string; fix: string; value: string };
    expect(`${message} ${fix} ${value}`).toContain(text);
  });

  it('is not there where the answer has none', async () => {
    const { client, cloudFormation } = mocked();
    cloudFormation.on(DescribeStacksCommand).resolves({ Stacks: [] });
    await expect(readStackOutputs(client, 'S')).rejects.toMatchObject({ code: 'not-found' });
  });

  it('is nowhere where nobody says in which region', async () => {
    vi.stubEnv('AWS_CONFIG_FILE', '/nonexistent');
    for (const name of ['AWS_REGION', 'AWS_DEFAULT_REGION']) vi.stubEnv(name, undefined);
    await expect(connectCloudFormation({})).rejects.toMatchObject({ code: 'usage', value: '--region' });
    vi.stubEnv('AWS_DEFAULT_REGION', 'eu-west-2');
    const client = await connectCloudFormation({});
    expect(await client.config.region()).toBe('eu-west-2');
    vi.unstubAllEnvs();
  });
});
