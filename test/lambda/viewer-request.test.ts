import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { decide, type EdgeDecision, type EdgeRequest } from '../../core/edge/decide.ts';
import { responseTo } from '../../core/edge/response.ts';
import { ROUTES } from '../core/edge/routing-table.ts';
import {
  entry,
  type FunctionRequest,
  querystringOf,
  ViewerFunction,
} from '../support/cloudfront/viewer-function.ts';

interface Build {
  bundleEdgeFunction(root: string, name: string): Promise<string>;
  toScript(module: string): Promise<string>;
}

const root = fileURLToPath(new URL('../..', import.meta.url));
const { bundleEdgeFunction, toScript }: Build = await import(
  new URL('../../build/edge.mjs', import.meta.url).href
);

let source: string;
let run: (request: FunctionRequest) => Promise<unknown>;

function eventRequest(request: EdgeRequest): FunctionRequest {
  const { method, path, query, accept, acceptEncoding } = request;
  return {
    method,
    uri: path,
    querystring: querystringOf(query),
    headers: {
      host: { value: 'index.example' },
      ...(accept === undefined ? {} : { accept: entry([accept]) }),
      ...(acceptEncoding === undefined ? {} : { 'accept-encoding': entry([acceptEncoding]) }),
    },
  };
}

/** What CloudFront is to get back for a decision. */
function expectation(request: EdgeRequest, decision: EdgeDecision): object {
  if (decision.kind === 'rewrite') {
    return { ...eventRequest(request), uri: decision.path, querystring: {} };
  }
  const { status, reason, headers, body } = responseTo(decision);
  return {
    statusCode: status,
    statusDescription: reason,
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, { value }])),
    ...(body === '' || request.method === 'HEAD' ? {} : { body: { encoding: 'text', data: body } }),
  };
}

beforeAll(async () => {
  source = await bundleEdgeFunction(root, 'viewer-request');
  const viewerFunction = new ViewerFunction(source);
  run = (request) => viewerFunction.call(request);
});

describe('The bundled edge function', () => {
  it.each(ROUTES)('$does', async ({ request, decision }) => {
    expect(await run(eventRequest(request))).toEqual(expectation(request, decision));
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
        expect(await run(eventRequest(request))).toEqual(expectation(request, decide(request)));
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
    const code = source.replace(/"(?:[^"\\]|\\.)*"/g, '""');
    const beyond = [
      /\bfor\s*(?:await)?\s*\([^;)]*\bof\b/,
      /\b(?:const|let|var)\s*[[{]/,
      /,\s*[[{][\w$,\s]*[\]}]\s*=[^=]/,
      /\(\{[\w$,\s]*\}\)\s*=>/,
      /\bfunction\s*[\w$]*\([^)]*[={[]/,
      /\.\.\./,
      /\?\.(?!\d)/,
      /\?\?/,
      /\bclass\b|\bextends\b|\byield\b|\bfunction\s*\*|\bimport\b/,
      /\bcatch\s*\{/,
      /(?:\|\||&&)=/,
      /\b\d+n\b|\d_\d/,
      /\(\?<|\\p\{|\\u\{/,
    ];
    expect(beyond.filter((pattern) => pattern.test(code)).map(String)).toEqual([]);
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

function get(path: string): EdgeRequest {
  return { method: 'GET', path, query: '', accept: undefined, acceptEncoding: undefined };
}
