import { ListKeysCommand } from '@aws-sdk/client-cloudfront-keyvaluestore';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { serializeGrant } from '../../../core/access/grant.ts';
import { createToken, listGrants, revokeTokens, rotateToken } from '../../../core/access/tokens.ts';
import { hashOfToken } from '../../../core/access/token.ts';
import { grantKey } from '../../../core/edge/access.ts';
import {
  connectKeyValueStores,
  KeyValueStoreGrants,
  type KeyValueStoreSender,
} from '../../../stores/aws/key-value-store.ts';
import { describeGrantFaults } from '../../core/access/grant-faults.ts';
import { describeGrantStore, environmentOn } from '../../core/access/grant-store-contract.ts';
import { grantOf } from '../../core/access/grants.ts';
import { NO_ANSWER, startAwsEndpoint, type AwsEndpoint, type Refusal } from '../../support/aws-endpoint.ts';
import { KeyValueStoreContents } from '../../support/aws/key-value-store-contents.ts';

let aws: AwsEndpoint;
let stores = 0;

beforeAll(async () => {
  aws = await startAwsEndpoint();
});
afterAll(() => aws.close());

beforeEach(() => {
  for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) vi.stubEnv(name, undefined);
  const settings = { AWS_CONFIG_FILE: '/nonexistent', AWS_SHARED_CREDENTIALS_FILE: '/nonexistent' };
  const credentials = { AWS_ACCESS_KEY_ID: 'AKIATEST', AWS_SECRET_ACCESS_KEY: 'secret' };
  for (const [name, value] of Object.entries({ ...settings, ...credentials, ...aws.environment })) {
    vi.stubEnv(name, value);
  }
});
afterEach(() => {
  vi.unstubAllEnvs();
  aws.reset();
});

/** A new store, and how to open it. */
function newStore() {
  const arn = `arn:aws:cloudfront::123456789012:key-value-store/0000-${++stores}`;
  const contents = new KeyValueStoreContents();
  aws.keyValueStores.set(arn, contents);
  const put = (key: string, value: string): void => contents.update(contents.etag, [[key, value]]);
  return { arn, contents, put, open: () => new KeyValueStoreGrants(connectKeyValueStores({}), arn) };
}

describe('Grants in a key-value store', () => {
  describeGrantStore(async () => {
    // Most tokens are on several pages, and each request takes some milliseconds to sign.
    aws.keysPerPage = 20;
    const { open, put } = newStore();
    return { open, spoil: async () => put('token-0123456789abcdef', '{"name":"ci"}') };
  });

  it('are under the keys that the edge looks up', async () => {
    const { open, contents } = newStore();
    const { token, grant } = await createToken(environmentOn(open()), { name: 'ci', projects: ['foo'] });
    expect(contents.entries()).toEqual([[grantKey(hashOfToken(token)), serializeGrant(grant)]]);
  });

  it('leave other keys alone', async () => {
    const { open, contents, put } = newStore();
    const others = ['a', 'tokens', 'token', 'zzz', 'Token-0123456789abcdef'].map(
      (key) => [key, 'x'] as const,
    );
    for (const [key, value] of others) put(key, value);
    const environment = environmentOn(open());
    await createToken(environment, { name: 'ci' });
    await rotateToken(environment, 'ci', { grace: 0 });
    expect(await listGrants(environment)).toHaveLength(1);
    await revokeTokens(environment, ['ci']);
    expect([...contents.entries()].sort()).toEqual([...others].sort());
  });

  it('are read with as few requests as pages, and one more where there are several', async () => {
    aws.keysPerPage = 50;
    const { open, contents } = newStore();
    const environment = environmentOn(open());
    await createToken(environment, { name: 'ci' });
    expect(aws.asked).toEqual(['DescribeKeyValueStore', 'ListKeys', 'UpdateKeys']);
    for (let page = 0; page < 2; page++) {
      const grants = Array.from({ length: 50 }, (_, index) => grantOf(`t${page}-${index}`));
      const puts = grants.map((grant) => [grantKey(grant.sha256), serializeGrant(grant)] as const);
      contents.update(contents.etag, puts);
    }
    aws.asked.length = 0;
    expect(await listGrants(environment)).toHaveLength(101);
    const pages = ['ListKeys', 'ListKeys', 'ListKeys'];
    expect(aws.asked).toEqual(['DescribeKeyValueStore', ...pages, 'DescribeKeyValueStore']);
  });

  it('are read again where they change between two pages', async () => {
    const { open, contents } = newStore();
    const environment = environmentOn(open());
    const names = ['a', 'b', 'c', 'd'];
    for (const name of names) await createToken(environment, { name });
    // Between the pages, one grant moves from behind the first page to before it.
    const [first] = contents.entries();
    const [last] = contents.entries().slice(-1);
    const client = connectKeyValueStores({});
    let lists = 0;
    const moving = {
      send: (async (command: ListKeysCommand) => {
        const answer = await client.send(command);
        if (command instanceof ListKeysCommand && ++lists === 1) {
          const moved = grantOf('d', { sha256: `0000000000000000${'a'.repeat(48)}` });
          contents.update(
            contents.etag,
            [[grantKey(moved.sha256), serializeGrant(moved)]],
            [last?.[0] ?? ''],
          );
        }
        return answer;
      }) as typeof client.send,
    };
    expect(first?.[0]).not.toBe('token-0000000000000000');
    const store = new KeyValueStoreGrants(moving, [...aws.keyValueStores.keys()].at(-1) ?? '');
    expect((await store.read()).grants.map(({ name }) => name).sort()).toHaveLength(4);
    expect(lists).toBe(4);
  });

  it('take no change that is larger than CloudFront takes', async () => {
    const { open } = newStore();
    const store = open();
    const put = Array.from({ length: 51 }, (_, index) => grantOf(`t${index}`));
    await expect(store.write(await store.read(), { put, remove: [] })).rejects.toMatchObject({
      code: 'store-failed',
      message: expect.stringContaining('51'),
    });
  });

  it('lose a write however CloudFront words it', async () => {
    aws.staleVersion = 'ConflictException';
    const { open } = newStore();
    const store = open();
    const stale = await store.read();
    await createToken(environmentOn(open()), { name: 'ci' });
    expect(await store.write(stale, { put: [grantOf('cd')], remove: [] })).toBe(false);
    await Promise.all(['a', 'b', 'c'].map((name) => createToken(environmentOn(open()), { name })));
    expect(await listGrants(environmentOn(open()))).toHaveLength(4);
  });
});

