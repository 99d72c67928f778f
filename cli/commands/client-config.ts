import process from 'node:process';
import { maskSecrets } from '../../core/access/mask.ts';
import { quote, WheelstoreError } from '../../core/errors.ts';
import type { Client, Part, UserFile } from '../client-config/client.ts';
import { CLIENTS } from '../client-config/clients.ts';
import { findIndexUrl } from '../client-config/find-index-url.ts';
import { parseIndexUrl, SERVED_HERE } from '../client-config/index-url.ts';
import { thisMachine, variable, type Machine } from '../client-config/machine.ts';
import { linesOfParts, printSecretLines } from '../client-config/print.ts';
import { PLACEHOLDER, type Source } from '../client-config/source.ts';
import { givenToken, TOKEN_VARIABLE } from '../client-config/token.ts';
import { addToUserFile, type Written } from '../client-config/user-file.ts';
import { closest } from '../configuration/closest.ts';
import type { Configuration } from '../configuration/configuration.ts';
import type { RepositoryOptions } from '../repository.ts';
import { note, type Terminal } from '../terminal.ts';

export interface ClientConfigOptions extends RepositoryOptions {
  readonly configuration: Configuration;
  readonly indexUrl?: string;
  /** False for `--no-token`. */
  readonly token?: string | false;
  readonly name?: string;
  readonly extra?: boolean;
  readonly write?: boolean;
}

/** The client of those who name none: the one that everybody has. */
const USUAL = 'pip';

/** How clients call the index unless the person does. */
const USUAL_NAME = 'wheelstore';

/** `wheelstore client-config [CLIENT]` */
export async function clientConfig(
  terminal: Terminal,
  named: string | undefined,
  options: ClientConfigOptions,
): Promise<void> {
  const client = clientOf(named, options);
  if (options.token === '-' && process.stdin.isTTY) note(terminal, 'Paste the token, and press Enter:');
  const token = await givenToken(options.token);
  if (options.write === true) refuseToWrite(named, client, token);
  const { name = USUAL_NAME, extra = false } = options;
  const isSomewhere = !('none' in client.file);
  const url = isSomewhere ? await findIndexUrl(terminal, options) : parseIndexUrl(SERVED_HERE);
  const password = token === false ? undefined : (token ?? PLACEHOLDER);
  const source: Source = { url, name: checkedName(name), isExtra: extra, password };
  const machine = thisMachine();
  const parts = client.parts(source, machine);
  if (named === undefined) {
    const others = [...CLIENTS.keys()].filter((one) => one !== USUAL).join(', ');
    note(terminal, `note: this is for ${USUAL}; there is also ${others}.`);
  }
  if (url.isExposed && password !== undefined) {
    note(terminal, 'warning: over plain HTTP, everybody on the way can read the token. Use HTTPS.');
  }
  if (options.write === true) return write(terminal, client, source, machine);
  if (token === undefined && isSomewhere) {
    note(
      terminal,
      `note: put a token where it says ${PLACEHOLDER}, or give it in ${TOKEN_VARIABLE} or with "--token -".`,
    );
    note(terminal, '      --no-token is for an index that is open to all.');
  }
  await print(terminal, client, parts);
}

/** @throws {WheelstoreError} `usage` */
function clientOf(named = USUAL, { extra, name }: ClientConfigOptions): Client {
  const names = [...CLIENTS.keys()];
  const client = CLIENTS.get(named);
  if (client === undefined) {
    // It may be a token, at a place where a flag was forgotten.
    const shown = maskSecrets(named);
    const meant = closest(named, names);
    throw new WheelstoreError('usage', `${quote(shown)} is no client that we know`, {
      value: shown,
      fix: meant === undefined ? `Choose from ${names.join(', ')}.` : `Write ${meant}.`,
    });
  }
  const refused = [extra === true ? 'extra' : undefined, name === undefined ? undefined : 'name'] as const;
  for (const flag of refused) {
    if (flag === undefined || client.takes.includes(flag)) continue;
    throw new WheelstoreError('usage', `--${flag} means nothing to ${named}`, {
      value: `--${flag}`,
      fix: 'Leave it out.',
    });
  }
  return client;
}

/**
 * A name that every client takes, that needs no quotes, and that is not the public index.
 *
 * @throws {WheelstoreError} `usage`
 */
function checkedName(name: string): string {
  const shown = maskSecrets(name);
  const isPlain = /^[A-Za-z0-9](?:[A-Za-z0-9_-]{0,62}[A-Za-z0-9])?$/.test(name);
  if (isPlain && shown === name && !/^pypi$/i.test(name)) return name;
  throw new WheelstoreError('usage', `--name: ${quote(shown)} cannot be the name of an index`, {
    value: shown,
    fix: 'Use letters, digits, "-" and "_", at most 64; "pypi" is the public one.',
  });
}

/** @throws {WheelstoreError} `usage` where it is not clear what to write */
function refuseToWrite(named: string | undefined, client: Client, token: string | false | undefined): void {
  if (named === undefined) {
    throw new WheelstoreError('usage', '--write needs the name of a client', {
      value: '--write',
      fix: `Name one: wheelstore client-config ${USUAL} --write`,
    });
  }
  if (token === undefined && !('none' in client.file)) {
    throw new WheelstoreError('usage', '--write needs the token', {
      value: '--write',
      fix: `Give it in ${TOKEN_VARIABLE}, or with "--token -"; --no-token is for an index that is open to all.`,
    });
  }
  if (token === false && client.isForTokenAlone === true) {
    throw new WheelstoreError('usage', `Without a token there is nothing to write for ${named}`, {
      value: '--no-token',
      fix: 'Leave --write out for what goes into the project.',
    });
  }
}

async function print(terminal: Terminal, client: Client, parts: readonly Part[]): Promise<void> {
  const isWithoutComments = client.isWithoutComments === true;
  if (isWithoutComments) for (const { title } of parts) for (const line of title) note(terminal, line);
  await printSecretLines(terminal, linesOfParts(parts, isWithoutComments));
}

/** What `--write` does not do itself is printed: nothing, where all is done. */
async function write(terminal: Terminal, client: Client, source: Source, machine: Machine): Promise<void> {
  const parts = client.parts(source, machine);
  const { file } = client;
  if ('none' in file) {
    await print(terminal, client, parts);
    throw new WheelstoreError('unsupported-store', file.none, { fix: 'Leave --write out.' });
  }
  try {
    tell(terminal, addTo(file, source, machine));
  } catch (error) {
    if (error instanceof WheelstoreError && error.code === 'configured-already') {
      await print(
        terminal,
        client,
        parts.filter(({ kind }) => kind !== 'other'),
      );
    }
    throw error;
  }
  for (const name of file.overriding) {
    if (variable(machine, name) !== undefined) {
      note(terminal, `warning: the variable ${name} is set, and goes before what is in the file.`);
    }
  }
  const left = parts.filter(({ kind }) => kind === 'project');
  if (left.length > 0) note(terminal, 'What remains goes into the project, and holds no secret:');
  await print(terminal, client, left);
}

function addTo(file: UserFile, source: Source, machine: Machine): Written {
  return addToUserFile(file.path(machine), source.password !== undefined, (text) => file.add(text, source));
}

function tell(terminal: Terminal, { path, outcome, isClosed }: Written): void {
  const told = {
    created: `Wrote ${path}, which only you can read.`,
    added: `Added to ${path}; what was there is as it was.`,
    same: `${path} has it already; nothing was added.`,
  };
  note(terminal, told[outcome]);
  if (isClosed) note(terminal, 'Others could read the file. Now only you can (mode 0600).');
}
