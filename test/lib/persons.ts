// Who a stack lets do what: its template, and the persons that its policies are about. For one test file.
import { beforeAll, expect } from 'vitest';
import { AccessPolicies, type AccessRequest, type Policy, type Principal } from '../support/iam.ts';
import { ACCOUNT, arnOf, synthesize, type Resource, type Template } from '../support/template.ts';
import { temporaryFolders } from '../support/temporary.ts';

export const PREFIX = 'team/';
export const DISTRIBUTION_SERVICE: Principal = { kind: 'Service', name: 'cloudfront.amazonaws.com' };

export let template: Template;
export let bucketName: string;

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

export function nameOf(type: string, start: string): string {
  const [[name] = [], ...others] = template.all(type).filter(([id]) => id.startsWith(start));
  if (name === undefined || others.length > 0) throw new Error(`${type} ${start}`);
  return name;
}

/** The policy of a bucket. */
export function bucketPolicy(): Policy {
  const policies = template.all('AWS::S3::BucketPolicy').map(([, policy]) => policy.Properties);
  return policies.find((policy) => policy['Bucket'] === bucketName)?.['PolicyDocument'] as Policy;
}

export const publishersPolicy = (): Policy =>
  template.one('AWS::IAM::ManagedPolicy', 'IndexRightsPublishers').Properties['PolicyDocument'] as Policy;

/** What a role may by itself: managed policies and its own. */
export function policiesOf({ Properties: properties }: Resource): Policy[] {
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

export interface Person {
  readonly principal: Principal;
  readonly policies: readonly Policy[];
}

export const publisher = (): Person => ({
  principal: { kind: 'AWS', arn: `arn:aws:iam::${ACCOUNT}:user/ci` },
  policies: [publishersPolicy()],
});

export function role(start: string): Person {
  const name = nameOf('AWS::IAM::Role', start);
  const resource = template.resources.get(name) as Resource;
  return { principal: { kind: 'AWS', arn: arnOf('AWS::IAM::Role', name) }, policies: policiesOf(resource) };
}

/** Whoever has the policy TokensPolicyArn, and nothing else. */
export const tokenKeeper = (): Person => ({
  principal: { kind: 'AWS', arn: `arn:aws:iam::${ACCOUNT}:user/lead` },
  policies: [
    template.one('AWS::IAM::ManagedPolicy', 'IndexRightsTokenKeepers').Properties['PolicyDocument'] as Policy,
  ],
});

export const maintainer = (): Person => role('IndexRightsMaintainer');
export const repair = (): Person => role('IndexRepairRole');

/** Someone to whom the account allows everything. */
export const administrator = (arn = `arn:aws:iam::${ACCOUNT}:user/admin`): Person => ({
  principal: { kind: 'AWS', arn },
  policies: [{ Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] }],
});

export const cloudFront = (): Person => ({ principal: DISTRIBUTION_SERVICE, policies: [] });

/** Whoever shows no credentials: what a policy allows to everybody, it allows to them. */
export const ANONYMOUS: Person = { principal: { kind: 'AWS', arn: '*' }, policies: [] };

export type Context = NonNullable<AccessRequest['context']>;

export const SECURE: Context = { 'aws:SecureTransport': 'true', 's3:TlsVersion': '1.3' };

/** A write that makes an object: PutObject, CopyObject, and what completes an upload in parts. */
export const CREATION: Context = { 's3:ObjectCreationOperation': 'true' };
/** Beginning an upload in parts, and a part. */
export const PART: Context = { 's3:ObjectCreationOperation': 'false' };
export const IF_NONE_MATCH: Context = { 's3:if-none-match': '*' };
export const IF_MATCH: Context = { 's3:if-match': '"etag"' };

/** Whether S3 does this for someone. `key` is that in the bucket; `''` is the bucket itself. */
export function may(person: Person, action: string, key: string, context: Context = {}): boolean {
  const bucket = arnOf('AWS::S3::Bucket', bucketName);
  const own: Context = person.principal.kind === 'AWS' ? { 'aws:PrincipalArn': person.principal.arn } : {};
  return new AccessPolicies(person.policies, bucketPolicy()).allows({
    principal: person.principal,
    action: `s3:${action}`,
    resource: key === '' ? bucket : `${bucket}/${key}`,
    context: { ...SECURE, ...own, ...context },
  });
}

export const FILE = `${PREFIX}files/foo/0123456789abcdef/foo-1.0.tar.gz`;
export const RECORD = `${PREFIX}records/default/foo.json`;
export const PAGE = `${PREFIX}simple/foo/index.html`;
export const SETTINGS = `${PREFIX}repository.json`;

/** A trust has no resource: it is the role's own. */
export function withResource({ Statement: statements }: Policy): Policy {
  return { Statement: statements.map((statement) => ({ ...statement, Resource: '*' })) };
}
