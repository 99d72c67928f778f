import { realpath } from 'node:fs/promises';
import { homedir } from 'node:os';
import process from 'node:process';
import { FILES_PREFIX, PAGES_PREFIX, RECORDS_PREFIX, SETTINGS_KEY } from '../core/keys.ts';
import type { ReportEvent, Reporter } from '../core/reporter.ts';
import type { Store } from '../core/store.ts';
import { describeFailure } from '../stores/failures.ts';
import { PlainFolder } from '../stores/plain-folder.ts';
import { walk, type Listing } from '../stores/plain-folder/walk.ts';
import { CommandReporter } from './command-reporter.ts';
import { plainCacheFile } from './plain-cache.ts';
import { openStore, placeOf, type RepositoryOptions } from './repository.ts';
import { MOST_ARCHIVES } from './settings.ts';
import { note, type Terminal } from './terminal.ts';
import { VERSION } from './version.ts';

/** What `serve` serves. */
export interface ServedStore {
  /** What clients are answered from. */
  readonly store: Pick<Store, 'open'>;
  /** The repository in the same place, which in a plain folder is empty. */
  readonly repository: Store;
  /** For people. */
  readonly description: string;
  /** To be called when nobody is served any more. */
  close(): Promise<void>;
}

/** The folders of a repository: in one, nothing else belongs there. */
const OF_REPOSITORIES: ReadonlySet<string> = new Set(
  [FILES_PREFIX, PAGES_PREFIX, RECORDS_PREFIX].map((prefix) => prefix.slice(0, prefix.indexOf('/'))),
);

/**
 * Opens what the options name: a repository, or a folder that is none and holds wheels or sdists.
 *
 * @throws {WheelstoreError} as `openStore`; `unreadable`
 */
export async function openServed(terminal: Terminal, options: RepositoryOptions): Promise<ServedStore> {
  const repository = await openStore(options, 'serve');
  // A bucket that is not there, or not to be read, is told now and not to the first client.
  const settings = await repository.head(SETTINGS_KEY);
  const { description } = repository;
  const served = { store: repository, repository, description, close: () => Promise.resolve() };
  const place = placeOf(options);
  if (place.kind !== 'folder') return served;
  const { folder } = place;
  if (settings !== undefined || (await hasRecords(repository))) {
    notePlainFiles(terminal, folder, await walk(folder, OF_REPOSITORIES));
    return served;
  }
  const listing = await walk(folder);
  // Files have come here by an upload, and its records are yet to come, or were lost.
  if (listing.published > 0) notePlainFiles(terminal, folder, listing);
  if (listing.published > 0 || listing.files.length === 0) return served;
  options.explain?.('There are wheels or sdists and no records: served as a plain folder');
  const plain = await openPlain(terminal, folder, listing, options);
  const { files, projects } = plain.contents;
  const contents = `${many(files, 'file')} of ${many(projects, 'project')}`;
  return {
    store: plain,
    repository,
    description: `${plain.description} (${contents})`,
    close: () => plain.close(),
  };
}

async function hasRecords(repository: Store): Promise<boolean> {
  for await (const _ of repository.list(RECORDS_PREFIX)) return true;
  return false;
}

function notePlainFiles(terminal: Terminal, folder: string, { files }: Listing): void {
  if (files.length === 0) return;
  const [verb, which] = files.length === 1 ? ['is', 'it'] : ['are', 'them'];
  const what = `${many(files.length, 'plain file')} beside the repository ${verb} not in it`;
  note(terminal, `note: ${what}; "wheelstore import ${folder}" publishes ${which}`);
}

async function openPlain(
  terminal: Terminal,
  folder: string,
  listing: Listing,
  { jobs = MOST_ARCHIVES }: RepositoryOptions,
): Promise<PlainFolder> {
  const root = await realpath(folder).catch((error: unknown) => {
    throw describeFailure(error, folder, 'read');
  });
  const file = plainCacheFile(root, { platform: process.platform, env: process.env, home: home() });
  const reporter = new PlainReporter(terminal);
  return reporter.during(() =>
    PlainFolder.open(folder, listing, {
      reporter,
      jobs,
      ...(file === undefined ? {} : { cache: { file, version: VERSION, root } }),
    }),
  );
}

/** Says in logs too, which show no bar, why the start takes long. */
class PlainReporter extends CommandReporter implements Reporter {
  readonly #terminal: Terminal;

  constructor(terminal: Terminal) {
    super(terminal);
    this.#terminal = terminal;
  }

  override emit(event: ReportEvent): void {
    if (event.type === 'checking') {
      note(this.#terminal, `Checking ${many(event.files, 'file')}; the next start knows those that pass`);
    }
    super.emit(event);
  }
}

function home(): string | undefined {
  try {
    return homedir();
  } catch {
    // This user is in no list of users.
    return undefined;
  }
}

/** `1 file`, `1,000 files`. */
function many(number: number, noun: string): string {
  return `${number.toLocaleString('en-US')} ${noun}${number === 1 ? '' : 's'}`;
}
