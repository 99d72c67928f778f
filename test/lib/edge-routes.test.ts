import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EdgeDecision, EdgeRequest } from '../../core/edge/decide.ts';
import { keyOf } from '../../core/edge/key.ts';
import { small } from '../cli/repositories.ts';
import { ROUTES } from '../core/edge/routing-table.ts';
import { isCertificateMissing } from '../support/certificate.ts';
import type { Asked, Got } from '../support/cloudfront/viewer.ts';
import { ServedBuckets, type ServedBucket } from './served.ts';

const buckets = new ServedBuckets();

/** Whether a request can be written in HTTP at all; CloudFront answers 400 to others. */
function isHttp({ method, path, query, accept, acceptEncoding }: EdgeRequest): boolean {
  const target = `${path}${query}`;
  const headers = `${accept ?? ''}${acceptEncoding ?? ''}`;
  return (
    method !== 'CONNECT' && /^\/[!-~]*$/.test(target) && !target.includes('#') && /^[ -~\t]*$/.test(headers)
  );
}

const EXPRESSIBLE = ROUTES.filter(({ request }) => isHttp(request));

function askedFor({ method, accept, acceptEncoding }: EdgeRequest): Asked {
  return {
    method,
    headers: {
      ...(accept === undefined ? {} : { accept }),
      ...(acceptEncoding === undefined ? {} : { 'accept-encoding': acceptEncoding }),
    },
  };
}

/** What a viewer is to see of a decision: where the objects hold their own keys. */
function seenOf({ method }: EdgeRequest, decision: EdgeDecision): object {
  if (decision.kind === 'redirect') return { status: decision.status, location: decision.location };
  // The distribution itself refuses other methods, before the function is asked.
  if (decision.kind === 'answer') return { status: decision.status === 405 ? 403 : decision.status };
  return { status: 200, text: method === 'HEAD' ? '' : keyOf(decision) };
}

function seen({ status, headers, text }: Got): object {
  if (status === 200) return { status, text };
  return headers['location'] === undefined ? { status } : { status, location: headers['location'] };
}

const isSkipped = isCertificateMissing();
const ending = isSkipped ? ' (skipped: needs openssl)' : '';

describe.skipIf(isSkipped).each([
  ['', {}],
  ['team/packages/', { prefix: 'team/packages' }],
])(`The routing table, through the distribution, with the prefix "%s"${ending}`, (prefix, settings) => {
  let served: ServedBucket;

  beforeAll(async () => {
    served = await buckets.serveUntil({ settings });
    const keys = ROUTES.flatMap(({ decision }) => (decision.kind === 'rewrite' ? [keyOf(decision)] : []));
    for (const key of new Set(keys)) await served.put(`${prefix}${key}`, key);
  });

  afterAll(() => served.front.close());

  it('can be asked nearly as a whole', () => {
    expect(EXPRESSIBLE.length).toBeGreaterThan(0.9 * ROUTES.length);
  });

  it.each(EXPRESSIBLE)('$does', async ({ request, decision }) => {
    const target = request.query === '' ? request.path : `${request.path}?${request.query}`;
    expect(seen(await served.ask(target, askedFor(request)))).toEqual(seenOf(request, decision));
  });
});

describe.skipIf(isSkipped)(`What is nobody's business${ending}`, () => {
  it.each(['', 'team/'])('is never served, with the prefix "%s"', async (prefix) => {
    const served = await buckets.serve({ settings: prefix === '' ? {} : { prefix } });
    await served.repository.add(...small('foo', '1.0'));
    await served.repository.run('status', 'foo', 'archived');
    await served.put(`${prefix}.wheelstore/versions/x`, 'secret');
    await served.put('elsewhere.txt', 'secret');
    const hidden = buckets.s3.keys(served.name).filter((key) => !/^(team\/)?(simple|files)\//.test(key));
    expect(hidden).toContain(`${prefix}records/default/foo.json`);
    const paths = hidden.flatMap((key) => [`/${key}`, `/${key.slice(prefix.length)}`]);
    const spellings = paths.flatMap((path) => [
      path,
      path.replace('/r', '/%72'),
      `/simple/..${path}`,
      `/${path}`,
    ]);
    for (const path of spellings) {
      const { status, text } = await served.ask(path);
      expect(status, path).toBe(404);
      expect(text).not.toMatch(/secret|serial/);
    }
    expect((await served.ask('/simple/foo/')).status).toBe(200);
  });

  it.each(['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'])('is changed by no %s', async (method) => {
    const served = await buckets.serve();
    expect((await served.ask('/simple/foo/index.html', { method })).status).toBe(403);
    expect(served.front.log.origin).toEqual([]);
  });
});

describe.skipIf(isSkipped)(`The root${ending}`, () => {
  it('leads to the project list', async () => {
    const served = await buckets.serve();
    await served.repository.add(...small('foo', '1.0'));
    const { status, headers } = await served.ask('/');
    expect([status, headers['location']]).toEqual([302, '/simple/']);
  });

  it('is the project list, whose links lead somewhere, where the default object comes first', async () => {
    const served = await buckets.serve({ rootObject: 'before the function' });
    await served.repository.add(...small('foo', '1.0'));
    const { status, text } = await served.ask('/');
    const href = /<a href="([^"]*)">foo</.exec(text)?.[1] ?? '';
    expect([status, href]).toEqual([200, 'foo/']);
    expect((await served.ask(`/${href}`)).headers['location']).toBe('/simple/foo/');
  });
});
