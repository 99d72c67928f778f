import { type EdgeGrant, grantKey } from '../edge/access.ts';
import { quote, WheelstoreError } from '../errors.ts';
import { Fields, parseJson, type Refuse } from '../fields.ts';
import { maskSecrets } from './mask.ts';

/** What a token lets its holder read. The token itself is nowhere but with its holder. */
export interface Grant extends EdgeGrant {
  /** What people call the token. */
  readonly name: string;
  /** RFC 3339, in UTC. */
  readonly created: string;
  /** Another token has taken its place, and its name; it goes on for a while. */
  readonly retired?: true;
}

/** The quota of CloudFront's key-value stores for one value, in bytes. It holds for folders too. */
export const LARGEST_GRANT = 1024;

const NAME = /^[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}$/;
const HASH = /^[0-9a-f]{64}$/;
/** What people may give as one, as long as a name can be. Lower case would make ASCII of some letters that are none. */
const GIVEN_PATTERN = /^[A-Za-z0-9*._-]{1,200}$/;
const PATTERN = /^[a-z0-9*](?:[a-z0-9*-]*[a-z0-9*])?$/;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;

/** A moment as grants have it: in UTC, in whole seconds. */
export function toTimestamp(date: Date): string {
  return `${date.toISOString().slice(0, 19)}Z`;
}

/** Whether every reader takes it for the same moment: there is no 31st of April. */
function isTimestamp(text: string): boolean {
  return TIME.test(text) && !Number.isNaN(Date.parse(text)) && toTimestamp(new Date(text)) === text;
}

/** A name stands where a token could stand by mistake, and names are shown. */
function isTokenName(text: string): boolean {
  return NAME.test(text) && maskSecrets(text) === text;
}

/** @throws {WheelstoreError} `usage` */
export function checkedTokenName(name: string): string {
  if (isTokenName(name)) return name;
  if (NAME.test(name)) {
    throw new WheelstoreError('usage', 'A token is given where its name belongs', {
      value: maskSecrets(name),
      fix: 'Give the name: "wheelstore token list" shows it. A token that others may have seen is best revoked.',
    });
  }
  throw new WheelstoreError('usage', `${quote(name)} is no name for a token`, {
    value: name,
    fix: 'Give up to 64 letters, digits and any of . _ @ + -, beginning with a letter or a digit.',
  });
}

/**
 * The pattern that a person has given, for normalized names (PEP 503): `Acme_*` is `acme-*`.
 *
 * @throws {WheelstoreError} `usage`
 */
export function normalizedPattern(given: string): string {
  // It would be kept, in lower case, from which the rest can be guessed.
  const shown = maskSecrets(given);
  if (shown !== given) {
    throw new WheelstoreError('usage', 'A token is given where a project belongs', {
      value: shown,
      fix: 'Give the name of a project, or a pattern. A token that others may have seen is best revoked.',
    });
  }
  const pattern = given.toLowerCase().replace(/[-_.]+/g, '-');
  const refuse = (why: string, fix: string): never => {
    throw new WheelstoreError('usage', `${quote(given)} ${why}`, { value: given, fix });
  };
  if (!GIVEN_PATTERN.test(given) || !PATTERN.test(pattern)) {
    refuse(
      'is neither a project nor a pattern',
      'Give a name such as acme-core, or a pattern such as "acme-*".',
    );
  }
  if (/^\*+$/.test(pattern))
    refuse('is every project', 'Leave --project out: a token without it reads everything.');
  return pattern.replace(/\*+/g, '*');
}

/** Whether the token opens nothing any more at `now`. */
export function isExpired({ expires }: Grant, now: Date): boolean {
  return expires !== undefined && Date.parse(expires) <= now.getTime();
}

/** A grant as it is kept: JSON in few bytes. */
export function serializeGrant({ name, sha256, created, expires, projects, retired }: Grant): string {
  return JSON.stringify({ name, sha256, created, expires, projects, retired });
}

/** The grant in fields that came from outside. */
export function readGrant(fields: Fields, refuse: Refuse): Grant {
  const expires = fields.optional('expires');
  if (expires !== undefined && !isTimestamp(expires)) refuse(`${quote(expires)} is no time`);
  const projects = fields.has('projects') ? fields.texts('projects') : undefined;
  // Nobody makes one that opens nothing; to go on without the list would open everything.
  if (projects?.length === 0) refuse('its list of projects is empty');
  for (const pattern of projects ?? []) {
    if (!PATTERN.test(pattern)) refuse(`${quote(pattern)} is no pattern for projects`);
  }
  return {
    name: fields.checked('name', 'the name of a token', isTokenName),
    sha256: fields.checked('sha256', 'a SHA-256 in hex', (text) => HASH.test(text)),
    created: fields.checked('created', 'a time', isTimestamp),
    ...(expires === undefined ? {} : { expires }),
    ...(projects === undefined ? {} : { projects }),
    ...(fields.has('retired') && fields.flag('retired') ? { retired: true as const } : {}),
  };
}

/**
 * The grant that is kept as `text` under `key`.
 *
 * @param refuse says what is wrong with it
 */
export function parseGrant(key: string, text: string, refuse: Refuse): Grant {
  const grant = readGrant(new Fields(parseJson(new TextEncoder().encode(text), refuse), key, refuse), refuse);
  if (grantKey(grant.sha256) !== key) refuse(`it is not under the key ${grantKey(grant.sha256)}`);
  return grant;
}
