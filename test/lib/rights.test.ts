import { beforeAll, describe, expect, it } from 'vitest';
import { publishing, wheel } from '../support/commands.ts';
import { testEnvironment } from '../support/environment.ts';
import { AccessPolicies, type AccessRequest, type Policy, type Principal } from '../support/iam.ts';
import type { LoggedOperation } from '../support/s3-server.ts';
import { SCENARIOS } from '../support/scenarios.ts';
import { ACCOUNT, arnOf, REGION, synthesize, type Resource, type Template } from '../support/template.ts';
import { temporaryFolders } from '../support/temporary.ts';
import { serveBuckets } from '../stores/s3-served.ts';

const PREFIX = 'team/';
const DISTRIBUTION_SERVICE: Principal = { kind: 'Service', name: 'cloudfront.amazonaws.com' };

let template: Template;
let bucketName: string;

const newFolder = temporaryFolders();

beforeAll(() => {
  const settings = {
    prefix: PREFIX,
    githubRepositories: 'org/repo,org/other:release,org@12/moved@34',
    pageTtlSeconds: 60,
    logs: true,
    kmsKeyArn: 'arn:aws:kms:us-east-1:123456789012:key/0f5c2b6e-6d3a-4f0e-9a51-1c1f5d1a2b3c',
  };
  template = synthesize(settings, newFolder());
  bucketName = nameOf('AWS::S3::Bucket', 'IndexRepository');
});

function nameOf(type: string, start: string): string {
  const [[name] = [], ...others] = template.all(type).filter(([id]) => id.startsWith(start));
  if (name === undefined || others.length > 0) throw new Error(`${type} ${start}`);
  return name;
}

/** The policy of a bucket. */
function bucketPolicy(): Policy {
  const policies = template.all('AWS::S3::BucketPolicy').map(([, policy]) => policy.Properties);
  return policies.find((policy) => policy['Bucket'] === bucketName)?.['PolicyDocument'] as Policy;
}

const publishersPolicy = (): Policy =>
  template.one('AWS::IAM::ManagedPolicy', 'IndexRightsPublishers').Properties['PolicyDocument'] as Policy;

/** What a role may by itself: managed policies and its own. */
function policiesOf({ Properties: properties }: Resource): Policy[] {
  const managed = (properties['ManagedPolicyArns'] ?? []) as string[];
  const policies = new Map(
    template
      .all('AWS::IAM::ManagedPolicy')
      .map(([name, policy]) => [
        arnOf('AWS::IAM::ManagedPolicy', name),
        policy.Properties['PolicyDocument'] as Policy,
      ]),
  );
  expect(managed.filter((arn) => !policies.has(arn))).toEqual([]);
  const own = (properties['Policies'] ?? []) as { PolicyDocument: Policy }[];
  return [
    ...managed.map((arn) => policies.get(arn) as Policy),
    ...own.map(({ PolicyDocument: policy }) => policy),
  ];
}

interface Person {
  readonly principal: Principal;
  readonly policies: readonly Policy[];
}

const publisher = (): Person => ({
  principal: { kind: 'AWS', arn: `arn:aws:iam::${ACCOUNT}:user/ci` },
  policies: [publishersPolicy()],
});

function role(start: string): Person {
  const name = nameOf('AWS::IAM::Role', start);
  const resource = template.resources.get(name) as Resource;
  return { principal: { kind: 'AWS', arn: arnOf('AWS::IAM::Role', name) }, policies: policiesOf(resource) };
}

/** Whoever has the policy TokensPolicyArn, and nothing else. */
const tokenKeeper = (): Person => ({
  principal: { kind: 'AWS', arn: `arn:aws:iam::${ACCOUNT}:user/lead` },
  policies: [
    template.one('AWS::IAM::ManagedPolicy', 'IndexRightsTokenKeepers').Properties['PolicyDocument'] as Policy,
  ],
});

const maintainer = (): Person => role('IndexRightsMaintainer');
const repair = (): Person => role('IndexRepairRole');

/** Someone to whom the account allows everything. */
const administrator = (arn = `arn:aws:iam::${ACCOUNT}:user/admin`): Person => ({
  principal: { kind: 'AWS', arn },
  policies: [{ Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] }],
});

