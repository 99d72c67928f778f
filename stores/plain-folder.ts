import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { WheelstoreError } from '../core/errors.ts';
import { isBesideFile, roleOf, type Representation } from '../core/keys.ts';
import type { NormalizedName } from '../core/names.ts';
import { mapBounded } from '../core/parallel.ts';
import { plainIndexOf, type PlainIndex } from '../core/plain-folder/plain-index.ts';
import type { CheckedFile } from '../core/plain-folder/checked-file.ts';
import { PlainPages } from '../core/plain-folder/plain-pages.ts';
import type { Reporter } from '../core/reporter.ts';
import type { OpenObject, Store } from '../core/store.ts';
import { Judgements, type Task } from './plain-folder/judgements.ts';
import { readCache, writeCache } from './plain-folder/cache-file.ts';
import { fileObject, metadataObject, pageObject } from './plain-folder/objects.ts';
import { StampedFile } from './plain-folder/stamped-file.ts';
import { walk, type Listing } from './plain-folder/walk.ts';
import { Warnings } from './plain-folder/warnings.ts';

/** So often, at most, a request has the folder looked at. In milliseconds. */
const INTERVAL = 1_000;

/** A folder that takes long to look at is looked at for this part of the time at most. */
const MOST_OF_TIME = 0.1;

/** Requests wait for so long until new files are checked; then they get what there is. In milliseconds. */
const LONGEST_WAIT = 5_000;

/** While many files are checked, what is known is kept this often. In milliseconds. */
const KEPT_EVERY = 10_000;

export interface PlainFolderOptions {
  readonly reporter: Reporter;
  /** How many files are checked at the same time. */
  readonly jobs: number;
  /** Where to remember which files have passed, between one start and the next. */
  readonly cache?: {
    readonly file: string;
    /** Of Wheelstore. */
    readonly version: string;
    /** The real path of the folder. */
    readonly root: string;
  };
  /** In milliseconds since 1970. */
  readonly now?: () => number;
  readonly wait?: (milliseconds: number) => Promise<unknown>;
}

/**
 * A folder of wheels and sdists, as if it were a repository: pages are made in cache, bytes come from the
 * files. Nothing is ever written to it.
 *
 * There is neither a timer nor a watch: a request for a page looks at the folder first, if the last look
 * was a while ago.
 */
export class PlainFolder implements Pick<Store, 'open' | 'description'> {
  readonly description: string;
  readonly #root: string;
  readonly #options: PlainFolderOptions;
  readonly #now: () => number;
  readonly #judgements: Judgements;
  readonly #warnings: Warnings;
  readonly #closing: AbortController;
  /** The checks of files that came while the folder is served, each with what requests wait for. */
  readonly #underWay = new Map<Promise<void>, Promise<unknown>>();
  #index: PlainIndex = plainIndexOf([]);
  #pages = new PlainPages(this.#index, new Date(0));
  #listing: Promise<Listing> | undefined;
  #look: Promise<void> | undefined;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #lookTook = 0;
  #keptAt: number;

  private constructor(root: string, options: PlainFolderOptions, known: ReadonlyMap<string, CheckedFile>) {
    this.description = `plain folder ${root}`;
    this.#root = root;
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#closing = new AbortController();
    this.#judgements = new Judgements({ root, now: this.#now, signal: this.#closing.signal }, known);
    this.#warnings = new Warnings(root, options.reporter);
    this.#keptAt = this.#now();
  }

  /**
   * Checks every file that is not remembered.
   *
   * @param listing of the folder, as it is
   * @throws {WheelstoreError} `not-found`, `unreadable`
   */
  static async open(root: string, listing: Listing, options: PlainFolderOptions): Promise<PlainFolder> {
    const { cache, reporter } = options;
    const known = cache === undefined ? new Map() : await readCache(cache.file, cache);
    const folder = new PlainFolder(root, options, known);
    const tasks = folder.#take(listing, folder.#now());
    if (tasks.length > 0) {
      reporter.emit({ type: 'checking', files: tasks.length });
      await folder.#run(tasks, () => reporter.emit({ type: 'checked' }));
    }
    folder.#publish(listing);
    return folder;
  }

