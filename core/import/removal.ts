import { stopIfAborted, type Environment } from '../environment.ts';
import { fileKey } from '../keys.ts';
import type { NormalizedName } from '../names.ts';
import { mapBounded } from '../parallel.ts';
import { readRecord } from '../snapshot.ts';
import { LARGEST_FILE } from './fetched.ts';
import type { ImportPlan } from './import-plan.ts';
import type { ImportResult, ImportTools } from './import.ts';
import type { OfferedFile } from './source.ts';

/** What taking imported projects away from their source came to. */
export interface SourceRemoval {
  readonly removed: readonly NormalizedName[];
  /** Projects of which something was not imported: all of their files were left. */
  readonly kept: readonly NormalizedName[];
  /** What ended it before its end. The same again goes on. */
  readonly failure?: unknown;
}

/**
 * Takes the files of projects away from their source, where each of them is published here: the record
 * names the very same bytes, and they are in the store. Projects of which the source has no file are
 * left alone.
 */
export async function removeImported(
  environment: Environment,
  tools: ImportTools,
  plan: ImportPlan,
  result: ImportResult,
): Promise<SourceRemoval> {
  const removed: NormalizedName[] = [];
  const kept: NormalizedName[] = [];
  const done = new Set(result.done);
  try {
    for (const { project, files, present, skipped, problems } of plan.projects) {
      stopIfAborted(environment);
      const there = [...files, ...present];
      if (there.length + skipped.length + problems.length === 0) continue;
      const isWhole = there.length > 0 && skipped.length === 0 && done.has(project);
      const isSafe = isWhole && (await arePublished(environment, tools, project, there));
      if (isSafe) await tools.source.remove?.(project, [...new Set(there.map(({ location }) => location))]);
      (isSafe ? removed : kept).push(project);
    }
    return { removed, kept };
  } catch (failure) {
    return { removed, kept, failure };
  }
}

async function arePublished(
  environment: Environment,
  tools: ImportTools,
  project: NormalizedName,
  files: readonly OfferedFile[],
): Promise<boolean> {
  const { store, jobs } = environment;
  const { record } = await readRecord(store, project);
  const entries = new Map(record.files.map((entry) => [entry.filename, entry]));
  const checks = await mapBounded(files, jobs, async (file) => {
    stopIfAborted(environment);
    const entry = entries.get(file.filename);
    if (entry === undefined) return false;
    // As it is now: who publishes there may have replaced it since it was fetched.
    if ((await hashOf(tools, file)) !== entry.sha256) return false;
    return (await store.head(fileKey({ project, ...entry })))?.sha256 === entry.sha256;
  });
  return checks.every(Boolean);
}

async function hashOf({ source, spool }: ImportTools, { location, size }: OfferedFile): Promise<string> {
  const bytes = source.read(location, size ?? LARGEST_FILE);
  const kept = await spool.keep(bytes, ['sha256']);
  await kept.release();
  return kept.hashes['sha256'] ?? '';
}
