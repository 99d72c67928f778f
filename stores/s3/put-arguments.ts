import type { PutObjectCommandInput } from '@aws-sdk/client-s3';
import { quote, WheelstoreError } from '../../core/errors.ts';

/** Of what a write is: a distribution, another immutable file, or a record or page. */
export type PutTarget = 'distribution' | 'file' | 'mutable';

/** Whether an argument is for everything that is written, for immutable files, or for distributions alone. */
type Scope = 'everything' | 'files' | 'distributions';

type Kind = 'text' | 'flag' | 'date' | readonly string[];

/**
 * What people may say of writes. What would take our own pages' headers away is for files alone: pages
 * must be HTML and must be asked for again each time, whatever a distribution is to have.
 */
const KNOWN = {
  ACL: [
    [
      'private',
      'public-read',
      'public-read-write',
      'authenticated-read',
      'aws-exec-read',
      'bucket-owner-read',
      'bucket-owner-full-control',
    ],
    'everything',
  ],
  GrantFullControl: ['text', 'everything'],
  GrantRead: ['text', 'everything'],
  GrantReadACP: ['text', 'everything'],
  GrantWriteACP: ['text', 'everything'],
  ServerSideEncryption: [['AES256', 'aws:kms', 'aws:kms:dsse', 'aws:fsx'], 'everything'],
  SSEKMSKeyId: ['text', 'everything'],
  SSEKMSEncryptionContext: ['text', 'everything'],
  BucketKeyEnabled: ['flag', 'everything'],
  Tagging: ['text', 'everything'],
  ExpectedBucketOwner: ['text', 'everything'],
  RequestPayer: [['requester'], 'everything'],
  CacheControl: ['text', 'files'],
  Expires: ['date', 'files'],
  ObjectLockMode: [['GOVERNANCE', 'COMPLIANCE'], 'files'],
  ObjectLockRetainUntilDate: ['date', 'files'],
  ObjectLockLegalHoldStatus: [['ON', 'OFF'], 'files'],
  ContentType: ['text', 'distributions'],
  ContentDisposition: ['text', 'distributions'],
  ContentLanguage: ['text', 'distributions'],
  StorageClass: ['text', 'distributions'],
} as const satisfies Partial<Record<keyof PutObjectCommandInput, readonly [Kind, Scope]>>;

type Name = keyof typeof KNOWN;

/** Arguments of PutObject and CreateMultipartUpload that people chose. */
export type PutArguments = Partial<Pick<PutObjectCommandInput, Name>>;

/** Why some of S3's parameters cannot be given, by the pattern of their names. */
const REFUSED: readonly (readonly [RegExp, string])[] = [
  [/^SSECustomer/, 'A key of your own would be needed for every download. Use ServerSideEncryption=aws:kms.'],
  [
    /^(Body|Bucket|Key|Content(Encoding|Length|MD5)|Checksum\w*|If\w+|Metadata|WriteOffsetBytes)$/,
    'Wheelstore sets it itself; leave it out.',
  ],
  [/^WebsiteRedirectLocation$/, 'An object of a repository redirects nowhere; leave it out.'],
];

/** Objects of these classes must be restored before anyone can download them. */
const OFFLINE = new Set(['GLACIER', 'DEEP_ARCHIVE']);

/**
 * Reads `Name=value,Name=value`, where a value may hold commas (`CacheControl=public, max-age=60`), or
 * names with their values.
 *
 * @throws {WheelstoreError} `usage` for a name or value that cannot be
 */
export function parsePutArguments(given: string | Readonly<Record<string, string>>): PutArguments {
  const parsed: Partial<Record<Name, string | boolean | Date>> = {};
  for (const [name, value] of typeof given === 'string' ? itemsOf(given) : Object.entries(given)) {
    if (!isKnown(name)) throw unknownName(name);
    if (value === undefined) throw refusal(name, `${name} has no value`, `Write ${name}=value.`);
    if (name in parsed) throw refusal(name, `${name} is given twice`, 'Give it once.');
    parsed[name] = readValue(name, value.trim());
  }
  // Each value was read as what its name takes.
  return parsed as PutArguments;
}

/** A comma separates where a name follows; the directives of Cache-Control have hyphens, or no value. */
function itemsOf(text: string): (readonly [name: string, value: string | undefined])[] {
  return text.split(/,\s*(?=[A-Za-z][A-Za-z0-9]*=)/).map((item) => {
    const equals = item.indexOf('=');
    if (equals === -1) return [item.trim(), undefined];
    return [item.slice(0, equals).trim(), item.slice(equals + 1)];
  });
}

/** Those of `given` that are meant for a write of `target`. */
export function argumentsFor(given: PutArguments, target: PutTarget): PutArguments {
  const scopes: readonly Scope[] = {
    distribution: ['everything', 'files', 'distributions'] as const,
    file: ['everything', 'files'] as const,
    mutable: ['everything'] as const,
  }[target];
  return Object.fromEntries(
    Object.entries(given).filter(([name]) => isKnown(name) && scopes.includes(KNOWN[name][1])),
  );
}

function isKnown(name: string): name is Name {
  return Object.hasOwn(KNOWN, name);
}

function readValue(name: Name, value: string): string | boolean | Date {
  const kind: Kind = KNOWN[name][0];
  if (value === '' || /\p{Cc}/u.test(value)) {
    throw refusal(value, `${name} cannot be ${quote(value)}`, `Write ${name}=value, on one line.`);
  }
  if (kind === 'flag') return readChoice(name, value, ['true', 'false']) === 'true';
  if (kind === 'date') return readDate(name, value);
  if (kind !== 'text') return readChoice(name, value, kind);
  if (name === 'StorageClass' && OFFLINE.has(value)) {
    throw refusal(
      value,
      `Files in the storage class ${value} cannot be installed`,
      'Choose a class that can be read at once, such as STANDARD_IA, INTELLIGENT_TIERING or GLACIER_IR.',
    );
  }
  return value;
}

function readChoice(name: Name, value: string, choices: readonly string[]): string {
  if (choices.includes(value)) return value;
  throw refusal(value, `${name} cannot be ${quote(value)}`, `Choose one of ${choices.join(', ')}.`);
}

function readDate(name: Name, value: string): Date {
  const date = new Date(value);
  if (!Number.isNaN(date.getTime())) return date;
  throw refusal(value, `${name} cannot be ${quote(value)}`, 'Write a date such as 2030-01-31T00:00:00Z.');
}

function unknownName(name: string): WheelstoreError {
  const reason = REFUSED.find(([pattern]) => pattern.test(name))?.[1];
  if (reason !== undefined) return refusal(name, `${quote(name)} cannot be given for uploads`, reason);
  const names = Object.keys(KNOWN);
  const meant = names.find((known) => known.toLowerCase() === name.toLowerCase());
  return refusal(
    name,
    `${quote(name)} is no argument of S3's PutObject`,
    meant === undefined ? `Choose from ${names.join(', ')}.` : `Write ${meant}.`,
  );
}

function refusal(value: string, message: string, fix: string): WheelstoreError {
  return new WheelstoreError('usage', message, { value, fix });
}
