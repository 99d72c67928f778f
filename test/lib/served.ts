import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, onTestFinished } from 'vitest';
import { BucketRepository } from '../support/bucket-repository.ts';
import { type Certificate, makeCertificate } from '../support/certificate.ts';
import { standInForCloudFront, type StandIn, type StandInOptions } from '../support/cloudfront/stand-in.ts';
import { templateFor } from '../support/cloudfront/synthesize.ts';
import { askOver, type Asked, type Got } from '../support/cloudfront/viewer.ts';
import { startS3Server, type S3Server } from '../support/s3-server.ts';
import { clientOf } from '../support/s3/sdk-client.ts';
import { temporaryFolder } from '../support/temporary.ts';

/** A bucket that the built command publishes to, and the distribution in front of it. */
export interface ServedBucket {
  readonly name: string;
  readonly repository: BucketRepository;
  readonly front: StandIn;
  /** Asks the distribution. */
  ask(path: string, asked?: Asked): Promise<Got>;
  /** Puts an object there as another program would. */
  put(key: string, text: string): Promise<void>;
}

/** What may be different. Everyone may read, unless it is said otherwise. */
type ServedOptions = Pick<StandInOptions, 'settings' | 'rootObject' | 'change' | 'tokens'>;

/** For a test file: an S3, and a new bucket behind a new distribution for each test. */
export class ServedBuckets {
  #s3: S3Server | undefined;
  #certificate: Certificate | undefined;
  #removeFolder: () => void = () => {};
  #count = 0;

  constructor() {
    beforeAll(async () => {
      // A hook that is registered in a hook would not run.
      const folder = temporaryFolder((remove) => (this.#removeFolder = remove));
      this.#certificate = makeCertificate(folder);
      this.#s3 = await startS3Server();
      // It takes seconds, which no single test is to be blamed for.
      templateFor({ access: 'public' });
    });
    afterAll(async () => {
      this.#removeFolder();
      await this.#s3?.close();
    });
  }

  get s3(): S3Server {
    if (this.#s3 === undefined) throw new Error('The server runs while tests run');
    return this.#s3;
  }

  async serve(options: ServedOptions = {}): Promise<ServedBucket> {
    const served = await this.serveUntil(options);
    onTestFinished(() => served.front.close());
    return served;
  }

  /** For several tests: whoever asks closes it. */
  async serveUntil(options: ServedOptions = {}): Promise<ServedBucket> {
    const { s3 } = this;
    const certificate = this.#certificate as Certificate;
    const bucket = `bucket-${++this.#count}`;
    s3.createBucket(bucket);
    // Most tests are about something else than who may read.
    const settings = { access: 'public', ...options.settings };
    const front = await this.#standIn(bucket, { ...options, settings });
    return {
      name: bucket,
      repository: new BucketRepository(() => ({ ...options, settings, s3, bucket, certificate })),
      front,
      ask: (path, asked) => askOver(front.url, certificate, path, asked),
      put: async (Key, text) => {
        const client = clientOf(s3);
        await client.send(new PutObjectCommand({ Bucket: bucket, Key, Body: text }));
        client.destroy();
      },
    };
  }

  /** Another distribution in front of the same bucket: whoever asks closes it. */
  async alsoInFrontOf(
    { name }: ServedBucket,
    options: ServedOptions,
  ): Promise<Pick<ServedBucket, 'front' | 'ask'>> {
    const front = await this.#standIn(name, options);
    return { front, ask: (path, asked) => askOver(front.url, this.#certificate as Certificate, path, asked) };
  }

  #standIn(bucket: string, options: ServedOptions): Promise<StandIn> {
    return standInForCloudFront({
      ...options,
      s3: this.s3,
      bucket,
      certificate: this.#certificate as Certificate,
    });
  }
}
