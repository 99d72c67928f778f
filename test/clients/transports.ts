import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterAll, beforeAll } from 'vitest';
import type { Grant } from '../../core/access/grant.ts';
import { StoredGrants } from '../../core/access/stored-grants.ts';
import { createToken, revokeToken } from '../../core/access/tokens.ts';
import { DirectoryStore } from '../../stores/directory.ts';
import { KeyValueStoreContents } from '../support/aws/key-value-store-contents.ts';
import { BucketRepository } from '../support/bucket-repository.ts';
import { type Certificate, makeCertificate } from '../support/certificate.ts';
import { templateFor } from '../support/cloudfront/synthesize.ts';
import { freshPath } from '../support/pips.ts';
import { PlainRepository } from '../support/plain-repository.ts';
import { Published, type Repository } from '../support/published.ts';
import { giveToken, revokeToken as takeToken } from '../support/readers.ts';
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

/** A private index, and the tokens that open it. */
export interface PrivateIndex {
  readonly repository: Repository;
  /** Makes a token, and gives it. */
  issue(wishes: Pick<Grant, 'name' | 'projects'>): Promise<string>;
  revoke(name: string): Promise<void>;
}

/** How a private index comes to its clients. */
export interface PrivateTransport {
  readonly through: string;
  newIndex(): PrivateIndex;
}

/** A private folder, over HTTP, by the server that `serve --access private` runs. */
export const SERVED_PRIVATELY: PrivateTransport = {
  through: 'served from a folder',
  newIndex: () => {
    const folder = freshPath();
    const grants = new StoredGrants(new DirectoryStore(folder));
    const environment = { grants, now: () => new Date(), wait: () => nextTurn(), random: Math.random };
    return {
      repository: new Published(folder, 'private'),
      issue: async (wishes) => (await createToken(environment, wishes)).token,
      revoke: async (name) => void (await revokeToken(environment, name)),
    };
  },
};

/** Private buckets, over HTTPS, by the stand-in for CloudFront. */
export function privateDistribution(): PrivateTransport {
  const { tokens, newRepository } = distribution('private');
  const given = new Map<string, string>();
  return {
    through: 'through CloudFront',
    newIndex: () => ({
      repository: newRepository(),
      issue: async (wishes) => {
        const token = giveToken(tokens, wishes);
        given.set(wishes.name, token);
        return token;
      },
      revoke: async (name) => takeToken(tokens, given.get(name) ?? ''),
    }),
  };
}

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
