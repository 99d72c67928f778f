import { backOff, type Pacing } from '../environment.ts';
import { quote, WheelstoreError } from '../errors.ts';
import {
  checkedTokenName,
  type Grant,
  isExpired,
  LARGEST_GRANT,
  serializeGrant,
  toTimestamp,
} from './grant.ts';
import type { GrantChange, GrantStore } from './grant-store.ts';
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

/**
 * Makes another token of the same name and for the same projects. The old one ends, now or soon.
 *
 * @throws {WheelstoreError} `not-found`, and what the store can come to
 */
export async function rotateToken(
  environment: TokenEnvironment,
  name: string,
  { expires, grace }: RotationWishes,
): Promise<NewToken> {
  checkedTokenName(name);
  const token = generateToken();
  const sha256 = hashOfToken(token);
  let grant: Grant | undefined;
  await change(environment, (grants) => {
    const own = grants.filter((other) => other.name === name);
    grant = own.find((other) => other.sha256 === sha256);
    if (grant !== undefined) return undefined;
    const old = own.find(({ retired }) => retired !== true);
    if (old === undefined) throw unknownName(name, grants);
    const now = environment.now();
    const { projects } = old;
    const until = expires ?? sameLifetime(old, now);
    grant = grantOf(sha256, { name, ...(until && { expires: until }), ...(projects && { projects }) }, now);
    const isOver = (other: Grant): boolean => isExpired(other, now);
    if (grace === 0) return { put: [grant], remove: own };
    const leaving = isOver(old) ? [] : [retire(old, new Date(now.getTime() + grace))];
    const kept = leaving.map((other) => other.sha256);
    const remove = own.filter((other) => isOver(other) && !kept.includes(other.sha256));
    return { put: [grant, ...leaving], remove };
  });
  return { token, grant: grant as Grant };
}

/**
 * Ends all tokens of this name: the current one, and those that it has replaced.
 *
 * @returns what they were
 * @throws {WheelstoreError} `not-found`, and what the store can come to
 */
export async function revokeToken(environment: TokenEnvironment, name: string): Promise<readonly Grant[]> {
  checkedTokenName(name);
  let revoked: readonly Grant[] = [];
  await change(environment, (grants, attempt) => {
    const own = grants.filter((other) => other.name === name);
    if (own.length === 0) {
      // An earlier attempt of ours may have done it without being told, or somebody else has.
      if (attempt > 1 && revoked.length > 0) return undefined;
      throw unknownName(name, grants);
    }
    revoked = own;
    return { put: [], remove: own };
  });
  return revoked;
}

/** All grants, by name; of one name, the current one comes first. */
export async function listGrants({ grants }: Pick<TokenEnvironment, 'grants'>): Promise<readonly Grant[]> {
  const { grants: all } = await grants.read();
  const order = ({ name, retired: isRetired }: Grant): string => `${name} ${isRetired === true ? 1 : 0}`;
  return [...all].sort((one, other) => (order(one) < order(other) ? -1 : 1));
}

/**
 * @param plan called again with newer grants each time that somebody else was faster; `undefined` where
 *   nothing is left to change
 */
async function change(
  environment: TokenEnvironment,
  plan: (grants: readonly Grant[], attempt: number) => GrantChange | undefined,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const snapshot = await environment.grants.read();
    const planned = plan(snapshot.grants, attempt);
    if (planned === undefined || (await environment.grants.write(snapshot, planned))) return;
    await backOff(environment, attempt, 'the tokens');
  }
}

function newToken(wishes: TokenWishes, now: Date): NewToken {
  const token = generateToken();
  return { token, grant: grantOf(hashOfToken(token), wishes, now) };
}

/** @throws {WheelstoreError} `usage` */
function grantOf(sha256: string, { name, expires, projects = [] }: TokenWishes, now: Date): Grant {
  if (expires !== undefined && expires.getTime() <= now.getTime()) {
    const value = toTimestamp(expires);
    throw new WheelstoreError('usage', `The token would have expired already: ${value} is past`, {
      value,
      fix: 'Give a time that is to come, such as --expires 90d.',
    });
  }
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

function unknownName(name: string, grants: readonly Grant[]): WheelstoreError {
  const names = [...new Set(grants.map((grant) => grant.name))].sort();
  const known = names.length === 0 ? 'There is none yet' : `There are ${names.slice(0, 10).join(', ')}`;
  return new WheelstoreError('not-found', `There is no token ${quote(name)}`, {
    value: name,
    fix: `${known}${names.length > 10 ? ' and more' : ''}: "wheelstore token list" shows all.`,
  });
}
