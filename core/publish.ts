import { bytesInMemory, type ByteSource } from './bytes.ts';
import { swapRecord } from './commit.ts';
import type { Distribution } from './distribution.ts';
import { backOff, stopIfAborted, type Environment } from './environment.ts';
import { quote, WheelstoreError } from './errors.ts';
import { headersOf, metadataKey } from './keys.ts';
import type { NormalizedName } from './names.ts';
import { mapBounded, together } from './parallel.ts';
import { renderProjectPage } from './pages/project-page.ts';
import { settleProjectList } from './project-list.ts';
import { refreshProjectPages } from './project-pages.ts';
import {
  applyPlan,
  planProject,
  rejected,
  type OverwritePolicy,
  type PlannedFile,
  type ProjectPlan,
} from './publish-plan.ts';
import { inCanonicalOrder } from './record-changes.ts';
import { removeBytes } from './remove.ts';
import type { ProjectRecord } from './record.ts';
import { readPageHeads, readRecord, type PageHeads, type RecordSnapshot } from './snapshot.ts';
import type { NewObject, Store } from './store.ts';

/** One project's part of a publish, before anything is written. */
interface Draft {
  readonly plan: ProjectPlan;
  readonly distributions: readonly Distribution[];
  readonly snapshot: RecordSnapshot;
  readonly heads: PageHeads;
}

/** Everything that publishing is going to do. */
export interface PublishPlan {
  readonly policy: OverwritePolicy;
  readonly drafts: readonly Draft[];
  /** In the order of projects, then of versions (PEP 440). */
  readonly files: readonly PlannedFile[];
}

/** What went wrong while publishing. */
export interface PublishFailure {
  /** `undefined` where it was the project list, or where the person has interrupted the command. */
  readonly project: NormalizedName | undefined;
  readonly error: unknown;
}

/** What publishing came to. */
export interface PublishResult {
  /** What is in its project's record: published, even if something went wrong after that. */
  readonly published: readonly PlannedFile[];
  /** Where there are any, the same command again completes what is missing. */
  readonly failures: readonly PublishFailure[];
}

/**
 * Plans a publish: reads the record of every project, and writes nothing.
 *
 * @throws {WheelstoreError} `rejected-files` with every problem of every project
 */
export async function planPublish(
  environment: Environment,
  distributions: readonly Distribution[],
  policy: OverwritePolicy,
): Promise<PublishPlan> {
  const { unique, problems } = withoutRepeats(inCanonicalOrder(distributions));
  const projects = [...groupByProject(unique)].sort(([a], [b]) => (a < b ? -1 : 1));
  const planned = await mapBounded(
    projects,
    environment.jobs,
    async ([project, own]): Promise<Draft | WheelstoreError> => {
      const [heads, snapshot] = await together([
        readPageHeads(environment.store, project),
        readRecord(environment.store, project),
      ]);
      try {
        return { plan: planProject(snapshot.record, own, policy), distributions: own, snapshot, heads };
      } catch (error) {
        if (error instanceof WheelstoreError && error.code === 'rejected-files') return error;
        throw error;
      }
    },
  );
  // In the order of projects, not that in which their records have come.
  problems.push(...planned.flatMap((draft) => (draft instanceof WheelstoreError ? draft.problems : [])));
  if (problems.length > 0) throw rejected(problems);
  const drafts = planned.filter((draft): draft is Draft => !(draft instanceof WheelstoreError));
  return { policy, drafts, files: drafts.flatMap(({ plan }) => plan.files) };
}

/**
 * Carries out a plan. Any number of publishers may do this at the same time. A project that fails stops
 * no other.
 */