describe('A write whose answer is lost', () => {
  it.each([
    ['the connection ends', NO_ANSWER],
    ['the answer is 500', 500],
    ['the answer is 503', 503],
  ])('is sent again, conflicts with itself, and is known to be its own: %s', async (_, status) => {
    const { open, contents } = newStore();
    aws.refuse({ operation: 'UpdateKeys', status, code: 'InternalServerException', isDone: true, times: 1 });
    const { token } = await createToken(environmentOn(open()), { name: 'ci' });
    expect(contents.entries().map(([key]) => key)).toEqual([grantKey(hashOfToken(token))]);
    // Two by the SDK; the second was lost, so all is read again, and nothing is left to do.
    expect(aws.asked.filter((name) => name === 'UpdateKeys')).toHaveLength(2);
    const rotated = await rotateToken(environmentOn(open()), 'ci', { grace: 0 });
    expect(contents.entries().map(([key]) => key)).toEqual([grantKey(hashOfToken(rotated.token))]);
  });
});

/** Each request that changing tokens makes, and how it can fail. */
const OPERATIONS = ['DescribeKeyValueStore', 'ListKeys', 'UpdateKeys'];
const FAILURES: readonly [
  title: string,
  refusal: Omit<Refusal, 'operation'>,
  isSpared: 'always' | 'never',
][] = [
  ['fails once', { status: 500, code: 'InternalServerException', times: 1 }, 'always'],
  ['is throttled once', { status: 429, code: 'ThrottlingException', times: 1 }, 'always'],
  ['is cut off once', { status: NO_ANSWER, code: 'none', times: 1 }, 'always'],
  ['fails', { status: 500, code: 'InternalServerException' }, 'never'],
  ['is throttled', { status: 429, code: 'ThrottlingException' }, 'never'],
  ['is cut off', { status: NO_ANSWER, code: 'none' }, 'never'],
  ['is denied', { status: 403, code: 'AccessDeniedException' }, 'never'],
  ['is found to be wrong', { status: 400, code: 'ValidationException', message: 'It is wrong' }, 'never'],
];
const AFTER = FAILURES.filter(([, { status }]) => status === 500 || status === NO_ANSWER);

/** A store in whose place requests can be made to fail. */
function failingStore(operation: string, refusal: Omit<Refusal, 'operation'>) {
  const { open } = newStore();
  // One that fails is sent again, and no more, so that nobody waits for long.
  vi.stubEnv('AWS_MAX_ATTEMPTS', '2');
  return {
    open,
    fail: () => aws.refuse({ ...refusal, operation }),
    heal: () => {
      const kept = new Map(aws.keyValueStores);
      aws.reset();
      for (const [arn, contents] of kept) aws.keyValueStores.set(arn, contents);
    },
  };
}

describe.each(OPERATIONS)('A key-value store of which %s', (operation) => {
  describe.each(FAILURES)('%s', (_, refusal, isSpared) => {
    describeGrantFaults(async () => failingStore(operation, refusal), isSpared);
  });
});

describe.each(AFTER)('A key-value store of which a change is made, and then %s', (_, refusal) => {
  // The answer is lost, not the change: it is found when it is looked for.
  describeGrantFaults(async () => failingStore('UpdateKeys', { ...refusal, isDone: true }), 'always');
});

