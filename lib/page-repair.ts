import { fileURLToPath } from 'node:url';
import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import type { CfnBucket } from 'aws-cdk-lib/aws-s3';
import type * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { RECORDS_PREFIX } from '../core/keys.ts';
import { acknowledgeFolders } from './acknowledge.ts';
import type { EdgeDistribution } from './edge-distribution.ts';
import type { RepositoryBucket } from './repository-bucket.ts';
import { repairStatements } from './statements.ts';

export interface PageRepairProps {
  readonly repository: RepositoryBucket;
  readonly edge: EdgeDistribution;
  /** Of every key; empty, or with a slash at its end. */
  readonly prefix: string;
  /** See `StackSettings`. Above zero, the function has CloudFront forget what it has written. */
  readonly pageTtlSeconds: number;
  /** Hears of alarms, and of their end. */
  readonly alarmTopic?: sns.ITopic;
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
  /** Changes that could not be brought to their pages. */
  readonly failures: sqs.Queue;
  /** Each has a heading in docs/operations.md. */
  readonly alarms: readonly cloudwatch.Alarm[];

  constructor(scope: Construct, id: string, props: PageRepairProps) {
    super(scope, id);
    this.failures = new sqs.Queue(this, 'Failures', {
      enforceSSL: true,
      encryption: sqs.QueueEncryption.SQS_MANAGED,
      retentionPeriod: Duration.days(14),
    });
    const changes = new sqs.Queue(this, 'Changes', {
      enforceSSL: true,
      encryption: sqs.QueueEncryption.SQS_MANAGED,
      deliveryDelay: GRACE,
      // As AWS advises: six times the function's own.
      visibilityTimeout: Duration.seconds(6 * TIMEOUT.toSeconds()),
      deadLetterQueue: { queue: this.failures, maxReceiveCount: MOST_ATTEMPTS },
    });
    this.#notify(props, changes);
    this.function = this.#function(props, changes);
    this.function.addEventSourceMapping('Changes', {
      eventSourceArn: changes.queueArn,
      batchSize: 10,
      // Many would only wait for each other's writes of the project list.
      maxConcurrency: 2,
      reportBatchItemFailures: true,
    });
    this.alarms = this.#alarms(changes);
    for (const alarm of props.alarmTopic === undefined ? [] : this.alarms) {
      const action = new SnsAction(props.alarmTopic as sns.ITopic);
      alarm.addAlarmAction(action);
      alarm.addOkAction(action);
    }
  }

  /** Written out, because the construct for it would bring a function of its own. */
  #notify({ repository, prefix }: PageRepairProps, queue: sqs.Queue): void {
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
    const resource = repository.bucket.node.defaultChild as CfnBucket;
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

  #function(props: PageRepairProps, changes: sqs.Queue): lambda.Function {
    const { repository, edge, prefix, pageTtlSeconds } = props;
    const invalidates = pageTtlSeconds > 0;
    const logGroup = new logs.LogGroup(this, 'Logs', {
      retention: logs.RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const statements = [
      ...repairStatements(repository, edge, prefix, { invalidates }),
      ...operationStatements(changes, logGroup),
    ];
    const role = new iam.Role(this, 'Role', {
      assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
      // All of it here: nothing that the function needs can come after it.
      inlinePolicies: { Repair: new iam.PolicyDocument({ statements }) },
    });
    acknowledgeFolders(role, statements);
    const made = new lambda.Function(this, 'Function', {
      description: 'Brings the pages of the Python package index in line with its records',
      code: lambda.Code.fromAsset(CODE),
      handler: 'index.handler',
      runtime: lambda.Runtime.NODEJS_24_X,
      architecture: lambda.Architecture.ARM_64,
      memorySize: 512,
      timeout: TIMEOUT,
      environment: {
        BUCKET: repository.bucket.bucketName,
        PREFIX: prefix,
        ...(invalidates ? { DISTRIBUTION_ID: edge.distribution.distributionId } : {}),
      },
      logGroup,
      role: role.withoutPolicyUpdates(),
    });
    // It names its role already; the construct says it once more.
    (made.node.defaultChild as lambda.CfnFunction).addDeletionOverride('DependsOn');
    return made;
  }

  #alarms(changes: sqs.Queue): cloudwatch.Alarm[] {
    const period = Duration.minutes(5);
    const treatMissingData = cloudwatch.TreatMissingData.NOT_BREACHING;
    return [
      this.failures
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
      // A message that failed comes again after six minutes: so two errors are twice in a row.
      this.function.metricErrors({ period: Duration.minutes(15) }).createAlarm(this, 'RepairFails', {
        alarmDescription: 'The repair function fails. See "Repair fails" in docs/operations.md.',
        threshold: 2,
        evaluationPeriods: 1,
        treatMissingData,
      }),
    ];
  }
}

/** What running at all takes. */
function operationStatements(changes: sqs.Queue, { logGroupArn }: logs.LogGroup): iam.PolicyStatement[] {
  return [
    new iam.PolicyStatement({
      sid: 'TakeChanges',
      actions: [
        'sqs:ReceiveMessage',
        'sqs:DeleteMessage',
        'sqs:GetQueueAttributes',
        'sqs:ChangeMessageVisibility',
      ],
      resources: [changes.queueArn],
    }),
    new iam.PolicyStatement({
      sid: 'Log',
      actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      resources: [logGroupArn],
    }),
  ];
}