export async function publish(environment: Environment, plan: PublishPlan): Promise<PublishResult> {
  const { drafts, files, policy } = plan;
  const fresh = files.filter(({ action }) => action !== 'unchanged');
  const bytes = fresh.reduce((sum, { distribution }) => sum + distribution.source.size, 0);
  environment.reporter.emit({ type: 'sending', files: fresh.length, bytes });
  // One bound for all transfers: projects share it.
  const transfers = Math.max(1, Math.floor(environment.jobs / Math.max(1, drafts.length)));
  const failures: PublishFailure[] = [];
  const publications = drafts.map((draft) => new ProjectPublication(environment, draft, policy, transfers));
  await mapBounded(publications, environment.jobs, async (publication) => {
    const { project } = publication;
    await publication.run().catch((error: unknown) => failures.push({ project, error }));
  });
  const done = publications.flatMap(({ outcome }) => outcome ?? []);
  await settleProjectList(
    environment,
    done.map(({ committed }) => committed),
  ).catch((error: unknown) => failures.push({ project: undefined, error }));
  return { published: done.flatMap(({ files: own }) => own), failures: onceInterrupted(failures) };
}

/** An interruption stops every project that is left. It is told once. */
function onceInterrupted(failures: readonly PublishFailure[]): PublishFailure[] {
  const isInterruption = ({ error }: PublishFailure): boolean =>
    error instanceof WheelstoreError && error.code === 'interrupted';
  const others = failures.filter((failure) => !isInterruption(failure));
  const interruption = failures.find(isInterruption);
  return interruption === undefined ? others : [...others, { ...interruption, project: undefined }];
}

/** What a project's publication came to. */
interface ProjectOutcome {
  readonly committed: RecordSnapshot;
  readonly files: readonly PlannedFile[];
}

/** The steps of the publishing protocol for one project; see docs/architecture.md. */
class ProjectPublication {
  readonly project: NormalizedName;
  readonly #environment: Environment;
  readonly #distributions: readonly Distribution[];
  readonly #policy: OverwritePolicy;
  readonly #transfers: number;
  /** When the store took the bytes, by key. What is in here is there. */
  readonly #stored = new Map<string, Date>();
  #heads: PageHeads;
  #snapshot: RecordSnapshot;
  #outcome: ProjectOutcome | undefined;

  constructor(environment: Environment, draft: Draft, policy: OverwritePolicy, transfers: number) {
    this.#environment = environment;
    this.project = draft.plan.project;
    this.#distributions = draft.distributions;
    this.#policy = policy;
    this.#transfers = transfers;
    this.#heads = draft.heads;
    this.#snapshot = draft.snapshot;
  }

  /** There from the commit on, whatever comes after it. */
  get outcome(): ProjectOutcome | undefined {
    return this.#outcome;
  }