const cloudFront = (): Person => ({ principal: DISTRIBUTION_SERVICE, policies: [] });

/** Whoever shows no credentials: what a policy allows to everybody, it allows to them. */
const ANONYMOUS: Person = { principal: { kind: 'AWS', arn: '*' }, policies: [] };

type Context = NonNullable<AccessRequest['context']>;

const SECURE: Context = { 'aws:SecureTransport': 'true', 's3:TlsVersion': '1.3' };

/** A write that makes an object: PutObject, CopyObject, and what completes an upload in parts. */
const CREATION: Context = { 's3:ObjectCreationOperation': 'true' };
/** Beginning an upload in parts, and a part. */
const PART: Context = { 's3:ObjectCreationOperation': 'false' };
const IF_NONE_MATCH: Context = { 's3:if-none-match': '*' };
const IF_MATCH: Context = { 's3:if-match': '"etag"' };

/** Whether S3 does this for someone. `key` is that in the bucket; `''` is the bucket itself. */
function may(person: Person, action: string, key: string, context: Context = {}): boolean {
  const bucket = arnOf('AWS::S3::Bucket', bucketName);
  const own: Context = person.principal.kind === 'AWS' ? { 'aws:PrincipalArn': person.principal.arn } : {};
  return new AccessPolicies(person.policies, bucketPolicy()).allows({
    principal: person.principal,
    action: `s3:${action}`,
    resource: key === '' ? bucket : `${bucket}/${key}`,
    context: { ...SECURE, ...own, ...context },
  });
}

const FILE = `${PREFIX}files/foo/0123456789abcdef/foo-1.0.tar.gz`;
const RECORD = `${PREFIX}records/default/foo.json`;
const PAGE = `${PREFIX}simple/foo/index.html`;
const SETTINGS = `${PREFIX}repository.json`;

