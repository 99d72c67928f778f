import { open, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { quote, WheelstoreError } from '../../core/errors.ts';
import { describeFailure, systemCode } from '../../stores/failures.ts';
import { SETTINGS, WHERE, type Setting, type SettingName } from '../settings.ts';
import { isUrl } from '../store-url.ts';
import { closest } from './closest.ts';
import { FILENAME } from './find-file.ts';
import { withOrigin } from './naming.ts';
import { valueOfKey, type Value } from './values.ts';

/** In bytes. A thousandth of it is plenty. */
const LARGEST = 64 * 1024;

/**
 * The settings in a configuration file.
 *
 * @param isNamed whether the person has named it; what was found must be a regular file
 * @throws {WheelstoreError} `usage` with every problem
 */
export async function readConfigFile(
  path: string,
  isNamed: boolean,
): Promise<ReadonlyMap<SettingName, Value>> {
  const text = await textOf(path, isNamed);
  const table = await tableOf(path, text);
  const values = new Map<SettingName, Value>();
  const problems: WheelstoreError[] = [];
  for (const [key, value] of Object.entries(table)) {
    try {
      const setting = settingOf(key);
      values.set(setting.name, inFile(path, setting, valueOfKey(setting, value)));
    } catch (error) {
      if (!(error instanceof WheelstoreError)) throw error;
      problems.push(error);
    }
  }
  // What a misspelt key was meant to be could resolve them.
  if (problems.length === 0) problems.push(...contradictions(values));
  if (problems.length === 0) return values;
  throw new WheelstoreError('usage', `${quote(path)} cannot be used as it is`, {
    value: path,
    problems: problems.map((problem) => withOrigin(quote(path), problem)),
  });
}

async function textOf(path: string, isNamed: boolean): Promise<string> {
  const bytes = await bytesOf(path, isNamed).catch((error: unknown) => {
    if (systemCode(error) === undefined) throw error;
    const failure = describeFailure(error, path, 'read');
    const { message, fix = '' } = failure as WheelstoreError;
    throw refusal(path, message, systemCode(error) === 'ENOENT' ? `There is no such file. ${NAME_IT}` : fix);
  });
  if (bytes.length > LARGEST) {
    throw refusal(path, `${quote(path)} has more than ${LARGEST} bytes`, `Is it a ${FILENAME}? ${NAME_IT}`);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw refusal(path, `${quote(path)} is no text in UTF-8`, `Is it a ${FILENAME}? ${NAME_IT}`);
  }
}

const NAME_IT = 'Check the path, or name another file with --config (WHEELSTORE_CONFIG).';

/** Not more of it than needed to see that it is too large. */
async function bytesOf(path: string, isNamed: boolean): Promise<Uint8Array> {
  // To open a pipe that someone has put there would wait for a writer.
  if (!isNamed && !(await stat(path)).isFile()) {
    throw refusal(path, `${quote(path)} is no file`, 'Move it out of the way, or name a file with --config.');
  }
  const file = await open(path);
  try {
    const bytes = Buffer.alloc(LARGEST + 1);
    let size = 0;
    for (;;) {
      const { bytesRead } = await file.read(bytes, size, bytes.length - size);
      size += bytesRead;
      if (bytesRead === 0 || size === bytes.length) return bytes.subarray(0, size);
    }
  } finally {
    await file.close();
  }
}

async function tableOf(path: string, text: string): Promise<Readonly<Record<string, unknown>>> {
  const { parse, TomlError } = await import('smol-toml');
  try {
    return parse(text, { maxDepth: 16 });
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const reason = (error.message.split('\n')[0] ?? '').replace('Invalid TOML document: ', '');
    throw refusal(
      path,
      `${quote(path)}, line ${error.line}, column ${error.column}: ${reason}`,
      'Write TOML: name = "value", one to a line.',
    );
  }
}

function refusal(path: string, message: string, fix: string): WheelstoreError {
  return new WheelstoreError('usage', message, { value: path, fix });
}

function settingOf(key: string): Setting {
  const found = SETTINGS.find((setting) => setting.key === key);
  if (found !== undefined) return found;
  const keys = SETTINGS.map((setting) => setting.key);
  throw new WheelstoreError('usage', `${quote(key)} is no setting`, {
    value: key,
    fix: adviceFor(key, keys),
  });
}

function adviceFor(key: string, keys: readonly string[]): string {
  const denied = SETTINGS.find((setting) => `no-${setting.key}` === key.replaceAll('_', '-'));
  if (denied !== undefined) return `Write ${denied.key} = false.`;
  const meant = closest(key, keys);
  return meant === undefined ? `Choose from ${keys.join(', ')}.` : `Write ${meant}.`;
}

/** A folder in the file is beside the file, wherever the command runs. */
function inFile(path: string, { name, key }: Setting, value: Value): Value {
  if (name !== 'store' || typeof value !== 'string' || isUrl(value)) return value;
  if (value.startsWith('~')) {
    throw new WheelstoreError('usage', `${key}: ${quote(value)} means no home folder in a file`, {
      value,
      fix: 'Write the whole path, or one that begins with "./".',
    });
  }
  return resolve(dirname(path), value);
}

/** Settings that can never be in force together, and would be surprising apart. */
function contradictions(values: ReadonlyMap<SettingName, Value>): WheelstoreError[] {
  const named = WHERE.filter((name) => values.has(name));
  if (named.length > 1) {
    return [
      new WheelstoreError('usage', `${named.join(' and ')} name two repositories`, {
        value: named[0],
        fix: 'Keep one of them.',
      }),
    ];
  }
  if (values.has('prefix') && !values.has('bucket')) {
    return [
      new WheelstoreError('usage', 'prefix belongs to a bucket in the same file, and there is none', {
        value: 'prefix',
        fix: 'Write bucket = "..." beside it, or store = "s3://bucket/prefix" alone.',
      }),
    ];
  }
  return [];
}
