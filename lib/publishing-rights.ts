import * as iam from 'aws-cdk-lib/aws-iam';
import { Duration, Stack } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { FILES_PREFIX } from '../core/keys.ts';
import { acknowledgeFolders } from './acknowledge.ts';
import type { EdgeDistribution } from './edge-distribution.ts';
import type { RepositoryBucket } from './repository-bucket.ts';
import { publishingStatements, tokenStatements } from './statements.ts';

export interface PublishingRightsProps {
  readonly repository: RepositoryBucket;
  readonly edge: EdgeDistribution;
  /** Of every key; empty, or with a slash at its end. */
  readonly prefix: string;
  /** `owner/name`, or `owner/name:environment`: whose workflows may publish. */
  readonly githubRepositories: readonly string[];
  /** Of the account's provider for GitHub Actions, of which there can be one; made unless given. */
  readonly githubProviderArn?: string;
}

const GITHUB_ISSUER = 'token.actions.githubusercontent.com';

/**
 * Who may do what: publishers write and read, and remove nothing; maintainers delete as well, and make
 * tokens for readers, which is no business of those who publish. All reach this repository's prefix alone.
 */
export class PublishingRights extends Construct {
  /** To be attached to the users and roles that publish. */
  readonly publishers: iam.ManagedPolicy;
  /** To be attached to whoever makes and revokes tokens; `undefined` where everyone may read. */
  readonly tokenKeepers: iam.ManagedPolicy | undefined;
  /** Assumed, in this account, to delete releases. */
  readonly maintainer: iam.Role;
  /** Assumed by the workflows of the repositories, without stored secrets. */
  readonly github: iam.Role | undefined;

  constructor(scope: Construct, id: string, props: PublishingRightsProps) {
    super(scope, id);
    const { repository, edge, prefix } = props;
    const publishing = publishingStatements(repository, edge, prefix);
    const deleting = new iam.PolicyStatement({
      // Old versions stay: what is deleted by mistake can be brought back.
      actions: ['s3:DeleteObject'],
      resources: [repository.arnsOf(FILES_PREFIX)],
    });
    acknowledgeFolders(this, [...publishing, deleting]);
    this.publishers = new iam.ManagedPolicy(this, 'Publishers', {
      description: 'Publish to the Python package index, and remove nothing',
      statements: publishing,
    });
    this.tokenKeepers = this.#tokenKeepers(edge);
    this.maintainer = new iam.Role(this, 'Maintainer', {
      description: 'Publish to the Python package index, and delete releases',
      // Whom the account allows to.
      assumedBy: new iam.AccountPrincipal(Stack.of(this).account),
      managedPolicies: [this.publishers, ...(this.tokenKeepers === undefined ? [] : [this.tokenKeepers])],
      inlinePolicies: { Delete: new iam.PolicyDocument({ statements: [deleting] }) },
    });
    repository.allowRemovalBy([this.maintainer]);
    this.github = props.githubRepositories.length === 0 ? undefined : this.#github(props);
  }

  #tokenKeepers(edge: EdgeDistribution): iam.ManagedPolicy | undefined {
    if (edge.tokens === undefined) return undefined;
    const statements = tokenStatements(edge, edge.tokens);
    acknowledgeFolders(this, statements);
    return new iam.ManagedPolicy(this, 'TokenKeepers', {
      description: 'Make and revoke the tokens of those who read the Python package index',
      statements,
    });
  }

  #github({ githubRepositories, githubProviderArn }: PublishingRightsProps): iam.Role {
    const provider =
      githubProviderArn === undefined
        ? new iam.OidcProviderNative(this, 'GitHub', {
            url: `https://${GITHUB_ISSUER}`,
            clientIds: ['sts.amazonaws.com'],
          })
        : iam.OidcProviderNative.fromOidcProviderArn(this, 'GitHub', githubProviderArn);
    return new iam.Role(this, 'GitHubActions', {
      description: 'Publish to the Python package index from GitHub Actions',
      maxSessionDuration: Duration.hours(1),
      assumedBy: new iam.WebIdentityPrincipal(provider.oidcProviderArn, {
        StringEquals: { [`${GITHUB_ISSUER}:aud`]: 'sts.amazonaws.com' },
        StringLike: { [`${GITHUB_ISSUER}:sub`]: githubRepositories.flatMap(subjectsOf) },
      }),
      managedPolicies: [this.publishers],
    });
  }
}

/**
 * What a token may be about: branches and tags, or one environment, whose rules GitHub holds. Never any
 * environment at all: a pull request, which may come from a fork, can name one that has no rules.
 */
function subjectsOf(given: string): string[] {
  const [repository = '', environment] = given.split(':');
  return environment === undefined
    ? [`repo:${repository}:ref:refs/heads/*`, `repo:${repository}:ref:refs/tags/*`]
    : [`repo:${repository}:environment:${environment}`];
}
