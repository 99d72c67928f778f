import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { App, Stack } from 'aws-cdk-lib';
import { PackageIndex } from '../../lib/index.ts';
import { OUTPUTS } from '../../lib/package-index-stack.ts';
import { SETTINGS, SettingsError } from '../../lib/settings.ts';
import { synthesize, templatesOf, type Resource, type Template } from '../support/template.ts';
import { temporaryFolder, temporaryFolders } from '../support/temporary.ts';

const OPERATIONS = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8');
const KEY = SETTINGS.kmsKeyArn.example;

let plain: Template;
let full: Template;
let open: Template;
const newFolder = temporaryFolders();

beforeAll(() => {
  plain = synthesize({}, newFolder());
  full = synthesize(
    {
      domainName: 'pypi.example.com',
      hostedZoneId: 'Z0123456789ABC',
      logs: true,
      kmsKeyArn: KEY,
      pageTtlSeconds: 300,
      priceClass: 'all',
      prefix: 'team',
      webAclArn: SETTINGS.webAclArn.example,
      alarmTopicArn: SETTINGS.alarmTopicArn.example,
      githubRepositories: 'org/repo',
      removalPolicy: 'destroy',
    },
    newFolder(),
  );
  open = synthesize({ access: 'public' }, newFolder());
});

const templates = (): Template[] => [plain, full, open];

/** A property, by the path to it. */
function property({ Properties: properties }: Resource, ...path: (string | number)[]): unknown {
  return path.reduce<unknown>(
    (value, name) => (value as Record<string, unknown> | undefined)?.[name],
    properties,
  );
}

const repositoryOf = (template: Template): Resource => template.one('AWS::S3::Bucket', 'IndexRepository');
const distributionOf = (template: Template): Record<string, unknown> =>
  property(template.one('AWS::CloudFront::Distribution'), 'DistributionConfig') as Record<string, unknown>;

describe('every bucket', () => {
  it('is open to nobody: all four blocks of public access are on', () => {
    for (const template of templates()) {
      for (const [name, bucket] of template.all('AWS::S3::Bucket')) {
        expect(property(bucket, 'PublicAccessBlockConfiguration'), name).toEqual({
          BlockPublicAcls: true,
          BlockPublicPolicy: true,
          IgnorePublicAcls: true,
          RestrictPublicBuckets: true,
        });
        expect(property(bucket, 'AccessControl'), name).toBeUndefined();
        expect(property(bucket, 'WebsiteConfiguration'), name).toBeUndefined();
      }
    }
  });

  it('has a policy that allows nothing to everybody', () => {
    for (const template of templates()) {
      const buckets = template.all('AWS::S3::Bucket').map(([name]) => name);
      const policies = template.all('AWS::S3::BucketPolicy').map(([, policy]) => policy);
      expect(policies.map((policy) => property(policy, 'Bucket')).sort()).toEqual(buckets.sort());
      for (const policy of policies) {
        const statements = property(policy, 'PolicyDocument', 'Statement') as Record<string, unknown>[];
        for (const { Effect: effect, Principal: principal } of statements) {
          if (effect === 'Allow') expect(JSON.stringify(principal)).not.toContain('*');
        }
      }
    }
  });
});

