import { CloudFrontClient, GetDistributionCommand } from '@aws-sdk/client-cloudfront';
import { mockClient } from 'aws-sdk-client-mock';
import { describe, expect, it } from 'vitest';
import { examineAll, type Finding } from '../../../cli/doctor/check.ts';
import { edgeChecks, type EdgePatient } from '../../../cli/doctor/edge.ts';
import type { HttpAnswer, Outside } from '../../../cli/doctor/outside.ts';
import { WheelstoreError } from '../../../core/errors.ts';
import { readDistribution, type Distribution } from '../../../stores/aws/distribution.ts';
import { refused, withoutWarnings } from '../../stores/s3-mock.ts';

const HOST = 'pypi.example.com';
const DOMAIN = 'd111111abcdef8.cloudfront.net';
const NOW = new Date('2026-06-01T00:00:00Z');
const JSON_PAGE = 'application/vnd.pypi.simple.v1+json';
const VIA = '1.1 abc.cloudfront.net (CloudFront)';

const OUTPUTS = {
  bucket: 'b',
  prefix: 'p/',
  region: 'us-east-1',
  indexUrl: `https://${HOST}/simple/`,
  distributionId: 'E1',
  distributionDomain: DOMAIN,
  pageTtlSeconds: 0,
  access: 'public' as const,
};

const DISTRIBUTION: Distribution = {
  status: 'Deployed',
  isEnabled: true,
  domain: DOMAIN,
  aliases: [HOST],
  origins: [{ host: 'b.s3.us-east-1.amazonaws.com', path: '/p' }],
  webAcl: '',
};

const answers = (pages: Readonly<Record<string, Partial<HttpAnswer>>>): Outside['get'] => {
  return async (url) => ({
    status: 404,
    contentType: '',
    via: VIA,
    challenge: '',
    ...pages[new URL(url).pathname],
  });
};

const INDEX = { '/simple/': { status: 200, contentType: JSON_PAGE } };

const OUTSIDE: Outside = {
  addressesOf: async () => ['192.0.2.1', '192.0.2.2', '2001:db8::1'],
  canonicalNameOf: async () => undefined,
  handshake: async () => ({ problem: undefined, validUntil: new Date('2026-12-01T00:00:00Z') }),
  get: answers(INDEX),
  now: () => NOW,
};

interface Change {
  readonly distribution?: Partial<Distribution> | WheelstoreError;
  readonly outside?: Partial<Outside>;
  readonly outputs?: Partial<EdgePatient['outputs']>;
}

async function findings({ distribution = {}, outside, outputs }: Change = {}): Promise<Map<string, Finding>> {
  const checks = edgeChecks({
    outputs: { ...OUTPUTS, ...outputs },
    readDistribution: async () => {
      if (distribution instanceof WheelstoreError) throw distribution;
      return { ...DISTRIBUTION, ...distribution };
    },
    readTokenStore: () => Promise.reject(new Error('A public index has no tokens')),
    outside: { ...OUTSIDE, ...outside },
  });
  return new Map((await examineAll(checks, 4)).map((finding) => [finding.name, finding]));
}

/** Other addresses for each name. */
const names = (addresses: Readonly<Record<string, readonly string[]>>): Partial<Outside> => ({
  addressesOf: async (host) => addresses[host] ?? [],
});

const until = (day: string, problem?: string): Partial<Outside> => ({
  handshake: async () => ({ problem, validUntil: new Date(day) }),
});

const gets = (
  index: Partial<HttpAnswer>,
  more: Readonly<Record<string, Partial<HttpAnswer>>> = {},
): Change => ({
  outside: { get: answers({ '/simple/': { status: 200, contentType: JSON_PAGE, ...index }, ...more }) },
});

const UNREACHABLE = new WheelstoreError('unreachable', 'cannot be reached (ECONNREFUSED)', { fix: 'Check.' });
const fails = async () => {
  throw UNREACHABLE;
};

