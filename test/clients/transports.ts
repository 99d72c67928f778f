import { afterAll, beforeAll } from 'vitest';
import { BucketRepository } from '../support/bucket-repository.ts';
import { type Certificate, makeCertificate } from '../support/certificate.ts';
import { templateFor } from '../support/cloudfront/synthesize.ts';
import { freshPath } from '../support/pips.ts';
import { PlainRepository } from '../support/plain-repository.ts';
import { Published, type Repository } from '../support/published.ts';
import { startS3Server, type S3Server } from '../support/s3-server.ts';

/** How an index comes to its clients. */
export interface Transport {
  /** What titles of tests say of it. */
  readonly through: string;
  /** Whether releases can be yanked there; `true` unless it says otherwise. */
  readonly yanks?: boolean;
  /** A new one, empty. To be used while tests run. */
  newRepository(): Repository;
}

/** A folder, over HTTP, by the server that `serve` runs. */
export const SERVED_FOLDER: Transport = {
  through: '',
  newRepository: () => new Published(freshPath()),
};

/** A folder of plain files, over HTTP: nothing is published, files are copied there. */
export const PLAIN_FOLDER: Transport = {
  through: ' from a plain folder',
  yanks: false,
  newRepository: () => new PlainRepository(freshPath()),
};

/** Buckets, over HTTPS, by the stand-in for CloudFront. For one test file: what it needs lives as long. */
export function distribution(): Transport {
  let s3: S3Server | undefined;
  let certificate: Certificate | undefined;
  let count = 0;

  beforeAll(async () => {
    certificate = makeCertificate(freshPath());
    s3 = await startS3Server();
    templateFor({});
  });

  afterAll(() => s3?.close());

  return {
    through: ' through CloudFront',
    newRepository: () => {
      const bucket = `bucket-${++count}`;
      let isThere = false;
      return new BucketRepository(() => {
        if (s3 === undefined || certificate === undefined)
          throw new Error('There is a bucket while tests run');
        if (!isThere) s3.createBucket(bucket);
        isThere = true;
        return { s3, bucket, certificate };
      });
    },
  };
}