describe('the bucket of the repository', () => {
  it('is encrypted by S3, or by the key that is given', () => {
    const path = ['BucketEncryption', 'ServerSideEncryptionConfiguration', 0] as const;
    expect(property(repositoryOf(plain), ...path)).toEqual({
      ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' },
    });
    expect(property(repositoryOf(full), ...path)).toEqual({
      BucketKeyEnabled: true,
      ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: KEY },
    });
  });

  it('keeps old versions for a month, and what is left of uploads for a day; it expires nothing else', () => {
    expect(property(repositoryOf(plain), 'VersioningConfiguration')).toEqual({ Status: 'Enabled' });
    expect(property(repositoryOf(plain), 'LifecycleConfiguration', 'Rules')).toEqual([
      {
        Id: 'old-versions',
        Status: 'Enabled',
        NoncurrentVersionExpiration: { NoncurrentDays: 30 },
        ExpiredObjectDeleteMarker: true,
      },
      {
        Id: 'unfinished-uploads',
        Status: 'Enabled',
        AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 },
      },
    ]);
  });

  it('stays when the stack goes, unless it is said otherwise', () => {
    for (const kind of ['DeletionPolicy', 'UpdateReplacePolicy'] as const) {
      expect(repositoryOf(plain)[kind]).toBe('Retain');
      expect(repositoryOf(full)[kind]).toBe('Delete');
    }
  });

  it('knows no ACLs', () => {
    expect(property(repositoryOf(full), 'OwnershipControls', 'Rules')).toEqual([
      { ObjectOwnership: 'BucketOwnerEnforced' },
    ]);
  });

  it('tells the queue of changed records under its prefix, and of nothing else', () => {
    for (const [template, prefix] of [
      [plain, ''],
      [full, 'team/'],
    ] as const) {
      const rules = [
        { Name: 'prefix', Value: `${prefix}records/default/` },
        { Name: 'suffix', Value: '.json' },
      ];
      const [[name, queue]] = template.all('AWS::SQS::Queue').filter(([id]) => id.includes('Changes')) as [
        [string, Resource],
      ];
      expect(property(queue, 'DelaySeconds')).toBe(20);
      expect(property(repositoryOf(template), 'NotificationConfiguration')).toEqual({
        QueueConfigurations: [
          {
            Event: 's3:ObjectCreated:*',
            Queue: expect.stringContaining(name) as unknown,
            Filter: { S3Key: { Rules: rules } },
          },
        ],
      });
    }
  });
});

