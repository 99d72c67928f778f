// Runs in CloudFront Functions too: see decide.ts.
import { credentialsIn } from './credentials.ts';
import type { EdgeAnswer, EdgeDecision, EdgeRewrite } from './decide.ts';

/** What the edge needs to know of a token. */
export interface EdgeGrant {
  /** Of the token, in lower-case hex. */
  readonly sha256: string;
  /** RFC 3339. From then on, the token opens nothing; without it, it does until it is revoked. */
  readonly expires?: string;
  /** Normalized names of projects, in which `*` stands for anything; without it, all projects are open. */
  readonly projects?: readonly string[];
}

/** What the host of the edge has to help with. */
export interface AccessTools {
  /** In lower-case hex. */
  readonly sha256: (text: string) => string;
  /** What is kept under the key of a token. `undefined` means that there is nothing, and nothing else. */
  readonly find: (key: string) => Promise<EdgeGrant | undefined>;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** Written down again, because core/access/token.ts is too large for the edge. */
const TOKEN = /^wst_[0-9A-Za-z]{49}$/;

/** Of a SHA-256 in hex. */
const HASH_LENGTH = 64;

const UNAUTHORIZED: EdgeAnswer = { kind: 'answer', status: 401 };
const FORBIDDEN: EdgeAnswer = { kind: 'answer', status: 403 };
const NOT_FOUND: EdgeAnswer = { kind: 'answer', status: 404 };

/**
 * Where the grant of a token is kept. A quarter of its hash finds it; the rest is compared here, in a
 * time that says nothing. Hashes that share this quarter are not to be had.
 */
export function grantKey(sha256: string): string {
  return `token-${sha256.slice(0, 16)}`;
}

/** Whether two hashes are the same. Looks at every digit, whatever the first ones say. */
function isSameHash(one: string, other: string): boolean {
  let difference = one.length ^ other.length;
  for (let index = 0; index < HASH_LENGTH; index++) {
    difference |= one.charCodeAt(index) ^ other.charCodeAt(index);
  }
  return difference === 0;
}

/** Whether `pattern`, in which `*` stands for any text or none, describes all of `name`. */
export function matchesPattern(pattern: string, name: string): boolean {
  const parts = pattern.split('*');
  const first = String(parts[0]);
  if (parts.length === 1) return first === name;
  const last = String(parts[parts.length - 1]);
  const end = name.length - last.length;
  let at = first.length;
  if (at > end || name.slice(0, at) !== first || name.slice(end) !== last) return false;
  for (let index = 1; index < parts.length - 1; index++) {
    const part = String(parts[index]);
    const found = name.slice(0, end).indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return true;
}

/** The project that an object is of; `undefined` for the project list. */
function projectOf(rewrite: EdgeRewrite): string | undefined {
  const segments = rewrite.path.split('/');
  return segments.length > 3 ? segments[2] : undefined;
}

/** The grant of the token in a header. Unknown, expired and revoked tokens are all the same. */
async function grantOf(
  authorization: string | undefined,
  tools: AccessTools,
): Promise<EdgeGrant | undefined> {
  const credentials = credentialsIn(authorization);
  if (credentials === undefined || !TOKEN.test(credentials.password)) return undefined;
  const sha256 = tools.sha256(credentials.password);
  const grant = await tools.find(grantKey(sha256));
  // What is kept may be anything, and a list of one hash reads like that hash.
  const kept = grant && grant.sha256;
  const isKnown = isSameHash(typeof kept === 'string' ? kept : '', sha256);
  if (!isKnown || grant === undefined) return undefined;
  // What is no date is never later than now.
  return grant.expires === undefined || Date.parse(grant.expires) > tools.now ? grant : undefined;
}

/** What of a decision is left for those who may read these projects alone. */
function within(projects: readonly string[], decision: EdgeDecision): EdgeDecision {
  if (decision.kind !== 'rewrite') return decision;
  const project = projectOf(decision);
  // The list would tell of other projects, and a page that is kept once cannot be cut for each reader.
  if (project === undefined) return FORBIDDEN;
  return projects.some((pattern) => matchesPattern(pattern, project)) ? decision : NOT_FOUND;
}

/**
 * What of a decision is left for whoever sent this `Authorization` header, in an index that only those
 * with a token may read. Redirects are for everyone: they are made from the request alone, and tell
 * nothing of what there is.
 *
 * @throws what `find` threw: a token that could not be looked up is not unknown
 */
export async function admit(
  decision: EdgeDecision,
  authorization: string | undefined,
  tools: AccessTools,
): Promise<EdgeDecision> {
  if (decision.kind === 'redirect') return decision;
  const grant = await grantOf(authorization, tools);
  if (grant === undefined) return UNAUTHORIZED;
  return grant.projects === undefined ? decision : within(grant.projects, decision);
}
