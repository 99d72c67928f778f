import { backOff, stopIfAborted, type Pacing } from '../environment.ts';
import { quote, WheelstoreError } from '../errors.ts';
import {
  checkedTokenName,
  type Grant,
  isExpired,
  LARGEST_GRANT,
  serializeGrant,
  toTimestamp,
} from './grant.ts';
import { LARGEST_CHANGE, type GrantChange, type GrantStore } from './grant-store.ts';
import { generateToken, hashOfToken } from './token.ts';

/** What the use cases about tokens work with. */
export interface TokenEnvironment extends Pacing {
  readonly grants: GrantStore;
  readonly now: () => Date;
}

/** What a new token is to be. */
export interface TokenWishes {
  readonly name: string;
  /** From when on it opens nothing; without it, it does until it is revoked. */
  readonly expires?: Date;
  /** As `normalizedPattern` gives them; none of them means all projects. */
  readonly projects?: readonly string[];
}

/** A token and what is kept of it. This is the only time that the token is known. */
export interface NewToken {
  readonly token: string;
  readonly grant: Grant;
}

/**
 * Makes a token.
 *
 * @throws {WheelstoreError} `usage`, `token-exists`, and what the store can come to
 */
export async function createToken(environment: TokenEnvironment, wishes: TokenWishes): Promise<NewToken> {
  const made = newToken(wishes, environment.now());
  await change(environment, (grants) => {
    if (grants.some(({ sha256 }) => sha256 === made.grant.sha256)) return undefined;
    if (grants.some(({ name }) => name === made.grant.name)) throw nameTaken(made.grant.name);
    return { put: [made.grant], remove: [] };
  });
  return made;
}

/** What a token that takes the place of another one is to be. */
export interface RotationWishes {
  /** Unless given, the new token lasts as long as the old one was meant to. */
  readonly expires?: Date;
  /** For how long the old token goes on, in milliseconds; 0 ends it at once. */
  readonly grace: number;
}

/** A new token, and what has become of the one in whose place it is. */
export interface RotatedToken extends NewToken {
  /** Until when the old one goes on; `undefined` where it has ended. */
  readonly oldUntil: string | undefined;
}

/** How many tokens that were replaced can go on beside the current one: all fit into one change. */
const MOST_REPLACED = 20;

/**
 * Makes another token of the same name and for the same projects. The old one ends, now or soon; without
 * a time of grace, so do those that were replaced before.
 *
 * @throws {WheelstoreError} `usage`, `not-found`, `token-exists` where too many replaced ones go on, and what
 *   the store can come to
 */
export async function rotateToken(
  environment: TokenEnvironment,
  name: string,
  { expires, grace }: RotationWishes,
): Promise<RotatedToken> {
  checkedTokenName(name);
  const token = generateToken();
  const sha256 = hashOfToken(token);
  let grant: Grant | undefined;
  let oldUntil: string | undefined;
  await change(environment, (grants) => {
    const own = grants.filter((other) => other.name === name);
    grant = own.find((other) => other.sha256 === sha256);
    if (grant !== undefined) return undefined;
    const old = own.find(({ retired }) => retired !== true);
    if (old === undefined) throw unknownNames([name], grants);
    const now = environment.now();
    const { projects } = old;
    const until = expires ?? sameLifetime(old, now);
    grant = grantOf(sha256, { name, ...(until && { expires: until }), ...(projects && { projects }) }, now);
    if (grace === 0) return { put: [grant], remove: own };
    const over = own.filter((other) => isExpired(other, now));
    const replaced = own.filter((other) => other !== old && !over.includes(other));
    if (replaced.length >= MOST_REPLACED) throw tooManyReplaced(name);
    if (over.includes(old)) return { put: [grant], remove: over };
    const leaving = retire(old, new Date(now.getTime() + grace));
    oldUntil = leaving.expires;
    return { put: [grant, leaving], remove: over };
  });
  return { token, grant: grant as Grant, oldUntil };
}

/**
 * Ends all tokens of these names: the current ones, and those that they have replaced. Where one of the names
 * is unknown, none is ended.
 *
 * @returns what they were
 * @throws {WheelstoreError} `usage`, `not-found`, and what the store can come to
 */
export async function revokeTokens(
  environment: TokenEnvironment,
  names: readonly string[],
): Promise<readonly Grant[]> {
  for (const name of names) checkedTokenName(name);
  const revoked = new Map<string, Grant>();
  for (let isLast = false; !isLast;) {
    await change(environment, (grants) => {
      const own = grants.filter(({ name }) => names.includes(name));
      for (const grant of own) revoked.set(grant.sha256, grant);
      // What was there once is gone now: an earlier attempt of ours has done it without being told, or
      // somebody else has.
      const known = [...revoked.values()].map(({ name }) => name);
      const unknown = names.filter((name) => !known.includes(name));
      if (unknown.length > 0) throw unknownNames(unknown, grants);
      isLast = own.length <= LARGEST_CHANGE;
      return own.length === 0 ? undefined : { put: [], remove: own.slice(0, LARGEST_CHANGE) };
    });
  }
  return [...revoked.values()];
}

/** The same for one name. */
export function revokeToken(environment: TokenEnvironment, name: string): Promise<readonly Grant[]> {
  return revokeTokens(environment, [name]);
}

