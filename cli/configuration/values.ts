import { quote, WheelstoreError } from '../../core/errors.ts';
import { checkedEndpoint } from '../../stores/s3/endpoint.ts';
import { checkedBucket, normalizedPrefix } from '../../stores/s3/location.ts';
import { parsePutArguments } from '../../stores/s3/put-arguments.ts';
import { checkedRegion } from '../../stores/s3/region.ts';
import { parseJobs } from '../jobs.ts';
import { naming } from './naming.ts';
import { flagOf, type PutTable, type Setting, type SettingName, type SettingValues } from '../settings.ts';

/** The value of any setting. */
export type Value = SettingValues[keyof SettingValues];

const YES = ['1', 'true', 'yes'];
const NO = ['0', 'false', 'no'];

/**
 * A value that the command line has. An empty one is one too, as in `--prefix ""`.
 *
 * @throws {WheelstoreError} `usage`, naming the flag
 */
export function checkFlag(setting: Setting, value: Value): void {
  if (value === '' && setting.kind === 'text') return;
  naming(flagOf(setting, value), () => checkForBucket(setting.name, value));
}

/**
 * What the text of a variable says.
 *
 * @param text not empty
 * @throws {WheelstoreError} `usage`, naming the variable
 */
export function valueOfVariable(setting: Setting, text: string): Value {
  const { variable, kind, isDenied } = setting;
  return naming(variable, () => {
    if (kind === 'count') return parseJobs(text);
    if (kind === 'arguments') return checkedArguments(text);
    if (kind === 'text') return checkedText(setting, text);
    const word = text.toLowerCase();
    if (YES.includes(word) || NO.includes(word)) return YES.includes(word) !== (isDenied === true);
    throw refusal(
      quote(text),
      'is neither yes nor no',
      'Set it to 1 or 0 (true, false, yes and no do as well).',
    );
  });
}

/**
 * What a value in the file says.
 *
 * @param value as the TOML parser gives it
 * @throws {WheelstoreError} `usage`, naming the key
 */
export function valueOfKey(setting: Setting, value: unknown): Value {
  const { key, kind } = setting;
  return naming(key, () => {
    if (kind === 'switch') {
      if (typeof value === 'boolean') return value;
      throw refusal(shown(value), 'is neither true nor false', `Write ${key} = true, or false.`);
    }
    if (kind === 'count') {
      if (typeof value === 'number') return parseJobs(String(value));
      throw refusal(shown(value), 'is no whole number', `Write a number without quotes: ${key} = 8.`);
    }
    if (typeof value === 'string') {
      return kind === 'arguments' ? checkedArguments(value) : checkedText(setting, value);
    }
    if (kind === 'arguments' && isTable(value)) return checkedArguments(textsOf(value));
    throw refusal(shown(value), 'is no text', `Write it in quotes: ${key} = "...".`);
  });
}

function checkedText({ name }: Setting, text: string): string {
  if (text.trim() === '') throw refusal(quote(text), 'is empty', 'Give it a value, or leave it out.');
  if (/\p{Cc}/u.test(text)) {
    throw refusal(quote(text), 'has a line break or a control character', 'Write it on one line.');
  }
  checkForBucket(name, text);
  return text;
}

/**
 * Refuses what can be no value of a setting for buckets, with what an address or arguments could hold of
 * secrets left out.
 *
 * @throws {WheelstoreError} `usage`
 */
function checkForBucket(name: SettingName, value: Value): void {
  if (name === 's3PutArgs') parsePutArguments(value as SettingValues['s3PutArgs']);
  const text = String(value);
  if (name === 'bucket') checkedBucket(text);
  if (name === 'stack') checkedStack(text);
  if (name === 'prefix') normalizedPrefix(text);
  if (name === 'region') checkedRegion(text);
  if (name === 's3EndpointUrl') checkedEndpoint(text);
}

/** @throws {WheelstoreError} `usage` */
function checkedStack(text: string): void {
  // CloudFormation takes the ARN of a stack as well.
  if (/^(?:[A-Za-z][A-Za-z0-9-]{0,127}|arn:[\w:/-]{1,1000})$/.test(text)) return;
  throw refusal(quote(text), 'is no name of a CloudFormation stack', 'Write a name such as Wheelstore.');
}

function checkedArguments<T extends string | PutTable>(given: T): T {
  checkForBucket('s3PutArgs', given);
  return given;
}

/** Names of arguments with their values, as TOML writes numbers, dates and the like. */
function textsOf(table: Readonly<Record<string, unknown>>): PutTable {
  return Object.fromEntries(
    Object.entries(table).map(([name, value]) => {
      if (value instanceof Date) return [name, value.toISOString()];
      if (typeof value === 'string' || typeof value === 'boolean') return [name, String(value)];
      throw refusal(shown(value), `cannot be ${quote(name)}`, `Write a text: ${quote(name)} = "...".`);
    }),
  );
}

function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

/** What somebody has written in place of what belongs there. */
function shown(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (isTable(value)) return 'a table';
  if (typeof value === 'string') return quote(value);
  return value instanceof Date ? 'a date' : String(value);
}

/** @param value as it may be printed */
function refusal(value: string, what: string, fix: string): WheelstoreError {
  return new WheelstoreError('usage', `${value} ${what}`, { value, fix });
}
