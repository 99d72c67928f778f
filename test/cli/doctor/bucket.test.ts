import {
  GetBucketEncryptionCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketPolicyCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  GetPublicAccessBlockCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  S3Client,
} from '@aws-sdk/client-s3';
import { mockClient } from 'aws-sdk-client-mock';
import { describe, expect, it } from 'vitest';
import { bucketSection, type BucketPatient } from '../../../cli/doctor/bucket.ts';
import { examine, type Finding } from '../../../cli/doctor/check.ts';
import { WheelstoreError } from '../../../core/errors.ts';
import { BucketSettings } from '../../../stores/s3/bucket-settings.ts';
import { Location } from '../../../stores/s3/location.ts';
import { S3Store } from '../../../stores/s3.ts';
import { refused, withoutWarnings } from '../../stores/s3-mock.ts';

const DENIED = refused('AccessDenied', 403);
const UNKNOWN = refused('NotImplemented', 501);
const BLOCKED = {
  BlockPublicAcls: true,
  IgnorePublicAcls: true,
  BlockPublicPolicy: true,
  RestrictPublicBuckets: true,
};
const ABORT = {
  ID: 'a',
  Status: 'Enabled' as const,
  AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 },
};

/** A bucket that is set up as the stack does it, but for what `change` says. */
async function findings(
  change: (s3: ReturnType<typeof mocked>['s3']) => void = () => undefined,
  patient: Partial<BucketPatient> = {},
): Promise<Map<string, Finding>> {
  const { s3, client } = mocked();
  change(s3);
  const location = new Location('b', 'p');
  const section = bucketSection({
    settings: new BucketSettings(client, location, 'S3'),
    store: new S3Store({ client, bucket: 'b', prefix: 'p' }),
    location,
    isS3Itself: true,
    singleWriter: false,
    region: undefined,
    ...patient,
  });
  return new Map((await examine(section, 4)).map((finding) => [finding.name, finding]));
}

function mocked() {
  withoutWarnings();
  const client = new S3Client({ region: 'us-east-1' });
  const s3 = mockClient(client);
  s3.on(HeadBucketCommand).resolves({ BucketRegion: 'eu-west-1' });
  s3.on(ListObjectsV2Command).resolves({});
  s3.on(HeadObjectCommand).rejects(refused('NotFound', 404));
  s3.on(GetObjectCommand).rejects(refused('NoSuchKey', 404));
  s3.on(GetPublicAccessBlockCommand).resolves({ PublicAccessBlockConfiguration: BLOCKED });
  s3.on(GetBucketVersioningCommand).resolves({ Status: 'Enabled' });
  s3.on(GetBucketEncryptionCommand).resolves({
    ServerSideEncryptionConfiguration: {
      Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
    },
  });
  s3.on(GetBucketPolicyCommand).rejects(refused('NoSuchBucketPolicy', 404));
  s3.on(GetBucketLifecycleConfigurationCommand).resolves({ Rules: [ABORT] });
  return { s3, client };
}

const outcomeOf = async (name: string, ...words: Parameters<typeof findings>): Promise<Finding> => {
  const found = (await findings(...words)).get(name);
  if (found === undefined) throw new Error(`There is no check ${name}`);
  return found;
};

describe('A bucket as the stack makes it', () => {
  it('passes every check', async () => {
    const all = await findings((s3) =>
      s3.on(GetBucketPolicyCommand).resolves({ Policy: '{"Statement":[]}' }),
    );
    const others = [...all.values()].filter(
      ({ name }) => !['policy-tls', 'policy-conditions', 'policy-removal'].includes(name),
    );
    expect(others.map(({ name, outcome }) => `${name}: ${outcome}`)).toEqual([
      'bucket: ok',
      'credentials: ok',
      'region: ok',
      'listing: ok',
      'settings: ok',
      'conditional-writes: ok',
      'public-access: ok',
      'versioning: ok',
      'encryption: ok',
      'unfinished-uploads: ok',
      'policy-private: ok',
      'contents: skipped',
    ]);
    expect(all.get('contents')?.message).toContain('wheelstore verify');
    expect(all.get('conditional-writes')?.message).toContain('documents');
  });
});