describe('the distribution', () => {
  it('signs what it asks of every origin', () => {
    for (const template of templates()) {
      const controls = template.all('AWS::CloudFront::OriginAccessControl').map(([name]) => `${name}.Id`);
      const all = distributionOf(template)['Origins'] as Record<string, unknown>[];
      expect(all.map((origin) => origin['OriginAccessControlId'])).toEqual(controls);
      for (const [, control] of template.all('AWS::CloudFront::OriginAccessControl')) {
        expect(property(control, 'OriginAccessControlConfig')).toMatchObject({
          SigningBehavior: 'always',
          SigningProtocol: 'sigv4',
          OriginAccessControlOriginType: 's3',
        });
      }
      expect(all.map((origin) => origin['S3OriginConfig'])).toEqual([{ OriginAccessIdentity: '' }]);
    }
    expect(distributionOf(full)['Origins']).toMatchObject([{ OriginPath: '/team' }]);
  });

  it('has the edge function, HTTPS and the headers on every behaviour, and takes GET and HEAD alone', () => {
    for (const template of templates()) {
      const { DefaultCacheBehavior: first, CacheBehaviors: others } = distributionOf(template);
      const behaviors = [first, ...(others as unknown[])] as Record<string, unknown>[];
      expect(behaviors.map((behavior) => behavior['PathPattern'])).toEqual([undefined, '/files/*']);
      const [[edge]] = template.all('AWS::CloudFront::Function') as [[string, Resource]];
      const [[headers]] = template.all('AWS::CloudFront::ResponseHeadersPolicy') as [[string, Resource]];
      for (const behavior of behaviors) {
        expect(behavior).toMatchObject({
          ViewerProtocolPolicy: 'https-only',
          AllowedMethods: ['GET', 'HEAD'],
          Compress: false,
          FunctionAssociations: [{ EventType: 'viewer-request', FunctionARN: `${edge}.FunctionARN` }],
          ResponseHeadersPolicyId: headers,
        });
      }
    }
  });

  it('runs the edge function that was built, which fits into 10,240 bytes', () => {
    for (const [template, name] of [
      [plain, 'private-viewer-request'],
      [full, 'private-viewer-request'],
      [open, 'viewer-request'],
    ] as const) {
      const edge = template.one('AWS::CloudFront::Function');
      const code = property(edge, 'FunctionCode') as string;
      expect(code).toBe(readFileSync(new URL(`../../dist/edge/${name}.js`, import.meta.url), 'utf8'));
      expect(Buffer.byteLength(code)).toBeLessThanOrEqual(10_240);
      expect(property(edge, 'FunctionConfig', 'Runtime')).toBe('cloudfront-js-2.0');
    }
  });

  it('speaks HTTP/2 and 3 and IPv6, remembers errors for seconds, and has a root', () => {
    for (const template of templates()) {
      const config = distributionOf(template);
      expect(config).toMatchObject({
        HttpVersion: 'http2and3',
        IPV6Enabled: true,
        DefaultRootObject: 'simple/index.html',
      });
      const errors = config['CustomErrorResponses'] as { ErrorCode: number; ErrorCachingMinTTL: number }[];
      expect(errors.map(({ ErrorCode: code }) => code)).toEqual([403, 404, 500, 502, 503, 504]);
      for (const { ErrorCachingMinTTL: seconds, ...error } of errors) {
        expect(seconds).toBeLessThanOrEqual(10);
        // An error stays one: no page is served in its place.
        expect(Object.keys(error)).toEqual(['ErrorCode']);
      }
    }
  });

  it('wants TLS 1.2 of 2021 for a domain, whose names lead to it by IPv4 and IPv6', () => {
    expect(distributionOf(full)).toMatchObject({
      Aliases: ['pypi.example.com'],
      ViewerCertificate: {
        MinimumProtocolVersion: 'TLSv1.2_2021',
        SslSupportMethod: 'sni-only',
        AcmCertificateArn: { StackName: 'WheelstoreCertificate', Region: 'us-east-1' },
      },
    });
    const records = full.all('AWS::Route53::RecordSet').map(([, record]) => record);
    expect(records.map((record) => property(record, 'Type')).sort()).toEqual(['A', 'AAAA']);
    for (const record of records) expect(property(record, 'Name')).toBe('pypi.example.com.');
    expect(plain.all('AWS::Route53::RecordSet')).toEqual([]);
    expect(distributionOf(plain)['Aliases']).toBeUndefined();
    expect(plain.outputs.get('IndexUrl')).toMatch(/^https:\/\/.+DomainName\/simple\/$/);
  });

  it('keeps files for a year, and pages for as long as is said', () => {
    const policy = (template: Template, name: string): Record<string, unknown> =>
      property(
        template.one('AWS::CloudFront::CachePolicy', `IndexEdge${name}`),
        'CachePolicyConfig',
      ) as Record<string, unknown>;
    const year = 31_536_000;
    expect(policy(plain, 'Files')).toMatchObject({ MinTTL: 0, DefaultTTL: year, MaxTTL: year });
    expect(policy(plain, 'Pages')).toMatchObject({ MinTTL: 0, DefaultTTL: 0 });
    expect(policy(full, 'Pages')).toMatchObject({ MinTTL: 300, DefaultTTL: 300, MaxTTL: 300 });
    for (const name of ['Files', 'Pages']) {
      expect(policy(plain, name)['ParametersInCacheKeyAndForwardedToOrigin']).toEqual({
        CookiesConfig: { CookieBehavior: 'none' },
        HeadersConfig: { HeaderBehavior: 'none' },
        QueryStringsConfig: { QueryStringBehavior: 'none' },
        EnableAcceptEncodingBrotli: false,
        EnableAcceptEncodingGzip: false,
      });
    }
  });

  it('sends the headers that make a page harmless', () => {
    const headers = property(
      plain.one('AWS::CloudFront::ResponseHeadersPolicy'),
      'ResponseHeadersPolicyConfig',
      'SecurityHeadersConfig',
    ) as Record<string, Record<string, unknown>>;
    expect(headers['StrictTransportSecurity']).toMatchObject({ AccessControlMaxAgeSec: 31_536_000 });
    expect(headers['ContentTypeOptions']).toEqual({ Override: true });
    expect(headers['ContentSecurityPolicy']?.['ContentSecurityPolicy']).toContain("default-src 'none'");
    expect(headers['ContentSecurityPolicy']?.['ContentSecurityPolicy']).not.toContain('script-src');
  });

  it('is in few places unless it is said otherwise, behind the web ACL, and logs where that is wanted', () => {
    expect(distributionOf(plain)['PriceClass']).toBe('PriceClass_100');
    expect(distributionOf(plain)['Logging']).toBeUndefined();
    expect(distributionOf(plain)['WebACLId']).toBeUndefined();
    expect(distributionOf(full)).toMatchObject({
      PriceClass: 'PriceClass_All',
      WebACLId: SETTINGS.webAclArn.example,
      Logging: { Prefix: 'cloudfront/', IncludeCookies: false },
    });
    const logs = full.one('AWS::S3::Bucket', 'IndexLogs');
    expect(property(logs, 'LifecycleConfiguration', 'Rules')).toMatchObject([{ ExpirationInDays: 90 }]);
  });
});