/** All grants, by name; of one name, the current one comes first, then the one that was replaced last. */
export async function listGrants({ grants }: Pick<TokenEnvironment, 'grants'>): Promise<readonly Grant[]> {
  const { grants: all } = await grants.read();
  return [...all].sort(
    (one, other) =>
      compare(one.name, other.name) ||
      Number(one.retired === true) - Number(other.retired === true) ||
      compare(other.created, one.created),
  );
}

function compare(one: string, other: string): number {
  return one === other ? 0 : one < other ? -1 : 1;
}

/**
 * @param plan called again with newer grants each time that somebody else was faster; `undefined` where
 *   nothing is left to change
 */
async function change(
  environment: TokenEnvironment,
  plan: (grants: readonly Grant[]) => GrantChange | undefined,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const snapshot = await environment.grants.read();
    const planned = plan(snapshot.grants);
    if (planned === undefined) return;
    stopIfAborted(environment);
    try {
      if (await environment.grants.write(snapshot, planned)) return;
    } catch (error) {
      if (await isDone(environment.grants, planned)) return;
      throw error;
    }
    await backOff(environment, attempt, 'the tokens');
  }
}

/** Whether a change was made of which only the answer was lost. Who cannot see it there believes the failure. */
async function isDone(store: GrantStore, { put, remove }: GrantChange): Promise<boolean> {
  try {
    const kept = new Set((await store.read()).grants.map(serializeGrant));
    return (
      put.every((grant) => kept.has(serializeGrant(grant))) &&
      !remove.some((grant) => kept.has(serializeGrant(grant)))
    );
  } catch {
    return false;
  }
}

function newToken(wishes: TokenWishes, now: Date): NewToken {
  const token = generateToken();
  return { token, grant: grantOf(hashOfToken(token), wishes, now) };
}

/** In days: a hundred years. */
const LONGEST_LIFE = 36_525;

/** @throws {WheelstoreError} `usage` */
function grantOf(sha256: string, { name, expires, projects = [] }: TokenWishes, now: Date): Grant {
  if (expires !== undefined) checkExpiry(expires, now);
  const grant = {
    name: checkedTokenName(name),
    sha256,
    created: toTimestamp(now),
    ...(expires === undefined ? {} : { expires: toTimestamp(expires) }),
    ...(projects.length === 0 ? {} : { projects: [...new Set(projects)] }),
  };
  // What is added when the token is replaced has to fit too.
  const size = new TextEncoder().encode(serializeGrant(retire(grant, now))).length;
  if (size <= LARGEST_GRANT) return grant;
  const value = projects.join(',');
  throw new WheelstoreError(
    'usage',
    `Too many projects for one token: ${size - LARGEST_GRANT} bytes too many`,
    {
      value,
      fix: 'Give patterns such as "acme-*", or make several tokens.',
    },
  );
}

/** @throws {WheelstoreError} `usage` */
function checkExpiry(expires: Date, now: Date): void {
  const days = (expires.getTime() - now.getTime()) / 86_400_000;
  // Never true of what is no date, which could not be shown either.
  if (!(days <= LONGEST_LIFE)) {
    throw new WheelstoreError('usage', 'The token would be good for more than 100 years', {
      value: String(expires.getTime()),
      fix: 'Give an earlier time, or none: a token without one is good until it is revoked.',
    });
  }
  const value = toTimestamp(expires);
  // What is kept are whole seconds: less than one is none.
  if (Date.parse(value) > now.getTime()) return;
  throw new WheelstoreError('usage', `The token would have expired already: ${value} is past`, {
    value,
    fix: 'Give a time that is to come, such as --expires 90d.',
  });
}

/** As long after `now` as the grant was made for. */
function sameLifetime({ created, expires }: Grant, now: Date): Date | undefined {
  if (expires === undefined) return undefined;
  return new Date(now.getTime() + Date.parse(expires) - Date.parse(created));
}

/** Never for longer than it was made for. */
function retire(grant: Grant, end: Date): Grant {
  const own = grant.expires === undefined ? Infinity : Date.parse(grant.expires);
  return { ...grant, expires: toTimestamp(new Date(Math.min(own, end.getTime()))), retired: true };
}

function nameTaken(name: string): WheelstoreError {
  return new WheelstoreError('token-exists', `There is a token ${quote(name)} already`, {
    value: name,
    fix: `Choose another name, or replace it: wheelstore token rotate ${name}`,
  });
}

function tooManyReplaced(name: string): WheelstoreError {
  return new WheelstoreError(
    'token-exists',
    `${MOST_REPLACED} tokens that ${quote(name)} has replaced are still good`,
    {
      value: name,
      fix: `Wait until one has expired, or end all of them: wheelstore token rotate ${name} (without --grace)`,
    },
  );
}

function unknownNames(unknown: readonly string[], grants: readonly Grant[]): WheelstoreError {
  const names = [...new Set(grants.map((grant) => grant.name))].sort();
  const known = `${names.slice(0, 10).join(', ')}${names.length > 10 ? ' and more' : ''}`;
  const fix =
    names.length === 0
      ? 'There is none at all: "wheelstore token create NAME" makes one.'
      : `There are ${known}: "wheelstore token list" shows all.`;
  const problems = unknown.map(
    (name) => new WheelstoreError('not-found', `There is no token ${quote(name)}`, { value: name, fix }),
  );
  const [first] = problems;
  if (first !== undefined && problems.length === 1) return first;
  return new WheelstoreError('not-found', 'There are no such tokens', { problems });
}