describe('a publisher', () => {
  it('creates files, and overwrites none', () => {
    expect(may(publisher(), 'PutObject', FILE, { ...CREATION, ...IF_NONE_MATCH })).toBe(true);
    expect(may(publisher(), 'PutObject', FILE, CREATION)).toBe(false);
    expect(may(publisher(), 'PutObject', FILE, { ...CREATION, ...IF_MATCH })).toBe(false);
  });

  it('sends files in parts, which are judged when they are put together', () => {
    expect(may(publisher(), 'PutObject', FILE, PART)).toBe(true);
    expect(may(publisher(), 'AbortMultipartUpload', FILE)).toBe(true);
    expect(may(publisher(), 'PutObject', FILE, CREATION)).toBe(false);
  });

  it.each([
    ['a record', RECORD],
    ['the settings', SETTINGS],
  ])('writes %s under a condition alone', (_title, key) => {
    expect(may(publisher(), 'PutObject', key, { ...CREATION, ...IF_MATCH })).toBe(true);
    expect(may(publisher(), 'PutObject', key, { ...CREATION, ...IF_NONE_MATCH })).toBe(true);
    expect(may(publisher(), 'PutObject', key, CREATION)).toBe(false);
  });

  it('writes pages, and reads all of the repository', () => {
    expect(may(publisher(), 'PutObject', PAGE, { ...CREATION, ...IF_MATCH })).toBe(true);
    for (const key of [FILE, RECORD, PAGE, SETTINGS])
      expect(may(publisher(), 'GetObject', key), key).toBe(true);
  });

  it('removes nothing', () => {
    for (const key of [FILE, RECORD, PAGE, SETTINGS]) {
      expect(may(publisher(), 'DeleteObject', key), key).toBe(false);
      expect(may(publisher(), 'DeleteObjectVersion', key), key).toBe(false);
    }
  });

  it('touches no other prefix', () => {
    const others = ['other/', '', 'team', 'team-b/', 'Team/'];
    for (const start of others) {
      for (const key of ['files/x', 'records/default/x.json', 'simple/x', 'repository.json'].map(
        (end) => start + end,
      )) {
        expect(may(publisher(), 'GetObject', key), key).toBe(false);
        for (const condition of [IF_NONE_MATCH, IF_MATCH]) {
          expect(may(publisher(), 'PutObject', key, { ...CREATION, ...condition }), key).toBe(false);
        }
      }
    }
    expect(may(publisher(), 'PutObject', `${PREFIX}x`, { ...CREATION, ...IF_NONE_MATCH })).toBe(false);
  });

  it('lists its prefix and no other, and is told what is missing', () => {
    expect(may(publisher(), 'ListBucket', '', { 's3:prefix': `${PREFIX}files/` })).toBe(true);
    expect(may(publisher(), 'ListBucket', '', { 's3:prefix': 'other/' })).toBe(false);
    expect(may(publisher(), 'ListBucket', '', { 's3:prefix': '' })).toBe(false);
    // A HEAD or GET of a missing key has no prefix: without the right, its answer would be 403.
    expect(may(publisher(), 'ListBucket', '')).toBe(true);
  });

  it('changes nothing of the bucket itself', () => {
    for (const action of [
      'PutBucketPolicy',
      'DeleteBucketPolicy',
      'PutLifecycleConfiguration',
      'PutBucketVersioning',
      'PutObjectAcl',
    ]) {
      expect(may(publisher(), action, ''), action).toBe(false);
    }
  });

  it('invalidates the one distribution, and reads the outputs of the one stack', () => {
    const policies = new AccessPolicies(publisher().policies);
    const ask = (action: string, resource: string): boolean =>
      policies.allows({ principal: publisher().principal, action, resource });
    const distribution = `arn:aws:cloudfront::${ACCOUNT}:distribution/`;
    const own = distribution + nameOf('AWS::CloudFront::Distribution', 'Index');
    for (const action of ['cloudfront:CreateInvalidation', 'cloudfront:GetInvalidation']) {
      expect(ask(action, own)).toBe(true);
      expect(ask(action, `${distribution}ANOTHER`)).toBe(false);
    }
    expect(ask('cloudfront:UpdateDistribution', own)).toBe(false);
    const stack = `arn:aws:cloudformation:${REGION}:${ACCOUNT}:stack/`;
    expect(ask('cloudformation:DescribeStacks', `${stack}Wheelstore/0f5c2b6e`)).toBe(true);
    expect(ask('cloudformation:DescribeStacks', `${stack}Wheelstore2/0f5c2b6e`)).toBe(false);
    expect(ask('cloudformation:UpdateStack', `${stack}Wheelstore/0f5c2b6e`)).toBe(false);
  });
});

describe('the maintainer role', () => {
  it('deletes files, and nothing else; old versions stay', () => {
    expect(may(maintainer(), 'DeleteObject', FILE)).toBe(true);
    for (const key of [RECORD, PAGE, SETTINGS, 'other/files/x']) {
      expect(may(maintainer(), 'DeleteObject', key), key).toBe(false);
    }
    expect(may(maintainer(), 'DeleteObjectVersion', FILE)).toBe(false);
  });

  it('publishes under the same conditions as everybody', () => {
    expect(may(maintainer(), 'PutObject', FILE, { ...CREATION, ...IF_NONE_MATCH })).toBe(true);
    expect(may(maintainer(), 'PutObject', FILE, CREATION)).toBe(false);
  });

  it('can be assumed from this account, and from no other', () => {
    const trust = template.one('AWS::IAM::Role', 'IndexRightsMaintainer').Properties[
      'AssumeRolePolicyDocument'
    ] as Policy;
    const ask = (account: string): boolean =>
      new AccessPolicies([], withResource(trust)).allows({
        principal: { kind: 'AWS', arn: `arn:aws:iam::${account}:user/someone` },
        action: 'sts:AssumeRole',
        resource: 'role',
      });
    expect(ask(ACCOUNT)).toBe(true);
    expect(ask('999999999999')).toBe(false);
  });
});

