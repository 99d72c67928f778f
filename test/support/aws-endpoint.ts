import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { describeStacks } from './aws/cloudformation.ts';
import { serveCloudFront, type Distribution, type Invalidation } from './aws/cloudfront.ts';
import { AwsError } from './aws/error.ts';
import { serveKeyValueStore, type KeyValueStores } from './aws/key-value-store.ts';

export { DISTRIBUTION, type Distribution } from './aws/cloudfront.ts';

/** A refusal in place of an answer. */
export interface Refusal {
  /** `CreateInvalidation` */
  readonly operation: string;
  readonly status: number;
  readonly code: string;
  readonly message?: string;
  /** How many requests it strikes; all unless given. */
  readonly times?: number;
  /** Whether what was asked for is done all the same; of key-value stores only. */
  readonly isDone?: boolean;
}

/** The status of a `Refusal` that ends the connection without an answer. */
export const NO_ANSWER = 0;

/** What the endpoint holds, which tests may change and look at. */
export interface AwsWorld extends KeyValueStores {
  /** The outputs of each stack, by its name. */
  readonly stacks: Map<string, Readonly<Record<string, string>>>;
  readonly distributions: Map<string, Distribution>;
  readonly invalidations: Invalidation[];
  /** How often an invalidation is asked for before it is completed. */
  pollsBeforeCompletion: number;
}

/** The services of AWS besides S3 that a stack needs, as small as can be. */
export interface AwsEndpoint extends AwsWorld {
  readonly endpoint: string;
  /** The name of each operation that was asked for, refused or not. */
  readonly asked: string[];
  /** Has the SDK of a child process come here. */
  readonly environment: Readonly<Record<string, string>>;
  refuse(refusal: Refusal): void;
  /** As it was at the beginning. */
  reset(): void;
  close(): Promise<void>;
}

/** Starts it on a free port, on this machine only. */
export async function startAwsEndpoint(): Promise<AwsEndpoint> {
  const world: AwsWorld = {
    stacks: new Map(),
    distributions: new Map(),
    invalidations: [],
    pollsBeforeCompletion: 0,
    keyValueStores: new Map(),
    keysPerPage: 3,
    staleVersion: 'Pre-Condition failed',
    gate: Promise.resolve(),
  };
  const asked: string[] = [];
  const refusals: { readonly refusal: Refusal; left: number }[] = [];
  const defects: unknown[] = [];

  const strike = (operation: string, moment: 'before' | 'after'): void => {
    const struck = refusals.find(
      ({ refusal, left }) =>
        refusal.operation === operation && left > 0 && (refusal.isDone === true) === (moment === 'after'),
    );
    if (struck === undefined) return;
    struck.left -= 1;
    const { status, code, message = code } = struck.refusal;
    throw new AwsError(status, code, message);
  };
  const enter = (operation: string): void => {
    asked.push(operation);
    strike(operation, 'before');
  };

  const answerInXml = (request: IncomingMessage, response: ServerResponse, body: string): void => {
    checkSignature(request, 'AWS4-HMAC-SHA256');
    response.setHeader('content-type', 'text/xml');
    const isCloudFront = request.url?.startsWith('/2020-05-31/') === true;
    const { status = 200, document } = isCloudFront
      ? serveCloudFront(world, enter, { method: request.method ?? '', path: request.url ?? '', body })
      : describeStacks(world, enter, new URLSearchParams(body));
    response.writeHead(status).end(document);
  };

  const answerInJson = (request: IncomingMessage, response: ServerResponse, body: string): void => {
    // SigV4A, for services that are in no region.
    checkSignature(request, 'AWS4-ECDSA-P256-SHA256');
    const { method = '', url = '', headers } = request;
    const call = { method, url, ifMatch: headers['if-match'], body };
    const { etag, document } = serveKeyValueStore(world, enter, (name) => strike(name, 'after'), call);
    if (etag !== undefined) response.setHeader('etag', etag);
    response.setHeader('content-type', 'application/json').end(JSON.stringify(document));
  };

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await text(request);
    const isJson = request.url?.startsWith('/key-value-stores/') === true;
    if (isJson) await world.gate;
    try {
      if (isJson) answerInJson(request, response, body);
      else answerInXml(request, response, body);
    } catch (error) {
      if (!(error instanceof AwsError)) defects.push(error);
      const refusal = error instanceof AwsError ? error : new AwsError(500, 'InternalError', String(error));
      if (refusal.status === NO_ANSWER) return void response.destroy();
      if (isJson) response.setHeader('x-amzn-errortype', refusal.code);
      response
        .writeHead(refusal.status, { 'content-type': isJson ? 'application/json' : 'text/xml' })
        .end(isJson ? JSON.stringify({ Message: refusal.message }) : refusal.document());
    }
  };

  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return Object.assign(world, {
    endpoint,
    asked,
    environment: {
      AWS_ENDPOINT_URL_CLOUDFORMATION: endpoint,
      AWS_ENDPOINT_URL_CLOUDFRONT: endpoint,
      AWS_ENDPOINT_URL_CLOUDFRONT_KEYVALUESTORE: endpoint,
      AWS_REGION: 'us-east-1',
    },
    refuse: (refusal: Refusal) => void refusals.push({ refusal, left: refusal.times ?? Infinity }),
    reset: () => {
      world.stacks.clear();
      world.distributions.clear();
      world.invalidations.length = 0;
      world.pollsBeforeCompletion = 0;
      world.keyValueStores.clear();
      world.keysPerPage = 3;
      world.staleVersion = 'Pre-Condition failed';
      world.gate = Promise.resolve();
      asked.length = 0;
      refusals.length = 0;
    },
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
      if (defects.length > 0) throw new AggregateError(defects, 'The endpoint of AWS for tests is defective');
    },
  });
}

function checkSignature({ headers }: IncomingMessage, algorithm: string): void {
  if (headers.authorization?.startsWith(`${algorithm} Credential=`) === true) return;
  throw new AwsError(403, 'MissingAuthenticationToken', 'Request is missing Authentication Token');
}
