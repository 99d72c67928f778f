import { quote, WheelstoreError } from './errors.ts';
import { Fields, howToRestore, parseJson } from './fields.ts';
import type { NormalizedName } from './names.ts';
import { isNormalVersion } from './versions.ts';

/** PEP 792: one at a time. */
export const STATUSES = ['active', 'archived', 'deprecated', 'quarantined'] as const;

export type Status = (typeof STATUSES)[number];

export interface ProjectStatus {
  readonly status: Status;
  readonly reason?: string;
}

/** One published distribution, as its project's record keeps it. */
export interface FileEntry {
  readonly filename: string;
  readonly kind: 'wheel' | 'sdist';
  /** PEP 440 normal form. */
  readonly version: string;
  /** In bytes. */
  readonly size: number;
  /** Lower-case hex. */
  readonly sha256: string;
  /** See `FileAddress`. */
  readonly generation: number;
  /** PEP 700: when the store took the bytes, `yyyy-mm-ddThh:mm:ss.fffZ`. */
  readonly uploadTime: string;
  readonly requiresPython?: string;
  /** PEP 658: lower-case hex of the metadata file's SHA-256, where there is such a file. */
  readonly metadataSha256?: string;
  /** PEP 740: lower-case hex of the provenance's SHA-256, where there is one. */
  readonly provenanceSha256?: string;
  /** PEP 592: whether the file is yanked; a text is the reason. */
  readonly yanked: boolean | string;
}

/** What remains of a file whose bytes were removed. */
export interface Tombstone {
  readonly filename: string;
  readonly version: string;
  readonly sha256: string;
  readonly generation: number;
  /** Whether the file had a metadata file beside it. */
  readonly metadata: boolean;
  /** Whether it had a provenance. */
  readonly provenance?: true;
  /** A deleted filename never comes back with other bytes; a replaced one already has. */
  readonly cause: 'deleted' | 'replaced';
}

/** Which files a project has: the only mutable truth of a repository. */
export interface ProjectRecord {
  readonly name: NormalizedName;
  /** One more with each change. It is on every page, so that no two versions of a page are alike. */
  readonly serial: number;
  readonly status: ProjectStatus;
  /** In canonical order (`compareFiles`). */
  readonly files: readonly FileEntry[];
  readonly tombstones: readonly Tombstone[];
  /**
   * What the project list does not show yet: that this project exists, or its new status. Taken away
   * when the list has been brought in line.
   */
  readonly listPending?: 'added' | 'status';
}

/** The record of a project that has none yet. */
export function emptyRecord(name: NormalizedName): ProjectRecord {
  return { name, serial: 0, status: { status: 'active' }, files: [], tombstones: [] };
}

/** The version of the format that this code writes, and the only one it reads. */
const FORMAT = 1;

/** The bytes to keep; the same record always gives the same bytes. */
export function serializeRecord(record: ProjectRecord): Uint8Array {
  const { name, serial, status, listPending, files, tombstones } = record;
  const ordered = { format: FORMAT, name, serial, status, listPending, files, tombstones };
  return new TextEncoder().encode(`${JSON.stringify(ordered)}\n`);
}

/**
 * The record in `bytes`. What a bucket holds is not trusted: every field is checked, so that a record
 * that something else has damaged stops the command and is never written over.
 *
 * @throws {WheelstoreError} `corrupt-record`
 */
export function parseRecord(bytes: Uint8Array, name: NormalizedName, key: string): ProjectRecord {
  const refuse = (what: string): never => {
    throw new WheelstoreError('corrupt-record', `The record ${quote(key)} is damaged: ${what}`, {
      value: key,
      fix: howToRestore(key),
    });
  };
  const fields = new Fields(parseJson(bytes, refuse), 'the record', refuse);
  const format = fields.integer('format');
  if (format !== FORMAT) refuse(`format ${format} is unknown to this version of Wheelstore`);
  if (fields.text('name') !== name) refuse(`it is the record of ${quote(fields.text('name'))}`);
  const status = fields.object('status');
  const reason = status.optional('reason');
  const listPending = fields.optional('listPending');
  const files = fields.list('files').map(parseFileEntry);
  if (new Set(files.map((file) => file.filename)).size < files.length) refuse('it names a file twice');
  return {
    name,
    serial: fields.positive('serial'),
    status: { status: status.oneOf('status', STATUSES), ...(reason === undefined ? {} : { reason }) },
    files,
    tombstones: fields.list('tombstones').map(parseTombstone),
    ...(listPending === undefined
      ? {}
      : { listPending: fields.oneOf('listPending', ['added', 'status'] as const) }),
  };
}

const SHA256 = /^[0-9a-f]{64}$/;

const digest = (fields: Fields, key: string): string => fields.checked(key, 'a SHA-256 in hex', isSha256);

function isSha256(text: string): boolean {
  return SHA256.test(text);
}

const version = (fields: Fields): string =>
  fields.checked('version', 'a version in its normal form', isNormalVersion);

// It becomes part of a key and of a URL.
const FILENAME = /^[^\s/\\\p{Cc}.][^/\\\p{Cc}]*$/u;

const filename = (fields: Fields): string => fields.checked('filename', 'a filename', isFilename);

function isFilename(text: string): boolean {
  return FILENAME.test(text);
}

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$/;

/** PEP 700: whether `text` is a time in UTC, as records have it. */
export function isUploadTime(text: string): boolean {
  return TIME.test(text) && !Number.isNaN(Date.parse(text));
}

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

const KINDS = ['wheel', 'sdist'] as const;

/** One file as it is kept, checked field by field; what is wrong goes to the `refuse` of `fields`. */
export function parseFileEntry(fields: Fields): FileEntry {
  const requiresPython = fields.optional('requiresPython');
  const hasMetadata = fields.optional('metadataSha256') !== undefined;
  // In the order in which a record is written.
  const entry: Writable<Omit<FileEntry, 'yanked'>> = {
    filename: filename(fields),
    kind: fields.oneOf('kind', KINDS),
    version: version(fields),
    size: fields.integer('size'),
    sha256: digest(fields, 'sha256'),
    generation: fields.positive('generation'),
    uploadTime: fields.checked('uploadTime', 'a time in UTC', isUploadTime),
  };
  if (requiresPython !== undefined) entry.requiresPython = requiresPython;
  if (hasMetadata) entry.metadataSha256 = digest(fields, 'metadataSha256');
  if (fields.has('provenanceSha256')) entry.provenanceSha256 = digest(fields, 'provenanceSha256');
  return Object.assign(entry, { yanked: fields.flagOrReason('yanked') });
}

function parseTombstone(fields: Fields): Tombstone {
  return {
    filename: filename(fields),
    version: version(fields),
    sha256: digest(fields, 'sha256'),
    generation: fields.positive('generation'),
    metadata: fields.flag('metadata'),
    ...(fields.has('provenance') && fields.flag('provenance') ? { provenance: true as const } : {}),
    cause: fields.oneOf('cause', ['deleted', 'replaced'] as const),
  };
}