describe('the store of the tokens', () => {
  const READ = ['DescribeKeyValueStore', 'ListKeys', 'GetKey'];
  const WRITE = ['PutKey', 'DeleteKey', 'UpdateKeys'];

  function can({ principal, policies }: Person, action: string, store?: string): boolean {
    const own = template.outputs.get('TokensStoreArn') ?? '';
    return new AccessPolicies(policies).allows({
      principal,
      action: `cloudfront-keyvaluestore:${action}`,
      resource: store ?? own,
    });
  }

  it('is read and written by those who keep tokens, and by the maintainer role', () => {
    for (const person of [tokenKeeper(), maintainer()]) {
      for (const action of [...READ, ...WRITE]) {
        expect(can(person, action), action).toBe(true);
        expect(can(person, action, `arn:aws:cloudfront::${ACCOUNT}:key-value-store/another`)).toBe(false);
      }
    }
  });

  it('is not even read by those who publish, and not by the repair function', () => {
    for (const person of [publisher(), role('IndexRightsGitHubActions'), repair()]) {
      for (const action of [...READ, ...WRITE]) expect(can(person, action), action).toBe(false);
    }
  });

  it('is all that who keeps tokens can reach, with the outputs that say where it is', () => {
    const { principal, policies } = tokenKeeper();
    const ask = (action: string, resource: string): boolean =>
      new AccessPolicies(policies).allows({ principal, action, resource });
    const stack = `arn:aws:cloudformation:${REGION}:${ACCOUNT}:stack/`;
    expect(ask('cloudformation:DescribeStacks', `${stack}Wheelstore/0f5c2b6e`)).toBe(true);
    expect(ask('cloudformation:DescribeStacks', `${stack}Wheelstore2/0f5c2b6e`)).toBe(false);
    const store = template.outputs.get('TokensStoreArn') ?? '';
    for (const action of ['cloudfront:DeleteKeyValueStore', 'cloudfront:UpdateKeyValueStore']) {
      expect(ask(action, store), action).toBe(false);
    }
    for (const key of [FILE, RECORD, PAGE, SETTINGS, `${PREFIX}tokens.json`]) {
      expect(may(tokenKeeper(), 'GetObject', key), key).toBe(false);
      expect(may(tokenKeeper(), 'PutObject', key, { ...CREATION, ...IF_MATCH }), key).toBe(false);
    }
  });
});

describe('the policy of the bucket', () => {
  it('binds administrators and the root of the account too', () => {
    for (const person of [administrator(), administrator(`arn:aws:iam::${ACCOUNT}:root`)]) {
      expect(may(person, 'PutObject', FILE, CREATION)).toBe(false);
      expect(may(person, 'PutObject', RECORD, CREATION)).toBe(false);
      expect(may(person, 'DeleteObject', FILE)).toBe(false);
      expect(may(person, 'DeleteObjectVersion', FILE)).toBe(false);
    }
  });

  it('locks nobody out: who may change it can take it back', () => {
    const root = administrator(`arn:aws:iam::${ACCOUNT}:root`);
    for (const action of ['PutBucketPolicy', 'DeleteBucketPolicy', 'GetBucketPolicy']) {
      expect(may(root, action, ''), action).toBe(true);
    }
  });

  it('lets an administrator do with pages and other objects what is to be done', () => {
    expect(may(administrator(), 'DeleteObject', PAGE)).toBe(true);
    expect(may(administrator(), 'PutObject', 'elsewhere', CREATION)).toBe(true);
  });

  it('wants TLS 1.2 or newer, of everybody', () => {
    for (const person of [publisher(), maintainer(), administrator()]) {
      expect(may(person, 'GetObject', FILE)).toBe(true);
      expect(may(person, 'GetObject', FILE, { 'aws:SecureTransport': 'false' })).toBe(false);
      expect(may(person, 'GetObject', FILE, { 's3:TlsVersion': '1.1' })).toBe(false);
    }
  });

  it('gives nothing to somebody of another account, or to nobody in particular', () => {
    const stranger: Person = { ...administrator('arn:aws:iam::999999999999:user/x'), policies: [] };
    for (const key of [FILE, RECORD, PAGE]) expect(may(stranger, 'GetObject', key)).toBe(false);
  });

  it('gives nothing to who shows no credentials: the index cannot be read around the edge', () => {
    for (const key of [FILE, RECORD, PAGE, SETTINGS]) {
      expect(may(ANONYMOUS, 'GetObject', key), key).toBe(false);
      expect(may(ANONYMOUS, 'GetObjectVersion', key), key).toBe(false);
    }
    for (const action of ['ListBucket', 'ListBucketVersions', 'GetBucketPolicy']) {
      expect(may(ANONYMOUS, action, ''), action).toBe(false);
    }
  });
});

