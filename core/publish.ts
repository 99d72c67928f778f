import type { Distribution } from './distribution.ts';
import type { Environment } from './environment.ts';
import { quote, WheelstoreError } from './errors.ts';
import { howToRestore } from './fields.ts';
import { metadataKey, provenanceKey, recordKey } from './keys.ts';
import type { NormalizedName } from './names.ts';
import { mapBounded, together } from './parallel.ts';
import { settleProjectList } from './project-list.ts';
import { ProjectPublication, type Draft } from './project-publication.ts';
import {
  planProject,
  rejected,
  withAbsent,
  type OverwritePolicy,
  type PlannedFile,
  type ProjectPlan,
} from './publish-plan.ts';
import { inCanonicalOrder } from './record-changes.ts';
import { hasPages, readRecord } from './snapshot.ts';
import type { Store } from './store.ts';

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
      const snapshot = await readRecord(environment.store, project);
      if (snapshot.etag === undefined) await refuseIfLost(environment.store, project);
      try {
        const plan = await restoring(environment, planProject(snapshot.record, own, policy), policy);
        return { plan, distributions: own, snapshot };
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
 * A page without a record: a new record would make a page that forgets all that was published.
 *
 * @throws {WheelstoreError} `corrupt-record`
 */
async function refuseIfLost(store: Store, project: NormalizedName): Promise<void> {
  if (!(await hasPages(store, project))) return;
  // The first publisher may have written both in between; its record was there before its pages.
  if ((await readRecord(store, project)).etag !== undefined) return;
  const key = recordKey(project);
  throw new WheelstoreError(
    'corrupt-record',
    `The record of ${project} is lost: its pages are there, and it is not`,
    {
      value: key,
      fix: `${howToRestore(key)} "wheelstore reindex --from-files" makes it again.`,
    },
  );
}

/** Whoever forces a publish wants the files to be there, whatever has become of them. */
async function restoring(
  { store, jobs }: Environment,
  plan: ProjectPlan,
  policy: OverwritePolicy,
): Promise<ProjectPlan> {
  if (policy !== 'replace') return plan;
  const unchanged = plan.files.filter(({ action }) => action === 'unchanged');
  const absent = await mapBounded(unchanged, jobs, async ({ key, distribution }) => {
    const { metadata, provenance } = distribution;
    const keys = [
      key,
      ...(metadata === undefined ? [] : [metadataKey(key)]),
      ...(provenance === undefined ? [] : [provenanceKey(key)]),
    ];
    const heads = await together(keys.map((each) => store.head(each)));
    return heads.includes(undefined) ? [key] : [];
  });
  return withAbsent(plan, new Set(absent.flat()));
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
