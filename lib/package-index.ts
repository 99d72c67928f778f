import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { EdgeDistribution, type IndexDomain } from './edge-distribution.ts';
import { PageRepair } from './page-repair.ts';
import { PublishingRights } from './publishing-rights.ts';
import { RepositoryBucket } from './repository-bucket.ts';
import type { EdgeLocations, Removal } from './settings.ts';

/** What a `PackageIndex` can be told. Each has a default that is safe. */
export interface PackageIndexProps {
  /** Of every key in the bucket, such as `team/packages`. */
  readonly prefix?: string;
  /** CloudFront's own name, unless given. */
  readonly domain?: IndexDomain;
  /** Default: `100`, the cheapest edge locations. */
  readonly priceClass?: EdgeLocations;
  /** How long CloudFront may serve a page without asking, in seconds. Default: 0. */
  readonly pageTtlSeconds?: number;
  /** `owner/name`: whose GitHub workflows may publish. */
  readonly githubRepositories?: readonly string[];
  /** The account's provider for GitHub Actions, of which there can be one; made unless given. */
  readonly githubProviderArn?: string;
  /** Whether requests are logged, to a bucket of its own. Default: no. */
  readonly logs?: boolean;
  /** Of AWS WAF, in us-east-1. */
  readonly webAclArn?: string;
  /** Of the key that encrypts the bucket. Default: S3's own. */
  readonly kmsKeyArn?: string;
  /** Default: `retain`. */
  readonly removalPolicy?: Removal;
}

/** For how long requests can be looked up. */
const LOGS_KEPT = Duration.days(90);

/** A private Python package index: a bucket, CloudFront in front of it, and the rights to publish. */
export class PackageIndex extends Construct {
  readonly repository: RepositoryBucket;
  readonly edge: EdgeDistribution;
  readonly rights: PublishingRights;
  readonly repair: PageRepair;
  /** For pip: `https://pypi.example.com/simple/`. */
  readonly indexUrl: string;
  /** Of every key in the bucket; empty, or with a slash at its end. */
  readonly prefix: string;

  constructor(scope: Construct, id: string, props: PackageIndexProps = {}) {
    super(scope, id);
    const segments = (props.prefix ?? '').split('/').filter((segment) => segment !== '');
    const prefix = segments.map((segment) => `${segment}/`).join('');
    const removalPolicy = props.removalPolicy ?? 'retain';
    const logs = props.logs === true ? this.#logBucket(removalPolicy) : undefined;
    this.prefix = prefix;
    this.repository = new RepositoryBucket(this, 'Repository', {
      prefix,
      removalPolicy,
      ...(props.kmsKeyArn === undefined ? {} : { kmsKeyArn: props.kmsKeyArn }),
      ...(logs === undefined ? {} : { logs }),
    });
    this.edge = new EdgeDistribution(this, 'Edge', {
      bucket: this.repository.bucket,
      prefix,
      priceClass: props.priceClass ?? '100',
      pageTtlSeconds: props.pageTtlSeconds ?? 0,
      ...(props.domain === undefined ? {} : { domain: props.domain }),
      ...(props.webAclArn === undefined ? {} : { webAclArn: props.webAclArn }),
      ...(logs === undefined ? {} : { logs }),
    });
    this.rights = new PublishingRights(this, 'Rights', {
      repository: this.repository,
      prefix,
      githubRepositories: props.githubRepositories ?? [],
      ...(props.githubProviderArn === undefined ? {} : { githubProviderArn: props.githubProviderArn }),
    });
    this.repair = new PageRepair(this, 'Repair', {
      repository: this.repository,
      rights: this.rights,
      prefix,
    });
    this.indexUrl = `https://${this.edge.host}/simple/`;
  }

  #logBucket(removalPolicy: Removal): s3.Bucket {
    return new s3.Bucket(this, 'Logs', {
      blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
      // CloudFront's standard logs are written under an ACL.
      objectOwnership: s3.ObjectOwnership.BUCKET_OWNER_PREFERRED,
      encryption: s3.BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      lifecycleRules: [{ id: 'logs', expiration: LOGS_KEPT }],
      removalPolicy: removalPolicy === 'retain' ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
  }
}
