import { describe, expect, it } from 'vitest';
import { AccessPolicies, type Policy, type Principal } from '../support/iam.ts';
import { ACCOUNT, arnOf } from '../support/template.ts';
import {
  CREATION,
  FILE,
  IF_MATCH,
  IF_NONE_MATCH,
  maintainer,
  may,
  nameOf,
  PAGE,
  PREFIX,
  publisher,
  publishersPolicy,
  RECORD,
  repair,
  role,
  SECURE,
  SETTINGS,
  template,
  withResource,
} from './persons.ts';

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