describe('the tokens of those who read', () => {
  const TYPE = 'AWS::CloudFront::KeyValueStore';
  const associations = (template: Template): unknown =>
    property(template.one('AWS::CloudFront::Function'), 'FunctionConfig', 'KeyValueStoreAssociations');

  it('are in a key-value store that the edge function reads, unless everyone may read', () => {
    for (const template of [plain, full]) {
      const [[name]] = template.all(TYPE) as [[string, Resource]];
      const store = { KeyValueStoreARN: template.outputs.get('TokensStoreArn') };
      expect(store.KeyValueStoreARN).toContain(name);
      expect(associations(template)).toEqual([store]);
      // Whoever deploys gives nobody a token by it.
      expect(property(template.one(TYPE), 'ImportSource')).toBeUndefined();
    }
    expect(open.all(TYPE)).toEqual([]);
    expect(associations(open)).toBeUndefined();
    for (const output of ['TokensStoreArn', 'TokensPolicyArn']) expect(open.outputs.has(output)).toBe(false);
  });

  it('are in a store of another name in another region, because CloudFront has no regions', () => {
    const name = property(plain.one(TYPE), 'Name') as string;
    expect(name).toMatch(/^[A-Za-z0-9-]{1,54}-us-east-1$/);
  });

  it('go with the stack: a store that was left behind would keep its name from the next one', () => {
    for (const template of [plain, full]) {
      expect(template.one(TYPE)).toMatchObject({ DeletionPolicy: 'Delete', UpdateReplacePolicy: 'Delete' });
    }
  });

  it('come and go by an update that replaces nothing else', () => {
    const only = (one: Template, other: Template): string[] =>
      [...one.resources.keys()].filter((name) => !other.resources.has(name));
    expect(only(plain, open).map((name) => plain.resources.get(name)?.Type)).toEqual([
      TYPE,
      'AWS::IAM::ManagedPolicy',
    ]);
    expect(only(open, plain)).toEqual([]);
    const changed = [...open.resources].filter(
      ([name, resource]) => JSON.stringify(resource) !== JSON.stringify(plain.resources.get(name)),
    );
    expect(changed.map(([, { Type: type }]) => type).sort()).toEqual([
      'AWS::CloudFront::Function',
      'AWS::IAM::Role',
    ]);
    // What these two are called stays: a change of it would make new ones.
    const [before, after] = [open, plain].map((template) => template.one('AWS::CloudFront::Function'));
    expect(property(after as Resource, 'Name')).toBe(property(before as Resource, 'Name'));
    const role = (template: Template): Resource => template.one('AWS::IAM::Role', 'IndexRightsMaintainer');
    const { ManagedPolicyArns: more, ...same } = role(plain).Properties;
    const { ManagedPolicyArns: fewer, ...old } = role(open).Properties;
    expect(same).toEqual(old);
    expect(more).toEqual(expect.arrayContaining(fewer as string[]));
  });
});

