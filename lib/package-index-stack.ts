import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as route53 from 'aws-cdk-lib/aws-route53';
import type { Construct } from 'constructs';
import type { IndexDomain } from './edge-distribution.ts';
import { PackageIndex } from './package-index.ts';
import type { StackSettings } from './settings.ts';

export interface PackageIndexStackProps extends StackProps {
  readonly settings: StackSettings;
  /** Made in us-east-1 for the domain, where none was given. */
  readonly certificate?: acm.ICertificate;
}

/** What `wheelstore --stack` reads, and people too. */
export const OUTPUTS = {
  IndexUrl: 'For pip: --index-url',
  Access: 'Who may read: private or public',
  BucketName: 'The bucket of the repository',
  Prefix: 'The prefix of the repository in its bucket; "/" for none',
  BucketRegion: 'The region of the bucket',
  DistributionId: 'The CloudFront distribution',
  DistributionDomain: 'The name of the distribution; for DNS records made by hand',
  PageTtlSeconds: 'How long CloudFront may serve a page without asking',
  TokensStoreArn: 'The key-value store of CloudFront that has the tokens',
  TokensPolicyArn: 'To be attached to the users and roles that make and revoke tokens',
  PublishersPolicyArn: 'To be attached to the users and roles that publish',
  MaintainerRoleArn: 'The role that may delete releases',
  GitHubRoleArn: 'The role for GitHub Actions',
  RepairFunctionName: 'The function that brings pages in line',
  RepairLogGroup: 'Where it logs',
  RepairFailuresArn: 'The queue of changes that it has given up',
  AlarmNames: 'The alarms, each with a heading in docs/operations.md',
  KeyPolicyStatement: 'To be added by hand to the policy of the KMS key',
} as const;

/** The index of one team, as an application of its own. */
export class PackageIndexStack extends Stack {
  readonly index: PackageIndex;

  constructor(scope: Construct, id: string, { settings, certificate, ...props }: PackageIndexStackProps) {
    super(scope, id, props);
    const domain = this.#domain(settings, certificate);
    this.index = new PackageIndex(this, 'Index', {
      ...settings,
      ...(domain === undefined ? {} : { domain }),
    });
    this.#writeOutputs(settings);
  }

  #domain(settings: StackSettings, made: acm.ICertificate | undefined): IndexDomain | undefined {
    const { domainName: name, hostedZone, certificateArn } = settings;
    if (name === undefined) return undefined;
    const certificate =
      certificateArn === undefined
        ? made
        : acm.Certificate.fromCertificateArn(this, 'Certificate', certificateArn);
    if (certificate === undefined) throw new Error(`There is no certificate for ${name}`);
    if (hostedZone === undefined) return { name, certificate };
    // By its attributes: a lookup would need an account to synthesize.
    const { id: hostedZoneId, name: zoneName } = hostedZone;
    const zone = route53.HostedZone.fromHostedZoneAttributes(this, 'Zone', { hostedZoneId, zoneName });
    return { name, certificate, zone };
  }

  #writeOutputs({ access, pageTtlSeconds }: StackSettings): void {
    const { repository, edge, rights, repair, indexUrl, prefix } = this.index;
    const values: Record<keyof typeof OUTPUTS, string | undefined> = {
      IndexUrl: indexUrl,
      Access: access,
      BucketName: repository.bucket.bucketName,
      // An output cannot be empty.
      Prefix: prefix === '' ? '/' : prefix,
      BucketRegion: this.region,
      DistributionId: edge.distribution.distributionId,
      DistributionDomain: edge.distribution.distributionDomainName,
      PageTtlSeconds: String(pageTtlSeconds),
      TokensStoreArn: edge.tokens?.keyValueStoreArn,
      TokensPolicyArn: rights.tokenKeepers?.managedPolicyArn,
      PublishersPolicyArn: rights.publishers.managedPolicyArn,
      MaintainerRoleArn: rights.maintainer.roleArn,
      GitHubRoleArn: rights.github?.roleArn,
      RepairFunctionName: repair.function.functionName,
      RepairLogGroup: repair.function.logGroup.logGroupName,
      RepairFailuresArn: repair.failures.queueArn,
      AlarmNames: repair.alarms.map(({ alarmName }) => alarmName).join(','),
      KeyPolicyStatement: repository.key === undefined ? undefined : this.toJsonString(edge.keyStatement()),
    };
    for (const [name, description] of Object.entries(OUTPUTS)) {
      const value = values[name as keyof typeof OUTPUTS];
      if (value !== undefined) new CfnOutput(this, name, { description, value });
    }
  }
}
