import { Annotations, Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { FILES_PREFIX, PAGES_PREFIX, SETTINGS_KEY } from '../core/keys.ts';
import type { Removal } from './settings.ts';

export interface RepositoryBucketProps {
  /** Of every key; empty, or with a slash at its end. */
  readonly prefix: string;
  readonly removalPolicy: Removal;
  /** Of the key that encrypts the objects; S3's own unless given. */
  readonly kmsKeyArn?: string;
  /** Where requests to the bucket are logged. */
  readonly logs?: s3.IBucket;
}

/** For how long an old version of a record or a page, or a deleted file, can be brought back. */
const OLD_VERSIONS_KEPT = Duration.days(30);

/** What a publisher that was killed has left of a file in parts. */
const UNFINISHED_UPLOADS_KEPT = Duration.days(1);

/**
 * The bucket that is the repository: private, versioned, over TLS alone, and kept when the stack goes.
 * Its policy demands that files and records are written under a condition, so that no program can
 * overwrite what another has published.
 */
export class RepositoryBucket extends Construct {
  readonly bucket: s3.Bucket;
  readonly key: kms.IKey | undefined;
  readonly #prefix: string;

  constructor(scope: Construct, id: string, props: RepositoryBucketProps) {
    super(scope, id);
    this.#prefix = props.prefix;
    this.key = props.kmsKeyArn === undefined ? undefined : kms.Key.fromKeyArn(this, 'Key', props.kmsKeyArn);
    this.bucket = new s3.Bucket(this, 'Bucket', {
      blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
      objectOwnership: s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      versioned: true,
      removalPolicy: props.removalPolicy === 'retain' ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
      ...(this.key === undefined
        ? { encryption: s3.BucketEncryption.S3_MANAGED }
        : { encryption: s3.BucketEncryption.KMS, encryptionKey: this.key, bucketKeyEnabled: true }),
      lifecycleRules: [
        {
          id: 'old-versions',
          noncurrentVersionExpiration: OLD_VERSIONS_KEPT,
          expiredObjectDeleteMarker: true,
        },
        { id: 'unfinished-uploads', abortIncompleteMultipartUploadAfter: UNFINISHED_UPLOADS_KEPT },
      ],
      ...(props.logs === undefined
        ? {}
        : { serverAccessLogsBucket: props.logs, serverAccessLogsPrefix: 's3/' }),
    });
    if (this.key !== undefined) {
      // It is about keys whose policy the stack may write. This one's is written by hand, from an output.
      Annotations.of(this).acknowledgeWarning('@aws-cdk/aws-cloudfront-origins:wildcardKeyPolicyForOac');
    }
    this.#acknowledge(props);
    this.#demandConditions();
    this.#serveNothingElse();
  }

  /** The ARN of the object that holds the repository's settings. */
  get settingsArn(): string {
    return this.bucket.arnForObjects(`${this.#prefix}${SETTINGS_KEY}`);
  }

  /** The ARN of every object whose key in the repository starts with `folder`. */
  arnsOf(folder: string): string {
    return this.bucket.arnForObjects(`${this.#prefix}${folder}*`);
  }

  /**
   * Only these roles may remove files. Whoever may change this policy, as the account's root may always,
   * can take that back: nobody is locked out. Lifecycle rules are not asked.
   */
  allowRemovalBy(roles: readonly iam.IRole[]): void {
    this.bucket.addToResourcePolicy(
      new iam.PolicyStatement({
        sid: 'OnlyMaintainersRemoveFiles',
        effect: iam.Effect.DENY,
        principals: [new iam.AnyPrincipal()],
        actions: ['s3:DeleteObject', 's3:DeleteObjectVersion'],
        resources: [this.arnsOf(FILES_PREFIX)],
        conditions: { ArnNotEquals: { 'aws:PrincipalArn': roles.map((role) => role.roleArn) } },
      }),
    );
  }

  #acknowledge({ logs }: RepositoryBucketProps): void {
    if (logs !== undefined) return;
    Validations.of(this.bucket).acknowledge({
      id: 'AwsSolutions-S1',
      reason: 'Access logs are a setting, because they cost: -c logs=true.',
    });
  }

  /**
   * S3 judges these headers when a write commits. What begins an upload in parts, and the parts, can have
   * none and commit nothing; completing it is a creation again.
   */
  #demandConditions(): void {
    const commits = { Bool: { 's3:ObjectCreationOperation': 'true' } };
    const deny = (sid: string, resources: string[], absent: Record<string, string>): void => {
      this.bucket.addToResourcePolicy(
        new iam.PolicyStatement({
          sid,
          effect: iam.Effect.DENY,
          principals: [new iam.AnyPrincipal()],
          actions: ['s3:PutObject'],
          resources,
          conditions: { ...commits, Null: absent },
        }),
      );
    };
    deny('FilesAreOnlyCreated', [this.arnsOf(FILES_PREFIX)], { 's3:if-none-match': 'true' });
    // Both absent: one of them is enough.
    deny('RecordsAreComparedAndSwapped', [this.arnsOf(ALL_RECORDS), this.settingsArn], {
      's3:if-none-match': 'true',
      's3:if-match': 'true',
    });
  }

  /** The edge function leads to nothing else; nor would it if it were wrong. */
  #serveNothingElse(): void {
    this.bucket.addToResourcePolicy(
      new iam.PolicyStatement({
        sid: 'OnlyPagesAndFilesAreServed',
        effect: iam.Effect.DENY,
        principals: [new iam.ServicePrincipal('cloudfront.amazonaws.com')],
        actions: ['s3:GetObject'],
        notResources: [this.arnsOf(FILES_PREFIX), this.arnsOf(PAGES_PREFIX)],
      }),
    );
  }
}

/** Of every index. */
const ALL_RECORDS = 'records/';
