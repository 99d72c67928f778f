import { createHash } from 'node:crypto';
import { stopIfAborted, type Environment } from './environment.ts';
import { WheelstoreError } from './errors.ts';
import type { Finding } from './findings.ts';
import type { ProjectObjects } from './inventory.ts';
import { fileKey, metadataKey, pageKey, provenanceKey, recordKey } from './keys.ts';
import type { NormalizedName } from './names.ts';
import { mapBounded, together } from './parallel.ts';
import { isListBehind } from './project-list.ts';
import { renderProjectPage } from './pages/project-page.ts';
import type { RenderedPage } from './pages/page.ts';
import type { FileEntry, ProjectRecord } from './record.ts';
import type { RepositorySettings } from './settings.ts';
import { readPageHeads, readRecord, type PageHeads } from './snapshot.ts';

/** How one project is looked at. */
export interface ProjectView {
  readonly environment: Environment;
  /** `undefined` where they cannot be read; then nothing is said about them. */
  readonly settings: RepositorySettings | undefined;
  /** Whether the bytes of a file are to be read and compared with their hash. */
  readonly reads: (key: string) => boolean;
  /** How many files of the project are looked at together. */
  readonly parallel: number;
}

/** Compares a project's record, pages and files with each other. Writes nothing. */
export async function checkProject(
  view: ProjectView,
  project: NormalizedName,
  objects: ProjectObjects,
): Promise<Finding[]> {
  const { store } = view.environment;
  const heads = await readPageHeads(store, project);
  const record = await readUnlessCorrupt(view.environment, project);
  if (record === undefined) return [{ kind: 'corrupt-record', key: recordKey(project), project }];
  const files = await checkFiles(view, record, objects);
  if (record.serial > 0) {
    return [...files, ...checkPages(project, renderProjectPage(record), heads), ...checkListed(view, record)];
  }
  return objects.pages.size === 0
    ? files
    : [{ kind: 'lost-record', key: recordKey(project), project }, ...files];
}

async function readUnlessCorrupt(
  { store }: Environment,
  project: NormalizedName,
): Promise<ProjectRecord | undefined> {
  try {
    return (await readRecord(store, project)).record;
  } catch (error) {
    if (error instanceof WheelstoreError && error.code === 'corrupt-record') return undefined;
    throw error;
  }
}

/** @param project `undefined` for the project list */
export function checkPages(
  project: NormalizedName | undefined,
  pages: readonly RenderedPage[],
  heads: PageHeads,
): Finding[] {
  const whose = project === undefined ? {} : { project };
  return pages.flatMap(({ representation, sha256 }): Finding[] => {
    const key = pageKey(project, representation);
    const head = heads[representation];
    if (head === undefined) return [{ kind: 'missing-page', key, ...whose }];
    return head.sha256 === sha256 ? [] : [{ kind: 'stale-page', key, ...whose }];
  });
}

/** PEP 792: what the project list leaves out is in the settings. */
function checkListed({ settings }: ProjectView, record: ProjectRecord): Finding[] {
  if (settings === undefined || !isListBehind(record, settings)) return [];
  return [{ kind: 'list-behind', key: recordKey(record.name), project: record.name }];
}

async function checkFiles(
  view: ProjectView,
  record: ProjectRecord,
  { files }: ProjectObjects,
): Promise<Finding[]> {
  const project = record.name;
  const recorded = new Set<string>();
  const checked = await mapBounded(record.files, view.parallel, async (entry) => {
    stopIfAborted(view.environment);
    const key = fileKey({ project, ...entry });
    recorded.add(key);
    const size = files.get(key);
    const own = await checkFile(view, { key, entry, size });
    const beside = besideOf(key, entry);
    for (const each of beside) recorded.add(each.key);
    // Without the file, it is the file that is missing.
    if (size === undefined) return own;
    const others = await together(beside.map((each) => checkBeside(view, each, files)));
    return [...own, ...others.flat()];
  });
  const findings = checked.flat();
  const buried = new Set(
    record.tombstones
      .map((tombstone) => fileKey({ project, ...tombstone }))
      .flatMap((key) => [key, metadataKey(key), provenanceKey(key)]),
  );
  for (const key of files.keys()) {
    if (recorded.has(key)) continue;
    findings.push({ kind: buried.has(key) ? 'undeleted-file' : 'unrecorded-file', key });
  }
  return findings.map((finding) => ({ ...finding, project }));
}

async function checkFile(
  { environment, reads }: ProjectView,
  {
    key,
    entry,
    size,
  }: { readonly key: string; readonly entry: FileEntry; readonly size: number | undefined },
): Promise<Finding[]> {
  if (size === undefined) return [{ kind: 'missing-file', key }];
  if (size !== entry.size) {
    return [{ kind: 'wrong-size', key, detail: `${size} bytes instead of ${entry.size}` }];
  }
  if (!reads(key) || (await hashOf(environment, key)) === entry.sha256) return [];
  return [{ kind: 'wrong-hash', key }];
}

/** What a record says is kept beside a file. */
interface BesideFile {
  readonly key: string;
  readonly sha256: string;
  /** What it is where it is not there. */
  readonly missing: 'missing-metadata' | 'missing-provenance';
}

function besideOf(key: string, { metadataSha256, provenanceSha256 }: FileEntry): BesideFile[] {
  const metadata = { key: metadataKey(key), sha256: metadataSha256, missing: 'missing-metadata' } as const;
  const provenance = {
    key: provenanceKey(key),
    sha256: provenanceSha256,
    missing: 'missing-provenance',
  } as const;
  return [metadata, provenance].flatMap(({ sha256, ...rest }) =>
    sha256 === undefined ? [] : [{ ...rest, sha256 }],
  );
}

async function checkBeside(
  { environment, reads }: ProjectView,
  { key, sha256, missing }: BesideFile,
  files: ReadonlyMap<string, number>,
): Promise<Finding[]> {
  if (!files.has(key)) return [{ kind: missing, key }];
  if (!reads(key) || (await hashOf(environment, key)) === sha256) return [];
  return [{ kind: 'wrong-hash', key }];
}

/** A transfer can break off; what is in the store does not change by that. */
const MOST_ATTEMPTS = 3;

/** The hash of an object's bytes as they are read now; `undefined` where there is none. */
async function hashOf(environment: Environment, key: string): Promise<string | undefined> {
  for (let attempt = 1; ; attempt++) {
    stopIfAborted(environment);
    try {
      return await readHash(environment, key);
    } catch (error) {
      if (attempt >= MOST_ATTEMPTS || !(error instanceof WheelstoreError) || error.code === 'interrupted')
        throw error;
    }
  }
}

async function readHash(environment: Environment, key: string): Promise<string | undefined> {
  const opened = await environment.store.open(key);
  if (opened === undefined) return undefined;
  const hash = createHash('sha256');
  for await (const chunk of opened.stream()) {
    stopIfAborted(environment);
    hash.update(chunk);
    environment.reporter.emit({ type: 'walked', by: chunk.length });
  }
  return hash.digest('hex');
}
