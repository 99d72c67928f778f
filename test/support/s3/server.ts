import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Credentials } from './authentication.ts';
import type { ConditionalWrites } from './conditions.ts';
import { Exchange } from './exchange.ts';
import { Faults, type FaultRule, type Injection } from './faults.ts';
import { OperationLog } from './operation-log.ts';
import type { Denial } from './policy.ts';
import { Service } from './service.ts';

export interface S3ServerOptions {
  /** A free one, unless it is given. */
  readonly port?: number;
  /** `us-east-1`, unless it is given. */
  readonly region?: string;
  readonly credentials?: Credentials;
  /** Those to begin with. */
  readonly buckets?: readonly string[];
  /** In milliseconds, of each request. */
  readonly latency?: number;
  /** Whether requests without a signature are served. */
  readonly allowAnonymous?: boolean;
  /** `honoured`, as S3 does, unless it is given. */
  readonly conditionalWrites?: ConditionalWrites;
  /** In bytes; 5 MiB, as S3 wants it, unless it is given. */
  readonly minimumPartSize?: number;
  /** A bucket policy, from the beginning. */
  readonly deny?: readonly Denial[];
  /** The clock by which signatures are judged and objects are dated. */
  readonly now?: () => Date;
}

export interface S3Server {
  /** To be used with path-style addressing. */
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: Credentials;
  readonly log: OperationLog;
  /** @param region of the bucket; with another than the server's, clients are sent there */
  createBucket(name: string, region?: string): void;
  /** Puts all that is in a bucket now into another one as well. */
  copyObjects(from: string, to: string): void;
  /** The keys in a bucket, in the order of listings. */
  keys(bucket: string): readonly string[];
  /** The bytes of an object as they are now, which no fault and no denial concerns. */
  bytes(bucket: string, key: string): Buffer | undefined;
  /** How many uploads in parts were begun in a bucket, and neither completed nor aborted. */
  pendingUploads(bucket: string): number;
  inject(rule: FaultRule): Injection;
  /** @returns a function that takes it back */
  deny(denial: Denial): () => void;
  /** Ends the connections on which nothing is asked, of clients that are no longer used. */
  closeIdleConnections(): void;
  /** Cuts all connections. Rejects when the server has failed in a way that is no refusal. */
  close(): Promise<void>;
}

const DEFAULT_CREDENTIALS: Credentials = { accessKeyId: 'test', secretAccessKey: 'testtest' };
const DEFAULT_PART_SIZE = 5 * 1024 * 1024;

/** A client that comes back to an idle connection shall not find it closed: that would be a fault. */
const KEEP_ALIVE = 120_000;

/** Starts a small and strict S3, on this machine only, that forgets everything when it is closed. */
export async function startS3Server(options: S3ServerOptions = {}): Promise<S3Server> {
  const { region = 'us-east-1', credentials = DEFAULT_CREDENTIALS, latency = 0 } = options;
  const service = new Service({
    region,
    credentials,
    allowAnonymous: options.allowAnonymous ?? false,
    conditionalWrites: options.conditionalWrites ?? 'honoured',
    minimumPartSize: options.minimumPartSize ?? DEFAULT_PART_SIZE,
    now: options.now ?? (() => new Date()),
  });
  for (const bucket of options.buckets ?? []) service.createBucket(bucket);
  for (const denial of options.deny ?? []) service.policy.deny(denial);
  const faults = new Faults();
  const log = new OperationLog();
  const defects: unknown[] = [];
  const onDefect = (error: unknown): void => void defects.push(error);
  const surroundings = { service, faults, log, latency, onDefect };
  let count = 0;
  const server = createServer((incoming, response) => {
    const id = (++count).toString(16).toUpperCase().padStart(16, '0');
    new Exchange(incoming, response, surroundings, id).run().catch((error: unknown) => {
      onDefect(error);
      incoming.socket.destroy();
    });
  });
  server.keepAliveTimeout = KEEP_ALIVE;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    region,
    credentials,
    log,
    createBucket: (name, bucketRegion) => service.createBucket(name, bucketRegion),
    copyObjects: (from, to) => service.bucket(from).copyTo(service.bucket(to)),
    keys: (bucket) => service.bucket(bucket).keys.all(),
    bytes: (bucket, key) => {
      const object = service.bucket(bucket).get(key);
      return object && Buffer.concat([...object.content.pieces()]);
    },
    pendingUploads: (bucket) => service.bucket(bucket).uploads.size,
    inject: (rule) => faults.inject(rule),
    deny: (denial) => service.policy.deny(denial),
    closeIdleConnections: () => server.closeIdleConnections(),
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
      if (defects.length > 0) throw new AggregateError(defects, 'The S3 server for tests is defective');
    },
  };
}
