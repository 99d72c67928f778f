import type { ByteSource } from './bytes.ts';
import { swapRecord } from './commit.ts';
import type { Distribution } from './distribution.ts';
import { backOff, stopIfAborted, type Environment } from './environment.ts';
import { notesOf } from './file-notes.ts';
import { headersOf } from './keys.ts';
import type { NormalizedName } from './names.ts';
import { renderProjectPage } from './pages/project-page.ts';
import { mapBounded, together } from './parallel.ts';
import { refreshProjectPages } from './project-pages.ts';
import {
  applyPlan,
  changesRecord,
  planProject,
  withAbsent,
  type OverwritePolicy,
  type PlannedFile,
  type ProjectPlan,
} from './publish-plan.ts';
import type { ProjectRecord } from './record.ts';
import { removeBytes } from './remove.ts';
import { NO_PAGES, readPageHeads, readRecord, type PageHeads, type RecordSnapshot } from './snapshot.ts';
import { createOnce, storeBeside } from './stored-files.ts';

/** One project's part of a publish, before anything is written. */
export interface Draft {
  readonly plan: ProjectPlan;
  readonly distributions: readonly Distribution[];
  readonly snapshot: RecordSnapshot;
}

/** What a project's publication came to. */
interface ProjectOutcome {
  readonly committed: RecordSnapshot;
  readonly files: readonly PlannedFile[];
}

/** The steps of the publishing protocol for one project; see docs/architecture.md. */
export class ProjectPublication {
  readonly project: NormalizedName;
  readonly #environment: Environment;
  readonly #distributions: readonly Distribution[];
  readonly #policy: OverwritePolicy;
  readonly #transfers: number;
  readonly #absent: ReadonlySet<string>;
  /** When the store took the bytes, by key. What is in here is there. */
  readonly #stored = new Map<string, Date>();
  #snapshot: RecordSnapshot;
  /**
   * Read before the record is replaced. As it is replaced only if it is still that of the snapshot, the pages
   * that these tell of are of no newer record. `undefined` where they are not known yet.
   */
  #heads: PageHeads | undefined;
  #outcome: ProjectOutcome | undefined;

  constructor(environment: Environment, draft: Draft, policy: OverwritePolicy, transfers: number) {
    this.#environment = environment;
    this.project = draft.plan.project;
    this.#distributions = draft.distributions;
    this.#policy = policy;
    this.#transfers = transfers;
    const restored = draft.plan.files.filter(({ action }) => action === 'restore');
    this.#absent = new Set(restored.map(({ key }) => key));
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
        [, this.#heads] = await together([this.#storeAll(missing), this.#readHeads()]);
        continue;
      }
      if (attempt === 1) this.#heads ??= await this.#readHeads();
      const next = applyPlan(this.#snapshot.record, plan, this.#stored);
      const committed = await swapRecord(this.#environment, this.#snapshot, next);
      if (committed !== undefined) {
        this.#outcome = { committed, files: plan.files };
        return this.#finish(committed.record, plan);
      }
      this.#environment.reporter.emit({ type: 'retry', project: this.project, attempt });
      await backOff(this.#environment, attempt, `the record of ${this.project}`);
      attempt++;
      // Others are at work, and go on writing the pages. What those are then is asked after the commit.
      this.#heads = undefined;
      this.#snapshot = await readRecord(this.#environment.store, this.project);
    }
  }

  #plan(): ProjectPlan {
    const plan = planProject(this.#snapshot.record, this.#distributions, this.#policy);
    return withAbsent(plan, this.#absent);
  }

  /** A page that comes to be in the meantime is as good as one that has changed: it is not overwritten. */
  async #readHeads(): Promise<PageHeads> {
    if (this.#snapshot.etag === undefined) return NO_PAGES;
    return readPageHeads(this.#environment.store, this.project);
  }

  async #storeAll(files: readonly PlannedFile[]): Promise<void> {
    await mapBounded(files, this.#transfers, async (file) => {
      const [uploaded] = await together([
        this.#storeFile(file),
        storeBeside(this.#environment.store, file.key, file.distribution),
      ]);
      this.#stored.set(file.key, uploaded);
    });
  }

  #storeFile({ key, distribution }: PlannedFile): Promise<Date> {
    const { source, sha256 } = distribution;
    const headers = headersOf(key);
    const metadata = notesOf(distribution);
    const onBytes = (bytes: number): void => this.#environment.reporter.emit({ type: 'sent', bytes });
    return createOnce(this.#environment.store, key, {
      source: interruptible(source, this.#environment),
      sha256,
      headers: { ...headers, metadata },
      onBytes,
    });
  }

  async #finish(record: ProjectRecord, plan: ProjectPlan): Promise<void> {
    const heads = this.#heads;
    if (heads === undefined) await refreshProjectPages(this.#environment, this.project);
    else if (!plan.files.some(changesRecord)) await this.#mendPages(heads);
    else await refreshProjectPages(this.#environment, this.project, { heads, record });
    if (this.#policy === 'replace') await this.#removeReplaced(record);
  }

  /** Nothing is new; but whoever published this may have been stopped before the pages were written. */
  async #mendPages(heads: PageHeads): Promise<void> {
    const pages = renderProjectPage(this.#snapshot.record);
    const isCurrent = pages.every(({ representation, sha256 }) => heads[representation]?.sha256 === sha256);
    // The plan has read record and ETags at once; to write, they are needed one after the other.
    if (!isCurrent) return refreshProjectPages(this.#environment, this.project);
    this.#environment.reporter.emit({ type: 'pages', project: this.project, outdated: 0 });
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
    read: async (offset, length, room) => {
      stopIfAborted(environment);
      return source.read(offset, length, room);
    },
  };
}
