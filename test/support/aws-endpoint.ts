import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { describeStacks } from './aws/cloudformation.ts';
import { serveCloudFront, type Distribution, type Invalidation } from './aws/cloudfront.ts';
import { AwsError } from './aws/error.ts';

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
}

/** What the endpoint holds, which tests may change and look at. */
export interface AwsWorld {
  /** The outputs of each stack, by its name. */
  readonly stacks: Map<string, Readonly<Record<string, string>>>;
  readonly distributions: Map<string, Distribution>;
  readonly invalidations: Invalidation[];
  /** How often an invalidation is asked for before it is completed. */
  pollsBeforeCompletion: number;
}

/** The two services of AWS besides S3 that a stack needs, as small as can be. */
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
  };
  const asked: string[] = [];
  const refusals: { readonly refusal: Refusal; left: number }[] = [];
  const defects: unknown[] = [];

  const enter = (operation: string): void => {
    asked.push(operation);
    const struck = refusals.find(({ refusal, left }) => refusal.operation === operation && left > 0);
    if (struck === undefined) return;
    struck.left -= 1;
    const { status, code, message = code } = struck.refusal;
    throw new AwsError(status, code, message);
  };

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await text(request);
    response.setHeader('content-type', 'text/xml');
    try {
      if (request.headers.authorization?.startsWith('AWS4-HMAC-SHA256 ') !== true)
        throw new AwsError(403, 'MissingAuthenticationToken', 'Request is missing Authentication Token');
      const isCloudFront = request.url?.startsWith('/2020-05-31/') === true;
      const { status = 200, document } = isCloudFront
        ? serveCloudFront(world, enter, { method: request.method ?? '', path: request.url ?? '', body })
        : describeStacks(world, enter, new URLSearchParams(body));
      response.writeHead(status).end(document);
    } catch (error) {
      if (!(error instanceof AwsError)) defects.push(error);
      const refusal = error instanceof AwsError ? error : new AwsError(500, 'InternalError', String(error));
      response.writeHead(refusal.status).end(refusal.document());
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
      AWS_REGION: 'us-east-1',
    },
    refuse: (refusal: Refusal) => void refusals.push({ refusal, left: refusal.times ?? Infinity }),
    reset: () => {
      world.stacks.clear();
      world.distributions.clear();
      world.invalidations.length = 0;
      world.pollsBeforeCompletion = 0;
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
