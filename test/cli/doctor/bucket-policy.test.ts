import { describe, expect, it } from 'vitest';
import { BucketPolicy } from '../../../cli/doctor/bucket-policy.ts';
import { policyChecks } from '../../../cli/doctor/policy-checks.ts';
import { WheelstoreError } from '../../../core/errors.ts';
import { thrownBy } from '../../core/thrown.ts';

const B = 'arn:aws:s3:::b';
const EVERYONE = { AWS: '*' };

const TLS = {
  Effect: 'Deny',
  Principal: EVERYONE,
  Action: 's3:*',
  Resource: [B, `${B}/*`],
  Condition: { Bool: { 'aws:SecureTransport': 'false' } },
};
const OLD_TLS = { ...TLS, Condition: { NumericLessThan: { 's3:TlsVersion': '1.2' } } };
const COMMITS = { Bool: { 's3:ObjectCreationOperation': 'true' } };
const FILES = {
  Effect: 'Deny',
  Principal: EVERYONE,
  Action: 's3:PutObject',
  Resource: `${B}/p/files/*`,
  Condition: { ...COMMITS, Null: { 's3:if-none-match': 'true' } },
};
const RECORDS = {
  ...FILES,
  Resource: `${B}/p/records/*`,
  Condition: { ...COMMITS, Null: { 's3:if-none-match': 'true', 's3:if-match': 'true' } },
};
const REMOVAL = {
  Effect: 'Deny',
  Principal: EVERYONE,
  Action: ['s3:DeleteObject', 's3:DeleteObjectVersion'],
  Resource: `${B}/p/files/*`,
  Condition: { ArnNotEquals: { 'aws:PrincipalArn': ['arn:aws:iam::123456789012:role/maintainer'] } },
};
const EDGE = {
  Effect: 'Allow',
  Principal: { Service: 'cloudfront.amazonaws.com' },
  Action: 's3:GetObject',
  Resource: `${B}/*`,
};
const OURS = [TLS, OLD_TLS, FILES, RECORDS, REMOVAL, EDGE];
const PUBLIC = { Effect: 'Allow', Principal: '*', Action: 's3:Get*', Resource: `${B}/*` };

async function outcomes(statements: readonly unknown[], prefix = 'p/'): Promise<Record<string, string>> {
  const policy = {
    kind: 'set' as const,
    value: JSON.stringify({ Version: '2012-10-17', Statement: statements }),
  };
  const checks = policyChecks(async () => policy, { bucket: 'b', prefix });
  const all = await Promise.all(
    checks.map(async ({ name, look }) => [name.replace('policy-', ''), (await look()).outcome] as const),
  );
  return Object.fromEntries(all);
}

const GOOD = { private: 'ok', tls: 'ok', conditions: 'ok', removal: 'ok' };

