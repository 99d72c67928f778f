import * as iam from 'aws-cdk-lib/aws-iam';
import { Duration, Stack } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { FILES_PREFIX, PAGES_PREFIX, SETTINGS_KEY } from '../core/keys.ts';
import type { RepositoryBucket } from './repository-bucket.ts';

export interface PublishingRightsProps {
  readonly repository: RepositoryBucket;
  /** Of every key; empty, or with a slash at its end. */
  readonly prefix: string;
  /** `owner/name`: whose workflows may publish. */
  readonly githubRepositories: readonly string[];
  /** Of the account's provider for GitHub Actions, of which there can be one; made unless given. */
  readonly githubProviderArn?: string;
}

const GITHUB_ISSUER = 'token.actions.githubusercontent.com';

/**
 * Who may do what: publishers write and read, and remove nothing; maintainers delete as well. Both
 * reach this repository's prefix alone.
 */
export class PublishingRights extends Construct {
  /** To be attached to the users and roles that publish. */
  readonly publishers: iam.ManagedPolicy;
  /** Assumed, in this account, to delete releases. */
  readonly maintainer: iam.Role;
  /** Assumed by the workflows of the repositories, without stored secrets. */
  readonly github: iam.Role | undefined;

  constructor(scope: Construct, id: string, props: PublishingRightsProps) {
    super(scope, id);
    const { repository, prefix } = props;
    this.publishers = new iam.ManagedPolicy(this, 'Publishers', {
      description: 'Publish to the Python package index, and remove nothing',
      statements: publishing(repository, prefix),
    });
    this.maintainer = new iam.Role(this, 'Maintainer', {
      description: 'Publish to the Python package index, and delete releases',
      // Whom the account allows to.
      assumedBy: new iam.AccountPrincipal(Stack.of(this).account),
      managedPolicies: [this.publishers],
      inlinePolicies: {
        Delete: new iam.PolicyDocument({
          statements: [
            new iam.PolicyStatement({
              actions: ['s3:DeleteObject'],
              resources: [repository.arnsOf(FILES_PREFIX)],
            }),
          ],
        }),
      },
    });
    repository.allowRemovalBy([this.maintainer]);
    this.github = props.githubRepositories.length === 0 ? undefined : this.#github(props);
  }

  #github({ githubRepositories, githubProviderArn }: PublishingRightsProps): iam.Role {
    const provider =
      githubProviderArn === undefined
        ? new iam.OidcProviderNative(this, 'GitHub', {
            url: `https://${GITHUB_ISSUER}`,
            clientIds: ['sts.amazonaws.com'],
          })
        : iam.OidcProviderNative.fromOidcProviderArn(this, 'GitHub', githubProviderArn);
    const subjects = githubRepositories.flatMap((repository) => [
      // Branches, tags and environments; never a pull request, which may come from a fork.
      `repo:${repository}:ref:refs/heads/*`,
      `repo:${repository}:ref:refs/tags/*`,
      `repo:${repository}:environment:*`,
    ]);
    return new iam.Role(this, 'GitHubActions', {
      description: 'Publish to the Python package index from GitHub Actions',
      maxSessionDuration: Duration.hours(1),
      assumedBy: new iam.WebIdentityPrincipal(provider.oidcProviderArn, {
        StringEquals: { [`${GITHUB_ISSUER}:aud`]: 'sts.amazonaws.com' },
        StringLike: { [`${GITHUB_ISSUER}:sub`]: subjects },
      }),
      managedPolicies: [this.publishers],
    });
  }
}

function publishing(repository: RepositoryBucket, prefix: string): iam.PolicyStatement[] {
  const { bucket, key } = repository;
  const folders = [FILES_PREFIX, 'records/', PAGES_PREFIX];
  const objects = [
    ...folders.map((folder) => repository.arnsOf(folder)),
    bucket.arnForObjects(`${prefix}${SETTINGS_KEY}`),
  ];
  const statements = [
    new iam.PolicyStatement({
      sid: 'ReadAndWrite',
      actions: ['s3:GetObject', 's3:PutObject', 's3:AbortMultipartUpload'],
      resources: objects,
    }),
    new iam.PolicyStatement({
      sid: 'List',
      // A missing key is 404 only for those who may list; HEAD and GET name no prefix.
      actions: ['s3:ListBucket'],
      resources: [bucket.bucketArn],
      ...(prefix === '' ? {} : { conditions: { StringLikeIfExists: { 's3:prefix': [`${prefix}*`] } } }),
    }),
  ];
  if (key === undefined) return statements;
  const encryption = new iam.PolicyStatement({
    sid: 'Encrypt',
    actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
    resources: [key.keyArn],
  });
  return [...statements, encryption];
}