  /** How much is served. */
  get contents(): { readonly files: number; readonly projects: number } {
    return { files: this.#index.files.size, projects: this.#index.records.size };
  }

  async open(key: string): Promise<OpenObject | undefined> {
    const { role, project } = { project: undefined, ...roleOf(key) };
    if (role === 'page') return this.#openPage(project, key);
    return role === 'file' ? this.#openFile(key) : undefined;
  }

  /** Ends what is under way. What was found out so far is kept. */
  async close(): Promise<void> {
    this.#closing.abort();
    // It begins checks at its end.
    await Promise.allSettled([this.#listing]);
    await Promise.allSettled(this.#underWay.keys());
  }

  async #openPage(project: NormalizedName | undefined, key: string): Promise<OpenObject | undefined> {
    await this.#lookIfDue();
    const page = this.#pages.get(project, key.slice(key.lastIndexOf('/') + 1) as Representation);
    return page === undefined ? undefined : pageObject(page);
  }

  async #openFile(key: string): Promise<OpenObject | undefined> {
    const isMetadata = isBesideFile(key);
    const its = isMetadata ? key.slice(0, key.lastIndexOf('.')) : key;
    if (!this.#index.files.has(its)) await this.#lookIfDue();
    for (let isChecked = false; ; isChecked = true) {
      const file = this.#index.files.get(its);
      if (file === undefined || (isMetadata && file.entry.metadataSha256 === undefined)) return undefined;
      const isKnown = isChecked || this.#judgements.isFinal(file.path);
      const opened = isKnown ? await openUnchanged(join(this.#root, file.path), file.stamp) : undefined;
      if (opened !== undefined) return isMetadata ? metadataObject(file, opened) : fileObject(file, opened);
      // Its bytes may be others now, and then this key leads nowhere.
      if (isChecked) return undefined;
      await this.#lookAt(file.path);
    }
  }

  /** Looks at the folder, and waits a while for the checks of what is new. */
  async #lookIfDue(): Promise<void> {
    const pause = Math.max(INTERVAL, this.#lookTook / MOST_OF_TIME);
    // A clock that was set back is no reason to wait.
    if (Math.abs(this.#now() - this.#lookedAt) < pause) return this.#look;
    this.#look ??= this.#lookNow().finally(() => (this.#look = undefined));
    return this.#look;
  }

  async #lookNow(): Promise<void> {
    const listing = await this.#list();
    await Promise.all(this.#underWay.values());
    this.#publish(listing);
  }

  /** Looks at the folder now, and waits for the check of one file. */
  async #lookAt(path: string): Promise<void> {
    const listing = await this.#list();
    await this.#judgements.finish(path);
    this.#publish(listing);
  }

  /** Lists the folder, and begins to check what is new. One at a time. */
  #list(): Promise<Listing> {
    const list = async (): Promise<Listing> => {
      const began = this.#now();
      const listing = await walk(this.#root);
      this.#begin(this.#take(listing, began));
      return listing;
    };
    return (this.#listing ??= list().finally(() => (this.#listing = undefined)));
  }

  #take(listing: Listing, began: number): Task[] {
    const failure = listing.problems.get('');
    if (failure !== undefined) throw failure;
    this.#lookedAt = began;
    this.#lookTook = this.#now() - began;
    return this.#judgements.take(listing.files);
  }

  #begin(tasks: readonly Task[]): void {
    if (tasks.length === 0) return;
    const { wait: waitFor = (milliseconds) => wait(milliseconds, undefined, { ref: false }) } = this.#options;
    const running = this.#run(tasks);
    const awaited = Promise.race([running, waitFor(LONGEST_WAIT)]);
    this.#underWay.set(running, awaited);
    // Who waits is told of a failure; where nobody does any more, the next look tries again.
    const isOver = (): void => void this.#underWay.delete(running);
    running.then(isOver, isOver);
    awaited.catch(() => undefined);
  }

  async #run(tasks: readonly Task[], onEach: () => void = () => undefined): Promise<void> {
    await mapBounded(tasks, this.#options.jobs, async (task) => {
      await task.run();
      onEach();
      if (this.#now() - this.#keptAt > KEPT_EVERY) await this.#keep();
    });
    await this.#keep();
  }

  #publish(listing: Listing): void {
    const now = this.#now();
    if (this.#judgements.takeChange()) {
      this.#index = plainIndexOf(this.#judgements.checked());
      this.#pages = new PlainPages(this.#index, new Date(now), this.#pages);
    }
    this.#warnings.tell(listing, this.#judgements, this.#index.hidden, now);
  }

  /** Remembers which files have passed, if that is possible: it only saves time. */
  async #keep(): Promise<void> {
    const { cache } = this.#options;
    if (cache === undefined) return;
    this.#keptAt = this.#now();
    try {
      await writeCache(cache.file, this.#judgements.known(), cache);
    } catch (error) {
      if (!(error instanceof WheelstoreError)) throw error;
      this.#warnings.noteOnce(cache.file, `${error.message}; the next start checks all files again`);
    }
  }
}

/** `undefined` where it is gone, or was changed. */
async function openUnchanged(path: string, stamp: string): Promise<StampedFile | undefined> {
  try {
    return await StampedFile.open(path, stamp);
  } catch (error) {
    if (error instanceof WheelstoreError && error.code === 'file-changed') return undefined;
    throw error;
  }
}