describe('the repair function', () => {
  it('is small, bounded, and told where the repository is', () => {
    const repair = full.one('AWS::Lambda::Function');
    expect(repair.Properties).toMatchObject({ Architectures: ['arm64'], Handler: 'index.handler' });
    const [, version] = /^nodejs(\d+)\.x$/.exec(String(property(repair, 'Runtime'))) ?? [];
    expect(Number(version)).toBeGreaterThanOrEqual(22);
    expect(property(repair, 'Environment', 'Variables')).toEqual({
      BUCKET: full.all('AWS::S3::Bucket').find(([name]) => name.startsWith('IndexRepository'))?.[0],
      PREFIX: 'team/',
      DISTRIBUTION_ID: full.all('AWS::CloudFront::Distribution')[0]?.[0],
    });
    expect(property(full.one('AWS::Lambda::EventSourceMapping'), 'ScalingConfig')).toEqual({
      MaximumConcurrency: 2,
    });
    expect(property(full.one('AWS::Lambda::EventSourceMapping'), 'FunctionResponseTypes')).toEqual([
      'ReportBatchItemFailures',
    ]);
  });

  it('invalidates only where pages are kept', () => {
    const variables = property(plain.one('AWS::Lambda::Function'), 'Environment', 'Variables');
    expect(Object.keys(variables as object).sort()).toEqual(['BUCKET', 'PREFIX']);
  });

  it('puts aside what fails, and has time enough until it is given the same again', () => {
    const queues = plain.all('AWS::SQS::Queue');
    const [, changes] = queues.find(([name]) => name.includes('Changes')) ?? [];
    const [failures] = queues.find(([name]) => name.includes('Failures')) ?? [];
    const timeout = property(plain.one('AWS::Lambda::Function'), 'Timeout') as number;
    expect(property(changes as Resource, 'VisibilityTimeout')).toBe(6 * timeout);
    expect(property(changes as Resource, 'RedrivePolicy', 'maxReceiveCount')).toBe(5);
    expect(property(changes as Resource, 'RedrivePolicy', 'deadLetterTargetArn')).toContain(failures);
    for (const [, queue] of queues) expect(property(queue, 'SqsManagedSseEnabled')).toBe(true);
  });

  it('has alarms, each with a heading in docs/operations.md that says what to do', () => {
    const alarms = full.all('AWS::CloudWatch::Alarm').map(([, alarm]) => alarm);
    expect(alarms).toHaveLength(3);
    // A message that failed comes again after six minutes: more errors than two do not come in so little time.
    expect(
      alarms.map(({ Properties: { MetricName, Threshold, Period, EvaluationPeriods } = {} }) => [
        MetricName,
        Threshold,
        Number(Period) * Number(EvaluationPeriods),
      ]),
    ).toEqual(
      expect.arrayContaining([
        ['ApproximateNumberOfMessagesVisible', 1, 300],
        ['ApproximateAgeOfOldestMessage', 600, 600],
        ['Errors', 2, 900],
      ]),
    );
    for (const alarm of alarms) {
      const [, heading = ''] =
        /See "([^"]+)" in docs\/operations\.md/.exec(String(property(alarm, 'AlarmDescription'))) ?? [];
      const [, section = ''] = OPERATIONS.split(`\n### ${heading}\n`);
      for (const part of ['**What it means.**', '**Look.**', '**Mend.**']) {
        expect(section.split('\n##')[0], heading).toContain(part);
      }
      const topic = [SETTINGS.alarmTopicArn.example];
      expect(alarm.Properties).toMatchObject({ AlarmActions: topic, OKActions: topic });
    }
    for (const [, alarm] of plain.all('AWS::CloudWatch::Alarm')) {
      expect(property(alarm, 'AlarmActions')).toBeUndefined();
    }
  });
});

