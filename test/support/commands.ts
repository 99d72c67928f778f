import { bytesInMemory } from '../../core/bytes.ts';
import { inspectDistribution, type Distribution } from '../../core/distribution.ts';
import type { Environment } from '../../core/environment.ts';
import type { ImportSource } from '../../core/import/source.ts';
import { normalizeName } from '../../core/names.ts';
import { setStatus } from '../../core/project-status.ts';
import type { OverwritePolicy } from '../../core/publish-plan.ts';
import { planPublish, publish, type PublishResult } from '../../core/publish.ts';
import { reindex, reindexFromFiles } from '../../core/reindex.ts';
import { removeVersion } from '../../core/remove.ts';
import { repair } from '../../core/repair.ts';
import type { Status } from '../../core/record.ts';
import { parseVersion } from '../../core/versions.ts';
import { verify } from '../../core/verify.ts';
import { setYanked } from '../../core/yank.ts';
import { importing } from './import-sources.ts';
import { buildSdist, buildWheel, type BuiltFile } from './distributions.ts';

/** A command as a test runs it: in whatever environment, as often as it likes. */
export type Command = (environment: Environment) => Promise<unknown>;

function inspected({ filename, bytes }: BuiltFile): Promise<Distribution> {
  return inspectDistribution(filename, bytesInMemory(bytes));
}

/** A wheel that has passed all checks; `salt` makes its bytes others. */
export function wheel(name: string, version: string, salt = ''): Promise<Distribution> {
  const files = salt === '' ? {} : { files: { 'salt.txt': salt } };
  return inspected(buildWheel({ name, version, ...files }));
}

export function sdist(name: string, version: string): Promise<Distribution> {
  // PEP 643: from then on, an sdist has a metadata file beside it, as a wheel has.
  return inspected(buildSdist({ name, version, format: 'tar.gz', metadataVersion: '2.2' }));
}

/** An sdist whose metadata nobody can rely on: it has no metadata file beside it. */
export function oldSdist(name: string, version: string): Promise<Distribution> {
  return inspected(buildSdist({ name, version, format: 'tar.gz', metadataVersion: '2.1' }));
}

/** Publishes, and fails where any project fails. */
async function publishAll(
  environment: Environment,
  distributions: readonly Distribution[],
  policy: OverwritePolicy = 'refuse',
): Promise<PublishResult> {
  const result = await publish(environment, await planPublish(environment, distributions, policy));
  for (const { error } of result.failures) throw error;
  return result;
}

export const publishing =
  (distributions: readonly Distribution[], policy?: OverwritePolicy): Command =>
  (environment) =>
    publishAll(environment, distributions, policy);

export const deleting =
  (name: string, version: string): Command =>
  (environment) =>
    removeVersion(environment, normalizeName(name), parseVersion(version));

export const yanking =
  (name: string, version: string, yanked: boolean | string): Command =>
  (environment) =>
    setYanked(environment, normalizeName(name), parseVersion(version), yanked);

/** Imports all of an index, and fails where anything does. */
export const importingAll =
  (source: ImportSource): Command =>
  async (environment) => {
    const { failure, problems } = await importing(environment, source);
    if (failure !== undefined) throw failure;
    for (const problem of problems) throw problem;
  };

/** What something else does to a repository. */
export const losing =
  (prefix: string): Command =>
  async ({ store }) => {
    const keys: string[] = [];
    for await (const { key } of store.list(prefix)) keys.push(key);
    await Promise.all(keys.map((key) => store.remove(key)));
  };

/** Looks, and mends nothing. */
export const verifying = (): Command => (environment) => verify(environment, { deep: true });

export const repairing = (): Command => async (environment) =>
  repair(environment, (await verify(environment, { deep: false })).findings);

export const reindexing = (): Command => reindex;

export const reindexingFromFiles = (): Command => (environment) =>
  reindexFromFiles(environment, { dryRun: false });

export const settingStatus =
  (name: string, status: Status): Command =>
  (environment) =>
    setStatus(environment, normalizeName(name), { status });
