// Runs in CloudFront Functions: see core/edge/decide.ts.
import type { EdgeDecision, EdgeRequest } from '../core/edge/decide.ts';
import { type EdgeResponse, responseTo } from '../core/edge/response.ts';

interface Value {
  readonly value: string;
  /** Present where the name occurs more than once; holds the first value too. */
  readonly multiValue?: readonly { readonly value: string }[];
}

/** CloudFront Functions, event structure: names are in lower case, queries as they were sent. */
export interface ViewerRequest {
  readonly method: string;
  uri: string;
  querystring: Record<string, Value>;
  readonly headers: Record<string, Value>;
}

export interface ViewerResponse {
  readonly statusCode: number;
  readonly statusDescription: string;
  readonly headers: Record<string, { readonly value: string }>;
  readonly body?: { readonly encoding: 'text'; readonly data: string };
}

function valuesOf(entry: Value): string[] {
  return entry.multiValue ? entry.multiValue.map((one) => one.value) : [entry.value];
}

/** Several headers of one name are joined by a comma. */
export function headerOf(request: ViewerRequest, name: string): string | undefined {
  const header = request.headers[name];
  return header ? valuesOf(header).join(', ') : undefined;
}

function queryOf(request: ViewerRequest): string {
  const pairs: string[] = [];
  Object.keys(request.querystring).forEach((name) => {
    valuesOf(request.querystring[name] as Value).forEach((value) => {
      pairs.push(value === '' ? name : `${name}=${value}`);
    });
  });
  return pairs.join('&');
}

function viewerResponse(response: EdgeResponse, method: string): ViewerResponse {
  const headers: Record<string, { value: string }> = {};
  Object.keys(response.headers).forEach((name) => {
    headers[name] = { value: String(response.headers[name]) };
  });
  const head = { statusCode: response.status, statusDescription: response.reason, headers: headers };
  if (response.body === '' || method === 'HEAD') return head;
  return Object.assign(head, { body: { encoding: 'text' as const, data: response.body } });
}

/** What the edge looks at, of a request as CloudFront gives it. */
export function edgeRequestOf(request: ViewerRequest): EdgeRequest {
  return {
    method: request.method,
    path: request.uri,
    query: queryOf(request),
    accept: headerOf(request, 'accept'),
    acceptEncoding: headerOf(request, 'accept-encoding'),
  };
}

/** What CloudFront is to do about a request: look for an object, or send this. */
export function outcomeOf(request: ViewerRequest, decision: EdgeDecision): ViewerRequest | ViewerResponse {
  if (decision.kind !== 'rewrite') return viewerResponse(responseTo(decision), request.method);
  request.uri = decision.path;
  // The path says it all: a query must not split the cache.
  request.querystring = {};
  return request;
}
