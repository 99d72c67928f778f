import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterAll, beforeAll } from 'vitest';
import { parseGrant, serializeGrant } from '../../core/access/grant.ts';
import type { GrantStore } from '../../core/access/grant-store.ts';
import { StoredGrants } from '../../core/access/stored-grants.ts';
import { createToken, revokeToken, type TokenWishes } from '../../core/access/tokens.ts';
import { grantKey } from '../../core/edge/access.ts';
import { DirectoryStore } from '../../stores/directory.ts';
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

/** A private index, and the tokens that open it. */
export interface PrivateIndex {
  readonly repository: Repository;
  /** Makes a token, and gives it. */
  issue(wishes: TokenWishes): Promise<string>;
  revoke(name: string): Promise<void>;
}

/** How a private index comes to its clients. */
export interface PrivateTransport {
  readonly through: string;
  newIndex(): PrivateIndex;
}

function withTokens(repository: Repository, grants: GrantStore): PrivateIndex {
  const environment = { grants, now: () => new Date(), wait: () => nextTurn(), random: Math.random };
  return {
    repository,
    issue: async (wishes) => (await createToken(environment, wishes)).token,
    revoke: async (name) => void (await revokeToken(environment, name)),
  };
}

/** A private folder, over HTTP, by the server that `serve --access private` runs. */
export const SERVED_PRIVATELY: PrivateTransport = {
  through: 'served from a folder',
  newIndex: () => {
    const folder = freshPath();
    return withTokens(new Published(folder, 'private'), new StoredGrants(new DirectoryStore(folder)));
  },
};

/** Private buckets, over HTTPS, by the stand-in for CloudFront. */
export function privateDistribution(): PrivateTransport {
  const { tokens, newRepository } = distribution('private');
  const grants: GrantStore = {
    description: 'the key-value store of the stand-in',
    read: async () => ({
      grants: tokens.entries().map(([key, value]) =>
        parseGrant(key, value, (what) => {
          throw new Error(what);
        }),
      ),
      version: tokens.etag,
    }),
    write: async ({ version }, { put, remove }) => {
      const puts = put.map((grant) => [grantKey(grant.sha256), serializeGrant(grant)] as const);
      tokens.update(
        version ?? '',
        puts,
        remove.map(({ sha256 }) => grantKey(sha256)),
      );
      return true;
    },
  };
  return { through: 'through CloudFront', newIndex: () => withTokens(newRepository(), grants) };
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
