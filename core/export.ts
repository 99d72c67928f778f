import { changeRecord } from './commit.ts';
import { stopIfAborted, type Environment } from './environment.ts';
import { quote, WheelstoreError } from './errors.ts';
import type { Spool } from './import/spool.ts';
import { fileKey, FILES_PREFIX, headersOf, metadataKey, provenanceKey } from './keys.ts';
import type { NormalizedName } from './names.ts';
import { mapBounded } from './parallel.ts';
import { projectNames, rebuildProjectList } from './project-list.ts';
import { noRepository } from './inventory.ts';
import { serializeRecord, type FileEntry, type ProjectRecord } from './record.ts';
import { removeBytes } from './remove.ts';
import { readRecord, type RecordSnapshot } from './snapshot.ts';
import { createOnce } from './stored-files.ts';

/** What an export came to. */
export interface Exported {
  readonly projects: number;
  /** Objects under `files/` that were copied; the others were there. */
  readonly copied: number;
  /** In bytes, of what was copied. */
  readonly bytes: number;
  /** Projects that are not what they are in the repository, and why. */
  readonly problems: readonly WheelstoreError[];
}

/**
 * Makes another store the same as a repository: its files, records and pages. Run again, it copies what is
 * new, and removes what was deleted.
 *
 * @param target of the other store, in which nothing else is published
 * @throws {WheelstoreError} `not-found` where there is no repository; what the stores throw; `interrupted`
 */
export async function exportRepository(
  environment: Environment,
  target: Environment,
  spool: Spool,
): Promise<Exported> {
  const names = (await projectNames(environment.store)).sort();
  if (names.length === 0) throw noRepository(environment.store);
  await refuseOthers(target, new Set(names));
  const work = new Export(environment, target, spool, await keysIn(target));
  environment.reporter.emit({ type: 'walking', unit: 'projects', total: names.length });
  const snapshots = await mapBounded(names, environment.jobs, async (project) => {
    stopIfAborted(environment);
    const snapshot = await work.copy(project);
    environment.reporter.emit({ type: 'walked', by: 1 });
    return snapshot ?? [];
  });
  await rebuildProjectList(
    target,
    snapshots.flat().filter(({ record }) => record.listPending !== undefined),
  );
  return { projects: names.length, ...work.outcome() };
}

/** @throws {WheelstoreError} `file-exists` where the target has projects of its own */
async function refuseOthers({ store }: Environment, names: ReadonlySet<NormalizedName>): Promise<void> {
  const others = (await projectNames(store)).filter((name) => !names.has(name)).sort();
  const [first] = others;
  if (first === undefined) return;
  const all = others.length === 1 ? first : `${first} and ${others.length - 1} more`;
  throw new WheelstoreError(
    'file-exists',
    `The target (${store.description}) has projects that are not in the repository: ${all}`,
    { value: first, fix: 'Export to another folder: this one is a repository of its own.' },
  );
}

async function keysIn({ store }: Environment): Promise<ReadonlySet<string>> {
  const keys = new Set<string>();
  for await (const { key } of store.list(FILES_PREFIX)) keys.add(key);
  return keys;
}

/** An object under `files/`, and its hash as a record has it. */
interface NamedObject {
  readonly key: string;
  readonly sha256: string;
}

class Export {
  readonly #from: Environment;
  readonly #to: Environment;
  readonly #spool: Spool;
  /** What lay in the target when the export began. */
  readonly #there: ReadonlySet<string>;
  readonly #problems: WheelstoreError[] = [];
  #copied = 0;
  #bytes = 0;

  constructor(from: Environment, to: Environment, spool: Spool, there: ReadonlySet<string>) {
    this.#from = from;
    this.#to = to;
    this.#spool = spool;
    this.#there = there;
  }

