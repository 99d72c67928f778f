import { stat } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import type { Environment } from '../core/environment.ts';
import { quote, WheelstoreError } from '../core/errors.ts';
import { silentReporter, type Reporter } from '../core/reporter.ts';
import { DirectoryStore } from '../stores/directory.ts';
import { describeFailure, unlessAbsent } from '../stores/failures.ts';

/** Where a repository is, unless something else is said. */
const DEFAULT_FOLDER = './packages';

/** How many projects and files are worked on at the same time. */
const JOBS = 8;

/** The options that every command about a repository has. */
export interface RepositoryOptions {
  /** A folder; WHEELSTORE_STORE where the option is not given. */
  readonly store?: string;
}

/**
 * The folder that a command is about.
 *
 * @throws {WheelstoreError} `unsupported-store`
 */
export function repositoryFolder({ store }: RepositoryOptions): string {
  // An empty variable counts as none.
  const folder = store || DEFAULT_FOLDER;
  // A drive (`C:\`) has one letter.
  if (!/^[a-z][a-z0-9+.-]+:\/\//i.test(folder)) return folder;
  throw new WheelstoreError('unsupported-store', `${quote(folder)} is no folder`, {
    value: folder,
    fix: 'Name a folder: this version keeps repositories in folders only.',
  });
}

/** @throws {WheelstoreError} `not-found` where there is no such folder, `unreadable` */
export async function existingFolder(options: RepositoryOptions): Promise<string> {
  const folder = repositoryFolder(options);
  const found = await unlessAbsent(stat(folder)).catch((error: unknown) => {
    throw describeFailure(error, folder, 'read');
  });
  if (found?.isDirectory() === true) return folder;
  throw new WheelstoreError('not-found', `There is no repository folder ${quote(folder)}`, {
    value: folder,
    fix: 'Name the folder (--store DIR, or WHEELSTORE_STORE); "wheelstore upload" makes one.',
  });
}

/** What the use cases of `core/` work with, for the repository in `folder`. */
export function environmentFor(
  folder: string,
  { reporter = silentReporter, signal }: { reporter?: Reporter; signal?: AbortSignal } = {},
): Environment {
  return {
    store: new DirectoryStore(folder),
    reporter,
    wait: (milliseconds) => wait(milliseconds),
    random: Math.random,
    jobs: JOBS,
    ...(signal === undefined ? {} : { signal }),
  };
}