describe('the outputs', () => {
  it('are what wheelstore --stack reads, and are all in the documentation', () => {
    const needed = [
      'BucketName',
      'Prefix',
      'BucketRegion',
      'IndexUrl',
      'DistributionId',
      'DistributionDomain',
    ];
    for (const template of templates()) {
      for (const name of [...needed, 'PageTtlSeconds']) expect(template.outputs.get(name), name).toBeTruthy();
    }
    expect(Object.fromEntries(full.outputs)).toMatchObject({
      Prefix: 'team/',
      PageTtlSeconds: '300',
      BucketRegion: 'us-east-1',
      IndexUrl: 'https://pypi.example.com/simple/',
    });
    expect(plain.outputs.get('Prefix')).toBe('/');
    expect([...full.outputs.keys()].sort()).toEqual(Object.keys(OUTPUTS).sort());
    expect([plain, full, open].map(({ outputs }) => outputs.get('Access'))).toEqual([
      'private',
      'private',
      'public',
    ]);
    for (const [name, description] of Object.entries(OUTPUTS)) {
      expect(OPERATIONS).toContain(`| \`${name}\` | ${description} |`);
    }
  });

  it('say what the policy of the key needs, as a statement that can be pasted', () => {
    expect(plain.outputs.has('KeyPolicyStatement')).toBe(false);
    const [distribution] = full.all('AWS::CloudFront::Distribution')[0] ?? [];
    expect(JSON.parse(full.outputs.get('KeyPolicyStatement') ?? '')).toMatchObject({
      Effect: 'Allow',
      Principal: { Service: 'cloudfront.amazonaws.com' },
      Action: 'kms:Decrypt',
      Condition: {
        StringEquals: { 'aws:SourceArn': `arn:aws:cloudfront::123456789012:distribution/${distribution}` },
      },
    });
  });
});

describe('PackageIndex in an app of somebody else', () => {
  it('needs nothing to be said, in a stack of any account and region', () => {
    const app = new App({ outdir: temporaryFolder() });
    const index = new PackageIndex(new Stack(app, 'Theirs'), 'Index');
    expect(index.prefix).toBe('');
    expect(index.edge.tokens).toBeDefined();
    const template = templatesOf(app.synth()).get('Theirs');
    expect(template?.all('AWS::S3::Bucket')).toHaveLength(1);
    expect(template?.all('AWS::CloudFront::Distribution')).toHaveLength(1);
  });

  it('is open to everyone where that is said', () => {
    const app = new App({ outdir: temporaryFolder() });
    const index = new PackageIndex(new Stack(app, 'Theirs'), 'Index', { access: 'public' });
    expect([index.edge.tokens, index.rights.tokenKeepers]).toEqual([undefined, undefined]);
  });

  it('refuses what a stack of ours would refuse', () => {
    const stack = new Stack(new App({ outdir: temporaryFolder() }), 'Theirs');
    const props = { githubRepositories: ['org/*'], pageTtlSeconds: -1, prefix: '../x' };
    expect(() => new PackageIndex(stack, 'Index', props)).toThrow(SettingsError);
  });

  it('takes what is only known when it is deployed', () => {
    const app = new App({ outdir: temporaryFolder() });
    const stack = new Stack(app, 'Theirs');
    const kmsKeyArn = `arn:aws:kms:${stack.region}:${stack.account}:key/0f5c2b6e-6d3a-4f0e-9a51-1c1f5d1a2b3c`;
    const index = new PackageIndex(stack, 'Index', { kmsKeyArn });
    expect(index.repository.key).toBeDefined();
    expect(JSON.stringify(templatesOf(app.synth()).get('Theirs')?.one('AWS::S3::Bucket'))).toContain(
      'aws:kms',
    );
  });
});
