import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { quote, WheelstoreError } from '../../core/errors.ts';
import { describeFailure, unlessAbsent } from '../failures.ts';
import { entriesFor, parseNetrc } from '../netrc.ts';
import type { Credentials } from './client.ts';

export const USERNAME_VARIABLE = 'WHEELSTORE_IMPORT_USERNAME';
export const PASSWORD_VARIABLE = 'WHEELSTORE_IMPORT_PASSWORD';

/** Where a person may have written credentials down. */
export interface Person {
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  readonly platform: NodeJS.Platform;
}

/**
 * The credentials for an index: those in its URL, then those of the environment, then those of the netrc. A user
 * in the URL without a password gets the one that is found for this user.
 *
 * @throws {WheelstoreError} `usage` where a variable is missing its counterpart; `unreadable`
 */
export async function findCredentials(url: URL, person: Person): Promise<Credentials | undefined> {
  const user = decodedPart(url.username);
  if (url.password !== '') return { username: user, password: decodedPart(url.password) };
  const found = fromVariables(person, user) ?? (await fromNetrc(url, person, user));
  if (user === '') return found;
  // Some indexes take a token for the user, and no password.
  return found ?? { username: user, password: '' };
}

function fromVariables({ variables }: Person, user: string): Credentials | undefined {
  const username = variables[USERNAME_VARIABLE] || user;
  const password = variables[PASSWORD_VARIABLE] || undefined;
  if (password !== undefined && username !== '') {
    return user === '' || username === user ? { username, password } : undefined;
  }
  if (password === undefined && (variables[USERNAME_VARIABLE] ?? '') === '') return undefined;
  const [given, missing] =
    password === undefined ? [USERNAME_VARIABLE, PASSWORD_VARIABLE] : [PASSWORD_VARIABLE, USERNAME_VARIABLE];
  throw new WheelstoreError('usage', `${given} is set, and ${missing} is not`, {
    value: given,
    fix: `Set ${missing} too, or unset ${given}.`,
  });
}

async function fromNetrc(url: URL, person: Person, user: string): Promise<Credentials | undefined> {
  for (const path of netrcPaths(person)) {
    const text = await readText(path);
    if (text === undefined) continue;
    const entries = parseNetrc(text);
    if (typeof entries === 'string') {
      throw new WheelstoreError('unreadable', `${quote(path)} ${entries}`, {
        value: path,
        fix: 'Correct it, or name another file in NETRC.',
      });
    }
    const host = url.hostname.replace(/^\[|\]$/g, '');
    for (const { values } of entriesFor(entries, host)) {
      const username = values.get('login') ?? '';
      const password = values.get('password');
      if (password !== undefined && (user === '' || username === user)) return { username, password };
    }
    return undefined;
  }
  return undefined;
}

function netrcPaths({ variables, home, platform }: Person): readonly string[] {
  const named = variables['NETRC'] ?? '';
  if (named !== '') return [named.startsWith('~/') ? join(home, named.slice(2)) : named];
  const names = platform === 'win32' ? ['.netrc', '_netrc'] : ['.netrc'];
  return names.map((name) => join(home, name));
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await unlessAbsent(readFile(path, 'utf8'));
  } catch (error) {
    throw describeFailure(error, path, 'read');
  }
}

function decodedPart(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
