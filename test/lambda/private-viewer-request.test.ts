import fc from 'fast-check';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { hashOfToken } from '../../core/access/token.ts';
import { admit, type EdgeGrant, grantKey } from '../../core/edge/access.ts';
import { decide, type EdgeDecision, type EdgeRequest } from '../../core/edge/decide.ts';
import { ROUTES } from '../core/edge/routing-table.ts';
import { KeyValueStoreContents } from '../support/aws/key-value-store-contents.ts';
import { EdgeCopy } from '../support/cloudfront/edge-copy.ts';
import { entry, type FunctionRequest, ViewerFunction } from '../support/cloudfront/viewer-function.ts';
import { basic, giveToken, revokeToken } from '../support/readers.ts';
import {
  beyondRuntime,
  bundleEdgeFunction,
  eventRequest,
  expectation,
  get,
  root,
  STRANGE_GRANTS,
} from './edge-functions.ts';

/** The function runs as of this moment. */
const NOW = Date.parse('2026-06-01T12:00:00Z');

let source: string;
let tokens: KeyValueStoreContents;
let copy: EdgeCopy;
let run: (request: FunctionRequest) => Promise<unknown>;

beforeAll(async () => {
  source = await bundleEdgeFunction(root, 'private-viewer-request');
});

beforeEach(() => {
  tokens = new KeyValueStoreContents();
  copy = new EdgeCopy(tokens);
  const viewerFunction = new ViewerFunction(source, { now: () => NOW, tokens: copy });
  run = (request) => viewerFunction.call(request);
});

/** What the check in core/ leaves of the decision, from the same store. */
function admittedHere(request: EdgeRequest, authorization: string | undefined): Promise<EdgeDecision> {
  const find = async (key: string): Promise<EdgeGrant | undefined> => {
    const value = tokens.get(key);
    return value === undefined ? undefined : (JSON.parse(value) as EdgeGrant);
  };
  return admit(decide(request), authorization, { sha256: hashOfToken, find, now: NOW });
}

async function expectSame(request: EdgeRequest, authorization: string | undefined): Promise<void> {
  const event = eventRequest(request, authorization);
  const decision = await admittedHere(request, authorization);
  expect(await run(event)).toEqual(expectation(eventRequest(request, authorization), decision));
}

const statusOf = async (authorization: string | undefined, path = '/simple/foo/'): Promise<unknown> => {
  const outcome = (await run(eventRequest(get(path), authorization))) as Record<string, unknown>;
  return outcome['statusCode'] ?? outcome['uri'];
};

describe('The bundled edge function of a private index', () => {
  it.each(ROUTES)('$does, for whoever may', async ({ request, decision }) => {
    const header = basic(giveToken(tokens));
    const event = eventRequest(request, header);
    expect(await run(event)).toEqual(expectation(eventRequest(request, header), decision));
    await expectSame(request, undefined);
    await expectSame(request, basic(giveToken(tokens, { projects: ['foo', 'a*'] })));
  });

  it('admits as the check does elsewhere, whatever comes in', async () => {
    const readers = [
      giveToken(tokens),
      giveToken(tokens, { projects: ['foo', 'b*r'] }),
      giveToken(tokens, { expires: '2026-06-01T12:00:00Z' }),
      giveToken(tokens, { expires: '2026-06-01T12:00:01Z', projects: ['*-core'] }),
    ];
    const text = fc.string({ unit: 'binary-ascii' });
    const password = fc.oneof(
      fc.constantFrom(...readers),
      fc.tuple(fc.constantFrom(...readers), text).map((parts) => parts.join('')),
      text,
    );
    const header = fc.oneof(
      fc.constant(undefined),
      fc
        .tuple(password, fc.string(), fc.constantFrom('Basic', 'bASIC', 'Bearer'))
        .map(([secret, user, scheme]) => basic(secret, user, scheme)),
      text,
      text.map((rest) => `Basic ${rest}`),
    );
    const path = fc.oneof(
      text,
      fc.constantFrom('foo', 'bar', 'acme-core', 'other').map((name) => `/simple/${name}/`),
      fc.constantFrom('/simple/', '/', '/foo/', '/files/foo/0123456789abcdef/foo-1.0.tar.gz'),
    );
    await fc.assert(
      fc.asyncProperty(path, header, (target, authorization) => expectSame(get(target), authorization)),
      { numRuns: 500 },
    );
  });

  it('sees a token that is made, and one that is revoked, at the next request', async () => {
    const token = giveToken(tokens);
    expect(await statusOf(basic(token))).toBe('/simple/foo/index.html');
    revokeToken(tokens, token);
    expect(await statusOf(basic(token))).toBe(401);
  });

  it('lets nobody in who sends two headers, whichever of them is right', async () => {
    const right = basic(giveToken(tokens));
    for (const values of [
      [right, right],
      [right, 'Basic eDp5'],
      ['Basic eDp5', right],
    ]) {
      const event = eventRequest(get('/simple/foo/'));
      event.headers['authorization'] = entry(values);
      expect(await run(event)).toMatchObject({ statusCode: 401 });
    }
  });

  it.each(['reading', 'everything'] as const)(
    'answers 503 where the token is there and the store fails: %s',
    async (failure) => {
      const token = giveToken(tokens);
      copy.failure = failure;
      expect(await statusOf(basic(token))).toBe(503);
      // Nothing has to be looked up for these.
      expect(await statusOf(undefined)).toBe(401);
      expect(await statusOf(basic('secret'))).toBe(401);
      expect(await statusOf(undefined, '/foo')).toBe(301);
      copy.failure = undefined;
      expect(await statusOf(basic(token))).toBe('/simple/foo/index.html');
    },
  );

  it('answers 503 to any token where not even absence can be told, and 401 where it can', async () => {
    const token = giveToken(tokens);
    revokeToken(tokens, token);
    copy.failure = 'everything';
    expect(await statusOf(basic(token))).toBe(503);
    copy.failure = 'reading';
    expect(await statusOf(basic(token))).toBe(401);
  });

  it('answers 503 without a key-value store: it never opens by a mistake of the deployment', async () => {
    const alone = new ViewerFunction(source, { now: () => NOW });
    const ask = (header: string | undefined): Promise<unknown> =>
      alone.call(eventRequest(get('/simple/foo/'), header));
    expect(await ask(basic(giveToken(tokens)))).toMatchObject({ statusCode: 503 });
    expect(await ask(undefined)).toMatchObject({ statusCode: 401 });
  });

  it.each(STRANGE_GRANTS)('serves nothing where %j was written by something else', async (value) => {
    const token = giveToken(tokens);
    const sha256 = hashOfToken(token);
    tokens.update(tokens.etag, [[grantKey(sha256), value.replaceAll('HASH', sha256)]]);
    expect(await statusOf(basic(token))).toBeOneOf([401, 404, 503]);
  });

  it('fits into the quota', () => {
    expect(Buffer.byteLength(source)).toBeLessThan(10_240);
  });

  it('is a script whose entry has the name that CloudFront calls, after what it imports', () => {
    const [first, second, ...rest] = source.split('\n');
    expect([first, second]).toEqual(['import cloudfront from "cloudfront";', 'import crypto from "crypto";']);
    expect(rest.join('\n')).toMatch(/\basync function handler\(/);
    expect(rest.join('\n')).not.toMatch(/\b(?:import|export)\b/);
    expect(beyondRuntime(rest.join('\n'))).toEqual([]);
  });
});
