import type { Distribution } from './distribution.ts';
import { quote, WheelstoreError } from './errors.ts';
import { fileKey } from './keys.ts';
import type { NormalizedName } from './names.ts';
import { inCanonicalOrder, tombstoneOf } from './record-changes.ts';
import type { FileEntry, ProjectRecord, Tombstone } from './record.ts';

/**
 * What to do about a filename that is published already.
 *
 * - `refuse`: the same bytes are fine, other bytes are an error
 * - `strict`: any published filename is an error
 * - `replace`: other bytes take the place of the published ones; the same ones are put back where they
 *   are gone
 */
export type OverwritePolicy = 'refuse' | 'strict' | 'replace';

/** One file, and what publishing does with it. */
export interface PlannedFile {
  readonly distribution: Distribution;
  /** `restore`: the record has it, and its bytes are gone. */
  readonly action: 'publish' | 'replace' | 'unchanged' | 'restore';
  /** See `FileAddress`. */
  readonly generation: number;
  readonly key: string;
  /** The entry whose place it takes. */
  readonly replaced?: FileEntry;
}

/** What publishing does to one project. */
export interface ProjectPlan {
  readonly project: NormalizedName;
  readonly files: readonly PlannedFile[];
}

/**
 * Decides what publishing these distributions of one project does to its record.
 *
 * @throws {WheelstoreError} `rejected-files`, with a problem for each file that cannot be published:
 *   `file-exists`, `file-deleted` or `project-closed`
 */
export function planProject(
  record: ProjectRecord,
  distributions: readonly Distribution[],
  policy: OverwritePolicy,
): ProjectPlan {
  const published = new Map(record.files.map((file) => [file.filename, file]));
  const problems: WheelstoreError[] = [];
  const files: PlannedFile[] = [];
  for (const distribution of distributions) {
    try {
      const existing = published.get(distribution.filename);
      files.push(planFile(record, existing, distribution, policy));
    } catch (error) {
      if (!(error instanceof WheelstoreError)) throw error;
      problems.push(error);
    }
  }
  if (problems.length > 0) throw rejected(problems);
  return { project: record.name, files };
}

/** One error for all the problems of a command. */
export function rejected(problems: readonly WheelstoreError[]): WheelstoreError {
  const count = problems.length === 1 ? 'One file' : `${problems.length} files`;
  return new WheelstoreError('rejected-files', `${count} cannot be published`, { problems });
}

function planFile(
  record: ProjectRecord,
  existing: FileEntry | undefined,
  distribution: Distribution,
  policy: OverwritePolicy,
): PlannedFile {
  const { filename, sha256 } = distribution;
  if (existing?.sha256 === sha256) {
    if (policy === 'strict')
      throw exists(distribution, 'with the same bytes', 'Leave it out, or publish without --strict.');
    const { generation } = existing;
    const key = fileKey({ project: record.name, filename, sha256, generation });
    return { distribution, action: 'unchanged', generation, key };
  }
  refuseIfClosed(record, distribution);
  const tombstones = record.tombstones.filter((tombstone) => tombstone.filename === filename);
  refuseIfDeleted(tombstones, distribution);
  if (existing !== undefined && policy !== 'replace') {
    throw exists(
      distribution,
      'with other bytes',
      'Publish a new version (or a wheel with a build tag); --force replaces the published file.',
    );
  }
  const generation =
    1 + Math.max(0, ...tombstones.filter((old) => old.sha256 === sha256).map((old) => old.generation));
  const key = fileKey({ project: record.name, filename, sha256, generation });
  return existing === undefined
    ? { distribution, action: 'publish', generation, key }
    : { distribution, action: 'replace', generation, key, replaced: existing };
}

function exists({ filename, project }: Distribution, how: string, fix: string): WheelstoreError {
  return new WheelstoreError('file-exists', `${quote(filename)} is already published in ${project}, ${how}`, {
    value: filename,
    fix,
  });
}

/** A filename that was deleted never comes back with other bytes: somebody may have kept its hash. */
function refuseIfDeleted(
  tombstones: readonly Tombstone[],
  { filename, project, sha256 }: Distribution,
): void {
  if (!tombstones.some((old) => old.cause === 'deleted' && old.sha256 !== sha256)) return;
  throw new WheelstoreError(
    'file-deleted',
    `${quote(filename)} was published in ${project} with other bytes, and deleted`,
    { value: filename, fix: 'Publish a new version, or a wheel with another build tag.' },
  );
}

/** PEP 792: an archived or quarantined project takes no uploads. */
function refuseIfClosed({ name, status }: ProjectRecord, { filename }: Distribution): void {
  if (status.status !== 'archived' && status.status !== 'quarantined') return;
  throw new WheelstoreError(
    'project-closed',
    `${quote(filename)} cannot be published: the project ${name} is ${status.status}`,
    { value: filename, fix: `Open the project with "wheelstore status ${name} active".` },
  );
}

/** Whether publishing a file changes the record. */
export function changesRecord({ action }: PlannedFile): boolean {
  return action === 'publish' || action === 'replace';
}

/** The plan, given that the bytes at these keys are gone. */
export function withAbsent(plan: ProjectPlan, absent: ReadonlySet<string>): ProjectPlan {
  const files = plan.files.map((file): PlannedFile => {
    return file.action === 'unchanged' && absent.has(file.key) ? { ...file, action: 'restore' } : file;
  });
  return { ...plan, files };
}

/**
 * The record after a plan was carried out.
 *
 * @param uploadTimes when the store took the bytes, by key
 */
export function applyPlan(
  record: ProjectRecord,
  plan: ProjectPlan,
  uploadTimes: ReadonlyMap<string, Date>,
): ProjectRecord {
  const added = plan.files.filter(changesRecord);
  if (added.length === 0) return record;
  const replaced = new Set(added.flatMap((file) => (file.replaced === undefined ? [] : [file.replaced])));
  const kept = record.files.filter((file) => !replaced.has(file));
  const entries = added.map((file) => entryOf(file, uploadTimes.get(file.key)));
  return {
    ...record,
    serial: record.serial + 1,
    files: inCanonicalOrder([...kept, ...entries]),
    tombstones: [...record.tombstones, ...[...replaced].map((file) => tombstoneOf(file, 'replaced'))],
    ...(record.serial === 0 ? { listPending: 'added' } : {}),
  };
}

function entryOf(
  { distribution, generation, key, replaced }: PlannedFile,
  uploaded: Date | undefined,
): FileEntry {
  if (uploaded === undefined) throw new Error(`${key} was not stored before its record`);
  const { filename, kind, version, sha256, requiresPython, metadata, provenance, source, history } =
    distribution;
  return {
    filename,
    kind,
    version,
    size: source.size,
    sha256,
    generation,
    uploadTime: history?.uploadTime ?? uploaded.toISOString(),
    ...(requiresPython === undefined ? {} : { requiresPython }),
    ...(metadata === undefined ? {} : { metadataSha256: metadata.sha256 }),
    ...(provenance === undefined ? {} : { provenanceSha256: provenance.sha256 }),
    // PEP 592: a yank is of the file as users know it, by its name; only unyank takes it back.
    yanked: replaced?.yanked ?? history?.yanked ?? false,
  };
}
