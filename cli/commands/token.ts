import { checkedTokenName, type Grant, isExpired, normalizedPattern } from '../../core/access/grant.ts';
import {
  createToken,
  listGrants,
  type NewToken,
  revokeTokens,
  rotateToken,
} from '../../core/access/tokens.ts';
import { quote, WheelstoreError } from '../../core/errors.ts';
import { interruptSignal } from '../interrupt.ts';
import { placeOf, type RepositoryOptions } from '../repository.ts';
import { count, note, printJson, printLine, printSecret, type Terminal } from '../terminal.ts';
import { openTokens } from '../tokens/grants.ts';
import { parseExpiry, parseGrace } from '../tokens/times.ts';

export interface CreateOptions extends RepositoryOptions {
  readonly expires?: string;
  readonly project?: readonly string[];
  readonly json?: boolean;
}

/** `wheelstore token create NAME` */
export async function create(terminal: Terminal, name: string, options: CreateOptions): Promise<void> {
  checkedTokenName(name);
  const expires = options.expires === undefined ? undefined : parseExpiry(options.expires, new Date());
  const projects = (options.project ?? []).map(normalizedPattern);
  const environment = await openTokens(terminal, options, {
    access: 'write',
    signal: interruptSignal(terminal),
  });
  const made = await createToken(environment, { name, projects, ...(expires && { expires }) });
  await printToken(terminal, made, options);
  note(terminal, `Token ${quote(name)}: ${describe(made.grant)}. It is shown this once.`);
  noteNextStep(terminal, options);
}

export interface RotateOptions extends RepositoryOptions {
  readonly expires?: string;
  readonly grace?: string;
  readonly json?: boolean;
}

/** `wheelstore token rotate NAME` */
export async function rotate(terminal: Terminal, name: string, options: RotateOptions): Promise<void> {
  checkedTokenName(name);
  const expires = options.expires === undefined ? undefined : parseExpiry(options.expires, new Date());
  const grace = options.grace === undefined ? 0 : parseGrace(options.grace);
  const environment = await openTokens(terminal, options, {
    access: 'write',
    signal: interruptSignal(terminal),
  });
  const made = await rotateToken(environment, name, { grace, ...(expires && { expires }) });
  await printToken(terminal, made, options);
  note(terminal, `Token ${quote(name)}: ${describe(made.grant)}. It is shown this once.`);
  const old = made.oldUntil === undefined ? 'has ended' : `goes on until ${made.oldUntil}`;
  note(terminal, `The token that it replaces ${old}.`);
  noteNextStep(terminal, options);
}

/** `wheelstore token revoke NAME...` */
export async function revoke(
  terminal: Terminal,
  names: readonly string[],
  options: RepositoryOptions,
): Promise<void> {
  const wanted = [...new Set(names)];
  for (const name of wanted) checkedTokenName(name);
  const environment = await openTokens(terminal, options, {
    access: 'write',
    signal: interruptSignal(terminal),
  });
  const revoked = await revokeTokens(environment, wanted);
  for (const name of wanted) {
    const replaced = revoked.filter((grant) => grant.name === name && grant.retired === true).length;
    const others = replaced === 0 ? '' : `, with ${count(replaced, 'token')} that it had replaced`;
    printLine(terminal, `${name}: revoked${others}`);
  }
  if (options.edge !== undefined)
    note(
      terminal,
      "CloudFront's edge locations follow within seconds. What clients have downloaded, they keep.",
    );
}

export interface ListOptions extends RepositoryOptions {
  readonly json?: boolean;
}

/** `wheelstore token list` */
export async function list(terminal: Terminal, options: ListOptions): Promise<void> {
  const environment = await openTokens(terminal, options, { access: 'read' });
  const now = environment.now();
  const grants = await listGrants(environment);
  if (options.json === true) {
    const tokens = grants.map((grant) => ({ ...factsOf(grant), status: statusOf(grant, now) }));
    return printJson(terminal, { tokens });
  }
  if (grants.length === 0) {
    note(terminal, 'There is no token yet: "wheelstore token create NAME" makes one.');
    return;
  }
  const rows = grants.map((grant) => ({ ...grant, end: describeEnd(grant, now) }));
  const widest = Math.max(...rows.map(({ name }) => name.length));
  const widestEnd = Math.max(...rows.map(({ end }) => end.length));
  for (const { name, created, end, projects } of rows) {
    const line = `${name.padEnd(widest)}  created ${created}  ${end.padEnd(widestEnd)}  ${describeProjects(projects)}`;
    printLine(terminal, line);
  }
}

/** The one line in which a token is ever shown. */
async function printToken(
  terminal: Terminal,
  { token, grant }: NewToken,
  { json }: { readonly json?: boolean },
): Promise<void> {
  const { name, ...facts } = factsOf(grant);
  try {
    await printSecret(terminal, json === true ? { name, token, ...facts } : token);
  } catch (cause) {
    throw new WheelstoreError('unwritable', `The token ${quote(name)} is made, but nobody has taken it`, {
      value: name,
      fix: `It cannot be shown again. Make another in its place: wheelstore token rotate ${name}`,
      cause,
    });
  }
}

function noteNextStep(terminal: Terminal, options: RepositoryOptions): void {
  if (options.edge !== undefined) note(terminal, "CloudFront's edge locations know of it within seconds.");
  const words = ['wheelstore client-config pip --token TOKEN', ...whereServed(options)].join(' ');
  note(terminal, `Next:  ${words}   (or uv, poetry, pdm, netrc)`);
}

/** What `client-config` has to be told of the index, unless it is one that "serve" has on this machine. */
function whereServed(options: RepositoryOptions): readonly string[] {
  const { edge, stack = '' } = options;
  if (edge !== undefined) return [`--stack ${stack}`];
  return placeOf(options).kind === 'bucket' ? ['--index-url URL'] : [];
}

/** What may be told of a token, for scripts. */
function factsOf({ name, created, expires, projects }: Grant) {
  return { name, created, expires: expires ?? null, projects: projects ?? null };
}

type Status = 'active' | 'expired' | 'replaced';

/** What was replaced goes on until it expires. */
function statusOf(grant: Grant, now: Date): Status {
  if (isExpired(grant, now)) return 'expired';
  return grant.retired === true ? 'replaced' : 'active';
}

function describeEnd(grant: Grant, now: Date): string {
  if (grant.expires === undefined) return 'never expires';
  const status = statusOf(grant, now);
  if (status === 'replaced') return `replaced, until ${grant.expires}`;
  return `${status === 'expired' ? 'expired' : 'expires'} ${grant.expires}`;
}

function describeProjects(projects: readonly string[] | undefined): string {
  return projects === undefined ? 'all projects' : projects.join(', ');
}

function describe({ expires, projects }: Grant): string {
  const until = expires === undefined ? 'it never expires' : `it expires ${expires}`;
  return `reads ${describeProjects(projects)}; ${until}`;
}
