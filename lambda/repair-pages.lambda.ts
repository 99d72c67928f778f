import { setTimeout as wait } from 'node:timers/promises';
import { changeRecord } from '../core/commit.ts';
import type { Environment } from '../core/environment.ts';
import { projectOfRecordKey } from '../core/keys.ts';
import type { NormalizedName } from '../core/names.ts';
import { mapBounded } from '../core/parallel.ts';
import { settleProjectList } from '../core/project-list.ts';
import { silentReporter } from '../core/reporter.ts';
import type { Store } from '../core/store.ts';
import { connectS3 } from '../stores/s3/connect.ts';

/** What SQS hands to a function; only what is used. */
export interface QueueEvent {
  readonly Records: readonly { readonly messageId: string; readonly body: string }[];
}

/** SQS gives these messages again; the others are done. */
export interface QueueAnswer {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[];
}

/** How many projects are looked at together. */
const JOBS = 4;

/**
 * Brings the pages of projects in line whose records have changed: a publisher that was killed after
 * its commit has left them behind. Where a publisher was not killed, there is nothing to do. The same
 * message twice, or late, or out of order, is fine: what counts is the record as it is now.
 */
export async function repairPages(
  store: Store,
  prefix: string,
  event: QueueEvent,
  log: (line: object) => void,
): Promise<QueueAnswer> {
  const messages = event.Records.map(({ messageId, body }) => ({
    messageId,
    projects: projectsIn(body, prefix),
  }));
  const projects = [...new Set(messages.flatMap((message) => message.projects))];
  const environment = environmentOf(store);
  const failed = new Set<NormalizedName>();
  await mapBounded(projects, JOBS, async (project) => {
    try {
      const committed = await changeRecord(environment, project, (record) => record);
      await settleProjectList(environment, [committed]);
      log({ project, outcome: 'in line' });
    } catch (error) {
      failed.add(project);
      log({ project, outcome: 'failed', error: error instanceof Error ? error.message : String(error) });
    }
  });
  const again = messages.filter((message) => message.projects.some((project) => failed.has(project)));
  return { batchItemFailures: again.map(({ messageId }) => ({ itemIdentifier: messageId })) };
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

function environmentOf(store: Store): Environment {
  return {
    store,
    reporter: silentReporter,
    wait: (milliseconds) => wait(milliseconds),
    random: Math.random,
    jobs: JOBS,
  };
}

let connected: Promise<Store> | undefined;

/** What Lambda calls. BUCKET and PREFIX say where the repository is. */
export async function handler(event: QueueEvent): Promise<QueueAnswer> {
  const { BUCKET: bucket = '', PREFIX: prefix = '', ENDPOINT: endpointUrl } = process.env;
  connected ??= connectS3({ bucket, prefix, ...(endpointUrl === undefined ? {} : { endpointUrl }) });
  return repairPages(await connected, prefix, event, (line) => {
    process.stdout.write(`${JSON.stringify(line)}\n`);
  });
}
