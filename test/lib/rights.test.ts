import { describe, expect, it } from 'vitest';
import { AccessPolicies, type Policy } from '../support/iam.ts';
import { ACCOUNT, REGION } from '../support/template.ts';
import {
  administrator,
  ANONYMOUS,
  cloudFront,
  CREATION,
  FILE,
  IF_MATCH,
  IF_NONE_MATCH,
  maintainer,
  may,
  nameOf,
  PAGE,
  PART,
  PREFIX,
  publisher,
  RECORD,
  repair,
  role,
  SETTINGS,
  template,
  tokenKeeper,
  type Person,
  type Context,
  withResource,
} from './persons.ts';

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
