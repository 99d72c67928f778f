import { createServer } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { S3Server } from '../s3-server.ts';
import type { Certificate } from '../certificate.ts';
import { KeyValueStoreContents } from '../aws/key-value-store-contents.ts';
import { Cache } from './cache.ts';
import { Clock } from './clock.ts';
import { EdgeCopy } from './edge-copy.ts';
import { Edge, type EdgeAnswer, type RootObject } from './edge.ts';
import type { Template } from './intrinsics.ts';
import type { Distribution } from './model.ts';
import { Origin } from './origin.ts';
import { templateFor, type Settings } from './synthesize.ts';
import { readDistribution } from './template.ts';

export interface StandInOptions {
  /** Of the stack, as given with `-c`. */
  readonly settings?: Settings;
  readonly s3: S3Server;
  readonly bucket: string;
  readonly certificate: Certificate;
  readonly rootObject?: RootObject;
  /** What is in the key-value store of a private index; nothing, unless given. */
  readonly tokens?: KeyValueStoreContents;
  /** What would be deployed in place of the template: to see what becomes of a mistake. */
  readonly change?: (template: Template) => Template;
}

/** A request of a viewer that was answered. */
export interface LoggedRequest {
  readonly method: string;
  readonly url: string;
  readonly status: number;
  /** What the function made of it; `undefined` where nothing was looked up. */
  readonly uri: string | undefined;
  readonly source: EdgeAnswer['source'];
}

/** A request that was sent to the bucket. */
export interface LoggedOriginRequest {
  readonly uri: string;
  /** `undefined` where the connection broke. */
  readonly status: number | undefined;
}

export interface StandIn {
  /** Without a slash at the end. */
  readonly url: string;
  readonly distribution: Distribution;
  readonly clock: Clock;
  /** In the key-value store: a change is seen by the next request. */
  readonly tokens: KeyValueStoreContents;
  /** What the edge location sees of it. */
  readonly edgeCopy: EdgeCopy;
  readonly log: { readonly viewers: LoggedRequest[]; readonly origin: LoggedOriginRequest[] };
  /** Takes effect at once, which is the moment that CloudFront calls "Completed". */
  invalidate(paths: readonly string[]): void;
  /** Cuts all connections. Rejects where the stand-in or the edge function has failed. */
  close(): Promise<void>;
}

/**
 * Serves a bucket over HTTPS as CloudFront would: everything it does is read from the templates that
 * would be deployed.
 */
export async function standInForCloudFront(options: StandInOptions): Promise<StandIn> {
  const { settings = {}, s3, bucket, certificate, rootObject = 'after the function' } = options;
  const template = templateFor(settings);
  const distribution = readDistribution(options.change?.(structuredClone(template)) ?? template, bucket);
  const origin = new Origin(s3, distribution);
  const clock = new Clock();
  const log: StandIn['log'] = { viewers: [], origin: [] };
  const ask = async (uri: string, ifNoneMatch?: string) => {
    const answer = await origin.get(uri, ifNoneMatch).catch((error: unknown) => {
      log.origin.push({ uri, status: undefined });
      throw error;
    });
    log.origin.push({ uri, status: answer.status });
    return answer;
  };
  const cache = new Cache(ask, clock, distribution.errorTtl);
  const { tokens = new KeyValueStoreContents() } = options;
  const edgeCopy = new EdgeCopy(tokens);
  const edge = new Edge(distribution, { cache, rootObject, clock, tokens: edgeCopy });
  const defects: unknown[] = [];
  const server = createServer({ cert: certificate.cert, key: certificate.key }, (request, response) => {
    serve(edge, request, response, log.viewers).catch((error: unknown) => {
      defects.push(error);
      response.destroy();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  // By name: pip 24.2 on Python 3.13 speaks TLS with no host that is a number.
  const url = `https://localhost:${(server.address() as AddressInfo).port}`;
  return {
    url,
    distribution,
    clock,
    tokens,
    edgeCopy,
    log,
    invalidate: (paths) => cache.invalidate(paths),
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
      await nextTurn();
      if (defects.length > 0) throw new AggregateError(defects, 'The stand-in for CloudFront has failed');
    },
  };
}

async function serve(
  edge: Edge,
  request: IncomingMessage,
  response: ServerResponse,
  log: LoggedRequest[],
): Promise<void> {
  request.resume();
  const { status, headers, body, uri, source } = await edge.answer(request);
  const { method = '', url = '' } = request;
  log.push({ method, url, status, uri, source });
  response.writeHead(status, Object.fromEntries(headers));
  response.end(method === 'HEAD' || status === 304 ? undefined : body);
}
