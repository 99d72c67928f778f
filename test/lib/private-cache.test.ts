import { describe, expect, it } from 'vitest';
import { toTimestamp } from '../../core/access/grant.ts';
import { small } from '../cli/repositories.ts';
import { isCertificateMissing } from '../support/certificate.ts';
import type { Asked, Got } from '../support/cloudfront/viewer.ts';
import { basic, giveToken, revokeToken } from '../support/readers.ts';
import { replaced } from './changed-template.ts';
import { ServedBuckets, type ServedBucket } from './served.ts';

const buckets = new ServedBuckets();

const V1_JSON = 'application/vnd.pypi.simple.v1+json';

/** A private index with one release, whose pages are kept at the edge. */
async function privateIndex(): Promise<ServedBucket> {
  const served = await buckets.serve({ settings: { access: 'private', pageTtlSeconds: '300' } });
  await served.repository.add(...small('foo', '1.0'));
  return served;
}

const withToken = (token: string, { method = 'GET', headers = {} }: Asked = {}): Asked => ({
  method,
  headers: { ...headers, authorization: basic(token) },
});

async function wheelOfFoo({ ask }: ServedBucket, token: string): Promise<string> {
  const { text } = await ask('/simple/foo/', withToken(token, { headers: { accept: V1_JSON } }));
  const { files } = JSON.parse(text) as { files: { url: string }[] };
  return new URL(files[0]?.url ?? '', 'https://index.example/simple/foo/').pathname;
}

const sourceOf = ({ headers }: Got): string | undefined => String(headers['x-cache']).split(' ')[0];

const isSkipped = isCertificateMissing();
const ending = isSkipped ? ' (skipped: needs openssl)' : '';

describe.skipIf(isSkipped)(`What is in the cache of a private index${ending}`, () => {
  it('is for nobody without a token, though somebody with one has fetched it', async () => {
    const served = await privateIndex();
    const { ask, front } = served;
    const token = giveToken(front.tokens);
    const wheel = await wheelOfFoo(served, token);
    for (const path of ['/simple/', '/simple/foo/', wheel, `${wheel}.metadata`]) {
      await ask(path, withToken(token));
      const hit = await ask(path, withToken(token));
      expect([hit.status, sourceOf(hit)], path).toEqual([200, 'Hit']);
      const etag = String(hit.headers['etag']);
      const ways: Asked[] = [
        {},
        { method: 'HEAD' },
        { headers: { 'if-none-match': etag } },
        { headers: { 'if-match': '"other"' } },
        { headers: { range: 'bytes=0-9' } },
        { headers: { range: 'bytes=0-9', 'if-range': etag } },
        { headers: { 'cache-control': 'only-if-cached' } },
        { headers: { authorization: basic('secret') } },
      ];
      for (const asked of ways) {
        const refused = await ask(path, asked);
        expect([refused.status, sourceOf(refused)], path).toEqual([401, 'FunctionGeneratedResponse']);
        expect(refused.headers).not.toHaveProperty('etag');
        expect(refused.text).not.toContain('foo');
      }
    }
  });

  it('answers conditions and ranges of those who have one', async () => {
    const served = await privateIndex();
    const token = giveToken(served.front.tokens);
    const wheel = await wheelOfFoo(served, token);
    const { headers } = await served.ask(wheel, withToken(token));
    const known = { headers: { 'if-none-match': String(headers['etag']) } };
    expect((await served.ask(wheel, withToken(token, known))).status).toBe(304);
    expect((await served.ask(wheel, withToken(token, { headers: { range: 'bytes=0-9' } }))).status).toBe(206);
  });

  it('is fetched once for all who have a token: what distinguishes them is not in its key', async () => {
    const served = await privateIndex();
    const { ask, front } = served;
    const wheel = await wheelOfFoo(served, giveToken(front.tokens));
    for (let count = 0; count < 3; count++) {
      const limits = count === 2 ? { projects: ['f*'] } : {};
      expect((await ask(wheel, withToken(giveToken(front.tokens, limits)))).status).toBe(200);
    }
    expect(front.log.origin.filter(({ uri }) => uri === wheel)).toHaveLength(1);
  });

  it('is for no token that is for other projects', async () => {
    const served = await privateIndex();
    const { ask, front } = served;
    const token = giveToken(front.tokens);
    const limited = giveToken(front.tokens, { projects: ['bar'] });
    const wheel = await wheelOfFoo(served, token);
    for (const [path, status] of [
      ['/simple/', 403],
      ['/simple/foo/', 404],
      [wheel, 404],
    ] as const) {
      await ask(path, withToken(token));
      expect((await ask(path, withToken(limited))).status, path).toBe(status);
      expect((await ask(path, withToken(token))).status, path).toBe(200);
    }
  });
});

