import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Credentials } from '../../core/edge/credentials.ts';
import type { BcryptJob } from './bcrypt-threads.ts';
import type { Entries, Entry } from './htpasswd-entries.ts';

/** `busy`: too many passwords are being checked. */
export type Verdict = 'admitted' | 'refused' | 'busy';

export interface PasswordCheckOptions {
  /** The users as they are now; the same object for as long as nothing changes. */
  readonly current: () => Promise<Entries>;
  /** Whether the password has the first hash; `undefined` where there is too much to do. */
  readonly compare: (job: BcryptJob) => Promise<boolean> | undefined;
}

/** How many credentials are remembered. */
const MOST_REMEMBERED = 1_000;

/** What bcrypt looks at, in bytes. */
const LONGEST_FOR_BCRYPT = 72;

/** RFC 7617 2: never in a user or a password. bcrypt would take `a\0a` for `a`. */
// oxlint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u001f\u007f]/;

/**
 * Checks passwords. Each check costs the same, whoever the user is and whether there is such a user.
 * What was right is remembered, since an installation sends the same credentials with each of its many
 * requests; what was wrong is not.
 */
export class PasswordCheck {
  readonly #options: PasswordCheckOptions;
  /** Only this process knows it: what is remembered is of no use to anybody else. */
  readonly #secret = randomBytes(32);
  readonly #remembered = new Set<string>();
  readonly #running = new Map<string, Promise<Verdict>>();
  #entries: Entries | undefined;

  constructor(options: PasswordCheckOptions) {
    this.#options = options;
  }

  /** @throws {WheelstoreError} `unreadable` where nobody knows the users any more */
  async check({ user, password }: Credentials): Promise<Verdict> {
    if (CONTROL.test(user) || CONTROL.test(password)) return 'refused';
    const entries = await this.#options.current();
    if (this.#entries !== entries) this.#remembered.clear();
    this.#entries = entries;

    const entry = entries.get(user);
    // With the hash in it, it is another one as soon as the user has another password, or is gone.
    const key = this.#keyOf(user, password, entry?.hash ?? '');
    if (this.#remembered.has(key)) return 'admitted';
    const running = this.#running.get(key) ?? this.#begin(key, entry, password, dearestOf(entries));
    return running;
  }

  #keyOf(...parts: readonly string[]): string {
    return createHmac('sha256', this.#secret).update(JSON.stringify(parts)).digest('base64');
  }

  /** Clients send many requests at once, of which one pays. */
  #begin(
    key: string,
    entry: Entry | undefined,
    password: string,
    dearest: number | undefined,
  ): Promise<Verdict> {
    const verdict = this.#verdictOn(entry, password, dearest)
      .then((found) => {
        if (found === 'admitted') this.#remember(key);
        return found;
      })
      .finally(() => this.#running.delete(key));
    this.#running.set(key, verdict);
    return verdict;
  }

  async #verdictOn(
    entry: Entry | undefined,
    password: string,
    dearest: number | undefined,
  ): Promise<Verdict> {
    const isSha = hasSha(password, entry?.scheme === 'sha' ? entry.hash : NO_SHA);
    const hashes = hashesFor(entry, dearest);
    const compared =
      hashes.length === 0 ? Promise.resolve(false) : this.#options.compare({ password, hashes });
    if (compared === undefined) return 'busy';
    const isBcrypt = await compared;
    if (entry?.scheme === 'sha') return isSha ? 'admitted' : 'refused';
    // Nobody can tell whether the rest, which bcrypt did not look at, is right.
    const isWhole = Buffer.byteLength(password) <= LONGEST_FOR_BCRYPT;
    return entry !== undefined && isBcrypt && isWhole ? 'admitted' : 'refused';
  }

  #remember(key: string): void {
    const [oldest] = this.#remembered;
    if (oldest !== undefined && this.#remembered.size >= MOST_REMEMBERED) this.#remembered.delete(oldest);
    this.#remembered.add(key);
  }
}

/** Base64 of as many bytes as a SHA-1 has. */
const NO_SHA = Buffer.alloc(20).toString('base64');

function hasSha(password: string, stored: string): boolean {
  return timingSafeEqual(createHash('sha1').update(password).digest(), Buffer.from(stored, 'base64'));
}

function dearestOf(entries: Entries): number | undefined {
  let dearest: number | undefined;
  for (const entry of entries.values()) {
    if (entry.scheme === 'bcrypt') dearest = Math.max(dearest ?? 0, entry.cost);
  }
  return dearest;
}

/** A hash of this cost that no password has. */
function blankOf(cost: number): string {
  return `$2b$${String(cost).padStart(2, '0')}$${'.'.repeat(53)}`;
}

/**
 * What to compare a password with, so that each user costs as much as the dearest: 2^c rounds, and after
 * them 2^c + 2^(c+1) + ... up to below the dearest, are as many as the dearest has.
 */
function hashesFor(entry: Entry | undefined, dearest: number | undefined): readonly string[] {
  if (dearest === undefined) return [];
  if (entry?.scheme !== 'bcrypt') return [blankOf(dearest)];
  const { cost, hash } = entry;
  return [hash, ...Array.from({ length: dearest - cost }, (_, index) => blankOf(cost + index))];
}
