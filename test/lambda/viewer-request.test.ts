import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { decide } from '../../core/edge/decide.ts';
import { ROUTES } from '../core/edge/routing-table.ts';
import { entry, type FunctionRequest, ViewerFunction } from '../support/cloudfront/viewer-function.ts';
import {
  ASYNC_CLOSURES,
  AWAITS_REFUSED,
  AWAITS_TAKEN,
  beyondRuntime,
  bundleEdgeFunction,
  eventRequest,
  expectation,
  get,
  root,
  toScript,
} from './edge-functions.ts';

let source: string;
let run: (request: FunctionRequest) => Promise<unknown>;

beforeAll(async () => {
  source = await bundleEdgeFunction(root, 'viewer-request');
  const viewerFunction = new ViewerFunction(source);
  run = (request) => viewerFunction.call(request);
});

describe('The bundled edge function', () => {
  it.each(ROUTES)('$does', async ({ request, decision }) => {
    expect(await run(eventRequest(request))).toEqual(expectation(eventRequest(request), decision));
  });

  it('decides as the edge does elsewhere, whatever comes in', async () => {
    const text = fc.string({ unit: 'binary-ascii' });
    const requests = fc.record({
      method: fc.constantFrom('GET', 'HEAD', 'POST'),
      path: fc.oneof(
        text,
        fc.webPath(),
        fc.webSegment().map((name) => `/simple/${name}`),
      ),
      query: fc.constant(''),
      accept: fc.option(text, { nil: undefined }),
      acceptEncoding: fc.option(text, { nil: undefined }),
    });
    await fc.assert(
      fc.asyncProperty(requests, async (request) => {
        expect(await run(eventRequest(request))).toEqual(expectation(eventRequest(request), decide(request)));
      }),
      { numRuns: 300 },
    );
  });

  it('reads a header that was sent in several lines', async () => {
    const request = eventRequest({ ...get('/simple/foo/'), accept: 'text/html;q=0.1' });
    request.headers['accept'] = entry(['text/html;q=0.1', 'application/vnd.pypi.simple.v1+json']);
    request.headers['accept-encoding'] = entry(['br', 'gzip']);
    expect(await run(request)).toMatchObject({ uri: '/simple/foo/index.json.gz' });
  });

  it('drops the query from what it rewrites, so that it cannot split the cache', async () => {
    const request = eventRequest({ ...get('/simple/foo/'), query: 'x=1&x=2&y' });
    expect(await run(request)).toMatchObject({ uri: '/simple/foo/index.html', querystring: {} });
  });

  it('keeps names and values of a query that look like those of objects', async () => {
    const request = eventRequest({ ...get('/simple/foo'), query: 'constructor=1&toString' });
    expect(await run(request)).toMatchObject({
      headers: { location: { value: '/simple/foo/?constructor=1&toString' } },
    });
  });

  it('fits into the quota with room to spare', () => {
    expect(Buffer.byteLength(source)).toBeLessThan(8_192);
  });

  it('is a script whose entry has the name that CloudFront calls', () => {
    expect(source).toMatch(/\bfunction handler\(/);
    expect(source).not.toMatch(/\b(?:import|export)\b/);
  });

  it('has no syntax beyond that of its runtime', () => {
    expect(beyondRuntime(source)).toEqual([]);
  });
});

describe('The build of an edge function', () => {
  const refused = [
    'for (const one of event) one();',
    'const { request } = event;',
    'const [first] = event;',
    'event(...event);',
    'class Thing {}',
    'function f(a = 1) {} f();',
    'function* f() {} f();',
    'return new Map();',
    'return new Set();',
    'Array.from(event);',
    'event.at(-1);',
    'Object.fromEntries(event);',
    'new URL(event);',
    '/(?<!a)b/.test(event);',
    '/(?<name>a)/.test(event);',
    '/a/u.test(event);',
    '/a.b/s.test(event);',
    'process.exit();',
    'eval(event);',
  ];

  it.each(refused)('refuses %s', async (statement) => {
    const module = `function handler(event) { ${statement} }\nexport { handler };\n`;
    await expect(toScript(module)).rejects.toThrow();
  });

  it.each([...AWAITS_REFUSED, ...ASYNC_CLOSURES])('refuses where it is async: %s', async (statement) => {
    const module = `async function handler(event) { ${statement} }\nexport { handler };\n`;
    await expect(toScript(module)).rejects.toThrow(/await|async/);
  });

  it.each(AWAITS_TAKEN)('takes where it is async: %s', async (statement) => {
    const module = `async function handler(event) { ${statement} }\nexport { handler };\n`;
    expect(await toScript(module)).toMatch(/^async function handler\(/);
  });

  it.each(['event?.request', 'event ?? 1', 'event ||= 1', '{ event }'])(
    'writes %s in older words',
    async (value) => {
      const code = await toScript(`function handler(event) { return (${value}); }\nexport { handler };\n`);
      expect(code).toMatch(/^function handler\(/);
      expect(code).not.toMatch(/\?\.|\?\?|\|\|=|\{\w\}/);
    },
  );

  it('refuses what is larger than the quota', async () => {
    const module = `function handler(event) { return ${JSON.stringify('x'.repeat(10_240))}; }\nexport { handler };\n`;
    await expect(toScript(module)).rejects.toThrow();
  });

  it('refuses a module without the entry, and one with more', async () => {
    await expect(toScript('function other() {}\nexport { other };\n')).rejects.toThrow();
    await expect(
      toScript('function handler() {}\nfunction other() {}\nexport { handler, other };\n'),
    ).rejects.toThrow();
  });
});