describe('What is in front of the bucket', () => {
  it('passes every check as the stack makes it', async () => {
    const all = [...(await findings()).values()];
    expect(all.map(({ name, outcome }) => `${name}: ${outcome}`)).toEqual([
      'distribution: ok',
      'dns: ok',
      'certificate: ok',
      'index: ok',
      'hidden: ok',
    ]);
  });

  it.each<[name: string, what: string, change: Change, outcome: string, text: string]>([
    ['distribution', 'is disabled', { distribution: { isEnabled: false } }, 'failure', 'disabled'],
    ['distribution', 'is being changed', { distribution: { status: 'InProgress' } }, 'warning', 'InProgress'],
    [
      'distribution',
      'serves another name',
      { distribution: { aliases: ['other.example.com'] } },
      'failure',
      'other.example.com',
    ],
    [
      'distribution',
      'serves another bucket',
      { distribution: { origins: [{ host: 'b2.s3.us-east-1.amazonaws.com', path: '/p' }] } },
      'failure',
      's3://b/p',
    ],
    [
      'distribution',
      'serves another prefix',
      { distribution: { origins: [{ host: 'b.s3.us-east-1.amazonaws.com', path: '' }] } },
      'failure',
      's3://b/p',
    ],
    [
      'distribution',
      'has a web ACL',
      { distribution: { webAcl: 'arn:aws:wafv2:x' } },
      'ok',
      'arn:aws:wafv2:x',
    ],
    ['distribution', 'has hostile texts', { distribution: { webAcl: '\u001b[2J' } }, 'ok', '\\u001b[2J'],
    [
      'distribution',
      'cannot be seen',
      {
        distribution: new WheelstoreError('access-denied', 'cloudfront:GetDistribution', {
          fix: 'Allow it.',
        }),
      },
      'warning',
      'cloudfront:GetDistribution',
    ],
    [
      'distribution',
      'is gone',
      { distribution: new WheelstoreError('not-found', 'no distribution', { fix: 'Deploy.' }) },
      'failure',
      'no distribution',
    ],
    ['dns', 'has no such name', { outside: names({ [DOMAIN]: ['192.0.2.1'] }) }, 'failure', 'no name'],
    [
      'dns',
      'leads elsewhere',
      { outside: names({ [HOST]: ['198.51.100.7'], [DOMAIN]: ['192.0.2.1'] }) },
      'warning',
      '198.51.100.7',
    ],
    [
      'dns',
      'is a CNAME',
      {
        outside: {
          ...names({ [HOST]: ['192.0.2.9'], [DOMAIN]: ['192.0.2.1'] }),
          canonicalNameOf: async () => DOMAIN,
        },
      },
      'ok',
      'IPv4',
    ],
    [
      'dns',
      'is a CNAME of something else',
      {
        outside: {
          ...names({ [HOST]: ['192.0.2.9'], [DOMAIN]: ['192.0.2.1'] }),
          canonicalNameOf: async () => 'd2.cloudfront.net',
        },
      },
      'warning',
      'in common',
    ],
    [
      'dns',
      'has no IPv6',
      { outside: names({ [HOST]: ['192.0.2.1'], [DOMAIN]: ['192.0.2.1', '2001:db8::1'] }) },
      'warning',
      'IPv6',
    ],
    [
      'dns',
      "is CloudFront's own",
      { outputs: { indexUrl: `https://${DOMAIN}/simple/` } },
      'ok',
      'IPv4 and IPv6',
    ],
    [
      'dns',
      'is not asked for an address',
      { outputs: { indexUrl: 'https://127.0.0.1/simple/' } },
      'skipped',
      'no name',
    ],
    ['dns', 'is down', { outside: { addressesOf: fails } }, 'failure', 'ECONNREFUSED'],
    [
      'certificate',
      'is of another name',
      { outside: until('2026-12-01', 'ERR_TLS_CERT_ALTNAME_INVALID') },
      'failure',
      'ALTNAME',
    ],
    [
      'certificate',
      'has expired',
      { outside: until('2026-05-01', 'CERT_HAS_EXPIRED') },
      'failure',
      'CERT_HAS_EXPIRED',
    ],
    ['certificate', 'expires in three weeks', { outside: until('2026-06-22') }, 'ok', '2026-06-22'],
    ['certificate', 'expires sooner', { outside: until('2026-06-21') }, 'warning', 'in 20 days'],
    ['certificate', 'has no date', { outside: until('nonsense') }, 'failure', 'how long'],
    ['certificate', 'is not shown', { outside: { handshake: fails } }, 'failure', 'ECONNREFUSED'],
    [
      'index',
      'is empty',
      gets({ status: 404, contentType: 'application/xml' }),
      'ok',
      'nothing is published',
    ],
    ['index', 'is forbidden', gets({ status: 403 }), 'failure', 'may not read'],
    ['index', 'fails', gets({ status: 503 }), 'failure', '503'],
    ['index', 'is elsewhere', gets({ status: 302 }), 'failure', '302'],
    ['index', 'asks for a token, which it should not', gets({ status: 401 }), 'failure', '401'],
    ['index', 'has no edge function', gets({ contentType: 'text/html' }), 'failure', '"text/html"'],
    ['index', 'is not behind CloudFront', gets({ via: '' }), 'warning', 'CloudFront'],
    ['index', 'does not answer', { outside: { get: fails } }, 'failure', 'ECONNREFUSED'],
    [
      'hidden',
      'shows records',
      gets({}, { '/records/default/': { status: 200 } }),
      'failure',
      '/records/default/',
    ],
    [
      'hidden',
      'shows settings',
      gets({}, { '/repository.json': { status: 200 } }),
      'failure',
      '/repository.json',
    ],
    [
      'hidden',
      'shows tokens',
      gets({}, { '/tokens.json': { status: 200 } }),
      'failure',
      '/tokens.json should be refused',
    ],
    ['hidden', 'is forbidden', gets({}, { '/repository.json': { status: 403 } }), 'ok', 'not served'],
  ])('%s: %s', async (name, _what, change, outcome, text) => {
    const finding = (await findings(change)).get(name);
    expect(finding).toMatchObject({ outcome, message: expect.stringContaining(text) });
    if (outcome === 'warning' || outcome === 'failure') expect(finding?.fix).toMatch(/\S/);
  });

  it('is asked at the port of the index', async () => {
    const asked: (string | number)[] = [];
    const handshake: Outside['handshake'] = async (host, port) => {
      asked.push(host, port);
      return { problem: undefined, validUntil: new Date('2027-01-01') };
    };
    await findings({ outside: { handshake } });
    await findings({ outside: { handshake }, outputs: { indexUrl: 'https://localhost:8443/simple/' } });
    expect(asked).toEqual([HOST, 443, 'localhost', 8443]);
  });
});

describe('A distribution', () => {
  function client(error?: Error) {
    withoutWarnings();
    const own = new CloudFrontClient({ region: 'us-east-1' });
    const mocked = mockClient(own);
    if (error === undefined) mocked.on(GetDistributionCommand, { Id: 'E1' }).resolves({});
    else mocked.on(GetDistributionCommand).rejects(error);
    return own;
  }

  it('of which nothing is said, is not enabled', async () => {
    expect(await readDistribution(client(), 'E1')).toEqual({
      status: '',
      isEnabled: false,
      domain: '',
      aliases: [],
      origins: [],
      webAcl: '',
    });
  });

  it.each([
    [refused('NoSuchDistribution', 404), 'not-found', 'E1'],
    [refused('AccessDenied', 403), 'access-denied', 'cloudfront:GetDistribution'],
    [refused('InternalError', 500), 'store-failed', 'InternalError'],
  ])('that cannot be read is told of: %s', async (error, code, text) => {
    await expect(readDistribution(client(error), 'E1')).rejects.toMatchObject({
      code,
      message: expect.stringContaining(text),
    });
  });
});
