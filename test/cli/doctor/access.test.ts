import { describe, expect, it } from 'vitest';
import { examineAll, type Finding } from '../../../cli/doctor/check.ts';
import { edgeChecks } from '../../../cli/doctor/edge.ts';
import type { HttpAnswer } from '../../../cli/doctor/outside.ts';
import { WheelstoreError } from '../../../core/errors.ts';
import type { KeyValueStoreState } from '../../../stores/aws/key-value-store-state.ts';

const STORE = 'arn:aws:cloudfront::123456789012:key-value-store/0f5c2b6e-6d3a-4f0e-9a51-1c1f5d1a2b3c';
const MEGABYTE = 1024 * 1024;

const UNAUTHORIZED: HttpAnswer = {
  status: 401,
  contentType: 'text/plain; charset=utf-8',
  via: '1.1 abc.cloudfront.net (CloudFront)',
  challenge: 'Basic realm="Python package index", charset="UTF-8"',
};

const READY: KeyValueStoreState = { status: 'READY', reason: '', items: 3, size: 600, version: 'ETV1' };

interface Change {
  readonly answer?: Partial<HttpAnswer>;
  readonly store?: Partial<KeyValueStoreState> | WheelstoreError;
}

/** Looks at a private stack that is as it should be, but for what is said. */
async function findings({ answer = {}, store = {} }: Change = {}): Promise<Map<string, Finding>> {
  const asked: string[] = [];
  const checks = edgeChecks({
    outputs: {
      bucket: 'b',
      prefix: '',
      region: 'us-east-1',
      indexUrl: 'https://pypi.example.com/simple/',
      distributionId: 'E1',
      distributionDomain: 'd1.cloudfront.net',
      pageTtlSeconds: 0,
      access: 'private',
      tokensStoreArn: STORE,
    },
    readDistribution: async () => ({
      status: 'Deployed',
      isEnabled: true,
      domain: 'd1.cloudfront.net',
      aliases: ['pypi.example.com'],
      origins: [{ host: 'b.s3.us-east-1.amazonaws.com', path: '' }],
      webAcl: '',
    }),
    readTokenStore: async (arn) => {
      asked.push(arn);
      if (store instanceof WheelstoreError) throw store;
      return { ...READY, ...store };
    },
    outside: {
      addressesOf: async () => ['192.0.2.1'],
      canonicalNameOf: async () => undefined,
      handshake: async () => ({ problem: undefined, validUntil: new Date('2026-12-01T00:00:00Z') }),
      get: async (url) => ({ ...UNAUTHORIZED, ...(url.endsWith('/simple/') ? answer : {}) }),
      now: () => new Date('2026-06-01T00:00:00Z'),
    },
  });
  const all = await examineAll(checks, 4);
  expect(asked).toEqual([STORE]);
  return new Map(all.map((finding) => [finding.name, finding]));
}

describe('What is in front of a private bucket', () => {
  it('passes every check as the stack makes it', async () => {
    expect([...(await findings()).values()].map(({ name, outcome }) => `${name}: ${outcome}`)).toEqual([
      'distribution: ok',
      'dns: ok',
      'certificate: ok',
      'index: ok',
      'tokens: ok',
      'hidden: ok',
    ]);
  });

  it.each<[name: string, what: string, change: Change, outcome: string, text: string]>([
    ['index', 'asks for a token', {}, 'ok', 'asks for a token'],
    ['index', 'is open to everyone', { answer: { status: 200 } }, 'failure', 'everyone can read'],
    ['index', 'would be open to everyone', { answer: { status: 404 } }, 'failure', 'past the edge function'],
    ['index', 'is refused before it is asked', { answer: { status: 403 } }, 'failure', 'web ACL'],
    ['index', 'fails', { answer: { status: 503 } }, 'failure', 'the edge function fails'],
    ['index', 'is elsewhere', { answer: { status: 302 } }, 'failure', '302'],
    ['index', 'does not say how to log in', { answer: { challenge: '' } }, 'failure', 'not how to send one'],
    ['index', 'wants another scheme', { answer: { challenge: 'Bearer' } }, 'failure', '"Bearer"'],
    ['index', 'is hostile', { answer: { challenge: '\u001b[2J' } }, 'failure', '\\u001b[2J'],
    ['index', 'is not behind CloudFront', { answer: { via: '' } }, 'warning', 'CloudFront'],
    ['tokens', 'are few', {}, 'ok', '3 tokens, 1%'],
    ['tokens', 'are still to be made', { store: { items: 0, size: 0 } }, 'ok', 'no token yet'],
    ['tokens', 'are many', { store: { items: 9000, size: 4.6 * MEGABYTE } }, 'warning', '92%'],
    ['tokens', 'have no store yet', { store: { status: 'PROVISIONING' } }, 'warning', 'being made'],
    [
      'tokens',
      'have no store that works',
      { store: { status: 'FAILED', reason: 'quota \u001b[2J' } },
      'failure',
      '"FAILED": "quota \\u001b[2J"',
    ],
    ['tokens', 'have a store of which nothing is said', { store: { status: '' } }, 'failure', '""'],
    [
      'tokens',
      'have no store',
      { store: new WheelstoreError('not-found', 'There is no key-value store', { fix: 'Deploy.' }) },
      'failure',
      'no key-value store',
    ],
    [
      'tokens',
      'may not be looked at',
      { store: new WheelstoreError('access-denied', 'DescribeKeyValueStore', { fix: 'Allow it.' }) },
      'warning',
      'DescribeKeyValueStore',
    ],
  ])('%s: %s', async (name, _what, change, outcome, text) => {
    const finding = (await findings(change)).get(name);
    expect(finding).toMatchObject({ outcome, message: expect.stringContaining(text) });
    if (outcome === 'warning' || outcome === 'failure') expect(finding?.fix).toMatch(/\S/);
  });
});
