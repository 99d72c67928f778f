import { setTimeout as wait } from 'node:timers/promises';
import { changeRecord } from '../core/commit.ts';
import { pagePaths } from '../core/edge-paths.ts';
import type { Environment } from '../core/environment.ts';
import { WheelstoreError } from '../core/errors.ts';
import { projectOfRecordKey } from '../core/keys.ts';
import type { NormalizedName } from '../core/names.ts';
import { mapBounded } from '../core/parallel.ts';
import { settleProjectList } from '../core/project-list.ts';
import type { Store } from '../core/store.ts';
import { connectCloudFront, EdgeCaches } from '../stores/aws/edge-caches.ts';
import { connectS3 } from '../stores/s3/connect.ts';

/** What SQS hands to a function; only what is used. */
export interface QueueEvent {
  readonly Records: readonly QueueMessage[];
}

export interface QueueMessage {
  readonly messageId: string;
  readonly body: string;
  /** A number: how often the message was given out, this time included. */
  readonly attributes?: { readonly ApproximateReceiveCount?: string };
}

/** SQS gives these messages again; the others are done. */
export interface QueueAnswer {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[];
}

/** A project; `undefined` is the project list. */
type Subject = NormalizedName | undefined;

/** What the function works with. */
export interface Repair {
  readonly store: Store;
  /** Of every key; empty, or with a slash at its end. */
  readonly prefix: string;
  /** Has edge caches forget these pages, where they may keep them. */
  readonly forget?: (pages: ReadonlySet<Subject>) => Promise<void>;
  readonly log: (line: object) => void;
}

/** How many projects are looked at together. */
const JOBS = 4;

/**
 * Brings the pages of projects in line whose records have changed: a publisher that was killed after
 * its commit has left them behind. Where a publisher was not killed, there is nothing to do. The same
 * message twice, or late, or out of order, is fine: what counts is the record as it is now.
 */
export async function repairPages(repair: Repair, event: QueueEvent): Promise<QueueAnswer> {
  const messages = event.Records.map((message) => ({
    id: message.messageId,
    isAgain: Number(message.attributes?.ApproximateReceiveCount ?? 1) > 1,
    projects: projectsIn(message.body, repair.prefix),
  }));
  const again = new Set(messages.filter(({ isAgain }) => isAgain).flatMap(({ projects }) => projects));
  const pages = new Map<NormalizedName, Set<Subject>>();
  const failed = new Set<NormalizedName>();
  const projects = [...new Set(messages.flatMap((message) => message.projects))];
  await mapBounded(projects, JOBS, async (project) => {
    try {
      pages.set(project, await bringInLine(repair.store, project, again.has(project)));
      repair.log({ project, outcome: 'in line', written: pages.get(project)?.size });
    } catch (error) {
      failed.add(project);
      repair.log({ project, outcome: 'failed', error: reasonOf(error) });
    }
  });
  const stale = new Set([...pages.values()].flatMap((all) => [...all]));
  try {
    if (stale.size > 0) await repair.forget?.(stale);
  } catch (error) {
    repair.log({ outcome: 'not forgotten', error: reasonOf(error) });
    for (const [project, all] of pages) if (all.size > 0) failed.add(project);
  }
  const left = messages.filter((message) => message.projects.some((project) => failed.has(project)));
  return { batchItemFailures: left.map(({ id }) => ({ itemIdentifier: id })) };
}

/**
 * @param isAgain an earlier attempt may have written pages, and not have had them forgotten
 * @returns the pages that edge caches may have an older version of
 */
async function bringInLine(store: Store, project: NormalizedName, isAgain: boolean): Promise<Set<Subject>> {
  const stale = new Set<Subject>(isAgain ? [project, undefined] : []);
  const environment: Environment = {
    store,
    reporter: {
      emit: (event) => {
        if (event.type === 'pages' && event.outdated > 0) stale.add(event.project);
      },
    },
    wait: (milliseconds) => wait(milliseconds),
    random: Math.random,
    jobs: JOBS,
  };
  const committed = await changeRecord(environment, project, (record) => record);
  await settleProjectList(environment, [committed]);
  return stale;
}

function reasonOf(error: unknown): string {
  if (error instanceof WheelstoreError) return `${error.code}: ${error.message}`;
  return error instanceof Error ? error.message : String(error);
}

/** What S3 tells of an object; keys are encoded as in a form. */
interface Notification {
  readonly Records?: readonly { readonly s3?: { readonly object?: { readonly key?: unknown } } }[];
}

/** The projects whose records a message is about. S3 also sends a message to see whether it may. */
function projectsIn(body: string, prefix: string): NormalizedName[] {
  let notification: Notification | null;
  try {
    notification = JSON.parse(body) as Notification | null;
  } catch {
    return [];
  }
  const records = Array.isArray(notification?.Records)
    ? (notification.Records as Notification['Records'])
    : [];
  return (records ?? []).flatMap((record) => {
    const key = record?.s3?.object?.key;
    const path = typeof key === 'string' ? decoded(key) : '';
    const project = path.startsWith(prefix) ? projectOfRecordKey(path.slice(prefix.length)) : undefined;
    return project === undefined ? [] : [project];
  });
}

function decoded(key: string): string {
  try {
    return decodeURIComponent(key.replaceAll('+', ' '));
  } catch {
    return '';
  }
}

let repair: Promise<Repair> | undefined;

/** What Lambda calls. Variables say where the repository is, and what is in front of it. */
export async function handler(event: QueueEvent): Promise<QueueAnswer> {
  repair ??= connect();
  try {
    return await repairPages(await repair, event);
  } catch (error) {
    // Whatever it was shall not stay for as long as this process does.
    repair = undefined;
    throw error;
  }
}

async function connect(): Promise<Repair> {
  const { BUCKET: bucket = '', PREFIX: prefix = '', ENDPOINT: endpointUrl } = process.env;
  const { DISTRIBUTION_ID: distribution } = process.env;
  const store = await connectS3({ bucket, prefix, ...(endpointUrl === undefined ? {} : { endpointUrl }) });
  const log = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`);
  if (distribution === undefined) return { store, prefix, log };
  const client = connectCloudFront({});
  const forget = async (pages: ReadonlySet<Subject>): Promise<void> => {
    await new EdgeCaches(client, distribution, patience()).invalidate(pagePaths(pages));
  };
  return { store, prefix, log, forget };
}

/** SQS waits better than a function that is paid by the second. */
const LONGEST_WAIT = 15_000;

function patience(): (milliseconds: number) => Promise<void> {
  let left = LONGEST_WAIT;
  return async (milliseconds) => {
    left -= milliseconds;
    if (left < 0) throw new Error('CloudFront has too many invalidations in progress');
    await wait(milliseconds);
  };
}