describe('CloudFront', () => {
  const from = (distribution: string): Context => ({
    'aws:SourceArn': `arn:aws:cloudfront::${ACCOUNT}:distribution/${distribution}`,
  });
  const own = (): Context => from(nameOf('AWS::CloudFront::Distribution', 'Index'));

  it('reads pages and files, and is told what is missing', () => {
    expect(may(cloudFront(), 'GetObject', PAGE, own())).toBe(true);
    expect(may(cloudFront(), 'GetObject', FILE, own())).toBe(true);
    expect(may(cloudFront(), 'ListBucket', '', own())).toBe(true);
  });

  it('reads no records, no settings, and nothing beside the repository', () => {
    for (const key of [RECORD, SETTINGS, 'simple/index.html', 'elsewhere', `${PREFIX}.wheelstore/x`]) {
      expect(may(cloudFront(), 'GetObject', key, own()), key).toBe(false);
    }
  });

  it('writes and deletes nothing', () => {
    expect(may(cloudFront(), 'PutObject', PAGE, { ...own(), ...CREATION, ...IF_MATCH })).toBe(false);
    expect(may(cloudFront(), 'DeleteObject', PAGE, own())).toBe(false);
  });

  it('does so for this distribution alone, not for one of the same or of another account', () => {
    const stolen = (own()['aws:SourceArn'] ?? '').replace(ACCOUNT, '999999999999');
    for (const context of [from('ANOTHER'), { 'aws:SourceArn': stolen }, {}]) {
      for (const key of [PAGE, FILE]) expect(may(cloudFront(), 'GetObject', key, context)).toBe(false);
      expect(may(cloudFront(), 'ListBucket', '', context)).toBe(false);
    }
  });

  it('is the only service that reads', () => {
    for (const name of ['s3.amazonaws.com', 'edgelambda.amazonaws.com', 'logging.s3.amazonaws.com']) {
      const service: Person = { principal: { kind: 'Service', name }, policies: [] };
      for (const key of [PAGE, FILE]) expect(may(service, 'GetObject', key, own()), name).toBe(false);
    }
  });
});

describe('the repair function', () => {
  it('reads records, and writes pages, the note in records, and settings', () => {
    for (const key of [RECORD, PAGE, SETTINGS]) {
      expect(may(repair(), 'GetObject', key), key).toBe(true);
      expect(may(repair(), 'PutObject', key, { ...CREATION, ...IF_MATCH }), key).toBe(true);
    }
    expect(may(repair(), 'ListBucket', '', { 's3:prefix': `${PREFIX}records/default/` })).toBe(true);
    expect(may(repair(), 'ListBucket', '')).toBe(true);
  });

  it('does not touch files, and deletes nothing', () => {
    expect(may(repair(), 'PutObject', FILE, { ...CREATION, ...IF_NONE_MATCH })).toBe(false);
    expect(may(repair(), 'GetObject', FILE)).toBe(false);
    for (const key of [FILE, RECORD, PAGE, SETTINGS])
      expect(may(repair(), 'DeleteObject', key), key).toBe(false);
  });

  it('takes from its own queue, invalidates the one distribution, and writes its own log', () => {
    const { principal, policies } = repair();
    const ask = (action: string, resource: string): boolean =>
      new AccessPolicies(policies).allows({ principal, action, resource });
    const [changes] = template.all('AWS::SQS::Queue').find(([name]) => name.includes('Changes')) ?? [''];
    const [failures] = template.all('AWS::SQS::Queue').find(([name]) => name.includes('Failures')) ?? [''];
    expect(ask('sqs:ReceiveMessage', arnOf('AWS::SQS::Queue', changes))).toBe(true);
    expect(ask('sqs:SendMessage', arnOf('AWS::SQS::Queue', changes))).toBe(false);
    expect(ask('sqs:ReceiveMessage', arnOf('AWS::SQS::Queue', failures))).toBe(false);
    const distributions = `arn:aws:cloudfront::${ACCOUNT}:distribution/`;
    expect(
      ask('cloudfront:CreateInvalidation', distributions + nameOf('AWS::CloudFront::Distribution', 'Index')),
    ).toBe(true);
    expect(ask('cloudfront:CreateInvalidation', `${distributions}ANOTHER`)).toBe(false);
    expect(
      ask('logs:PutLogEvents', arnOf('AWS::Logs::LogGroup', nameOf('AWS::Logs::LogGroup', 'Index'))),
    ).toBe(true);
    expect(ask('logs:PutLogEvents', arnOf('AWS::Logs::LogGroup', 'another'))).toBe(false);
  });
});

