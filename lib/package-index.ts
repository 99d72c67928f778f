import { Duration, RemovalPolicy, Token, Validations } from 'aws-cdk-lib';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { EdgeDistribution, type IndexDomain } from './edge-distribution.ts';
import { PageRepair } from './page-repair.ts';
import { PublishingRights } from './publishing-rights.ts';
import { RepositoryBucket } from './repository-bucket.ts';
import {
  parseSettings,
  type Access,
  type EdgeLocations,
  type Removal,
  type SettingName,
  type StackSettings,
} from './settings.ts';

/** What a `PackageIndex` can be told. Each has a default that is safe. */
export interface PackageIndexProps {
  /** Default: `private`. Whoever has a token may read. */
  readonly access?: Access;
  /** Of every key in the bucket, such as `team/packages`. */
  readonly prefix?: string;
  /** CloudFront's own name, unless given. */
  readonly domain?: IndexDomain;
  /** Default: `100`, the cheapest edge locations. */
  readonly priceClass?: EdgeLocations;
  /** How long CloudFront may serve a page without asking, in seconds. Default: 0. */
  readonly pageTtlSeconds?: number;
  /** `owner/name`, or `owner/name:environment`: whose GitHub workflows may publish. */
  readonly githubRepositories?: readonly string[];
  /** The account's provider for GitHub Actions, of which there can be one; made unless given. */
  readonly githubProviderArn?: string;
  /** Whether requests are logged, to a bucket of its own. Default: no. */
  readonly logs?: boolean;
  /** Of AWS WAF, in us-east-1. */
  readonly webAclArn?: string;
  /** Of the key that encrypts the bucket. Default: S3's own. */
  readonly kmsKeyArn?: string;
  /** Of the SNS topic that hears of alarms. */
  readonly alarmTopicArn?: string;
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
    const { access, prefix, priceClass, pageTtlSeconds, githubRepositories, removalPolicy } = checked(props);
    const { domain, kmsKeyArn, webAclArn, githubProviderArn, alarmTopicArn } = props;
    const logs = props.logs === true ? this.#logBucket(removalPolicy) : undefined;
    this.prefix = prefix;
    const repository = new RepositoryBucket(this, 'Repository', {
      prefix,
      removalPolicy,
      ...(kmsKeyArn === undefined ? {} : { kmsKeyArn }),
      ...(logs === undefined ? {} : { logs }),
    });
    const edge = new EdgeDistribution(this, 'Edge', {
      bucket: repository.bucket,
      access,
      prefix,
      priceClass,
      pageTtlSeconds,
      ...(domain === undefined ? {} : { domain }),
      ...(webAclArn === undefined ? {} : { webAclArn }),
      ...(logs === undefined ? {} : { logs }),
    });
    this.rights = new PublishingRights(this, 'Rights', {
      repository,
      edge,
      prefix,
      githubRepositories,
      ...(githubProviderArn === undefined ? {} : { githubProviderArn }),
    });
    this.repair = new PageRepair(this, 'Repair', {
      repository,
      edge,
      prefix,
      pageTtlSeconds,
      ...(alarmTopicArn === undefined
        ? {}
        : { alarmTopic: sns.Topic.fromTopicArn(this, 'Alarms', alarmTopicArn) }),
    });
    this.repository = repository;
    this.edge = edge;
    this.indexUrl = `https://${edge.host}/simple/`;
  }

  #logBucket(removalPolicy: Removal): s3.Bucket {
    const bucket = new s3.Bucket(this, 'Logs', {
      blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
      // CloudFront's standard logs are written under an ACL.
      objectOwnership: s3.ObjectOwnership.BUCKET_OWNER_PREFERRED,
      encryption: s3.BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      lifecycleRules: [{ id: 'logs', expiration: LOGS_KEPT }],
      removalPolicy: removalPolicy === 'retain' ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
    Validations.of(bucket).acknowledge({ id: 'AwsSolutions-S1', reason: 'It holds the logs.' });
    return bucket;
  }
}

/** The settings that are of an index, and not of the stack around it. */
const OWN = [
  'access',
  'prefix',
  'priceClass',
  'pageTtlSeconds',
  'githubRepositories',
  'githubProviderArn',
  'logs',
  'webAclArn',
  'kmsKeyArn',
  'alarmTopicArn',
  'removalPolicy',
] as const satisfies readonly (SettingName & keyof PackageIndexProps)[];

/** As for the settings of a stack; what is only known when it is deployed cannot be looked at. */
function checked(props: PackageIndexProps): StackSettings {
  const given = new Map<string, unknown>(OWN.map((name) => [name, props[name]]));
  return parseSettings((name) => (Token.isUnresolved(given.get(name)) ? undefined : given.get(name)));
}
