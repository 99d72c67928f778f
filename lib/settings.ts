/** How long the stack keeps what it made when it is deleted. */
export type Removal = 'retain' | 'destroy';

/** Which of CloudFront's edge locations serve: fewer cost less. */
export type EdgeLocations = '100' | '200' | 'all';

/** Everything that can be said about a deployment. */
export interface StackSettings {
  /** Of all stacks: another one makes another index in the same account. */
  readonly stackName: string;
  /** Without it, CloudFront's own name serves. */
  readonly domainName?: string;
  /** Of Route 53: for the records of the domain, and the validation of its certificate. */
  readonly hostedZone?: { readonly id: string; readonly name: string };
  /** In us-east-1. Without it, one is made for the domain. */
  readonly certificateArn?: string;
  /** Of every key in the bucket; empty, or with a slash at its end. */
  readonly prefix: string;
  readonly priceClass: EdgeLocations;
  /** How long CloudFront may serve a page without asking, in seconds. Publishing then invalidates. */
  readonly pageTtlSeconds: number;
  /** `owner/name`: whose workflows may publish. */
  readonly githubRepositories: readonly string[];
  /** Of the account's provider for GitHub Actions, of which there can be one; made unless given. */
  readonly githubProviderArn?: string;
  /** Whether requests are logged to a bucket. */
  readonly logs: boolean;
  /** Of AWS WAF, in us-east-1. */
  readonly webAclArn?: string;
  /** Of the key that encrypts the bucket; S3's own unless given. */
  readonly kmsKeyArn?: string;
  readonly removalPolicy: Removal;
}

/** One setting that makes no sense: what was given, and what to give. */
export interface SettingProblem {
  readonly name: string;
  readonly problem: string;
}

/** All that is wrong with the settings, in one report. */
export class SettingsError extends Error {
  readonly problems: readonly SettingProblem[];

  constructor(problems: readonly SettingProblem[]) {
    const lines = problems.map(({ name, problem }) => `  -c ${name}: ${problem}`);
    super(`The settings of the stack make no sense:\n${lines.join('\n')}`);
    this.name = 'SettingsError';
    this.problems = problems;
  }
}

/** What each setting is, for the documentation and for the names that are known. */
export const SETTINGS: Readonly<Record<string, string>> = {
  stackName: 'name of the stack (default Wheelstore)',
  domainName: 'the host that serves, such as pypi.example.com',
  hostedZoneId: 'the Route 53 zone of the domain, Z...',
  hostedZoneName: 'the name of that zone (default: the domain without its first label)',
  certificateArn: 'a certificate of your own in us-east-1, arn:aws:acm:us-east-1:...',
  prefix: 'the prefix of the repository in its bucket',
  priceClass: '100 (default), 200 or all: which edge locations serve',
  pageTtlSeconds: 'how long CloudFront may serve a page without asking (default 0, at most 86400)',
  githubRepositories: 'owner/name,...: whose workflows may publish',
  githubProviderArn: 'the provider for GitHub Actions that the account has already (it can have one)',
  logs: 'true: log requests to a bucket',
  webAclArn: 'an AWS WAF web ACL in us-east-1',
  kmsKeyArn: 'a KMS key for the bucket (default: SSE-S3)',
  removalPolicy: 'retain (default) or destroy: what happens to the bucket with the stack',
};

/** Reads the setting `name`, as it was given with `-c` or in cdk.json. */
export type SettingReader = (name: string) => unknown;

/**
 * The settings of a deployment, checked together.
 *
 * @throws {SettingsError} with every problem
 */
export function parseSettings(read: SettingReader): StackSettings {
  return new SettingsParser(read).parse();
}

const DOMAIN = /^(?=.{1,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/;
const ZONE_ID = /^Z[A-Z0-9]{1,31}$/;
const CERTIFICATE = /^arn:aws[a-z-]*:acm:us-east-1:\d{12}:certificate\/[A-Za-z0-9-]+$/;
const WEB_ACL = /^arn:aws[a-z-]*:wafv2:us-east-1:\d{12}:global\/webacl\/[^/\s]+\/[A-Za-z0-9-]+$/;
const KMS_KEY = /^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key\/[A-Za-z0-9-]+$/;
const GITHUB_REPOSITORY = /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})\/[A-Za-z0-9._-]{1,100}$/;
const GITHUB_PROVIDER = /^arn:aws[a-z-]*:iam::\d{12}:oidc-provider\/token\.actions\.githubusercontent\.com$/;
const STACK_NAME = /^[A-Za-z][A-Za-z0-9-]{0,99}$/;
const PREFIX_SEGMENT = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;

const LONGEST_TTL = 86_400;

class SettingsParser {
  readonly #read: SettingReader;
  readonly #problems: SettingProblem[] = [];

  constructor(read: SettingReader) {
    this.#read = read;
  }

