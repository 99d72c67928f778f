import { createHash } from 'node:crypto';
import type { Grant } from '../../core/access/grant.ts';
import { admit } from '../../core/edge/access.ts';
import type { EdgeDecision } from '../../core/edge/decide.ts';
import type { Store } from '../../core/store.ts';
import { type Action, isProtected } from './actions.ts';
import { credentialsOf } from './credentials.ts';
import type { PasswordCheck } from './password-check.ts';
import { TokenGrants } from './token-grants.ts';

/** What is left of a decision for whoever has asked. */
export interface Admission {
  readonly decision: EdgeDecision;
  /** Whether it took credentials to get here: then nobody but this reader may keep the answer. */
  readonly isPrivate: boolean;
  /** Who was let in, for the log: `token ci`. */
  readonly reader?: string;
  /** In seconds: whether to let anybody in could not be found out now. */
  readonly retryAfter?: number;
}

/**
 * Decides who gets an answer, before any object is looked up.
 *
 * @throws {WheelstoreError} where it cannot be found out; then nobody is let in
 */
export type Guard = (decision: EdgeDecision, authorization: string | undefined) => Promise<Admission>;

/** Lets everybody in. */
export const everyone: Guard = async (decision) => ({ decision, isPrivate: false });

export interface GuardOptions {
  /** Has the grants of the tokens. */
  readonly store: Pick<Store, 'open'>;
  /** Let in besides tokens. */
  readonly passwords?: Pick<PasswordCheck, 'check'>;
  /** What needs credentials. Credentials that come with anything else are not looked at. */
  readonly actions: ReadonlySet<Action>;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

/** When to ask again where too many passwords are being checked, in seconds. */
const RETRY_AFTER = 5;

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Lets in who has a token, or a password of the file. A password is tried as a token first. */
export function createGuard({ store, passwords, actions, now = Date.now }: GuardOptions): Guard {
  const grants = new TokenGrants(store);

  return async (decision, authorization) => {
    if (!isProtected(decision, actions)) return { decision, isPrivate: false };
    let grant: Grant | undefined;
    const find = async (key: string): Promise<Grant | undefined> => (grant = await grants.find(key));
    const left = await admit(decision, authorization, { sha256, find, now: now() });
    const isRefused = left.kind === 'answer' && left.status === 401;
    if (!isRefused) return { decision: left, isPrivate: true, reader: `token ${grant?.name}` };

    const refused: Admission = { decision: left, isPrivate: true };
    const credentials = passwords === undefined ? undefined : credentialsOf(authorization);
    if (passwords === undefined || credentials === undefined) return refused;
    const verdict = await passwords.check(credentials);
    if (verdict === 'admitted') return { decision, isPrivate: true, reader: `user ${credentials.user}` };
    if (verdict === 'refused') return refused;
    return { decision: { kind: 'answer', status: 503 }, isPrivate: true, retryAfter: RETRY_AFTER };
  };
}