describe('A key-value store that cannot be used', () => {
  const answers: readonly (readonly [string, Omit<Refusal, 'operation'>, string, RegExp])[] = [
    ['is gone', { status: 404, code: 'ResourceNotFoundException' }, 'not-found', /deploy the stack again/],
    [
      'may not be used',
      { status: 403, code: 'AccessDeniedException' },
      'access-denied',
      /cloudfront-keyvaluestore:/,
    ],
    [
      'takes no session token of version 1',
      { status: 403, code: 'AccessDeniedException', message: 'Authentication failed' },
      'invalid-credentials',
      /AWS_STS_REGIONAL_ENDPOINTS=regional/,
    ],
    [
      'takes no such signature',
      { status: 403, code: 'UnrecognizedClientException', message: 'The security token is invalid' },
      'invalid-credentials',
      /regional endpoint of STS/,
    ],
    ['has old credentials', { status: 403, code: 'ExpiredTokenException' }, 'expired-credentials', /Sign in/],
    ['is throttled', { status: 429, code: 'ThrottlingException' }, 'store-failed', /ThrottlingException/],
    [
      'is broken',
      { status: 500, code: 'InternalServerException' },
      'store-failed',
      /InternalServerException/,
    ],
  ];

  it.each(OPERATIONS.flatMap((operation) => answers.map((answer) => [operation, ...answer] as const)))(
    'says so at %s: it %s',
    async (operation, _, refusal, code, text) => {
      const { open, arn } = newStore();
      vi.stubEnv('AWS_MAX_ATTEMPTS', '1');
      aws.refuse({ ...refusal, operation });
      const error = await createToken(environmentOn(open()), { name: 'ci' }).catch(
        (thrown: unknown) => thrown,
      );
      expect(error).toMatchObject({ code });
      const { message, fix, value } = error as { message: string; fix: string; value: string };
      expect(`${message} ${fix}`).toMatch(text);
      if (code === 'access-denied') expect(message).toContain(`cloudfront-keyvaluestore:${operation}`);
      if (!code.includes('credentials') || code === 'invalid-credentials') expect(value).toBe(arn);
    },
  );

  it.each(['DescribeKeyValueStore', 'ListKeys'])('is still being made: %s', async (operation) => {
    const { open } = newStore();
    aws.refuse({ operation, status: 409, code: 'ConflictException' });
    const read = open().read();
    await expect(read).rejects.toMatchObject({ code: 'store-failed', fix: expect.stringContaining('Wait') });
  });

  it.each([
    ['is still being made', { Status: 'PROVISIONING', ETag: 'E' }, 'not ready yet'],
    ['has no version', { Status: 'READY' }, 'no ETag'],
    ['has an empty version', { Status: 'READY', ETag: '' }, 'no ETag'],
  ])('says of itself that it %s', async (_, answer, text) => {
    const { arn } = newStore();
    const client = { send: async () => answer } as unknown as KeyValueStoreSender;
    const read = new KeyValueStoreGrants(client, arn).read();
    await expect(read).rejects.toMatchObject({
      code: 'store-failed',
      value: arn,
      message: expect.stringContaining(text),
    });
  });

  it('is full', async () => {
    const { open, contents, put } = newStore();
    const left = (): number => 5 * 1024 * 1024 - contents.size;
    for (let key = 0; left() > 60_000;) {
      const others = Array.from({ length: 50 }, () => [`other-${key++}`, 'x'.repeat(1_000)] as const);
      contents.update(contents.etag, others);
    }
    for (let key = 0; left() > 2_500; key++) put(`more-${key}`, 'x'.repeat(500));
    // Enough for one, and not for two.
    put('last', 'x'.repeat(left() - 'last'.length - 1_500));
    aws.keysPerPage = 50;
    const environment = environmentOn(open());
    const projects = Array.from({ length: 50 }, (_, index) => `a-project-${index}`);
    await createToken(environment, { name: 'first', projects });
    const made = createToken(environment, { name: 'second', projects });
    await expect(made).rejects.toMatchObject({
      code: 'store-failed',
      message: expect.stringContaining('5 MB'),
      fix: expect.stringContaining('Revoke tokens'),
    });
    expect((await listGrants(environment)).map(({ name }) => name)).toEqual(['first']);
  });

  it.each(['', '{}', 'null', 'ci', '{"name":"ci","sha256":"00"}'])(
    'has a grant that is none: %j',
    async (text) => {
      const { open, put, contents } = newStore();
      put('token-0123456789abcdef', text);
      const before = contents.entries();
      const made = createToken(environmentOn(open()), { name: 'ci' });
      await expect(made).rejects.toMatchObject({
        code: 'corrupt-record',
        value: 'token-0123456789abcdef',
        fix: expect.stringContaining('delete-key'),
      });
      expect(contents.entries()).toEqual(before);
    },
  );

  it('is asked at the endpoint of the account, where nobody names another', async () => {
    const { arn } = newStore();
    for (const name of Object.keys(aws.environment)) vi.stubEnv(name, undefined);
    const client = connectKeyValueStores({});
    const { url } = client.config.endpointProvider({ KvsARN: arn, Region: 'us-east-1', UseFIPS: false });
    expect(url.href).toBe('https://123456789012.cloudfront-kvs.global.api.aws/');
    client.destroy();
  });
});
