import { createHash, randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { link, open, readdir, rm, stat, unlink, type FileHandle } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
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
import { makeFolder, syncFolder } from './directory/durable.ts';
import { Layout } from './directory/layout.ts';
import { listObjects } from './directory/listing.ts';
import { KeptVersions, type KeptVersion } from './directory/kept-versions.ts';
import {
  digestOf,
  etagOf,
  factsOf,
  inspect,
  readWhole,
  streamOf,
  type OpenVersion,
} from './directory/open-version.ts';
import { Versions } from './directory/versions.ts';
import { isSettled, stateOf } from './file-state.ts';
import { changedWhileRead, describeFailure, FORBIDDEN, systemCode, unlessAbsent } from './failures.ts';

/** What is left of a write that was killed is cleared away after this time, in milliseconds. */
const ABANDONED_AFTER = 24 * 60 * 60 * 1000;

/** A UUID. Other files in that folder are none of ours. */
const TEMPORARY_NAME = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Each round, newer versions have come while one was to be opened. */
const MOST_ROUNDS = 50;

/** What is larger is never held in memory as a whole, in bytes. */
const LARGEST_KEPT = 1024 * 1024;

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
 * Headers and metadata are not kept: they follow from the key.
 */
export class DirectoryStore implements Store {
  readonly description: string;
  readonly #layout: Layout;
  readonly #versions: Versions;
  readonly #kept: KeptVersions | undefined;
  readonly #now: () => number;
  #swept: Promise<void> | undefined;

  /** @param root need not exist: the first write makes it */
  constructor(root: string, { kept, now = Date.now }: DirectoryStoreOptions = {}) {
    this.#layout = new Layout(resolve(root));
    this.#versions = new Versions(this.#layout);
    this.#kept = kept === undefined ? undefined : new KeptVersions(kept);
    this.#now = now;
    this.description = `folder ${root}`;
  }

  async head(key: string): Promise<ObjectHead | undefined> {
    const head = await this.#reading(key, (opened) => digestOf(opened));
    // Writers ask for this; they are to hear of it where others cannot see what they see.
    if (head !== undefined) await this.#mend(key, FORBIDDEN);
    return head;
  }

  async get(key: string): Promise<StoredObject | undefined> {
    const object = await this.#reading(key, async (opened) => {
      const body = new Uint8Array(await opened.handle.readFile());
      return { ...factsOf(opened), body, sha256: createHash('sha256').update(body).digest('hex') };
    });
    if (object !== undefined) await this.#mend(key);
    return object;
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
      const { handle, size } = opened;
      return {
        ...factsOf(opened),
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
      if ((await unlessAbsent(stat(path))) !== undefined) {
        // Whoever has made it may have been killed before its name was durable.
        await syncFolder(dirname(path));
        return { outcome: 'exists' };
      }
      const hash = createHash('sha256');
      return this.#withTemporary(
        async (handle) => {
          for await (const chunk of chunksOf(object.source)) {
            hash.update(chunk);
            await handle.writeFile(chunk);
            object.onBytes?.(chunk.length);
          }
          if (hash.digest('hex') !== object.sha256) throw changedWhileRead(path);
        },
        async (temporary) => {
          await makeFolder(dirname(path));
          const created = await linkUnlessPresent(temporary, path);
          await syncFolder(dirname(path));
          return created
            ? { outcome: 'created', lastModified: (await stat(path, { bigint: true })).mtime }
            : { outcome: 'exists' };
        },
      );
    });
  }

  async replace(
    key: string,
    body: Uint8Array,
    expected: ETag | undefined,
    _headers: ObjectHeaders,
  ): Promise<WriteOutcome> {
    return this.#writing(this.#layout.visible(key), async () => {
      const current = await this.#open(key);
      await current?.handle.close();
      if (current?.etag !== expected) return { outcome: 'lost' };
      const version = (current?.version ?? 0) + 1;
      return this.#withTemporary(
        (handle) => handle.writeFile(body),
        async (temporary) => {
          const { ino, mtimeNs } = await stat(temporary, { bigint: true });
          if (!(await this.#versions.commit(key, version, temporary))) return { outcome: 'lost' };
          await this.#versions.show(key);
          await this.#versions.clear(key);
          return { outcome: 'written', etag: etagOf(version, ino, mtimeNs) };
        },
      );
    });
  }

  async remove(key: string): Promise<void> {
    const path = this.#layout.visible(key);
    await this.#writing(path, async () => {
      if ((await unlessAbsent(unlink(path).then(() => true))) === true) await syncFolder(dirname(path));
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
    const visible = this.#layout.visible(key);
    for (let round = 0; round < MOST_ROUNDS; round++) {
      const version = await this.#versions.newest(key);
      const path = version === 0 ? visible : this.#versions.path(key, version);
      if (version === 0) await this.#layout.confine(path);
      const handle = await unlessAbsent(open(path, constants.O_RDONLY));
      if (handle !== undefined) return inspect(handle, version, path);
      if (version === 0) return undefined;
      // A version that is gone was cleared away, because newer ones came.
    }
    throw new WheelstoreError('unreadable', `The versions of ${quote(key)} cannot be read`, {
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

  async #reading<T>(key: string, read: (opened: OpenVersion) => Promise<T>): Promise<T | undefined> {
    try {
      const opened = await this.#open(key);
      if (opened === undefined) return undefined;
      try {
        return await read(opened);
      } finally {
        await opened.handle.close();
      }
    } catch (error) {
      throw describeFailure(error, this.#layout.visible(key), 'read');
    }
  }

  async #writing<T>(path: string, write: () => Promise<T>): Promise<T> {
    try {
      await makeFolder(this.#layout.temporary);
      await this.#layout.confine(path);
      await (this.#swept ??= this.#sweep().catch(() => undefined));
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
      await this.#versions.show(key);
    } catch (error) {
      const code = systemCode(error);
      if (code !== undefined && (ignored?.has(code) ?? true)) return;
      throw describeFailure(error, this.#layout.visible(key), 'write');
    }
  }

  /** Has `fill` write a temporary file, syncs it, and hands its path to `place`. */
  async #withTemporary<T>(
    fill: (handle: FileHandle) => Promise<void>,
    place: (path: string) => Promise<T>,
  ): Promise<T> {
    const path = join(this.#layout.temporary, randomUUID());
    try {
      const handle = await open(path, 'wx');
      try {
        await fill(handle);
        await handle.sync();
      } finally {
        await handle.close();
      }
      return await place(path);
    } finally {
      await rm(path, { force: true });
    }
  }

  /** Clears away what killed writers have left: as well as it can, since nothing depends on it. */
  async #sweep(): Promise<void> {
    const folder = this.#layout.temporary;
    // By the clock of the file system, which is another machine's where the folder is mounted from it.
    const now = await this.#withTemporary(
      () => Promise.resolve(),
      async (path) => (await stat(path)).mtimeMs,
    ).catch(() => Date.now());
    for (const name of await readdir(folder)) {
      if (!TEMPORARY_NAME.test(name)) continue;
      const path = join(folder, name);
      const found = await stat(path).catch(() => undefined);
      if (found !== undefined && found.mtimeMs < now - ABANDONED_AFTER)
        await unlink(path).catch(() => undefined);
    }
  }
}

async function linkUnlessPresent(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false;
    throw error;
  }
}
