import { afterAll, beforeAll } from 'vitest';
import { KeyValueStoreContents } from '../support/aws/key-value-store-contents.ts';
import { BucketRepository } from '../support/bucket-repository.ts';
import { type Certificate, makeCertificate } from '../support/certificate.ts';
import { templateFor } from '../support/cloudfront/synthesize.ts';
import { freshPath } from '../support/pips.ts';
import { Published, type Repository } from '../support/published.ts';
import { startS3Server, type S3Server } from '../support/s3-server.ts';

/** How an index comes to its clients. */
export interface Transport {
  /** What titles of tests say of it. */
  readonly through: string;
  /** A new one, empty. To be used while tests run. */
  newRepository(): Repository;
}

/** A folder, over HTTP, by the server that `serve` runs. */
export const SERVED_FOLDER: Transport = {
  through: '',
  newRepository: () => new Published(freshPath()),
};

/** Distributions that share a key-value store. */
export interface CloudFrontTransport extends Transport {
  /** Whose tokens open all of them where they are private; none at first. */
  readonly tokens: KeyValueStoreContents;
}

/** Buckets, over HTTPS, by the stand-in for CloudFront. For one test file: what it needs lives as long. */
export function distribution(access: 'private' | 'public' = 'public'): CloudFrontTransport {
  const settings = { access };
  const tokens = new KeyValueStoreContents();
  let s3: S3Server | undefined;
  let certificate: Certificate | undefined;
  let count = 0;

  beforeAll(async () => {
    certificate = makeCertificate(freshPath());
    s3 = await startS3Server();
    templateFor(settings);
  });

  afterAll(() => s3?.close());

  return {
    through: ` through CloudFront${access === 'private' ? ' with tokens' : ''}`,
    tokens,
    newRepository: () => {
      const bucket = `bucket-${++count}`;
      let isThere = false;
      return new BucketRepository(() => {
        if (s3 === undefined || certificate === undefined)
          throw new Error('There is a bucket while tests run');
        if (!isThere) s3.createBucket(bucket);
        isThere = true;
        return { s3, bucket, certificate, settings, tokens };
      });
    },
  };
}