describe('A bucket that is not reached', () => {
  it.each([
    ['is not there', refused('NotFound', 404), DENIED, 'There is no bucket "b"'],
    ['is forbidden', refused('Forbidden', 403), DENIED, 's3:ListBucket'],
    [
      'knows no such key',
      refused('Forbidden', 403),
      refused('InvalidAccessKeyId', 403),
      'InvalidAccessKeyId',
    ],
  ])('fails alone: it %s', async (_title, head, list, text) => {
    const all = await findings((s3) => {
      s3.on(HeadBucketCommand).rejects(head);
      s3.on(ListObjectsV2Command).rejects(list);
    });
    expect(all.get('bucket')).toMatchObject({ outcome: 'failure', message: expect.stringContaining(text) });
    const others = [...all.values()].filter(({ name }) => name !== 'bucket');
    expect(others).not.toEqual([]);
    for (const other of others) expect(other.outcome).toBe('skipped');
  });
});

describe('What is looked at in a bucket', () => {
  it.each<
    [name: string, what: string, change: Parameters<typeof findings>[0], outcome: string, text: string]
  >([
    ['listing', 'is denied', (s3) => s3.on(ListObjectsV2Command).rejects(DENIED), 'failure', 's3:ListBucket'],
    [
      'listing',
      'hides what is absent',
      (s3) => s3.on(HeadObjectCommand).rejects(refused('Forbidden', 403)),
      'failure',
      '403',
    ],
    ['settings', 'are denied', (s3) => s3.on(GetObjectCommand).rejects(DENIED), 'failure', 's3:GetObject'],
    [
      'public-access',
      'is not blocked',
      (s3) =>
        s3.on(GetPublicAccessBlockCommand).rejects(refused('NoSuchPublicAccessBlockConfiguration', 404)),
      'warning',
      'BlockPublicAcls',
    ],
    [
      'public-access',
      'is blocked in part',
      (s3) =>
        s3
          .on(GetPublicAccessBlockCommand)
          .resolves({ PublicAccessBlockConfiguration: { ...BLOCKED, BlockPublicPolicy: false } }),
      'warning',
      '(BlockPublicPolicy)',
    ],
    [
      'public-access',
      'cannot be seen',
      (s3) => s3.on(GetPublicAccessBlockCommand).rejects(DENIED),
      'warning',
      's3:GetBucketPublicAccessBlock',
    ],
    [
      'public-access',
      'is unknown',
      (s3) => s3.on(GetPublicAccessBlockCommand).rejects(UNKNOWN),
      'skipped',
      'does not know',
    ],
    ['versioning', 'is off', (s3) => s3.on(GetBucketVersioningCommand).resolves({}), 'warning', 'off'],
    [
      'versioning',
      'is suspended',
      (s3) => s3.on(GetBucketVersioningCommand).resolves({ Status: 'Suspended' }),
      'warning',
      'suspended',
    ],
    [
      'versioning',
      'cannot be seen',
      (s3) => s3.on(GetBucketVersioningCommand).rejects(DENIED),
      'warning',
      's3:GetBucketVersioning',
    ],
    [
      'encryption',
      'is not set',
      (s3) =>
        s3
          .on(GetBucketEncryptionCommand)
          .rejects(refused('ServerSideEncryptionConfigurationNotFoundError', 404)),
      'warning',
      'no default encryption',
    ],
    [
      'encryption',
      'is empty',
      (s3) => s3.on(GetBucketEncryptionCommand).resolves({}),
      'warning',
      'no default encryption',
    ],
    [
      'encryption',
      'cannot be seen',
      (s3) => s3.on(GetBucketEncryptionCommand).rejects(DENIED),
      'warning',
      's3:GetEncryptionConfiguration',
    ],
    [
      'unfinished-uploads',
      'stay',
      (s3) =>
        s3.on(GetBucketLifecycleConfigurationCommand).rejects(refused('NoSuchLifecycleConfiguration', 404)),
      'warning',
      'stays',
    ],
    [
      'unfinished-uploads',
      'stay by a rule that is off',
      (s3) =>
        s3.on(GetBucketLifecycleConfigurationCommand).resolves({ Rules: [{ ...ABORT, Status: 'Disabled' }] }),
      'warning',
      'stays',
    ],
    [
      'unfinished-uploads',
      'stay under this prefix',
      (s3) =>
        s3
          .on(GetBucketLifecycleConfigurationCommand)
          .resolves({ Rules: [{ ...ABORT, Filter: { Prefix: 'logs/' } }] }),
      'warning',
      'stays',
    ],
    [
      'unfinished-uploads',
      'go under this prefix',
      (s3) =>
        s3
          .on(GetBucketLifecycleConfigurationCommand)
          .resolves({ Rules: [{ ...ABORT, Filter: { Prefix: 'p/' } }] }),
      'ok',
      '1 days',
    ],
    [
      'unfinished-uploads',
      'cannot be seen',
      (s3) => s3.on(GetBucketLifecycleConfigurationCommand).rejects(DENIED),
      'warning',
      's3:GetLifecycleConfiguration',
    ],
    [
      'versioning',
      'is not told by a server that fails',
      (s3) => s3.on(GetBucketVersioningCommand).rejects(refused('InternalError', 500)),
      'failure',
      '500',
    ],
    [
      'policy-tls',
      'is hostile',
      (s3) => s3.on(GetBucketPolicyCommand).resolves({ Policy: '{"Statement":[[]]}' }),
      'failure',
      'cannot be understood',
    ],
  ])('%s %s', async (name, _what, change, outcome, text) => {
    const finding = await outcomeOf(name, change);
    expect(finding).toMatchObject({ outcome, message: expect.stringContaining(text) });
    if (outcome === 'warning' || outcome === 'failure') expect(finding.fix).toMatch(/\S/);
  });

  it('is its region, where one was named', async () => {
    expect(await outcomeOf('region', undefined, { region: 'eu-west-1' })).toMatchObject({ outcome: 'ok' });
    const wrong = await outcomeOf('region', undefined, { region: 'us-east-1' });
    expect(wrong).toMatchObject({ outcome: 'failure', message: expect.stringContaining('eu-west-1') });
    const silent = await outcomeOf('region', (s3) => s3.on(HeadBucketCommand).resolves({}));
    expect(silent.outcome).toBe('skipped');
  });

  it('is whether another store than S3 judges conditions', async () => {
    const store = (probeConditionalWrites: () => Promise<void>) => {
      const own = new S3Store({ client: mocked().client, bucket: 'b' });
      return Object.assign(Object.create(own) as S3Store, {
        get: async () => undefined,
        probeConditionalWrites,
      });
    };
    const elsewhere = (error?: WheelstoreError, more: Partial<BucketPatient> = {}) =>
      outcomeOf('conditional-writes', undefined, {
        isS3Itself: false,
        store: store(() => (error === undefined ? Promise.resolve() : Promise.reject(error))),
        ...more,
      });
    expect(await elsewhere()).toMatchObject({ outcome: 'ok' });
    const ignoring = new WheelstoreError('unsupported-store', 'ignores If-Match', { fix: 'Use another.' });
    expect(await elsewhere(ignoring)).toMatchObject({ outcome: 'failure' });
    const denied = new WheelstoreError('access-denied', 's3:PutObject', { fix: 'Allow it.' });
    expect(await elsewhere(denied)).toMatchObject({ outcome: 'warning', message: 's3:PutObject' });
    expect(await elsewhere(ignoring, { singleWriter: true })).toMatchObject({ outcome: 'warning' });
    const all = await findings(undefined, { isS3Itself: false, store: store(() => Promise.resolve()) });
    expect([...all.keys()].filter((name) => name.startsWith('policy'))).toEqual([]);
  });

  it('says of a defect of ours that it is one', async () => {
    const broken = findings((s3) => s3.on(GetBucketVersioningCommand).rejects(new TypeError('ours')));
    await expect(broken).rejects.toThrow('ours');
  });
});
