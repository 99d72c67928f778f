import { quote, WheelstoreError } from '../../core/errors.ts';

/** How a password is kept. */
export type Entry =
  | {
      readonly scheme: 'bcrypt';
      readonly hash: string;
      /** 2 to the power of it rounds. */ readonly cost: number;
    }
  /** Base64 of a SHA-1, without salt. */
  | { readonly scheme: 'sha'; readonly hash: string };

/** By user. */
export type Entries = ReadonlyMap<string, Entry>;

/** What `htpasswd -C` makes. Beyond, one check takes a minute and more. */
const COSTS = { least: 4, most: 17 };

// The last digits of salt and hash have bits to spare, which are 0: no crypt() gives anything else, so
// with anything else nobody could ever be let in.
const BCRYPT = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{21}[.Oeu][./A-Za-z0-9]{30}[.CGKOSWaeimquy26]$/;

const SHA = /^\{SHA\}([A-Za-z0-9+/]{26}[AEIMQUYcgkosw048]=)$/;

/** What else a password can be kept as, and how people call it. */
const OTHERS: readonly (readonly [pattern: RegExp, what: string])[] = [
  [/^\$apr1\$/, 'as MD5 ($apr1$)'],
  [/^\$1\$/, 'as MD5 ($1$)'],
  [/^\$5\$/, 'as SHA-256 ($5$)'],
  [/^\$6\$/, 'as SHA-512 ($6$)'],
  [/^\$2x?\$/, 'by a bcrypt with a defect ($2$, $2x$)'],
  [/^\$2[aby]\$/, 'as a bcrypt hash that is damaged'],
  [/^\{SHA\}/, 'as a SHA-1 that is damaged'],
];

/** The most problems that are told. */
const MOST_TOLD = 20;

/**
 * Reads an Apache password file. All of it is taken, or nothing.
 *
 * @param path for messages, which never hold any part of a password or its hash
 * @throws {WheelstoreError} `unreadable` with every problem
 */
export function parseEntries(path: string, bytes: Uint8Array): Entries {
  const entries = new Map<string, Entry>();
  const lines = new Map<string, number>();
  const problems: WheelstoreError[] = [];
  for (const [index, line] of textOf(path, bytes).split('\n').entries()) {
    // Apache: white space around a line does not count.
    const text = line.replace(/^[ \t]+|[ \t\r]+$/g, '');
    if (text === '' || text.startsWith('#')) continue;
    const place = `${quote(path)}, line ${index + 1}`;
    try {
      const { user, kept } = fieldsOf(place, text);
      const earlier = lines.get(user);
      if (earlier !== undefined)
        throw refusal(
          `${place}: ${quote(user)} is in line ${earlier} as well`,
          'Keep one of the two lines.',
          user,
        );
      lines.set(user, index + 1);
      entries.set(user, entryOf(path, place, user, kept));
    } catch (error) {
      if (!(error instanceof WheelstoreError)) throw error;
      problems.push(error);
    }
  }
  if (problems.length > 0) throw together(path, problems);
  if (entries.size === 0)
    throw refusal(`${quote(path)} names no user`, `Add one: htpasswd -B ${word(path)} USER`, path);
  return entries;
}

function textOf(path: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw refusal(
      `${quote(path)} is no text in UTF-8`,
      'Name a password file of Apache, and save it as UTF-8.',
      path,
    );
  }
}

function fieldsOf(place: string, text: string): { user: string; kept: string } {
  const [user = '', kept = '', ...more] = text.split(':');
  if (user === '' || kept === '' || more.length > 0 || /\p{Cc}/u.test(text)) {
    throw refusal(`${place} is not USER:HASH`, 'Remove the line, and add the user with htpasswd -B.', place);
  }
  return { user, kept };
}

function entryOf(path: string, place: string, user: string, kept: string): Entry {
  const [, sha] = SHA.exec(kept) ?? [];
  if (sha !== undefined) return { scheme: 'sha', hash: sha };
  const again = `htpasswd -B ${word(path)} ${word(user)}`;
  const [, digits] = BCRYPT.exec(kept) ?? [];
  if (digits === undefined) {
    const how =
      OTHERS.find(([pattern]) => pattern.test(kept))?.[1] ?? 'as crypt, plain text or in another way';
    throw refusal(
      `${place}: the password of ${quote(user)} is kept ${how}`,
      `Only bcrypt is safe; make it anew: ${again}`,
      user,
    );
  }
  const cost = Number(digits);
  if (cost < COSTS.least || cost > COSTS.most) {
    throw refusal(
      `${place}: the password of ${quote(user)} has a bcrypt cost of ${cost}`,
      `Costs from ${COSTS.least} to ${COSTS.most} are taken; make it anew: ${again}`,
      user,
    );
  }
  return { scheme: 'bcrypt', hash: kept, cost };
}

/** One error, whose message stands for itself in a log as well. */
function together(path: string, problems: readonly WheelstoreError[]): WheelstoreError {
  const [first] = problems;
  if (problems.length === 1 && first !== undefined) return first;
  const left = problems.length - MOST_TOLD;
  const more =
    left > 0
      ? [
          refusal(
            `${quote(path)} has ${left} more lines like these`,
            'Is it a password file of Apache?',
            path,
          ),
        ]
      : [];
  return new WheelstoreError(
    'unreadable',
    `${problems.length} lines of ${quote(path)} cannot be used. ${first?.message}`,
    {
      value: path,
      problems: [...problems.slice(0, MOST_TOLD), ...more],
    },
  );
}

function refusal(message: string, fix: string, value: string): WheelstoreError {
  return new WheelstoreError('unreadable', message, { value, fix });
}

/** As a shell takes it, where it is anything usual. */
function word(text: string): string {
  return /^[\w.@/+-]+$/.test(text) ? text : quote(text);
}