describe('the queue of changes', () => {
  it('takes messages of S3 in this account, and of nobody else', () => {
    const [, policy] = template.all('AWS::SQS::QueuePolicy').find(([name]) => name.includes('Changes')) ?? [];
    const [queue] = template.all('AWS::SQS::Queue').find(([name]) => name.includes('Changes')) ?? [''];
    const ask = (principal: Principal, account: string): boolean =>
      new AccessPolicies([], policy?.Properties['PolicyDocument'] as Policy).allows({
        principal,
        action: 'sqs:SendMessage',
        resource: arnOf('AWS::SQS::Queue', queue),
        context: { ...SECURE, 'aws:SourceArn': 'arn:aws:s3:::any', 'aws:SourceAccount': account },
      });
    expect(ask({ kind: 'Service', name: 's3.amazonaws.com' }, ACCOUNT)).toBe(true);
    expect(ask({ kind: 'Service', name: 's3.amazonaws.com' }, '999999999999')).toBe(false);
    expect(ask({ kind: 'Service', name: 'sns.amazonaws.com' }, ACCOUNT)).toBe(false);
    expect(ask({ kind: 'AWS', arn: 'arn:aws:iam::999999999999:user/x' }, ACCOUNT)).toBe(false);
  });
});

/** A trust has no resource: it is the role's own. */
function withResource({ Statement: statements }: Policy): Policy {
  return { Statement: statements.map((statement) => ({ ...statement, Resource: '*' })) };
}

describe('the role for GitHub Actions', () => {
  const ISSUER = 'token.actions.githubusercontent.com';

  function canAssume(sub: string, audience = 'sts.amazonaws.com', provider?: string): boolean {
    const trust = template.one('AWS::IAM::Role', 'IndexRightsGitHubActions').Properties[
      'AssumeRolePolicyDocument'
    ] as Policy;
    const own = arnOf('AWS::IAM::OIDCProvider', nameOf('AWS::IAM::OIDCProvider', 'IndexRights'));
    return new AccessPolicies([], withResource(trust)).allows({
      principal: { kind: 'Federated', arn: provider ?? own },
      action: 'sts:AssumeRoleWithWebIdentity',
      resource: 'role',
      context: { [`${ISSUER}:sub`]: sub, [`${ISSUER}:aud`]: audience },
    });
  }

  it.each([
    'repo:org/repo:ref:refs/heads/main',
    'repo:org/repo:ref:refs/heads/feature/a',
    'repo:org/repo:ref:refs/tags/v1.0',
    'repo:org/other:environment:release',
    'repo:org@12/moved@34:ref:refs/heads/main',
  ])('can be assumed by %s', (subject) => {
    expect(canAssume(subject)).toBe(true);
  });

  it.each([
    'repo:evil/repo:ref:refs/heads/main',
    'repo:evil/fork:ref:refs/heads/main',
    'repo:org/repo-evil:ref:refs/heads/main',
    'repo:org/evil-repo:ref:refs/heads/main',
    'repo:evil-org/repo:ref:refs/heads/main',
    'repo:org/Repo:ref:refs/heads/main',
    'repo:org/repo:pull_request',
    'repo:org/repo:ref:refs/pull/1/merge',
    'repo:org/repo:environment:anything',
    'repo:org/other:environment:release-evil',
    'repo:org/other:ref:refs/heads/main',
    'repo:org/other:pull_request',
    'repo:org@13/moved@34:ref:refs/heads/main',
    'repo:org/moved:ref:refs/heads/main',
    'job_workflow_ref:org/repo/.github/workflows/x.yml@refs/heads/main',
    '',
  ])('cannot be assumed by %s', (subject) => {
    expect(canAssume(subject)).toBe(false);
  });

  it('cannot be assumed with a token for somebody else, or of another issuer', () => {
    const subject = 'repo:org/repo:ref:refs/heads/main';
    expect(canAssume(subject, 'https://github.com/org')).toBe(false);
    expect(canAssume(subject, 'sts.amazonaws.com', 'arn:aws:iam::123456789012:oidc-provider/evil')).toBe(
      false,
    );
  });

  it('may what publishers may, and no more', () => {
    const github = role('IndexRightsGitHubActions');
    expect(github.policies).toEqual([publishersPolicy()]);
    expect(may(github, 'PutObject', FILE, { ...CREATION, ...IF_NONE_MATCH })).toBe(true);
    expect(may(github, 'DeleteObject', FILE)).toBe(false);
  });
});

