import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { FILES_PREFIX, SETTINGS_KEY } from '../core/keys.ts';
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
    this.#demandConditions();
    this.#hideRecords();
  }

  /** The ARN of every object whose key in the repository starts with `folder`. */
  arnsOf(folder: string): string {
    return this.bucket.arnForObjects(`${this.#prefix}${folder}*`);
  }

  /** Only these roles may remove files. */
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

  /** S3 evaluates these headers when a write commits; parts of an upload have none and commit nothing. */
  #demandConditions(): void {
    const commits = { Bool: { 's3:ObjectCreationOperation': 'true' } };
    const deny = (sid: string, folder: string, absent: Record<string, string>): void => {
      this.bucket.addToResourcePolicy(
        new iam.PolicyStatement({
          sid,
          effect: iam.Effect.DENY,
          principals: [new iam.AnyPrincipal()],
          actions: ['s3:PutObject'],
          resources: [this.arnsOf(folder)],
          conditions: { ...commits, Null: absent },
        }),
      );
    };
    deny('FilesAreOnlyCreated', FILES_PREFIX, { 's3:if-none-match': 'true' });
    deny('RecordsAreComparedAndSwapped', 'records/', { 's3:if-none-match': 'true', 's3:if-match': 'true' });
  }

  /** The edge function leads to none of them; nor would it if it were wrong. */
  #hideRecords(): void {
    this.bucket.addToResourcePolicy(
      new iam.PolicyStatement({
        sid: 'RecordsAreNeverServed',
        effect: iam.Effect.DENY,
        principals: [new iam.ServicePrincipal('cloudfront.amazonaws.com')],
        actions: ['s3:GetObject'],
        resources: [this.arnsOf('records/'), this.bucket.arnForObjects(`${this.#prefix}${SETTINGS_KEY}`)],
      }),
    );
  }
}
