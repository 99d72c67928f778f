import { quote, WheelstoreError } from '../errors.ts';
import { parseFilename, type SdistCandidate } from '../filenames.ts';
import type { FileEntry, ProjectRecord } from '../record.ts';
import { parseVersion, type Version } from '../versions.ts';
import type { OfferedFile } from './source.ts';

/** Why a file is left where it is. */
export type SkipReason =
  | 'not selected'
  | 'not offered'
  | 'offered twice'
  | 'unsupported format'
  | 'deleted here';

/** A file of the source that is not imported, and for which nobody is to blame. */
export interface SkippedFile {
  readonly filename: string;
  readonly reason: SkipReason;
}

/** What is to become of the files of one project. */
export interface SortedFiles {
  /** To be fetched, checked and published. */
  readonly files: readonly OfferedFile[];
  /** Published here already, with the same hash and size as far as the source gives them. */
  readonly present: readonly OfferedFile[];
  /** Those of `present` that the source has yanked, and that are not yanked here. */
  readonly yanks: readonly OfferedFile[];
  readonly skipped: readonly SkippedFile[];
  /** What cannot be imported, and why. */
  readonly problems: readonly WheelstoreError[];
}

/** Sorts the files of one project by what is to become of them. */
export class Sorting {
  readonly #record: ProjectRecord;
  readonly #here: ReadonlyMap<string, FileEntry>;
  readonly #deleted: ReadonlySet<string>;
  readonly #files = new Map<string, OfferedFile>();
  /** Offered several times, with different hashes: nobody knows which one is right. */
  readonly #contradictory = new Set<string>();
  readonly #present: OfferedFile[] = [];
  readonly #yanks: OfferedFile[] = [];
  readonly #skipped: SkippedFile[] = [];
  readonly #problems: WheelstoreError[] = [];

  constructor(record: ProjectRecord) {
    this.#record = record;
    this.#here = new Map(record.files.map((file) => [file.filename, file]));
    const deleted = record.tombstones.filter(({ cause }) => cause === 'deleted');
    this.#deleted = new Set(deleted.map(({ filename }) => filename));
  }

  /** Whether a file of that name is published here. */
  has(filename: string): boolean {
    return this.#here.has(filename);
  }

  /** Whether any file of that version is published here. */
  hasVersion(key: string): boolean {
    return this.#record.files.some(({ version }) => parseVersion(version).key === key);
  }

  skip(filename: string, reason: SkipReason): void {
    this.#skipped.push({ filename, reason });
  }

  refuse(problem: WheelstoreError): void {
    this.#problems.push(problem);
  }

  /** The version that a filename says; `undefined` where it is none of this project, which is told. */
  versionOf({ filename }: OfferedFile): Version | undefined {
    try {
      return versionIn(filename, this.#record.name);
    } catch (error) {
      if (!(error instanceof WheelstoreError)) throw error;
      if (error.code === 'unsupported-format') this.skip(filename, 'unsupported format');
      else this.refuse(error);
      return undefined;
    }
  }

  take(file: OfferedFile): void {
    const { filename } = file;
    const { name, status } = this.#record;
    const here = this.#here.get(filename);
    if (here !== undefined) this.#takePresent(file, here);
    // Who has deleted it here does not want it back, whatever the source says.
    else if (this.#deleted.has(filename)) this.skip(filename, 'deleted here');
    else if (status.status === 'archived' || status.status === 'quarantined') {
      this.#refuseFile('project-closed', file, {
        what: `cannot be imported: ${name} is ${status.status} here`,
        fix: `Open it with "wheelstore status ${name} active".`,
      });
    } else this.#takeNew(file);
  }

  result(): SortedFiles {
    const files = [...this.#files.values()];
    for (const file of files.filter(({ filename }) => this.#contradictory.has(filename))) {
      this.#refuseFile('file-exists', file, {
        what: 'is offered twice, with different hashes or sizes',
        fix: 'Find out which one is right.',
      });
    }
    return {
      files: files.filter(({ filename }) => !this.#contradictory.has(filename)),
      present: this.#present,
      yanks: this.#yanks,
      skipped: this.#skipped,
      problems: this.#problems,
    };
  }

  #takePresent(file: OfferedFile, here: FileEntry): void {
    const { sha256, size } = here;
    if (contradict(file, { size, hashes: { sha256 } })) {
      this.#refuseFile('file-exists', file, {
        what: `is published in ${this.#record.name} already, with other bytes than the source says`,
        fix: 'Compare the two; "wheelstore upload --force" replaces the published file.',
      });
      return;
    }
    this.#present.push(file);
    // A yank here is a decision of ours, and stays; one of the source is followed.
    if (file.yanked !== false && here.yanked === false) this.#yanks.push(file);
  }

  #takeNew(file: OfferedFile): void {
    const { filename } = file;
    const other = this.#files.get(filename);
    if (other === undefined) {
      this.#files.set(filename, file);
      return;
    }
    if (contradict(other, file)) this.#contradictory.add(filename);
    // The one of which more is known.
    const [taken, left] = other.hashes['sha256'] === undefined ? [file, other] : [other, file];
    this.#files.set(filename, taken);
    if (taken.location !== left.location) this.skip(filename, 'offered twice');
  }

  #refuseFile(
    code: 'file-exists' | 'project-closed',
    { filename }: OfferedFile,
    { what, fix }: { readonly what: string; readonly fix: string },
  ): void {
    this.refuse(new WheelstoreError(code, `${quote(filename)} ${what}`, { value: filename, fix }));
  }
}

/**
 * The version that a filename says, of this project.
 *
 * @throws {WheelstoreError} `invalid-filename`, also where it is of another project; `unsupported-format`
 */
export function versionIn(filename: string, project: ProjectRecord['name']): Version {
  const parsed = parseFilename(filename);
  const readings: readonly SdistCandidate[] = parsed.kind === 'wheel' ? [parsed] : parsed.candidates;
  const reading = readings.find((each) => each.project === project);
  if (reading !== undefined) return reading.version;
  throw new WheelstoreError('invalid-filename', `${quote(filename)} is no file of ${project}`, {
    value: filename,
    fix: 'Find out why the source shows it there.',
  });
}

type Claims = Pick<OfferedFile, 'size' | 'hashes'>;

/** Whether not both can be true of the same bytes. */
function contradict(one: Claims, other: Claims): boolean {
  if (one.size !== undefined && other.size !== undefined && one.size !== other.size) return true;
  return Object.entries(one.hashes).some(([name, hash]) => (other.hashes[name] ?? hash) !== hash);
}
