import { fileURLToPath } from 'node:url';
import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import * as logs from 'aws-cdk-lib/aws-logs';
import type { CfnBucket } from 'aws-cdk-lib/aws-s3';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { RECORDS_PREFIX } from '../core/keys.ts';
import type { PublishingRights } from './publishing-rights.ts';
import type { RepositoryBucket } from './repository-bucket.ts';

export interface PageRepairProps {
  readonly repository: RepositoryBucket;
  readonly rights: PublishingRights;
  /** Of every key; empty, or with a slash at its end. */
  readonly prefix: string;
}

/** What `npm run build` makes of lambda/repair-pages.lambda.ts. */
const CODE = fileURLToPath(new URL('../dist/lambda/repair-pages', import.meta.url));

/** A publisher that is alive has written its pages by then; one that is not is mended within a minute. */
const GRACE = Duration.seconds(20);

const TIMEOUT = Duration.seconds(60);

/** After so many failures, a message is put aside for people. */
const MOST_ATTEMPTS = 5;

/**
 * A function that brings pages in line with their record when a record has changed, so that a
 * publisher that was killed half-way needs nobody to run its command again.
 */
export class PageRepair extends Construct {
  readonly function: lambda.Function;
  /** Each has a heading in docs/operations.md. */
  readonly alarms: readonly cloudwatch.Alarm[];

  constructor(scope: Construct, id: string, { repository, rights, prefix }: PageRepairProps) {
    super(scope, id);
    const failures = new sqs.Queue(this, 'Failures', {
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
    const changes = new sqs.Queue(this, 'Changes', {
      enforceSSL: true,
      deliveryDelay: GRACE,
      // As AWS advises: six times the function's own.
      visibilityTimeout: Duration.seconds(6 * TIMEOUT.toSeconds()),
      deadLetterQueue: { queue: failures, maxReceiveCount: MOST_ATTEMPTS },
    });
    this.#notify(repository, changes, prefix);
    this.function = this.#function(repository, prefix);
    this.function.role?.addManagedPolicy(rights.publishers);
    this.function.addEventSource(
      new SqsEventSource(changes, {
        batchSize: 10,
        // Many would only wait for each other's writes of the project list.
        maxConcurrency: 2,
        reportBatchItemFailures: true,
      }),
    );
    this.alarms = this.#alarms(changes, failures);
  }

  /** Written out, because the construct for it would bring a function of its own. */
  #notify({ bucket }: RepositoryBucket, queue: sqs.Queue, prefix: string): void {
    const { account, partition } = Stack.of(this);
    queue.addToResourcePolicy(
      new iam.PolicyStatement({
        sid: 'Notifications',
        principals: [new iam.ServicePrincipal('s3.amazonaws.com')],
        actions: ['sqs:SendMessage'],
        resources: [queue.queueArn],
        conditions: {
          // Not the bucket's own ARN: S3 asks for this right before the bucket is there.
          ArnLike: { 'aws:SourceArn': `arn:${partition}:s3:::*` },
          StringEquals: { 'aws:SourceAccount': account },
        },
      }),
    );
    const resource = bucket.node.defaultChild as CfnBucket;
    resource.notificationConfiguration = {
      queueConfigurations: [
        {
          event: 's3:ObjectCreated:*',
          queue: queue.queueArn,
          filter: {
            s3Key: {
              rules: [
                { name: 'prefix', value: `${prefix}${RECORDS_PREFIX}` },
                { name: 'suffix', value: '.json' },
              ],
            },
          },
        },
      ],
    };
    const policy = queue.node.findChild('Policy').node.defaultChild as sqs.CfnQueuePolicy;
    resource.addResourceDependency(policy);
  }

  #function({ bucket }: RepositoryBucket, prefix: string): lambda.Function {
    const role = new iam.Role(this, 'Role', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
    const logGroup = new logs.LogGroup(this, 'Logs', {
      retention: logs.RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    logGroup.grantWrite(role);
    return new lambda.Function(this, 'Function', {
      description: 'Brings the pages of the Python package index in line with its records',
      code: lambda.Code.fromAsset(CODE),
      handler: 'index.handler',
      runtime: lambda.Runtime.NODEJS_22_X,
      architecture: lambda.Architecture.ARM_64,
      memorySize: 512,
      timeout: TIMEOUT,
      environment: { BUCKET: bucket.bucketName, PREFIX: prefix },
      logGroup,
      role,
    });
  }

  #alarms(changes: sqs.Queue, failures: sqs.Queue): cloudwatch.Alarm[] {
    const period = Duration.minutes(5);
    const treatMissingData = cloudwatch.TreatMissingData.NOT_BREACHING;
    return [
      failures
        .metricApproximateNumberOfMessagesVisible({ period, statistic: 'Maximum' })
        .createAlarm(this, 'RepairGaveUp', {
          alarmDescription:
            'A change of a record could not be brought to its pages. See "Repair gave up" in docs/operations.md.',
          threshold: 1,
          evaluationPeriods: 1,
          treatMissingData,
        }),
      changes
        .metricApproximateAgeOfOldestMessage({ period, statistic: 'Maximum' })
        .createAlarm(this, 'RepairIsLate', {
          alarmDescription: 'Changes of records wait for long. See "Repair is late" in docs/operations.md.',
          threshold: 600,
          evaluationPeriods: 2,
          treatMissingData,
        }),
      this.function.metricErrors({ period }).createAlarm(this, 'RepairFails', {
        alarmDescription: 'The repair function fails. See "Repair fails" in docs/operations.md.',
        threshold: 3,
        evaluationPeriods: 1,
        treatMissingData,
      }),
    ];
  }
}
