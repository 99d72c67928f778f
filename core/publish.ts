import { bytesInMemory } from './bytes.ts';
import { swapRecord } from './commit.ts';
import type { Distribution } from './distribution.ts';
import { backOff, stopIfAborted, type Environment } from './environment.ts';
import { quote, WheelstoreError } from './errors.ts';
import { headersOf, metadataKey } from './keys.ts';
import type { NormalizedName } from './names.ts';
import { mapBounded } from './parallel.ts';
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

/** What publishing came to. */
export interface PublishResult {
  readonly published: readonly PlannedFile[];
  /** The projects that could not be published, or not completely; all others are done. */
  readonly failures: readonly { readonly project: NormalizedName; readonly error: unknown }[];
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
  const drafts = await mapBounded(projects, environment.jobs, async ([project, own]) => {
    const [heads, snapshot] = await Promise.all([
      readPageHeads(environment.store, project),
      readRecord(environment.store, project),
    ]);
    try {
      const plan = planProject(snapshot.record, own, policy);
      return [{ plan, distributions: own, snapshot, heads }];
    } catch (error) {
      if (!(error instanceof WheelstoreError) || error.code !== 'rejected-files') throw error;
      problems.push(...error.problems);
      return [];
    }
  });
  if (problems.length > 0) throw rejected(problems);
  const found = drafts.flat();
  return { policy, drafts: found, files: found.flatMap(({ plan }) => plan.files) };
}

/**
 * Carries out a plan. A file is published when this says so with the event `published`: its bytes are
 * there, and its project's record names it. Any number of publishers may do this at the same time.
 *
 * @throws {WheelstoreError} `interrupted`; what the store throws while the project list is written
 */
export async function publish(environment: Environment, plan: PublishPlan): Promise<PublishResult> {
  const { drafts, files, policy } = plan;
  const fresh = files.filter(({ action }) => action !== 'unchanged');
  environment.reporter.emit({
    type: 'sending',
    files: fresh.length,
    bytes: fresh.reduce((sum, { distribution }) => sum + distribution.source.size, 0),
  });
  const failures: PublishResult['failures'][number][] = [];
  // One bound for all transfers: projects share it.
  const transfers = Math.max(1, Math.floor(environment.jobs / Math.max(1, drafts.length)));
  const outcomes = await mapBounded(drafts, environment.jobs, async (draft) => {
    const { project } = draft.plan;
    try {
      stopIfAborted(environment);
      return [await new ProjectPublication(environment, draft, policy, transfers).run()];
    } catch (error) {
      if (error instanceof WheelstoreError && error.code === 'interrupted') throw error;
      failures.push({ project, error });
      return [];
    }
  });
  const done = outcomes.flat();
  await settleProjectList(
    environment,
    done.map(({ committed }) => committed),
  );
  return { published: done.flatMap(({ files: own }) => own), failures };
}

/** The steps of the publishing protocol for one project; see docs/architecture.md. */
class ProjectPublication {
  readonly #environment: Environment;
  readonly #project: NormalizedName;
  readonly #distributions: readonly Distribution[];
  readonly #policy: OverwritePolicy;
  readonly #transfers: number;
  /** When the store took the bytes, by key. What is in here is there. */
  readonly #stored = new Map<string, Date>();
  #heads: PageHeads;
  #snapshot: RecordSnapshot;

  constructor(environment: Environment, draft: Draft, policy: OverwritePolicy, transfers: number) {
    this.#environment = environment;
    this.#project = draft.plan.project;
    this.#distributions = draft.distributions;
    this.#policy = policy;
    this.#transfers = transfers;
    this.#heads = draft.heads;
    this.#snapshot = draft.snapshot;
  }

  async run(): Promise<{ readonly committed: RecordSnapshot; readonly files: readonly PlannedFile[] }> {
    for (let attempt = 1; ;) {
      const plan = this.#plan();
      const missing = plan.files.filter(
        ({ action, key }) => action !== 'unchanged' && !this.#stored.has(key),
      );
      if (missing.length > 0) {
        // The record is read again, after the pages' ETags: the plan has read both at once.
        [, this.#snapshot] = await Promise.all([this.#storeAll(missing), this.#readRecord()]);
        continue;
      }
      const next = applyPlan(this.#snapshot.record, plan, this.#stored);
      const committed = await swapRecord(this.#environment, this.#snapshot, next);
      if (committed !== undefined) {
        await this.#finish(committed.record, plan);
        return { committed, files: plan.files };
      }
      this.#environment.reporter.emit({ type: 'retry', project: this.#project, attempt });
      await backOff(this.#environment, attempt, `the record of ${this.#project}`);
      attempt++;
      this.#heads = await readPageHeads(this.#environment.store, this.#project);
      this.#snapshot = await this.#readRecord();
    }
  }

  #plan(): ProjectPlan {
    return planProject(this.#snapshot.record, this.#distributions, this.#policy);
  }

  #readRecord(): Promise<RecordSnapshot> {
    return readRecord(this.#environment.store, this.#project);
  }

  async #storeAll(files: readonly PlannedFile[]): Promise<void> {
    await mapBounded(files, this.#transfers, async (file) => {
      stopIfAborted(this.#environment);
      const [uploaded] = await Promise.all([this.#storeFile(file), this.#storeMetadata(file)]);
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
      source,
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
    const filenames = added.map(({ distribution }) => distribution.filename);
    if (added.length === 0) await this.#mendPages();
    else {
      this.#environment.reporter.emit({ type: 'published', project: this.#project, filenames });
      await refreshProjectPages(this.#environment, this.#project, { heads: this.#heads, record });
    }
    if (this.#policy === 'replace') await this.#removeReplaced(record);
  }

  /** Nothing is new; but whoever published this may have been stopped before the pages were written. */
  async #mendPages(): Promise<void> {
    const pages = renderProjectPage(this.#snapshot.record);
    const isCurrent = pages.every(
      ({ representation, sha256 }) => this.#heads[representation]?.sha256 === sha256,
    );
    // The plan has read record and ETags at once; to write, they are needed one after the other.
    if (!isCurrent) await refreshProjectPages(this.#environment, this.#project);
  }

  /** Also what an earlier command has replaced and had no time to remove. */
  async #removeReplaced(record: ProjectRecord): Promise<void> {
    const filenames = new Set(this.#distributions.map(({ filename }) => filename));
    const replaced = record.tombstones.filter(
      ({ cause, filename }) => cause === 'replaced' && filenames.has(filename),
    );
    await removeBytes(this.#environment, this.#project, replaced);
  }
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
