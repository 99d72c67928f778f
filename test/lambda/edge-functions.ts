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