  outcome(): Omit<Exported, 'projects'> {
    return { copied: this.#copied, bytes: this.#bytes, problems: this.#problems };
  }

  /** Makes a project of the target what it is in the repository, as often as it changes meanwhile. */
  async copy(project: NormalizedName): Promise<RecordSnapshot | undefined> {
    for (;;) {
      let serial: number | undefined;
      try {
        const { record } = await readRecord(this.#from.store, project);
        serial = record.serial;
        return await this.#copyAsIn(record);
      } catch (error) {
        if (!(error instanceof WheelstoreError) || !OF_ONE_PROJECT.has(error.code)) throw error;
        // What is gone may have been deleted since its record was read.
        if (serial !== undefined && (await readRecord(this.#from.store, project)).record.serial !== serial)
          continue;
        this.#problems.push(error);
        return undefined;
      }
    }
  }

  /** Files before the record that names them, and what was deleted after it. */
  async #copyAsIn(record: ProjectRecord): Promise<RecordSnapshot> {
    const { name: project, files, tombstones } = record;
    for (const object of files.flatMap((file) => objectsOfFile(project, file))) {
      if (!this.#there.has(object.key)) await this.#copyObject(object);
    }
    const committed = await changeRecord(this.#to, project, (own) => takingOver(own, record));
    const gone = tombstones.filter((old) => this.#there.has(fileKey({ project, ...old })));
    await removeBytes(this.#to, project, gone);
    return committed;
  }

  async #copyObject({ key, sha256 }: NamedObject): Promise<void> {
    stopIfAborted(this.#from);
    const opened = await this.#from.store.open(key);
    if (opened === undefined) throw damaged(key, 'is not there');
    const kept = await this.#spool.keep(opened.stream(), ['sha256']);
    try {
      const { source, hashes } = kept;
      if (hashes['sha256'] !== sha256) throw damaged(key, 'has other bytes than its record says');
      await createOnce(this.#to.store, key, { source, sha256, headers: headersOf(key) });
      this.#copied++;
      this.#bytes += source.size;
    } finally {
      await kept.release();
    }
  }
}

const OF_ONE_PROJECT = new Set<WheelstoreError['code']>(['corrupt-file', 'corrupt-record', 'file-exists']);

function objectsOfFile(project: NormalizedName, file: FileEntry): NamedObject[] {
  const key = fileKey({ project, ...file });
  const { sha256, metadataSha256, provenanceSha256 } = file;
  return [
    { key, sha256 },
    ...(metadataSha256 === undefined ? [] : [{ key: metadataKey(key), sha256: metadataSha256 }]),
    ...(provenanceSha256 === undefined ? [] : [{ key: provenanceKey(key), sha256: provenanceSha256 }]),
  ];
}

/**
 * The record `theirs` in place of `own`, an older one of the same project.
 *
 * @throws {WheelstoreError} `file-exists` where it is none: somebody has published there
 */
function takingOver(own: ProjectRecord, theirs: ProjectRecord): ProjectRecord {
  const { listPending: _, ...record } = theirs;
  const { listPending: pending, ...current } = own;
  if (isSame(current, record)) return own;
  if (own.serial >= theirs.serial || hasOthers(own, theirs)) {
    throw new WheelstoreError('file-exists', `${own.name} was changed in the target of the export`, {
      value: own.name,
      fix: 'Export to another folder: this one is a repository of its own by now.',
    });
  }
  if (own.serial === 0) return { ...record, listPending: 'added' };
  const isListed = own.status.status === record.status.status && pending === undefined;
  return isListed ? record : { ...record, listPending: pending ?? 'status' };
}

/** Whether a record knows of files that the other one has never had. */
function hasOthers(own: ProjectRecord, theirs: ProjectRecord): boolean {
  const filesOf = ({ files, tombstones }: ProjectRecord): string[] =>
    [...files, ...tombstones].map((file) => fileKey({ project: own.name, ...file }));
  const known = new Set(filesOf(theirs));
  return filesOf(own).some((key) => !known.has(key));
}

function isSame(one: ProjectRecord, other: ProjectRecord): boolean {
  return Buffer.compare(serializeRecord(one), serializeRecord(other)) === 0;
}

function damaged(key: string, what: string): WheelstoreError {
  return new WheelstoreError('corrupt-file', `${quote(key)} ${what}`, {
    value: key,
    fix: '"wheelstore verify --deep" shows all that is damaged. Its project was not exported.',
  });
}
