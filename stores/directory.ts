import { createHash } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  linkSync,
  openSync,
  readFileSync,
  statSync,
  writeFile,
} from 'node:fs';
import { open, stat, unlink } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { promisify } from 'node:util';
import { chunksOf } from '../core/bytes.ts';
import { quote, WheelstoreError } from '../core/errors.ts';
import type {
  CreateOutcome,
  ETag,
  ListedObject,
  NewObject,
  ObjectHead,
  ObjectHeaders,
  OpenObject,
  Store,
  StoredObject,
  WriteOutcome,
} from '../core/store.ts';
import { Folders } from './directory/durable.ts';
import { Layout } from './directory/layout.ts';
import { listObjects } from './directory/listing.ts';
import { KeptVersions, type KeptVersion } from './directory/kept-versions.ts';
import {
  digestOf,
  factsOf,
  inspect,
  readWhole,
  streamOf,
  type Facts,
  type OpenVersion,
} from './directory/open-version.ts';
import { TemporaryFiles } from './directory/temporary-files.ts';
import { Versions } from './directory/versions.ts';
import {
  changedWhileRead,
  describeFailure,
  FORBIDDEN,
  isAbsent,
  systemCode,
  unlessAbsent,
} from './failures.ts';
import { isSettled, stateOf } from './file-state.ts';

/** Each round, newer versions have come while one was to be opened. */
const MOST_ROUNDS = 50;

/** What is larger is never held in memory as a whole, in bytes. */
const LARGEST_KEPT = 1024 * 1024;

// In a thread, since there may be much to write.
const append = promisify(writeFile);

export interface DirectoryStoreOptions {
  /** How much of what `open` has given stays in memory, in bytes; nothing, unless given. */
  readonly kept?: number;
  /** In milliseconds since 1970. */
  readonly now?: () => number;
}

/**
 * A repository in a folder. Any static web server can serve it; any number of processes can write it
 * at the same time (see `Versions`). No object is ever seen half-written: everything is written and
 * synced under a temporary name first.
 *
 * `open` never keeps its caller waiting for the file system, because `serve` has other clients. All else is for
 * commands: what the kernel answers from memory is asked at once, which takes a fraction of the way to a thread and back.
 *
 * Headers and metadata are not kept: they follow from the key.
 */
export class DirectoryStore implements Store {
  readonly description: string;
  readonly #layout: Layout;
  readonly #folders = new Folders();
  readonly #temporary: TemporaryFiles;
  readonly #versions: Versions;
  readonly #kept: KeptVersions | undefined;
  readonly #now: () => number;

  /** @param root need not exist: the first write makes it */
  constructor(root: string, { kept, now = Date.now }: DirectoryStoreOptions = {}) {
    this.#layout = new Layout(resolve(root));
    this.#temporary = new TemporaryFiles(this.#layout.temporary, this.#folders);
    this.#versions = new Versions(this.#layout, this.#folders);
    this.#kept = kept === undefined ? undefined : new KeptVersions(kept);
    this.#now = now;
    this.description = `folder ${root}`;
  }

