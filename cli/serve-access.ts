import { isIP } from 'node:net';
import { isExpired } from '../core/access/grant.ts';
import { StoredGrants } from '../core/access/stored-grants.ts';
import { quote, WheelstoreError } from '../core/errors.ts';
import type { Store } from '../core/store.ts';
import { type Action, ACTIONS } from '../server/access/actions.ts';
import { BcryptThreads } from '../server/access/bcrypt-threads.ts';
import { createGuard, type Guard } from '../server/access/guard.ts';
import type { Entries } from '../server/access/htpasswd-entries.ts';
import { HtpasswdFile } from '../server/access/htpasswd-file.ts';
import { PasswordCheck } from '../server/access/password-check.ts';
import type { SettingOptions } from './settings.ts';
import { note, type Terminal } from './terminal.ts';

/** What `serve` is told of who may read. */
export interface AccessOptions extends SettingOptions {
  readonly access?: 'public' | 'private';
  readonly htpasswd?: string;
  readonly authenticate?: ReadonlySet<Action>;
  readonly host: string;
  readonly tlsCert?: string;
}

/** A machine's own address: what is sent there is on no network. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

/**
 * Whether the options make the index private.
 *
 * @throws {WheelstoreError} `usage` where they contradict each other
 */
export function isPrivate({ access, htpasswd, authenticate, stack }: Omit<AccessOptions, 'host'>): boolean {
  if (access !== 'private') {
    if (access === 'public' && htpasswd !== undefined) throw contradiction('--htpasswd');
    if (htpasswd === undefined && authenticate !== undefined) throw contradiction('--authenticate');
  }
  const result = access === 'private' || htpasswd !== undefined;
  if (result && stack !== undefined) {
    throw new WheelstoreError('usage', 'serve cannot ask for the tokens of a stack', {
      value: stack,
      fix: "They are in CloudFront's key-value store: read through CloudFront, or name the bucket with --bucket, whose tokens are its own.",
    });
  }
  return result;
}

function contradiction(flag: string): WheelstoreError {
  return new WheelstoreError('usage', `${flag} is for a private index`, {
    value: flag,
    fix: `Give --access private, or leave ${flag} out.`,
  });
}

/** Who is let in, and what an address needs for it. */
export interface ServedAccess {
  readonly guard?: Guard;
  /** What stands before the host, with words to be replaced; empty where an installation needs nothing. */
  readonly login: '' | '__token__:TOKEN@' | 'USER:PASSWORD@';
}

/**
 * Makes what decides about access, and says what the person may not have thought of.
 *
 * @throws {WheelstoreError} where the tokens or the password file cannot be used
 */
export async function serveAccess(
  terminal: Terminal,
  store: Store,
  options: AccessOptions,
): Promise<ServedAccess> {
  if (!isPrivate(options)) {
    await noteIdleTokens(terminal, store);
    return { login: '' };
  }
  const { access, htpasswd, authenticate: actions = new Set(ACTIONS) } = options;
  if (access === undefined) {
    note(terminal, 'note: --htpasswd makes the index private, as --access private does.');
  }
  const passwords = htpasswd === undefined ? undefined : await openPasswords(terminal, htpasswd);
  const hasTokens = (await usableTokens(store)) > 0;
  if (!hasTokens && passwords === undefined) {
    const make = ['wheelstore token create NAME', ...placeFlags(options)].join(' ');
    note(terminal, `note: There is no token yet, so nobody is let in. Make one: ${make}`);
  }
  noteOpenness(terminal, options, actions);
  const guard = createGuard({ store, actions, ...(passwords === undefined ? {} : { passwords }) });
  if (!needsLogin(actions)) return { guard, login: '' };
  return { guard, login: hasTokens || passwords === undefined ? '__token__:TOKEN@' : 'USER:PASSWORD@' };
}

function needsLogin(actions: ReadonlySet<Action>): boolean {
  return actions.has('list') || actions.has('download');
}

function noteOpenness(terminal: Terminal, options: AccessOptions, actions: ReadonlySet<Action>): void {
  if (!needsLogin(actions)) {
    note(terminal, 'note: --authenticate names neither list nor download, so everyone can read everything.');
  }
  if (options.tlsCert !== undefined || isLoopback(options.host)) return;
  note(
    terminal,
    'warning: Tokens and passwords go over the network readably: use --tls-cert and --tls-key, or a proxy with TLS on this machine.',
  );
}

/** How other commands name the same repository. */
function placeFlags({ store, bucket, prefix }: AccessOptions): string[] {
  if (bucket !== undefined)
    return ['--bucket', bucket, ...(prefix === undefined ? [] : ['--prefix', prefix])];
  return store === undefined ? [] : ['--store', store];
}

async function usableTokens(store: Store): Promise<number> {
  const { grants } = await new StoredGrants(store).read();
  return grants.filter((grant) => !isExpired(grant, new Date())).length;
}

/** Who has made tokens may well believe that they protect something. */
async function noteIdleTokens(terminal: Terminal, store: Store): Promise<void> {
  try {
    if ((await usableTokens(store)) === 0) return;
    note(terminal, 'warning: The tokens of this repository protect nothing without --access private.');
  } catch (error) {
    if (!(error instanceof WheelstoreError)) throw error;
    // They are not needed here, so nothing depends on them.
    note(terminal, `warning: ${error.message}; it protects nothing without --access private.`);
  }
}

async function openPasswords(terminal: Terminal, path: string): Promise<PasswordCheck> {
  const file = new HtpasswdFile(path);
  noteWeakPasswords(terminal, path, await file.current());
  const threads = new BcryptThreads();
  return new PasswordCheck({ current: () => file.current(), compare: (job) => threads.run(job) });
}

function noteWeakPasswords(terminal: Terminal, path: string, entries: Entries): void {
  const weak = [...entries].filter(([, { scheme }]) => scheme === 'sha').map(([user]) => quote(user));
  if (weak.length === 0) return;
  note(
    terminal,
    `warning: ${quote(path)} keeps the passwords of ${weak.join(', ')} as {SHA}, from which they are quickly guessed. Make them anew: htpasswd -B FILE USER`,
  );
}
