/** Arguments for writes as a table of `wheelstore.toml` has them, each value as a text. */
export type PutTable = Readonly<Record<string, string>>;

/** What can be said of a repository, on the command line, by variables and in `wheelstore.toml`. */
export interface SettingValues {
  /** A folder, or `s3://bucket/prefix`. */
  readonly store: string;
  readonly bucket: string;
  /** Of CloudFormation: its outputs say where the repository is. */
  readonly stack: string;
  readonly prefix: string;
  readonly profile: string;
  readonly region: string;
  readonly s3EndpointUrl: string;
  /** False for requests without credentials. */
  readonly signRequest: boolean;
  /** `K=V,...` where it is a text. */
  readonly s3PutArgs: string | PutTable;
  readonly singleWriter: boolean;
  readonly jobs: number;
}

export type SettingName = keyof SettingValues;

/** What says where the repository is: one of them. */
export const WHERE = ['store', 'bucket', 'stack'] as const satisfies readonly SettingName[];

/** One setting, and everything that there is to know of it. */
export interface Setting {
  /** As commands call it. */
  readonly name: SettingName;
  /** In `wheelstore.toml`. */
  readonly key: string;
  readonly variable: string;
  /** As the help shows the flag. */
  readonly flags: string;
  /** The flag that says the opposite, which a command line needs where the file has said something. */
  readonly opposite?: string;
  /** Where a true variable makes the setting false. */
  readonly isDenied?: true;
  readonly kind: 'text' | 'switch' | 'count' | 'arguments';
  /** Whether it means nothing to a folder. */
  readonly isForBuckets: boolean;
  /** Where nobody says anything. */
  readonly fallback?: string | number | boolean;
  readonly description: string;
}

/** Where a repository is, unless something else is said. */
export const DEFAULT_FOLDER = './packages';

/**
 * How many projects and files are worked on at the same time, unless something else is said: nearly all the time is
 * spent waiting for the store.
 */
export const DEFAULT_JOBS = 32;

/** How many archives are looked into at once, at most: it takes memory for each, and more are no faster. */
export const MOST_ARCHIVES = 8;

/** Every setting, once: flags, variables, keys and what `config` prints all come from here. */
export const SETTINGS: readonly Setting[] = [
  {
    name: 'store',
    key: 'store',
    variable: 'WHEELSTORE_STORE',
    flags: '--store <place>',
    kind: 'text',
    isForBuckets: false,
    fallback: DEFAULT_FOLDER,
    description: `the repository: a folder, or s3://bucket/prefix (default: ${DEFAULT_FOLDER})`,
  },
  {
    name: 'bucket',
    key: 'bucket',
    variable: 'WHEELSTORE_BUCKET',
    flags: '-b, --bucket <name>',
    kind: 'text',
    isForBuckets: true,
    description: 'the S3 bucket of the repository',
  },
  {
    name: 'stack',
    key: 'stack',
    variable: 'WHEELSTORE_STACK',
    flags: '--stack <name>',
    kind: 'text',
    isForBuckets: true,
    description: 'the CloudFormation stack of the repository, as "cdk deploy" has made it',
  },
  {
    name: 'prefix',
    key: 'prefix',
    variable: 'WHEELSTORE_PREFIX',
    flags: '--prefix <prefix>',
    kind: 'text',
    isForBuckets: true,
    description: 'the prefix of the repository in its bucket',
  },
  {
    name: 'profile',
    key: 'profile',
    variable: 'WHEELSTORE_PROFILE',
    flags: '--profile <name>',
    kind: 'text',
    isForBuckets: true,
    description: 'the AWS profile to use',
  },
  {
    name: 'region',
    key: 'region',
    variable: 'WHEELSTORE_REGION',
    flags: '--region <region>',
    kind: 'text',
    isForBuckets: true,
    description: 'the AWS region of the bucket',
  },
  {
    name: 's3EndpointUrl',
    key: 's3-endpoint-url',
    variable: 'WHEELSTORE_S3_ENDPOINT_URL',
    flags: '--s3-endpoint-url <url>',
    kind: 'text',
    isForBuckets: true,
    description: 'a store that speaks the language of S3, instead of AWS',
  },
  {
    name: 'signRequest',
    key: 'sign-request',
    variable: 'WHEELSTORE_NO_SIGN_REQUEST',
    flags: '--no-sign-request',
    opposite: '--sign-request',
    isDenied: true,
    kind: 'switch',
    isForBuckets: true,
    fallback: true,
    description: 'send requests without credentials',
  },
  {
    name: 's3PutArgs',
    key: 's3-put-args',
    variable: 'WHEELSTORE_S3_PUT_ARGS',
    flags: '--s3-put-args <args>',
    kind: 'arguments',
    isForBuckets: true,
    description: 'more arguments for writes: ServerSideEncryption=aws:kms,SSEKMSKeyId=...',
  },
  {
    name: 'singleWriter',
    key: 'single-writer',
    variable: 'WHEELSTORE_SINGLE_WRITER',
    flags: '--single-writer',
    opposite: '--no-single-writer',
    kind: 'switch',
    isForBuckets: true,
    fallback: false,
    description: 'use a store without conditional writes, where nobody else publishes',
  },
  {
    name: 'jobs',
    key: 'jobs',
    variable: 'WHEELSTORE_JOBS',
    flags: '--jobs <number>',
    kind: 'count',
    isForBuckets: false,
    fallback: DEFAULT_JOBS,
    description: 'how many projects and files to work on at once',
  },
];

/** The settings that a command is told, from wherever they come. */
export type SettingOptions = { readonly [Name in SettingName]?: SettingValues[Name] };

/** The flag of a setting with this value: `--bucket`. */
export function flagOf({ flags, opposite }: Setting, value: unknown): string {
  const long = /--[\w-]+/.exec(flags)?.[0] ?? flags;
  if (opposite === undefined) return long;
  return (value === false) === long.startsWith('--no-') ? long : opposite;
}