  async head(key: string): Promise<ObjectHead | undefined> {
    const read = await this.#reading(key, async (file, facts) => ({
      ...facts,
      sha256: await digestOf(file, facts.size),
    }));
    // Writers ask for this; they are to hear of it where others cannot see what they see.
    if (read !== undefined && read.version > 0) await this.#mend(key, FORBIDDEN);
    return read?.result;
  }

  async get(key: string): Promise<StoredObject | undefined> {
    const read = await this.#reading(key, (file, facts) => {
      const body = new Uint8Array(readFileSync(file));
      return { ...facts, body, sha256: createHash('sha256').update(body).digest('hex') };
    });
    if (read !== undefined && read.version > 0) await this.#mend(key);
    return read?.result;
  }

  async open(key: string): Promise<OpenObject | undefined> {
    try {
      const kept = this.#kept?.get(key);
      if (kept !== undefined) {
        if (await this.#isCurrent(key, kept)) return await kept.object;
        this.#kept?.forget(key, kept);
      }
      const opened = await this.#open(key);
      if (opened === undefined) return undefined;
      if (this.#kept !== undefined && opened.size <= LARGEST_KEPT) return await this.#keep(key, opened);
      const { handle, etag, size, lastModified } = opened;
      return {
        etag,
        size,
        lastModified,
        stream: (start = 0, end = size) => streamOf(handle, start, end),
        close: () => handle.close(),
      };
    } catch (error) {
      throw describeFailure(error, this.#layout.visible(key), 'read');
    }
  }

  async create(key: string, object: NewObject): Promise<CreateOutcome> {
    const path = this.#layout.visible(key);
    return this.#writing(path, async () => {
      // Whoever has made it may have been killed before its name was durable.
      const outcome =
        (await this.#layout.find(path)) === undefined
          ? await this.#create(path, object)
          : ({ outcome: 'exists' } as const);
      await this.#folders.sync(dirname(path));
      return outcome;
    });
  }

  async replace(
    key: string,
    body: Uint8Array,
    expected: ETag | undefined,
    _headers: ObjectHeaders,
  ): Promise<WriteOutcome> {
    return this.#writing(this.#layout.visible(key), async () => {
      const current = await this.#current(key);
      if (current?.etag !== expected) return { outcome: 'lost' };
      const version = current === undefined ? 0 : current.version + 1;
      const etag = await this.#temporary.with(
        (file) => append(file, body),
        (temporary, written) =>
          this.#versions.commit(key, version, temporary)
            ? factsOf(written, version, temporary).etag
            : undefined,
      );
      if (etag === undefined) return { outcome: 'lost' };
      await this.#versions.sync(key, version);
      return { outcome: 'written', etag };
    });
  }

  async remove(key: string): Promise<void> {
    const path = this.#layout.visible(key);
    await this.#writing(path, async () => {
      await this.#layout.confine(path);
      if ((await unlessAbsent(unlink(path).then(() => true))) === true)
        await this.#folders.sync(dirname(path));
    });
  }

  async *list(prefix: string): AsyncGenerator<ListedObject> {
    const folder = prefix.replace(/\/$/, '');
    try {
      yield* listObjects(this.#layout, folder);
    } catch (error) {
      throw describeFailure(error, this.#layout.visibleFolder(folder), 'read');
    }
  }

  async #open(key: string): Promise<OpenVersion | undefined> {
    for (let round = 0; round < MOST_ROUNDS; round++) {
      const version = await this.#versions.newest(key);
      const path = this.#versions.path(key, version);
      if (version === 0) await this.#layout.confine(path);
      const handle = await unlessAbsent(open(path, constants.O_RDONLY));
      if (handle !== undefined) return inspect(handle, version, path);
      if (version === 0) return undefined;
      // A version that is gone was cleared away, because newer ones came.
    }
    throw this.#unreadable(key);
  }

  /** What a writer compares with: the newest version, of which nothing is read. */
  async #current(key: string): Promise<{ readonly version: number; readonly etag: ETag } | undefined> {
    const visible = await this.#layout.find(this.#versions.path(key, 0));
    for (let round = 0; round < MOST_ROUNDS; round++) {
      const version = this.#versions.newestNow(key);
      const path = this.#versions.path(key, version);
      const found = version === 0 ? visible : statSync(path, { bigint: true, throwIfNoEntry: false });
      if (found !== undefined) return { version, etag: factsOf(found, version, path).etag };
      if (version === 0) return undefined;
    }
    throw this.#unreadable(key);
  }

  async #create(path: string, object: NewObject): Promise<CreateOutcome> {
    const hash = createHash('sha256');
    return this.#temporary.with(
      async (file) => {
        for await (const chunk of chunksOf(object.source)) {
          hash.update(chunk);
          await append(file, chunk);
          object.onBytes?.(chunk.length);
        }
        if (hash.digest('hex') !== object.sha256) throw changedWhileRead(path);
      },
      (temporary, { mtime }) => {
        this.#folders.make(dirname(path));
        return linkUnlessPresent(temporary, path)
          ? { outcome: 'created', lastModified: mtime }
          : { outcome: 'exists' };
      },
    );
  }

  /** Gives what `read` makes of the newest version, and the number of that. */
  async #reading<T>(
    key: string,
    read: (file: number, facts: Facts) => T | Promise<T>,
  ): Promise<{ readonly result: T; readonly version: number } | undefined> {
    const visible = this.#layout.visible(key);
    try {
      for (let round = 0; round < MOST_ROUNDS; round++) {
        const version = this.#versions.newestNow(key);
        const path = this.#versions.path(key, version);
        if (version === 0) {
          const seen = await this.#layout.find(visible);
          if (seen === undefined) return undefined;
          // To open what is no file could take forever.
          factsOf(seen, version, path);
        }
        const file = openUnlessAbsent(path);
        // A version that is gone was cleared away, because newer ones came.
        if (file === undefined) continue;
        try {
          const facts = factsOf(fstatSync(file, { bigint: true }), version, path);
          return { result: await read(file, facts), version };
        } finally {
          closeSync(file);
        }
      }
    } catch (error) {
      throw describeFailure(error, visible, 'read');
    }
    throw this.#unreadable(key);
  }

  #unreadable(key: string): WheelstoreError {
    return new WheelstoreError('unreadable', `The versions of ${quote(key)} cannot be read`, {
      value: this.#layout.versions(key),
      fix: 'Look for broken links in this folder, and remove them.',
    });
  }

  /**
   * Whether what is kept is what would be opened: the same version is the newest, and its file is the one that was
   * read. The newest has to be looked up: a file does not change when a newer version comes. Where the file is
   * still the same, there is no need to see again that it is in the repository.
   */
  async #isCurrent(key: string, { version, path, state }: KeptVersion): Promise<boolean> {
    const [newest, found] = await Promise.all([
      this.#versions.newest(key),
      unlessAbsent(stat(path, { bigint: true })),
    ]);
    return newest === version && found !== undefined && stateOf(found).stamp === state.stamp;
  }

  /** Reads a small object as a whole. Closes it. */
  async #keep(key: string, opened: OpenVersion): Promise<OpenObject> {
    const { version, path, state } = opened;
    const kept = this.#kept?.get(key);
    if (kept?.version === version && kept.state.stamp === state.stamp) {
      // Others have met this version at the same time, and read it.
      await opened.handle.close();
      return kept.object;
    }
    const object = readWhole(opened);
    // Before, the next change might leave it looking the same: nobody else writes to what this store has
    // written, but somebody may be copying a repository to this place.
    if (isSettled(state, this.#now())) this.#kept?.keep(key, { version, path, state, object });
    return object;
  }

  async #writing<T>(path: string, write: () => Promise<T>): Promise<T> {
    try {
      return await write();
    } catch (error) {
      throw describeFailure(error, path, 'write');
    }
  }

  /**
   * A writer that was killed after its commit has left the visible file behind. Reading does not need
   * it, and works where this user may not write, or the disk is full.
   *
   * @param ignored the system errors that are no failure; all, unless given
   */
  async #mend(key: string, ignored?: ReadonlySet<string>): Promise<void> {
    try {
      if (this.#versions.show(key)) await this.#versions.sync(key, 0);
    } catch (error) {
      const code = systemCode(error);
      if (code !== undefined && (ignored?.has(code) ?? true)) return;
      throw describeFailure(error, this.#layout.visible(key), 'write');
    }
  }
}

function openUnlessAbsent(path: string): number | undefined {
  try {
    return openSync(path, 'r');
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

function linkUnlessPresent(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false;
    throw error;
  }
}