describe('The policy of a bucket', () => {
  it.each<[title: string, statements: readonly unknown[], expected: Partial<typeof GOOD> & object]>([
    ['is right as the stack makes it', OURS, {}],
    ['is right without the demand for a new TLS', [TLS, FILES, RECORDS], {}],
    ['is right with one statement for all writes', [TLS, FILES, { ...RECORDS, Resource: `${B}/*` }], {}],
    [
      'is right in the regions of another partition',
      [{ ...TLS, Resource: 'arn:aws-cn:s3:::*' }, FILES, RECORDS],
      {},
    ],
    [
      'is right with other spellings',
      [{ ...TLS, Action: ['S3:*'], Condition: { Bool: { 'AWS:securetransport': false } } }, FILES, RECORDS],
      {},
    ],
    [
      'is right where all but something is denied',
      [{ ...TLS, Action: undefined, NotAction: 's3:ListAllMyBuckets' }, FILES, RECORDS],
      {},
    ],
    ['has to demand TLS', [FILES, RECORDS], { tls: 'warning' }],
    ['has to demand TLS for objects', [{ ...TLS, Resource: B }, FILES, RECORDS], { tls: 'warning' }],
    [
      'has to demand TLS for writes',
      [{ ...TLS, Action: 's3:GetObject' }, FILES, RECORDS],
      { tls: 'warning' },
    ],
    [
      'has to demand TLS of everyone',
      [{ ...TLS, Principal: { AWS: 'arn:aws:iam::1:root' } }, FILES, RECORDS],
      { tls: 'warning' },
    ],
    [
      'has to demand TLS from everywhere',
      [
        { ...TLS, Condition: { ...TLS.Condition, IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } } },
        FILES,
        RECORDS,
      ],
      { tls: 'warning' },
    ],
    [
      'must not demand what nobody can do',
      [{ ...TLS, Condition: undefined }, FILES, RECORDS],
      { tls: 'failure', conditions: 'failure' },
    ],
    ['has to demand conditions for files', [TLS, RECORDS], { conditions: 'warning' }],
    ['has to demand conditions for records', [TLS, FILES], { conditions: 'warning' }],
    [
      'has to demand conditions under the prefix',
      [TLS, { ...FILES, Resource: `${B}/files/*` }, RECORDS],
      { conditions: 'warning' },
    ],
    [
      'must not demand conditions of parts',
      [TLS, { ...FILES, Condition: { Null: { 's3:if-none-match': 'true' } } }, RECORDS],
      { conditions: 'failure' },
    ],
    [
      'must not demand to create records alone',
      [TLS, FILES, { ...RECORDS, Condition: { Null: { 's3:if-none-match': 'true' } } }],
      { conditions: 'failure' },
    ],
    ['must not let everyone read', [...OURS, PUBLIC], { private: 'failure' }],
    [
      'may let a network read',
      [...OURS, { ...PUBLIC, Condition: { StringEquals: { 'aws:SourceVpc': 'vpc-1' } } }],
      {},
    ],
    ['may let everyone read something else', [...OURS, { ...PUBLIC, Resource: `${B}/other/*` }], {}],
    [
      'must not let everyone write',
      [...OURS, { ...PUBLIC, Action: ['s3:PutObject', 's3:ListBucket'] }],
      { private: 'failure' },
    ],
    [
      'must not let everyone list',
      [...OURS, { ...PUBLIC, Action: 's3:List*', Resource: B }],
      { private: 'failure' },
    ],
    [
      'had better not let everyone read under whatever condition',
      [...OURS, { ...PUBLIC, Condition: { IpAddress: { 'aws:SourceIp': '0.0.0.0/0' } } }],
      { private: 'warning' },
    ],
    [
      'had better not let everyone but some read',
      [...OURS, { ...PUBLIC, Principal: undefined, NotPrincipal: { AWS: 'arn:aws:iam::1:root' } }],
      { private: 'warning' },
    ],
    [
      'had better protect files from being removed',
      [TLS, FILES, RECORDS, { ...REMOVAL, Resource: `${B}/files/*` }],
      { removal: 'warning' },
    ],
    [
      'protects nothing where anyone is the one who may',
      [
        TLS,
        FILES,
        RECORDS,
        {
          ...REMOVAL,
          Condition: { ArnNotEquals: { 'aws:PrincipalArn': 'arn:aws:iam::000000000000:user/anyone' } },
        },
      ],
      { removal: 'warning' },
    ],
    ['may be one that says nothing', [], { tls: 'warning', conditions: 'warning', removal: 'warning' }],
    [
      'may hold what is no text',
      [{ ...TLS, Action: [1, { a: 1 }], Resource: null }, FILES, RECORDS],
      { tls: 'warning' },
    ],
  ])('%s', async (_title, statements, expected) => {
    const isAboutRemoval = 'removal' in expected;
    const all = isAboutRemoval ? statements : [...statements, REMOVAL];
    expect(await outcomes(all)).toEqual({ ...GOOD, ...expected });
  });

  it('may be one statement without a list', () => {
    const policy = new BucketPolicy(JSON.stringify({ Statement: PUBLIC }));
    expect(policy.allowsEveryone({ action: 's3:GetObject', resource: `${B}/x`, keys: {} })).toBe(true);
    expect(policy.denies({ action: 's3:GetObject', resource: `${B}/x`, keys: {} })).toBe(false);
  });

  it.each([
    '',
    'null',
    '[]',
    '{}',
    '{"Statement":[1]}',
    '{"Statement":"x"}',
    '<x/>',
    `"${'x'.repeat(70_000)}"`,
  ])('cannot be %j', (json) => {
    expect(thrownBy(() => new BucketPolicy(json))).toMatchObject({ code: 'unsupported-store' });
  });

  it('takes no time, whatever its patterns are', () => {
    const resource = `${'*a'.repeat(5_000)}b`;
    const policy = new BucketPolicy(JSON.stringify({ Statement: { ...PUBLIC, Resource: resource } }));
    const since = performance.now();
    const asked = { action: 's3:GetObject', resource: `${B}/${'a'.repeat(1_000)}`, keys: {} };
    expect(policy.allowsEveryone(asked)).toBe(false);
    expect(performance.now() - since).toBeLessThan(1_000);
  });

  it.each(['constructor', 'toString', '__proto__', 'BoolIfExists', 'ForAllValues:Bool'])(
    'is not understood wrongly: a condition %j',
    (operator) => {
      const Condition = { [operator]: { 'aws:SecureTransport': 'false', constructor: 'x' } };
      const text = JSON.stringify({ Statement: { ...TLS, Condition } });
      const attempt = { action: 's3:GetObject', resource: `${B}/x`, keys: { 'aws:securetransport': 'true' } };
      expect(new BucketPolicy(text).denies(attempt)).toBe(false);
    },
  );

  it('is read once, and warned of where that is not allowed', async () => {
    let reads = 0;
    const denied = new WheelstoreError('access-denied', 'Access denied: s3:GetBucketPolicy', {
      fix: 'Allow it.',
    });
    const read = async () => {
      reads += 1;
      throw denied;
    };
    const verdicts = await Promise.all(
      policyChecks(read, { bucket: 'b', prefix: '' }).map(({ look }) => look()),
    );
    expect(reads).toBe(1);
    expect(verdicts.map(({ outcome }) => outcome)).toEqual(['warning', 'warning', 'warning', 'warning']);
    for (const { message } of verdicts) expect(message).toContain('s3:GetBucketPolicy');
  });

  it('lets in nobody where there is none, and demands nothing', async () => {
    const checks = policyChecks(async () => ({ kind: 'absent' }), { bucket: 'b', prefix: '' });
    const verdicts = await Promise.all(checks.map(({ look }) => look()));
    expect(verdicts.map(({ outcome }) => outcome)).toEqual(['ok', 'warning', 'warning', 'warning']);
  });
});