  async run(): Promise<void> {
    for (let attempt = 1; ;) {
      stopIfAborted(this.#environment);
      const plan = this.#plan();
      const missing = plan.files.filter(
        ({ action, key }) => action !== 'unchanged' && !this.#stored.has(key),
      );
      if (missing.length > 0) {
        // The record is read again, after the pages' ETags: the plan has read both at once.
        [, this.#snapshot] = await together([this.#storeAll(missing), this.#readRecord()]);
        continue;
      }
      const next = applyPlan(this.#snapshot.record, plan, this.#stored);
      const committed = await swapRecord(this.#environment, this.#snapshot, next);
      if (committed !== undefined) {
        this.#outcome = { committed, files: plan.files };
        return this.#finish(committed.record, plan);
      }
      this.#environment.reporter.emit({ type: 'retry', project: this.project, attempt });
      await backOff(this.#environment, attempt, `the record of ${this.project}`);
      attempt++;
      this.#heads = await readPageHeads(this.#environment.store, this.project);
      this.#snapshot = await this.#readRecord();
    }
  }

  #plan(): ProjectPlan {
    return planProject(this.#snapshot.record, this.#distributions, this.#policy);
  }

  #readRecord(): Promise<RecordSnapshot> {
    return readRecord(this.#environment.store, this.project);
  }

  async #storeAll(files: readonly PlannedFile[]): Promise<void> {
    await mapBounded(files, this.#transfers, async (file) => {
      const [uploaded] = await together([this.#storeFile(file), this.#storeMetadata(file)]);
      this.#stored.set(file.key, uploaded);
    });
  }

  #storeFile({ key, distribution }: PlannedFile): Promise<Date> {
    const { source, sha256, version, requiresPython } = distribution;
    const headers = headersOf(key);
    // With these, a record could be made again from the files alone.
    const metadata = {
      sha256,
      version,
      ...(requiresPython === undefined ? {} : { 'requires-python': requiresPython }),
    };
    const onBytes = (bytes: number): void => this.#environment.reporter.emit({ type: 'sent', bytes });
    return createOnce(this.#environment.store, key, {
      source: interruptible(source, this.#environment),
      sha256,
      headers: { ...headers, metadata },
      onBytes,
    });
  }

  async #storeMetadata({ key, distribution }: PlannedFile): Promise<void> {
    if (distribution.metadata === undefined) return;
    const { bytes, sha256 } = distribution.metadata;
    const itsKey = metadataKey(key);
    const object = { source: bytesInMemory(bytes), sha256, headers: headersOf(itsKey) };
    await createOnce(this.#environment.store, itsKey, object);
  }

  async #finish(record: ProjectRecord, plan: ProjectPlan): Promise<void> {
    const added = plan.files.filter(({ action }) => action !== 'unchanged');
    if (added.length === 0) await this.#mendPages();
    else await refreshProjectPages(this.#environment, this.project, { heads: this.#heads, record });
    if (this.#policy === 'replace') await this.#removeReplaced(record);
  }

  /** Nothing is new; but whoever published this may have been stopped before the pages were written. */
  async #mendPages(): Promise<void> {
    const pages = renderProjectPage(this.#snapshot.record);
    const isCurrent = pages.every(
      ({ representation, sha256 }) => this.#heads[representation]?.sha256 === sha256,
    );
    // The plan has read record and ETags at once; to write, they are needed one after the other.
    if (!isCurrent) await refreshProjectPages(this.#environment, this.project);
  }

  /** Also what an earlier command has replaced and had no time to remove. */
  async #removeReplaced(record: ProjectRecord): Promise<void> {
    const filenames = new Set(this.#distributions.map(({ filename }) => filename));
    const replaced = record.tombstones.filter(
      ({ cause, filename }) => cause === 'replaced' && filenames.has(filename),
    );
    await removeBytes(this.#environment, this.project, replaced);
  }
}

/** A large file takes long; whoever wants to stop need not wait for its end. */
function interruptible(source: ByteSource, environment: Environment): ByteSource {
  return {
    size: source.size,
    read: async (offset, length) => {
      stopIfAborted(environment);
      return source.read(offset, length);
    },
  };
}

/** Creates an object, or finds the same bytes there. */
async function createOnce(store: Store, key: string, object: NewObject): Promise<Date> {
  const created = await store.create(key, object);
  if (created.outcome === 'created') return created.lastModified;
  const head = await store.head(key);
  if (head?.sha256 === object.sha256) return head.lastModified;
  throw new WheelstoreError('corrupt-file', `The store holds other bytes at ${quote(key)}`, {
    value: key,
    fix: 'Find out who has written there, remove that object, and run the same command again.',
  });
}

function groupByProject(distributions: readonly Distribution[]): Map<NormalizedName, Distribution[]> {
  const groups = new Map<NormalizedName, Distribution[]>();
  for (const distribution of distributions) {
    const group = groups.get(distribution.project);
    if (group === undefined) groups.set(distribution.project, [distribution]);
    else group.push(distribution);
  }
  return groups;
}

/** The same file may be named twice on a command line; two different files of one name may not. */
function withoutRepeats(distributions: readonly Distribution[]): {
  readonly unique: readonly Distribution[];
  readonly problems: WheelstoreError[];
} {
  const unique = new Map<string, Distribution>();
  const problems: WheelstoreError[] = [];
  for (const distribution of distributions) {
    const { filename, sha256 } = distribution;
    const first = unique.get(filename);
    if (first === undefined) unique.set(filename, distribution);
    else if (first.sha256 !== sha256) {
      problems.push(
        new WheelstoreError('file-exists', `${quote(filename)} is given twice, with different bytes`, {
          value: filename,
          fix: 'Name only the one to publish.',
        }),
      );
    }
  }
  return { unique: [...unique.values()], problems };
}
