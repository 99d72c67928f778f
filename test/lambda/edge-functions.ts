import { fileURLToPath } from 'node:url';
import type { EdgeDecision, EdgeRequest } from '../../core/edge/decide.ts';
import { responseTo } from '../../core/edge/response.ts';
import { entry, type FunctionRequest, querystringOf } from '../support/cloudfront/viewer-function.ts';

interface Build {
  readonly EDGE_FUNCTIONS: readonly string[];
  bundleEdgeFunction(root: string, name: string): Promise<string>;
  toScript(module: string): Promise<string>;
}

export const root = fileURLToPath(new URL('../..', import.meta.url));

export const { bundleEdgeFunction, toScript, EDGE_FUNCTIONS }: Build = await import(
  new URL('../../build/edge.mjs', import.meta.url).href
);

/** A request as CloudFront gives it to a function. */
export function eventRequest(request: EdgeRequest, authorization?: string): FunctionRequest {
  const { method, path, query, accept, acceptEncoding } = request;
  return {
    method,
    uri: path,
    querystring: querystringOf(query),
    headers: {
      host: { value: 'index.example' },
      ...(accept === undefined ? {} : { accept: entry([accept]) }),
      ...(acceptEncoding === undefined ? {} : { 'accept-encoding': entry([acceptEncoding]) }),
      ...(authorization === undefined ? {} : { authorization: entry([authorization]) }),
    },
  };
}

/** What CloudFront is to get back for a decision about such a request. */
export function expectation(event: FunctionRequest, decision: EdgeDecision): object {
  if (decision.kind === 'rewrite') return { ...event, uri: decision.path, querystring: {} };
  const { status, reason, headers, body } = responseTo(decision);
  return {
    statusCode: status,
    statusDescription: reason,
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, { value }])),
    ...(body === '' || event.method === 'HEAD' ? {} : { body: { encoding: 'text', data: body } }),
  };
}

export function get(path: string): EdgeRequest {
  return { method: 'GET', path, query: '', accept: undefined, acceptEncoding: undefined };
}

/** What the runtime cannot read, though it is JavaScript. */
const BEYOND = [
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

/** The patterns of what is in a script and beyond its runtime. */
export function beyondRuntime(script: string): string[] {
  const code = script.replace(/"(?:[^"\\]|\\.)*"/g, '""');
  return BEYOND.filter((pattern) => pattern.test(code)).map(String);
}

/** Statements that njs refuses: "SyntaxError: await in arguments not supported". */
export const AWAITS_REFUSED: readonly string[] = [
  'return event(await event);',
  'return event(1, await event);',
  'const x = event(await event); return event(x, x);',
  'return event({ x: await event });',
  'return event([await event]);',
  'return event.x(() => 1, !(await event));',
  'return event(`${await event}`);',
  'return event(`\\n${await event}`);',
  'let x; return event(1, x = await event);',
  'let x; const y = event({}, x = await event); return event(y, y, x);',
  'throw new event(await event);',
];

/** Statements with what CloudFront documents as missing; some engines read it. */
export const ASYNC_CLOSURES: readonly string[] = [
  'const x = async () => event; return x();',
  'const x = async function () { return event; }; return x();',
];

/** Statements that await where it is understood. */
export const AWAITS_TAKEN: readonly string[] = [
  'await event;',
  'return await event;',
  'const x = await event; return [x, x];',
  'const x = event(), y = await event(x); return event(y, x, y);',
  'let x; x = await event; event(x); return x;',
  'if (await event) throw event;',
  'try { return await event; } catch (e) { await event; throw e; }',
];

/** What something else may have written under the key of a token, with HASH for that of the token. */
export const STRANGE_GRANTS: readonly string[] = [
  '',
  'no JSON',
  'null',
  'true',
  '1',
  '"HASH"',
  '["HASH"]',
  '{}',
  '{"sha256":null}',
  '{"sha256":["HASH"],"expires":0}',
  '{"sha256":"HASH","expires":0}',
  '{"sha256":"HASH","expires":"soon"}',
  '{"sha256":"HASH","expires":{}}',
  '{"sha256":"HASH","projects":{}}',
  '{"sha256":"HASH","projects":"foo"}',
  '{"sha256":"HASH","projects":[1]}',
  '{"sha256":"HASH","projects":[]}',
  '{"sha256":"HASH"',
];
