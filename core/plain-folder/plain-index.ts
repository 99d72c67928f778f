import { quote } from '../errors.ts';
import { fileKey } from '../keys.ts';
import type { NormalizedName } from '../names.ts';
import { inCanonicalOrder } from '../record-changes.ts';
import { emptyRecord, type ProjectRecord } from '../record.ts';
import type { CheckedFile } from './checked-file.ts';

/** A file that another one keeps from being served. */
export interface HiddenFile {
  readonly path: string;
  /** A sentence. */
  readonly reason: string;
}

/** What a folder of distributions is as an index. */
export interface PlainIndex {
  readonly records: ReadonlyMap<NormalizedName, ProjectRecord>;
  /** By the keys of their bytes. */
  readonly files: ReadonlyMap<string, CheckedFile>;
  readonly hidden: readonly HiddenFile[];
}

/**
 * The index of these files. A project has one file of each name: of several with the same bytes any
 * will do; of several with other bytes, the one that is least deep in the folder, and then the first by
 * its path, so that the same folder always makes the same index.
 */
export function plainIndexOf(files: Iterable<CheckedFile>): PlainIndex {
  const chosen = new Map<string, CheckedFile>();
  const hidden: HiddenFile[] = [];
  for (const file of [...files].sort(byPlace)) {
    const name = `${file.project}/${file.entry.filename}`;
    const first = chosen.get(name);
    if (first === undefined) chosen.set(name, file);
    else if (first.entry.sha256 !== file.entry.sha256) {
      const reason = `has other bytes than ${quote(first.path)}, which is served under this name.`;
      hidden.push({ path: file.path, reason });
    }
  }
  const served = [...chosen.values()];
  return {
    records: recordsOf(served),
    files: new Map(served.map((file) => [fileKey({ project: file.project, ...file.entry }), file])),
    hidden,
  };
}

function byPlace(one: CheckedFile, other: CheckedFile): number {
  const byDepth = one.path.split('/').length - other.path.split('/').length;
  if (byDepth !== 0) return byDepth;
  return one.path < other.path ? -1 : 1;
}

/** Nothing counts the changes of a folder: its records all have the first serial. */
function recordsOf(files: readonly CheckedFile[]): Map<NormalizedName, ProjectRecord> {
  const byProject = new Map<NormalizedName, CheckedFile[]>();
  for (const file of files) {
    const of = byProject.get(file.project);
    if (of === undefined) byProject.set(file.project, [file]);
    else of.push(file);
  }
  const records = new Map<NormalizedName, ProjectRecord>();
  for (const [project, its] of byProject) {
    const entries = inCanonicalOrder(its.map(({ entry }) => entry));
    records.set(project, { ...emptyRecord(project), serial: 1, files: entries });
  }
  return records;
}
