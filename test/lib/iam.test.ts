import { describe, expect, it } from 'vitest';
import { AccessPolicies, type AccessRequest, type Statement } from '../support/iam.ts';

const REQUEST: AccessRequest = {
  principal: { kind: 'AWS', arn: 'arn:aws:iam::123456789012:user/x' },
  action: 's3:GetObject',
  resource: 'arn:aws:s3:::bucket/key',
};
const ALLOW: Statement = { Effect: 'Allow', Action: 's3:*', Resource: '*' };

const allows = (statements: Statement[], request: Partial<AccessRequest> = {}): boolean =>
  new AccessPolicies([{ Statement: statements }]).allows({ ...REQUEST, ...request });

const underCondition = (condition: unknown, context: Record<string, string>): boolean =>
  allows([{ ...ALLOW, Condition: condition }], { context });

describe('the judge of policies that other tests ask', () => {
  it('allows what is allowed and not denied, and nothing by itself', () => {
    expect(allows([])).toBe(false);
    expect(allows([ALLOW])).toBe(true);
    expect(allows([ALLOW, { ...ALLOW, Effect: 'Deny', Action: 's3:PutObject' }])).toBe(true);
    expect(allows([ALLOW, { ...ALLOW, Effect: 'Deny' }])).toBe(false);
  });

  it('knows wildcards, and takes no other character for one', () => {
    const on = (resource: string): boolean => allows([{ ...ALLOW, Resource: resource }]);
    expect(on('arn:aws:s3:::bucket/*')).toBe(true);
    expect(on('arn:aws:s3:::bucket/k?y')).toBe(true);
    expect(on('arn:aws:s3:::bucket/k.y')).toBe(false);
    expect(on('arn:aws:s3:::bucket')).toBe(false);
    const besides: Statement = {
      Effect: 'Allow',
      Action: 's3:GetObject',
      NotResource: 'arn:aws:s3:::bucket/*',
    };
    expect(allows([besides])).toBe(false);
    expect(allows([besides], { resource: 'arn:aws:s3:::other/key' })).toBe(true);
  });

  it.each([
    ['a key that is absent', { Null: { k: 'true' } }, {}, true],
    ['a key that is there', { Null: { k: 'true' } }, { k: 'v' }, false],
    ['both absent, and one is there', { Null: { k: 'true', l: 'true' } }, { l: 'v' }, false],
    ['a key in another case', { StringEquals: { 'AWS:SourceArn': 'v' } }, { 'aws:SourceArn': 'v' }, true],
    ['a missing key', { StringEquals: { k: 'v' } }, {}, false],
    ['a missing key that may be missing', { StringLikeIfExists: { k: 'v*' } }, {}, true],
    [
      'a key that is there, of one that may be missing',
      { StringLikeIfExists: { k: 'v*' } },
      { k: 'w' },
      false,
    ],
    ['a missing key that must not be equal', { ArnNotEquals: { k: 'a:b:c:d:e:f' } }, {}, true],
    [
      'one of those that it must not equal',
      { ArnNotEquals: { k: ['a:b:c:d:e:f', 'x'] } },
      { k: 'a:b:c:d:e:f' },
      false,
    ],
    ['a part of an ARN, not more', { ArnLike: { k: 'arn:aws:s3:::*' } }, { k: 'arn:aws:s3:x::b' }, false],
    ['a number below another', { NumericLessThan: { k: 1.2 } }, { k: '1.1' }, true],
    ['a number that is not', { NumericLessThan: { k: 1.2 } }, { k: '1.2' }, false],
  ])('judges %s', (_title, condition, context, expected) => {
    expect(underCondition(condition, context as Record<string, string>)).toBe(expected);
  });

  it.each([
    ['an operator', [{ ...ALLOW, Condition: { DateLessThan: { k: 'v' } } }], { context: { k: 'v' } }],
    ['an element', [{ ...ALLOW, NotAction: 's3:*' }], {}],
    ['an effect', [{ ...ALLOW, Effect: 'allow' }], {}],
    ['a reference', [{ ...ALLOW, Resource: { Ref: 'Bucket' } }], {}],
  ] as [string, Statement[], Partial<AccessRequest>][])(
    'refuses to judge %s that it does not know',
    (_title, statements, request) => {
      expect(() => allows(statements, request)).toThrow(/Unknown|No text/);
    },
  );
});
