import { stopIfAborted, type Environment } from './environment.ts';
import { WheelstoreError } from './errors.ts';
import { identityOf, type Finding } from './findings.ts';
import { noRepository, objectsOf, takeInventory, type Inventory } from './inventory.ts';
import { FILES_PREFIX, isBesideFile, PAGES_PREFIX, SETTINGS_KEY } from './keys.ts';
import type { NormalizedName } from './names.ts';
import { mapBounded } from './parallel.ts';
import { readSettings } from './project-list.ts';
import type { RepositorySettings } from './settings.ts';
import { checkProjectList } from './verify-list.ts';
import { checkProject } from './verify-project.ts';

/** What checking a repository came to. */
export interface Verification {
  readonly projects: number;
  /** Distributions. */
  readonly files: number;
  /** Of these and of what is beside them. */
  readonly bytes: number;
  /** In the order of keys. Where there are none, everything fits together. */
  readonly findings: readonly Finding[];
  /** How many objects there are beside the repository, by the first segment of their keys. No findings. */
  readonly elsewhere: ReadonlyMap<string, number>;
}

/** In milliseconds: a publisher at work has then written its pages, as a rule. */
const SECOND_LOOK_AFTER = 2_000;

/**
 * Compares every record, page and file of a repository with each other. Changes none of them.
 *
 * Others may be at work meanwhile, and what is seen of them half-way is no fault. So what looks wrong
 * is looked at again after a pause, and only what looks wrong in the same way both times is a finding.
 *
 * @param options `deep`: reads all bytes, rather than comparing sizes
 * @throws {WheelstoreError} `not-found` where there is no repository
 */
export async function verify(
  environment: Environment,
  { deep }: { readonly deep: boolean },
): Promise<Verification> {
  const { reporter } = environment;
  const inventory = await takeInventory(environment);
  if (inventory.isEmpty) throw noRepository(environment.store);
  const objects = [...inventory.projects.values()].flatMap(({ files }) => [...files]);
  const bytes = objects.reduce((sum, [, size]) => sum + size, 0);
  const projects = [...inventory.projects.keys()];
  reporter.emit({
    type: 'walking',
    ...(deep ? { unit: 'bytes', total: bytes } : { unit: 'projects', total: projects.length }),
  });
  const onProject = deep ? undefined : () => reporter.emit({ type: 'walked', by: 1 });
  const seen = await look(environment, { projects, inventory, reads: () => deep, onProject });
  const findings = await confirm(environment, seen);
  const foreign = inventory.foreign.map((key): Finding => ({ kind: 'foreign-object', key }));
  const sorted = inOrder([...findings, ...foreign]);
  return {
    projects: projects.length,
    files: objects.filter(([key]) => !isBesideFile(key)).length,
    bytes,
    findings: sorted,
    elsewhere: inventory.elsewhere,
  };
}

/** Findings as they are told: in the order of keys. */
export function inOrder(findings: readonly Finding[]): Finding[] {
  return [...findings].sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : a.kind < b.kind ? -1 : 1));
}

async function confirm(environment: Environment, seen: readonly Finding[]): Promise<Finding[]> {
  if (seen.length === 0) return [];
  await environment.wait(SECOND_LOOK_AFTER);
  const again = new Set((await lookAgain(environment, seen)).map(identityOf));
  return seen.filter((finding) => again.has(identityOf(finding)));
}

/**
 * Looks at the projects of these findings as they are now, and at the project list.
 *
 * @returns what is wrong with them now, whether it was among the findings or not
 */
export async function lookAgain(environment: Environment, findings: readonly Finding[]): Promise<Finding[]> {
  const projects = [...new Set(findings.flatMap(({ project }) => project ?? []))];
  const unlike = new Set(findings.filter(({ kind }) => kind === 'wrong-hash').map(({ key }) => key));
  return look(environment, { projects, reads: (key) => unlike.has(key) });
}

/** What is looked at, besides the settings and the project list. */
interface Scope {
  readonly projects: readonly NormalizedName[];
  /** Otherwise, each project is listed when its turn comes. */
  readonly inventory?: Inventory;
  readonly reads: (key: string) => boolean;
  readonly onProject?: (() => void) | undefined;
}

async function look(environment: Environment, scope: Scope): Promise<Finding[]> {
  const { store, jobs } = environment;
  const settings = await settingsUnlessCorrupt(environment);
  const parallel = Math.max(1, Math.floor(jobs / Math.max(1, scope.projects.length)));
  const view = { environment, settings, reads: scope.reads, parallel };
  const found = await mapBounded(scope.projects, jobs, async (project) => {
    stopIfAborted(environment);
    const own =
      scope.inventory ??
      (await takeInventory(environment, [`${FILES_PREFIX}${project}/`, `${PAGES_PREFIX}${project}/`]));
    const findings = await checkProject(view, project, objectsOf(own, project));
    scope.onProject?.();
    return findings;
  });
  const list = settings === undefined ? [] : await checkProjectList(store, settings);
  const unreadable: Finding[] = settings === undefined ? [{ kind: 'corrupt-record', key: SETTINGS_KEY }] : [];
  return withoutRepeats([...found.flat(), ...list, ...unreadable]);
}

async function settingsUnlessCorrupt({ store }: Environment): Promise<RepositorySettings | undefined> {
  try {
    return (await readSettings(store)).settings;
  } catch (error) {
    if (error instanceof WheelstoreError && error.code === 'corrupt-record') return undefined;
    throw error;
  }
}

/** That a record is lost shows in more than one place. */
function withoutRepeats(findings: readonly Finding[]): Finding[] {
  return [...new Map(findings.map((finding) => [identityOf(finding), finding])).values()];
}
