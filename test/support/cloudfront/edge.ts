import type { IncomingMessage } from 'node:http';
import type { Cache, Source } from './cache.ts';
import type { Clock } from './clock.ts';
import type { EdgeCopy } from './edge-copy.ts';
import type { Behavior, Distribution, EdgeFunction } from './model.ts';
import { applyConditions, type ViewerAnswer } from './viewer-conditions.ts';
import {
  entry,
  querystringOf,
  ViewerFunction,
  type FunctionRequest,
  type FunctionResponse,
} from './viewer-function.ts';
import { matches } from './wildcards.ts';

/** An answer, and how it came about. */
export interface EdgeAnswer extends ViewerAnswer {
  /** The path that was looked up; `undefined` where nothing was. */
  readonly uri: string | undefined;
  readonly source: Source | 'FunctionGeneratedResponse' | 'Refused';
}

/** Whether a function sees `/`, or the object in its place: what is published of CloudFront says neither. */
export type RootObject = 'before the function' | 'after the function';

/** What an edge location works with. */
export interface EdgeParts {
  readonly cache: Cache;
  readonly rootObject: RootObject;
  readonly clock: Clock;
  readonly tokens: EdgeCopy;
}

/** What one edge location does with a request. */
export class Edge {
  readonly #distribution: Distribution;
  readonly #cache: Cache;
  readonly #rootObject: RootObject;
  readonly #clock: Clock;
  readonly #tokens: EdgeCopy;
  readonly #functions = new Map<string, ViewerFunction>();

  constructor(distribution: Distribution, { cache, rootObject, clock, tokens }: EdgeParts) {
    this.#distribution = distribution;
    this.#cache = cache;
    this.#rootObject = rootObject;
    this.#clock = clock;
    this.#tokens = tokens;
  }

  async answer(incoming: IncomingMessage): Promise<EdgeAnswer> {
    const { method = '', url = '' } = incoming;
    const mark = url.indexOf('?');
    const path = mark < 0 ? url : url.slice(0, mark);
    const behavior = this.#behaviorFor(path);
    if (!behavior.allowedMethods.includes(method)) return refusal();
    const request: FunctionRequest = {
      method,
      uri: this.#rootObject === 'before the function' ? this.#rootObjectFor(path) : path,
      querystring: querystringOf(mark < 0 ? '' : url.slice(mark + 1)),
      headers: headersOf(incoming),
    };
    const result = await this.#call(behavior, request);
    if ('statusCode' in result) return generated(result);
    return this.#fromCache(this.#rootObjectFor(result.uri), behavior, incoming);
  }

  /** The first one whose pattern fits the path, normalized as RFC 3986 has it. */
  #behaviorFor(path: string): Behavior {
    const normalized = normalizedPath(path);
    const found = this.#distribution.behaviors.find(({ pathPattern }) => matches(pathPattern, normalized));
    if (found === undefined) throw new Error(`No behaviour is for ${path}`);
    return found;
  }

  #rootObjectFor(uri: string): string {
    const { defaultRootObject } = this.#distribution;
    return uri === '/' && defaultRootObject !== undefined ? `/${defaultRootObject}` : uri;
  }

  async #call(
    { viewerRequest }: Behavior,
    request: FunctionRequest,
  ): Promise<FunctionRequest | FunctionResponse> {
    if (viewerRequest === undefined) return request;
    const known = this.#functions.get(viewerRequest.code) ?? this.#load(viewerRequest);
    this.#functions.set(viewerRequest.code, known);
    return known.call(request);
  }

  #load({ code, hasTokens }: EdgeFunction): ViewerFunction {
    return new ViewerFunction(code, {
      now: () => this.#clock.now(),
      tokens: hasTokens ? this.#tokens : undefined,
    });
  }

  async #fromCache(uri: string, behavior: Behavior, incoming: IncomingMessage): Promise<EdgeAnswer> {
    const { source, age, ...answer } = await this.#cache.get(uri, behavior.ttl);
    const { status, headers: own, body } = applyConditions(answer, incoming.headers);
    const headers = new Map(own).set('x-cache', `${source} from cloudfront`);
    if (age !== undefined) headers.set('age', String(age));
    for (const { name, value, override } of behavior.headers) {
      if (override || !headers.has(name)) headers.set(name, value);
    }
    return { status, headers, body, uri, source };
  }
}

function headersOf({ headersDistinct }: IncomingMessage): FunctionRequest['headers'] {
  return Object.fromEntries(
    Object.entries(headersDistinct).map(([name, values]) => [name, entry(values ?? [])]),
  );
}

/** Unreserved characters are decoded, and dots resolved. */
function normalizedPath(path: string): string {
  const decoded = path.replaceAll(/%[0-9a-f]{2}/gi, (escape) => {
    const character = String.fromCharCode(Number.parseInt(escape.slice(1), 16));
    return /[A-Za-z0-9._~-]/.test(character) ? character : escape.toUpperCase();
  });
  const segments: string[] = [];
  for (const segment of decoded.split('/')) {
    if (segment === '..') segments.pop();
    else if (segment !== '.') segments.push(segment);
  }
  return segments.join('/');
}

/** Without the headers of the policy: whether CloudFront adds them here is not for a test to rest on. */
function generated({ statusCode, headers, body }: FunctionResponse): EdgeAnswer {
  return {
    status: statusCode,
    headers: new Map([
      ...Object.entries(headers).map(([name, { value }]) => [name, value] as const),
      ['x-cache', 'FunctionGeneratedResponse from cloudfront'],
    ]),
    body: Buffer.from(body?.data ?? ''),
    uri: undefined,
    source: 'FunctionGeneratedResponse',
  };
}

/** Before any function runs. */
function refusal(): EdgeAnswer {
  const text = 'This distribution is not configured to allow the HTTP request method.\n';
  const headers = new Map([
    ['content-type', 'text/html'],
    ['x-cache', 'Error from cloudfront'],
  ]);
  return { status: 403, headers, body: Buffer.from(text), uri: undefined, source: 'Refused' };
}
