/** How long the stack keeps what it made when it is deleted. */
export type Removal = 'retain' | 'destroy';

/** Which of CloudFront's edge locations serve: fewer cost less. */
export type EdgeLocations = '100' | '200' | 'all';

/** Who may read: those with a token, or everyone. */
export type Access = 'private' | 'public';

/** Everything that can be said about a deployment. */
export interface StackSettings {
  /** Of all stacks: another one makes another index in the same account. */
  readonly stackName: string;
  readonly access: Access;
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
  /** `owner/name`, or `owner/name:environment`: whose workflows may publish. */
  readonly githubRepositories: readonly string[];
  /** Of the account's provider for GitHub Actions, of which there can be one; made unless given. */
  readonly githubProviderArn?: string;
  /** Whether requests are logged to a bucket. */
  readonly logs: boolean;
  /** Of AWS WAF, in us-east-1. */
  readonly webAclArn?: string;
  /** Of the key that encrypts the bucket; S3's own unless given. */
  readonly kmsKeyArn?: string;
  /** Of the SNS topic that hears of alarms. */
  readonly alarmTopicArn?: string;
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

/** A setting as the documentation has it. */
export interface SettingHelp {
  readonly what: string;
  readonly example: string;
}

/** Every setting there is. docs/operations.md has the same table. */
export const SETTINGS = {
  stackName: { what: 'name of the stack; default `Wheelstore`', example: 'TeamIndex' },
  access: {
    what: 'who may read: `private` (default), whoever has a token; `public`, everyone',
    example: 'public',
  },
  domainName: { what: 'the host that serves', example: 'pypi.example.com' },
  hostedZoneId: { what: 'the Route 53 zone of the domain', example: 'Z0123456789ABC' },
  hostedZoneName: {
    what: 'the name of that zone; default: the domain without its first label',
    example: 'example.com',
  },
  certificateArn: {
    what: 'a certificate of your own, in us-east-1; default: one is made',
    example: 'arn:aws:acm:us-east-1:123456789012:certificate/0f5c2b6e-6d3a-4f0e-9a51-1c1f5d1a2b3c',
  },
  prefix: { what: 'the prefix of the repository in its bucket; default: none', example: 'team/packages' },
  priceClass: { what: 'which edge locations serve: `100` (default), `200` or `all`', example: '200' },
  pageTtlSeconds: {
    what: 'how long CloudFront may serve a page without asking: `0` (default) to `86400`',
    example: '300',
  },
  githubRepositories: {
    what: 'whose GitHub workflows may publish: `owner/name`, or `owner/name:environment`, with commas',
    example: 'org/library,org/service:release',
  },
  githubProviderArn: {
    what: 'the provider for GitHub Actions that the account has already; default: one is made',
    example: 'arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com',
  },
  logs: { what: '`true` logs requests to a bucket; default `false`', example: 'true' },
  webAclArn: {
    what: 'an AWS WAF web ACL for CloudFront',
    example: 'arn:aws:wafv2:us-east-1:123456789012:global/webacl/office/0f5c2b6e-6d3a-4f0e-9a51-1c1f5d1a2b3c',
  },
  kmsKeyArn: {
    what: 'a KMS key for the bucket, in its region; default: SSE-S3',
    example: 'arn:aws:kms:us-east-1:123456789012:key/0f5c2b6e-6d3a-4f0e-9a51-1c1f5d1a2b3c',
  },
  alarmTopicArn: {
    what: 'an SNS topic that hears of alarms, in the region of the stack',
    example: 'arn:aws:sns:us-east-1:123456789012:on-call',
  },
  removalPolicy: {
    what: 'what happens to the bucket with the stack: `retain` (default) or `destroy`',
    example: 'destroy',
  },
} as const satisfies Readonly<Record<string, SettingHelp>>;

export type SettingName = keyof typeof SETTINGS;

/** Reads the setting `name`, as it was given with `-c` or in cdk.json. */
export type SettingReader = (name: SettingName) => unknown;

/** What else is known of a deployment. */
export interface SettingsContext {
  /** Where the stack goes. */
  readonly region?: string;
  /** All that was given, whatever it is for. */
  readonly names?: readonly string[];
}

/**
 * The settings of a deployment, checked together.
 *
 * @throws {SettingsError} with every problem
 */
export function parseSettings(read: SettingReader, context: SettingsContext = {}): StackSettings {
  return new SettingsParser(read, context).parse();
}

const DOMAIN = /^(?=.{1,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/;
const ZONE_ID = /^Z[A-Z0-9]{1,31}$/;
const CERTIFICATE = /^arn:aws[a-z-]*:acm:us-east-1:\d{12}:certificate\/[A-Za-z0-9-]+$/;
const WEB_ACL = /^arn:aws[a-z-]*:wafv2:us-east-1:\d{12}:global\/webacl\/[^/\s]+\/[A-Za-z0-9-]+$/;
const KMS_KEY =
  /^arn:aws[a-z-]*:kms:([a-z0-9-]+):\d{12}:key\/(?:mrk-[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;
const TOPIC = /^arn:aws[a-z-]*:sns:([a-z0-9-]+):\d{12}:[A-Za-z0-9_-]{1,256}$/;
// GitHub has begun to put numbers into the names that its tokens carry: owner@1234/name@5678.
const GITHUB_REPOSITORY =
  /^[A-Za-z0-9][A-Za-z0-9-]{0,38}(?:@\d{1,20})?\/[A-Za-z0-9._-]{1,100}(?:@\d{1,20})?(?::[A-Za-z0-9._-]{1,100})?$/;
const GITHUB_PROVIDER = /^arn:aws[a-z-]*:iam::\d{12}:oidc-provider\/token\.actions\.githubusercontent\.com$/;
const STACK_NAME = /^[A-Za-z][A-Za-z0-9-]{0,99}$/;
const PREFIX_SEGMENT = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;

const LONGEST_TTL = 86_400;

/** CloudFront takes no longer path of an origin than 255. */
const LONGEST_PREFIX = 200;

class SettingsParser {
  readonly #read: SettingReader;
  readonly #context: SettingsContext;
  readonly #problems: SettingProblem[] = [];

  constructor(read: SettingReader, context: SettingsContext) {
    this.#read = read;
    this.#context = context;
  }

  parse(): StackSettings {
    this.#checkNames();
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
      access: this.#oneOf('access', ['private', 'public']),
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
      ...this.#regional('kmsKeyArn', KMS_KEY, 'no ARN of a KMS key'),
      ...this.#regional('alarmTopicArn', TOPIC, 'no ARN of an SNS topic'),
      removalPolicy: this.#oneOf('removalPolicy', ['retain', 'destroy']),
    };
    this.#checkTogether();
    if (this.#problems.length > 0) throw new SettingsError(this.#problems);
    return settings;
  }

  /** A name that is misspelt would leave its setting out, without a word. */
  #checkNames(): void {
    const known = Object.keys(SETTINGS);
    for (const name of this.#context.names ?? []) {
      const meant = known.includes(name) ? undefined : known.find((other) => areAlike(name, other));
      if (meant !== undefined) this.#refuse(name, `is no setting: give -c ${meant}=...`);
    }
  }

  /** What only together makes no sense. */
  #checkTogether(): void {
    // What was given counts, right or not: one mistake is one problem.
    const isGiven = (name: SettingName): boolean => this.#text(name) !== undefined;
    if (!isGiven('domainName')) {
      if (isGiven('certificateArn'))
        this.#refuse('certificateArn', 'is for a domain: give -c domainName=... too');
      return;
    }
    if (!isGiven('hostedZoneId') && !isGiven('certificateArn')) {
      this.#refuse(
        'domainName',
        'needs -c hostedZoneId=Z... (then a certificate and DNS records are made) or -c certificateArn=arn:...',
      );
    }
  }

  #hostedZone(domainName: string | undefined): StackSettings['hostedZone'] {
    const id = this.#matching('hostedZoneId', ZONE_ID, 'no ID of a hosted zone, such as Z0123456789ABC');
    const name = this.#matching('hostedZoneName', DOMAIN, 'no name of a zone, such as example.com');
    if (this.#text('domainName') === undefined) {
      for (const given of ['hostedZoneId', 'hostedZoneName'] as const) {
        if (this.#text(given) !== undefined)
          this.#refuse(given, 'is for a domain: give -c domainName=... too');
      }
      return undefined;
    }
    if (domainName === undefined) return undefined;
    if (id === undefined) {
      if (name !== undefined && this.#text('hostedZoneId') === undefined)
        this.#refuse('hostedZoneName', 'needs -c hostedZoneId=Z... too');
      return undefined;
    }
    const parent = domainName.slice(domainName.indexOf('.') + 1);
    // Above example.com there is no zone of one's own.
    const zone = name ?? (parent.includes('.') ? parent : domainName);
    if (domainName !== zone && !domainName.endsWith(`.${zone}`)) {
      this.#refuse('hostedZoneName', `${JSON.stringify(zone)} is not a zone of ${domainName}`);
    }
    return { id, name: zone };
  }

  #prefix(): string {
    const text = this.#text('prefix') ?? '';
    const segments = text.split('/').filter((segment) => segment !== '');
    if (text.length > LONGEST_PREFIX) {
      this.#refuse('prefix', `is too long: give ${LONGEST_PREFIX} characters at most`);
    } else if (!segments.every((segment) => PREFIX_SEGMENT.test(segment))) {
      this.#refuse('prefix', `${JSON.stringify(text)} is no prefix such as team/packages`);
    }
    return segments.map((segment) => `${segment}/`).join('');
  }

  #seconds(name: SettingName): number {
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
          `${JSON.stringify(name)} is no owner/name or owner/name:environment; patterns are not taken`,
        );
      }
    }
    return [...new Set(given)];
  }

  #oneOf<const T extends string>(name: SettingName, choices: readonly [T, ...T[]]): T {
    const text = this.#text(name);
    if (text === undefined) return choices[0];
    const choice = choices.find((one) => one === text.toLowerCase());
    if (choice === undefined) this.#refuse(name, `${JSON.stringify(text)} is none of ${choices.join(', ')}`);
    return choice ?? choices[0];
  }

  #optional(name: SettingName, pattern: RegExp, what: string): Record<string, string> {
    const value = this.#matching(name, pattern, what);
    return value === undefined ? {} : { [name]: value };
  }

  /** What S3 and CloudWatch look for in their own region alone. */
  #regional(name: SettingName, pattern: RegExp, what: string): Record<string, string> {
    const value = this.#matching(name, pattern, what);
    if (value === undefined) return {};
    const [, region] = pattern.exec(value) ?? [];
    const own = this.#context.region;
    if (own !== undefined && region !== undefined && region !== own) {
      this.#refuse(name, `is in ${region}, and the stack in ${own}: give one in ${own}`);
    }
    return { [name]: value };
  }

  #matching(name: SettingName, pattern: RegExp, what: string): string | undefined {
    const text = this.#text(name);
    if (text === undefined || pattern.test(text)) return text;
    this.#refuse(name, `${JSON.stringify(text)} is ${what}`);
    return undefined;
  }

  /** From the command line everything is a text; cdk.json has numbers, lists and truth values too. */
  #text(name: SettingName): string | undefined {
    const value = this.#read(name);
    if (value === undefined || value === null || value === '') return undefined;
    const parts: readonly unknown[] = Array.isArray(value) ? value : [value];
    if (parts.every((part) => ['string', 'number', 'boolean'].includes(typeof part))) return parts.join(',');
    this.#refuse(name, 'is neither a text nor a list of texts: give one');
    return undefined;
  }

  #refuse(name: string, problem: string): void {
    if (this.#problems.some((other) => other.name === name && other.problem === problem)) return;
    this.#problems.push({ name, problem });
  }
}

/** Whether one of the two is the other, misspelt. */
function areAlike(one: string, other: string): boolean {
  const [a, b] = [one, other].map((name) => name.toLowerCase().replace(/[^a-z0-9]/g, '')) as [string, string];
  return Math.abs(a.length - b.length) <= 1 && distance(a, b) <= 1;
}

/** How many letters have to be added, taken away or changed (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
