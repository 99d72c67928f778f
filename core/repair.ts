import type { Environment } from './environment.ts';
import { EXPLANATIONS, identityOf, type Finding } from './findings.ts';
import { fileKey, metadataKey, SETTINGS_KEY } from './keys.ts';
import type { NormalizedName } from './names.ts';
import { mapBounded } from './parallel.ts';
import { rebuildProjectList } from './project-list.ts';
import { refreshProjectPages } from './project-pages.ts';
import { inspectStored, isAboutTheFile } from './restored-entry.ts';
import { storeBeside } from './stored-files.ts';
import { readRecord, type RecordSnapshot } from './snapshot.ts';
import { inOrder, lookAgain } from './verify.ts';

/** What of a repository's list can be wrong. */
const OF_LIST = new Set<Finding['kind']>(['unlisted-project', 'list-behind']);

/**
 * Mends what can be mended from what is there: metadata files, pages, and the project list. Removes
 * nothing, and changes no record but its note that the list is behind.
 *
 * @returns what is wrong after that
 */
export async function repair(environment: Environment, findings: readonly Finding[]): Promise<Finding[]> {
  const mendable = findings.filter(({ kind }) => EXPLANATIONS[kind].isMendable);
  if (mendable.length === 0) return [...findings];
  const projects = [...byProject(mendable)];
  const snapshots = await mapBounded(projects, environment.jobs, ([project, own]) =>
    mendProject(environment, project, own),
  );
  const isListWrong = mendable.some(({ kind, project }) => OF_LIST.has(kind) || project === undefined);
  // A list that was made now would not name the projects whose records are lost.
  const isListTrue = !findings.some(({ kind, key }) => kind === 'lost-record' || key === SETTINGS_KEY);
  if (isListWrong && isListTrue) {
    const behind = new Set(
      mendable.filter(({ kind }) => kind === 'list-behind').map(({ project }) => project),
    );
    await rebuildProjectList(
      environment,
      snapshots.filter(({ record }) => behind.has(record.name)),
    );
  }
  return stillWrong(environment, findings, mendable);
}

function byProject(findings: readonly Finding[]): Map<NormalizedName, Finding[]> {
  const groups = new Map<NormalizedName, Finding[]>();
  for (const finding of findings) {
    if (finding.project === undefined) continue;
    const group = groups.get(finding.project);
    if (group === undefined) groups.set(finding.project, [finding]);
    else group.push(finding);
  }
  return groups;
}

async function mendProject(
  environment: Environment,
  project: NormalizedName,
  findings: readonly Finding[],
): Promise<RecordSnapshot> {
  const snapshot = await readRecord(environment.store, project);
  const absent = new Set(findings.filter(({ kind }) => kind === 'missing-metadata').map(({ key }) => key));
  for (const entry of snapshot.record.files) {
    const key = fileKey({ project, ...entry });
    if (absent.has(metadataKey(key))) await mendMetadata(environment, key, entry.size, entry.metadataSha256);
  }
  const isPageWrong = findings.some(({ kind }) => kind === 'missing-page' || kind === 'stale-page');
  if (isPageWrong) await refreshProjectPages(environment, project);
  return snapshot;
}

/** Only where the file holds the very metadata that the record names. */
async function mendMetadata(
  { store }: Environment,
  key: string,
  size: number,
  sha256: string | undefined,
): Promise<void> {
  try {
    const distribution = await inspectStored(store, key, size);
    if (distribution.metadata?.sha256 === sha256) await storeBeside(store, key, distribution);
  } catch (error) {
    // The file is missing or damaged, which is a finding of its own.
    if (!isAboutTheFile(error)) throw error;
  }
}

async function stillWrong(
  environment: Environment,
  findings: readonly Finding[],
  mendable: readonly Finding[],
): Promise<Finding[]> {
  const left = new Map(findings.map((finding) => [identityOf(finding), finding]));
  for (const finding of mendable) left.delete(identityOf(finding));
  for (const finding of await lookAgain(environment, mendable)) left.set(identityOf(finding), finding);
  return inOrder([...left.values()]);
}
