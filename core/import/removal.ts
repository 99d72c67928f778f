import { stopIfAborted, type Environment } from '../environment.ts';
import { fileKey } from '../keys.ts';
import type { NormalizedName } from '../names.ts';
import { mapBounded } from '../parallel.ts';
import { readRecord } from '../snapshot.ts';
import type { ImportPlan, ProjectImport } from './import-plan.ts';
import type { ImportResult, ImportTools } from './import.ts';
import { LARGEST_UNANNOUNCED } from './fetched.ts';
import type { OfferedFile } from './source.ts';

/** What taking imported projects away from their source came to. */
export interface SourceRemoval {
  readonly removed: readonly NormalizedName[];
  /** Projects of which something was not imported: all of their files were left. */
  readonly kept: readonly NormalizedName[];
}

/**
 * Takes the files of projects away from their source, where each of them is published here: the record
 * names the very same bytes, and they are in the store.
 *
 * @throws {WheelstoreError} what source and store throw; `interrupted`. The same again goes on.
 */
export async function removeImported(
  environment: Environment,
  tools: ImportTools,
  plan: ImportPlan,
  result: ImportResult,
): Promise<SourceRemoval> {
  const removed: NormalizedName[] = [];
  const kept: NormalizedName[] = [];
  const fetched = new Map(result.imported.map(({ offered, sha256 }) => [offered.location, sha256]));
  const done = new Set(result.done);
  for (const project of plan.projects) {
    stopIfAborted(environment);
    const isWhole = project.skipped.length === 0 && done.has(project.project);
    const isSafe = isWhole && (await isPublished(environment, tools, project, fetched));
    if (isSafe) await tools.source.remove?.(project.project, locationsOf(project));
    (isSafe ? removed : kept).push(project.project);
  }
  return { removed, kept };
}

function locationsOf({ files, present }: ProjectImport): string[] {
  return [...files, ...present].map(({ location }) => location);
}

async function isPublished(
  environment: Environment,
  tools: ImportTools,
  { project, files, present }: ProjectImport,
  fetched: ReadonlyMap<string, string>,
): Promise<boolean> {
  const { store, jobs } = environment;
  const { record } = await readRecord(store, project);
  const entries = new Map(record.files.map((entry) => [entry.filename, entry]));
  const checks = await mapBounded([...files, ...present], jobs, async (file) => {
    stopIfAborted(environment);
    const entry = entries.get(file.filename);
    if (entry === undefined) return false;
    const sha256 = fetched.get(file.location) ?? (await hashOf(tools, file));
    if (sha256 !== entry.sha256) return false;
    return (await store.head(fileKey({ project, ...entry })))?.sha256 === sha256;
  });
  return checks.every(Boolean);
}

/** What a page says of a hash is not enough to throw bytes away. */
async function hashOf({ source, spool }: ImportTools, { location, size }: OfferedFile): Promise<string> {
  const bytes = source.read(location, size ?? LARGEST_UNANNOUNCED);
  const kept = await spool.keep(bytes, ['sha256']);
  await kept.release();
  return kept.hashes['sha256'] ?? '';
}