describe.skipIf(isSkipped)(`A token${ending}`, () => {
  it('opens nothing from the request on that follows its revocation, and nothing that is cached', async () => {
    const served = await privateIndex();
    const { ask, front } = served;
    const [leaving, staying] = [giveToken(front.tokens), giveToken(front.tokens)];
    const wheel = await wheelOfFoo(served, leaving);
    for (const path of ['/simple/', '/simple/foo/', wheel]) await ask(path, withToken(leaving));
    revokeToken(front.tokens, leaving);
    for (const path of ['/simple/', '/simple/foo/', wheel]) {
      expect((await ask(path, withToken(leaving))).status, path).toBe(401);
      expect((await ask(path, withToken(staying))).status, path).toBe(200);
    }
  });

  it('opens everything from the request on that follows its making, and until the second it expires', async () => {
    const { ask, front } = await privateIndex();
    // In whole seconds, as grants have it.
    const now = Math.floor(front.clock.now() / 1000) * 1000;
    const token = giveToken(front.tokens, { expires: toTimestamp(new Date(now + 60_000)) });
    const statusAfter = async (seconds: number): Promise<number> => {
      front.clock.advance(seconds);
      return (await ask('/simple/foo/', withToken(token))).status;
    };
    expect([await statusAfter(0), await statusAfter(58), await statusAfter(2)]).toEqual([200, 200, 401]);
  });
});

describe.skipIf(isSkipped)(`A key-value store that fails${ending}`, () => {
  it.each(['reading', 'everything'] as const)('opens nothing, and says so: %s', async (failure) => {
    const served = await privateIndex();
    const { ask, front } = served;
    const token = giveToken(front.tokens);
    const wheel = await wheelOfFoo(served, token);
    const paths = ['/simple/', '/simple/foo/', wheel];
    for (const path of paths) await ask(path, withToken(token));
    front.edgeCopy.failure = failure;
    for (const path of [...paths, '/simple/nothing/', '/tokens.json']) {
      const failed = await ask(path, withToken(token));
      expect([failed.status, failed.text], path).toEqual([503, 'Service Unavailable\n']);
      expect(failed.headers['cache-control']).toBe('no-store');
      expect((await ask(path)).status, path).toBe(401);
    }
    expect((await ask('/foo/')).status).toBe(301);
    front.edgeCopy.failure = undefined;
    for (const path of paths) expect((await ask(path, withToken(token))).status, path).toBe(200);
  });
});

describe.skipIf(isSkipped)(`A private index as it is deployed${ending}`, () => {
  const settings = { access: 'private' };

  it('opens to nobody where the store is not associated with its function', async () => {
    const change = replaced(/"KeyValueStoreAssociations":\[[^\]]*\]\}\}\],/, '');
    const { ask, front, repository } = await buckets.serve({ settings, change });
    await repository.add(...small('foo', '1.0'));
    expect((await ask('/simple/foo/', withToken(giveToken(front.tokens)))).status).toBe(503);
    expect((await ask('/simple/foo/')).status).toBe(401);
  });

  it.each([
    [
      'values that come with the stack',
      /("AWS::CloudFront::KeyValueStore","Properties":\{)/,
      '$1"ImportSource":{},',
    ],
    [
      'more than one store',
      /"KeyValueStoreAssociations":\[/,
      '"KeyValueStoreAssociations":[{"KeyValueStoreARN":"x"},',
    ],
  ])('is not served by the stand-in with %s, which it does not know', async (_what, pattern, by) => {
    await expect(buckets.serve({ settings, change: replaced(pattern, by) })).rejects.toThrow(
      /does not know|one key-value store/,
    );
  });

  it('has a root that a token opens and nothing else, where the default object comes first', async () => {
    const { ask, front, repository } = await buckets.serve({ settings, rootObject: 'before the function' });
    await repository.add(...small('foo', '1.0'));
    expect((await ask('/')).status).toBe(401);
    const { status, text } = await ask('/', withToken(giveToken(front.tokens)));
    expect([status, text]).toEqual([200, expect.stringContaining('foo')]);
  });
});