describe('the KMS key', () => {
  it('is used by those who publish and by the repair function, and only to read and write', () => {
    const key = 'arn:aws:kms:us-east-1:123456789012:key/0f5c2b6e-6d3a-4f0e-9a51-1c1f5d1a2b3c';
    for (const { principal, policies } of [publisher(), maintainer(), repair()]) {
      const ask = (action: string, resource: string): boolean =>
        new AccessPolicies(policies).allows({ principal, action, resource });
      expect(ask('kms:Decrypt', key)).toBe(true);
      expect(ask('kms:GenerateDataKey', key)).toBe(true);
      expect(ask('kms:Decrypt', `${key}0`)).toBe(false);
      expect(ask('kms:ScheduleKeyDeletion', key)).toBe(false);
    }
  });
});

const COMMANDS = [
  ...SCENARIOS,
  {
    title: 'upload in parts',
    before: [],
    command: publishing([await wheel('foo', '1.0', 'x'.repeat(1000))]),
  },
];

describe('what the commands ask of S3', () => {
  const { server, newBucket, connect } = serveBuckets({ minimumPartSize: 1 });

  /** The permission that a request needs, and what its conditions see. */
  function asked({ operation, key = '', headers, query }: LoggedOperation): [string, string, Context] {
    const conditions: Context = {
      ...(headers['if-none-match'] === undefined ? {} : IF_NONE_MATCH),
      ...(headers['if-match'] === undefined ? {} : IF_MATCH),
    };
    switch (operation) {
      case 'GetObject':
      case 'HeadObject':
        return ['GetObject', key, {}];
      case 'PutObject':
      case 'CompleteMultipartUpload':
        return ['PutObject', key, { ...CREATION, ...conditions }];
      case 'CreateMultipartUpload':
      case 'UploadPart':
        return ['PutObject', key, PART];
      case 'DeleteObject':
        return ['DeleteObject', key, {}];
      case 'HeadBucket':
        return ['ListBucket', '', {}];
      case 'ListObjectsV2':
        return ['ListBucket', '', { 's3:prefix': query['prefix'] ?? '' }];
      default:
        throw new Error(`No command asks for ${operation}`);
    }
  }

  it.each(COMMANDS)('for $title is what they may', async ({ title, before, command }) => {
    const bucket = newBucket();
    const parts = title === 'upload in parts' ? { partSize: 700 } : {};
    const environment = testEnvironment(await connect({ bucket, prefix: PREFIX, ...parts }));
    for (const earlier of before) await earlier(environment);
    server().log.clear();
    await command(environment);
    const removes = title === 'delete' || title === 'upload --force';
    const requests = server().log.entries.map(asked);
    expect(requests.length).toBeGreaterThan(5);
    const denied = requests.filter((request) => !may(removes ? maintainer() : publisher(), ...request));
    expect(denied).toEqual([]);
    expect(requests.some(([action]) => action === 'DeleteObject')).toBe(removes);
  });
});