  parse(): StackSettings {
    const domainName = this.#matching(
      'domainName',
      DOMAIN,
      'no host name in lower case, such as pypi.example.com',
    );
    const hostedZone = this.#hostedZone(domainName);
    const certificateArn = this.#matching(
      'certificateArn',
      CERTIFICATE,
      'no ARN of a certificate in us-east-1, where CloudFront looks for it',
    );
    const settings = {
      stackName: this.#matching('stackName', STACK_NAME, 'no name of a stack') ?? 'Wheelstore',
      ...(domainName === undefined ? {} : { domainName }),
      ...(hostedZone === undefined ? {} : { hostedZone }),
      ...(certificateArn === undefined ? {} : { certificateArn }),
      prefix: this.#prefix(),
      priceClass: this.#oneOf('priceClass', ['100', '200', 'all']),
      pageTtlSeconds: this.#seconds('pageTtlSeconds'),
      githubRepositories: this.#repositories(),
      ...this.#optional('githubProviderArn', GITHUB_PROVIDER, 'no ARN of the provider of GitHub Actions'),
      logs: this.#oneOf('logs', ['false', 'true']) === 'true',
      ...this.#optional(
        'webAclArn',
        WEB_ACL,
        'no ARN of a web ACL for CloudFront (scope global, in us-east-1)',
      ),
      ...this.#optional('kmsKeyArn', KMS_KEY, 'no ARN of a KMS key'),
      removalPolicy: this.#oneOf('removalPolicy', ['retain', 'destroy']),
    };
    this.#checkTogether(settings);
    if (this.#problems.length > 0) throw new SettingsError(this.#problems);
    return settings;
  }

  /** What only together makes no sense. */
  #checkTogether({ domainName, hostedZone, certificateArn }: Partial<StackSettings>): void {
    if (domainName === undefined) {
      if (certificateArn !== undefined)
        this.#refuse('certificateArn', 'is for a domain: give -c domainName=... too');
      return;
    }
    if (
      hostedZone === undefined &&
      certificateArn === undefined &&
      this.#text('hostedZoneId') === undefined
    ) {
      this.#refuse(
        'domainName',
        'needs -c hostedZoneId=Z... (then a certificate and DNS records are made) or -c certificateArn=arn:...',
      );
    }
  }

  #hostedZone(domainName: string | undefined): StackSettings['hostedZone'] {
    const id = this.#matching('hostedZoneId', ZONE_ID, 'no ID of a hosted zone, such as Z0123456789ABC');
    const name = this.#matching('hostedZoneName', DOMAIN, 'no name of a zone, such as example.com');
    if (domainName === undefined) {
      for (const given of ['hostedZoneId', 'hostedZoneName']) {
        if (this.#text(given) !== undefined)
          this.#refuse(given, 'is for a domain: give -c domainName=... too');
      }
      return undefined;
    }
    if (id === undefined) {
      if (name !== undefined) this.#refuse('hostedZoneName', 'needs -c hostedZoneId=Z... too');
      return undefined;
    }
    const zone = name ?? domainName.split('.').slice(1).join('.');
    if (domainName !== zone && !domainName.endsWith(`.${zone}`)) {
      this.#refuse('hostedZoneName', `${JSON.stringify(zone)} is not a zone of ${domainName}`);
    }
    return { id, name: zone };
  }

  #prefix(): string {
    const text = this.#text('prefix') ?? '';
    const segments = text.split('/').filter((segment) => segment !== '');
    if (!segments.every((segment) => PREFIX_SEGMENT.test(segment))) {
      this.#refuse('prefix', `${JSON.stringify(text)} is no prefix such as team/packages`);
    }
    return segments.map((segment) => `${segment}/`).join('');
  }

  #seconds(name: string): number {
    const text = this.#text(name) ?? '0';
    if (/^\d{1,5}$/.test(text) && Number(text) <= LONGEST_TTL) return Number(text);
    this.#refuse(name, `${JSON.stringify(text)} is no number of seconds from 0 to ${LONGEST_TTL}`);
    return 0;
  }

  #repositories(): string[] {
    const names = (this.#text('githubRepositories') ?? '').split(',').map((name) => name.trim());
    const given = names.filter((name) => name !== '');
    for (const name of given) {
      if (!GITHUB_REPOSITORY.test(name)) {
        this.#refuse(
          'githubRepositories',
          `${JSON.stringify(name)} is no owner/name; patterns are not taken`,
        );
      }
    }
    return [...new Set(given)];
  }

  #oneOf<const T extends string>(name: string, choices: readonly [T, ...T[]]): T {
    const text = this.#text(name);
    if (text === undefined) return choices[0];
    const choice = choices.find((one) => one === text.toLowerCase());
    if (choice === undefined) this.#refuse(name, `${JSON.stringify(text)} is none of ${choices.join(', ')}`);
    return choice ?? choices[0];
  }

  #optional(name: string, pattern: RegExp, what: string): Record<string, string> {
    const value = this.#matching(name, pattern, what);
    return value === undefined ? {} : { [name]: value };
  }

  #matching(name: string, pattern: RegExp, what: string): string | undefined {
    const text = this.#text(name);
    if (text === undefined || pattern.test(text)) return text;
    this.#refuse(name, `${JSON.stringify(text)} is ${what}`);
    return undefined;
  }

  /** From the command line everything is a text; cdk.json has numbers, lists and truth values too. */
  #text(name: string): string | undefined {
    const value = this.#read(name);
    if (value === undefined || value === null || value === '') return undefined;
    if (Array.isArray(value)) return value.map(String).join(',');
    if (typeof value === 'object') {
      this.#refuse(name, 'is an object: give a text');
      return undefined;
    }
    return String(value);
  }

  #refuse(name: string, problem: string): void {
    if (this.#problems.some((other) => other.name === name && other.problem === problem)) return;
    this.#problems.push({ name, problem });
  }
}
