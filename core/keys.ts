import mime from 'mime-types';
import { WheelstoreError, quote } from './errors.ts';
import { isNormalizedName, type NormalizedName } from './names.ts';
import type { ObjectHeaders } from './store.ts';

/** The folder of what a store keeps for itself. No key of a repository leads there. */
export const INTERNAL_FOLDER = '.wheelstore';

// A colon would name a drive or an alternate stream on Windows. The same in a bucket as in a folder, so
// that a repository can move between the two.
const SEGMENT = /^[^/\\:\p{Cc}]{1,255}$/u;

/** Whether `segment` can be a part of a key, whatever store it is in. */
export function isSafeSegment(segment: string): boolean {
  return SEGMENT.test(segment) && segment !== '.' && segment !== '..';
}

/**
 * The segments of a repository's key.
 *
 * @throws {WheelstoreError} `invalid-key`
 */
export function segmentsOfKey(key: string): string[] {
  const segments = key.split('/');
  if (segments.every(isSafeSegment) && segments[0] !== INTERNAL_FOLDER) return segments;
  throw new WheelstoreError('invalid-key', `${quote(key)} is no key of a repository`, { value: key });
}

/** Settings of the repository and its indexes. Never served. */
export const SETTINGS_KEY = 'repository.json';

/** What is known of the tokens that `serve` lets in. Never served. */
export const TOKENS_KEY = 'tokens.json';

/** The records of the default index, which has no name in URLs. Never served. */
export const RECORDS_PREFIX = 'records/default/';

/** The immutable bytes of every distribution. */
export const FILES_PREFIX = 'files/';

export const PAGES_PREFIX = 'simple/';

/** The object that says which files a project has. */
export function recordKey(project: NormalizedName): string {
  return `${RECORDS_PREFIX}${project}.json`;
}

/** The project that a key under `RECORDS_PREFIX` belongs to; `undefined` for a foreign object. */
export function projectOfRecordKey(key: string): NormalizedName | undefined {
  if (!key.startsWith(RECORDS_PREFIX) || !key.endsWith('.json')) return undefined;
  const name = key.slice(RECORDS_PREFIX.length, -'.json'.length);
  return isNormalizedName(name) ? name : undefined;
}

/** What makes the key of a file. */
export interface FileAddress {
  readonly project: NormalizedName;
  readonly filename: string;
  /** Lower-case hex. */
  readonly sha256: string;
  /**
   * 1, or one more for each time that these very bytes were removed and published again. A key whose
   * bytes were removed is never used again, so a removal that comes late can break no link.
   */
  readonly generation: number;
}

/**
 * Where a file's bytes are. The key holds their hash: other bytes under the same filename have
 * another URL, and no cache can serve the one for the other.
 */
export function fileKey({ project, filename, sha256, generation }: FileAddress): string {
  const folder = generation === 1 ? sha256.slice(0, 16) : `${sha256.slice(0, 16)}-${generation}`;
  return `${FILES_PREFIX}${project}/${folder}/${filename}`;
}

/** PEP 658: the metadata file of the distribution at `key`. */
export function metadataKey(key: string): string {
  return `${key}.metadata`;
}

/** PEP 740: the provenance of the distribution at `key`. */
export function provenanceKey(key: string): string {
  return `${key}.provenance`;
}

/** A key of the shape that `fileKey` gives, taken apart. */
export interface FileKey {
  readonly project: NormalizedName;
  readonly filename: string;
  /** The first 16 hex digits. */
  readonly sha256Start: string;
  readonly generation: number;
}

// The first generation has no number.
const FILE_KEY = /^files\/([^/]+)\/([0-9a-f]{16})(?:-([2-9]|[1-9][0-9]{1,8}))?\/([^/]+)$/;

/** Takes a file's key apart; `undefined` for a foreign object. */
export function parseFileKey(key: string): FileKey | undefined {
  const [, project = '', sha256Start = '', generation = '1', filename = ''] = FILE_KEY.exec(key) ?? [];
  if (!isNormalizedName(project) || !isSafeSegment(filename)) return undefined;
  return { project, filename, sha256Start, generation: Number(generation) };
}

/** Whether `key` is not of a distribution, but of what is kept beside one. */
export function isBesideFile(key: string): boolean {
  return key.endsWith('.metadata') || key.endsWith('.provenance');
}

/** What a key of the repository is for, whatever is kept there. */
export type KeyRole =
  | { readonly role: 'settings' }
  | { readonly role: 'tokens' }
  | { readonly role: 'record'; readonly project: NormalizedName }
  /** `undefined`: of the project list. */
  | { readonly role: 'page'; readonly project: NormalizedName | undefined }
  /** A distribution, or what is beside one. */
  | { readonly role: 'file'; readonly project: NormalizedName }
  /** In a folder of a repository, where nothing else belongs. */
  | { readonly role: 'foreign' }
  /** Beside the repository. */
  | { readonly role: 'elsewhere' };

/** Says what the object at `key` is for. */
export function roleOf(key: string): KeyRole {
  if (key === SETTINGS_KEY) return { role: 'settings' };
  if (key === TOKENS_KEY) return { role: 'tokens' };
  if (key.startsWith(FILES_PREFIX)) {
    const file = parseFileKey(key);
    return file === undefined ? { role: 'foreign' } : { role: 'file', project: file.project };
  }
  if (key.startsWith('records/')) {
    const project = projectOfRecordKey(key);
    return project === undefined ? { role: 'foreign' } : { role: 'record', project };
  }
  if (key.startsWith(PAGES_PREFIX)) return pageRole(key.slice(PAGES_PREFIX.length).split('/'));
  return { role: 'elsewhere' };
}

function pageRole(segments: readonly string[]): KeyRole {
  const last = segments.at(-1) ?? '';
  if (!isRepresentation(last) || segments.length > 2) return { role: 'foreign' };
  if (segments.length === 1) return { role: 'page', project: undefined };
  const [project = ''] = segments;
  return isNormalizedName(project) ? { role: 'page', project } : { role: 'foreign' };
}

/** The same page in each of the forms that clients ask for. */
export const REPRESENTATIONS = ['index.html', 'index.v1.html', 'index.json', 'index.json.gz'] as const;

export type Representation = (typeof REPRESENTATIONS)[number];

function isRepresentation(name: string): name is Representation {
  return (REPRESENTATIONS as readonly string[]).includes(name);
}

/** A page of a project, or of the project list where `project` is `undefined`. */
export function pageKey(project: NormalizedName | undefined, representation: Representation): string {
  return project === undefined
    ? `${PAGES_PREFIX}${representation}`
    : `${PAGES_PREFIX}${project}/${representation}`;
}

/** What `encodeURIComponent` leaves as it is: the characters of nearly all keys. */
const PLAIN_KEY = /^[\w./~-]*$/;

/** A URL of `key` as seen from a project's page, `simple/<project>/`. */
export function urlFromProjectPage(key: string): string {
  if (PLAIN_KEY.test(key)) return `../../${key}`;
  // encodeURIComponent leaves no "+", which S3 would read as a space.
  return `../../${key.split('/').map(encodeURIComponent).join('/')}`;
}

// The hash in the URL makes the bytes behind it permanent. RFC 9111 3.5: "public" would let a shared cache
// hand to anyone what somebody has fetched with a token.
const IMMUTABLE = 'max-age=31536000, immutable';

// Clients may not use a page without asking (pip from 26.2 on keeps what it may keep, and would miss
// a new release); a CDN may go on serving it for a day while its origin fails.
const REVALIDATED = 'max-age=0, must-revalidate, stale-if-error=86400';

const PAGE_TYPES: Readonly<Record<Representation, string>> = {
  'index.html': 'text/html; charset=utf-8',
  'index.v1.html': 'application/vnd.pypi.simple.v1+html; charset=utf-8',
  'index.json': 'application/vnd.pypi.simple.v1+json',
  'index.json.gz': 'application/vnd.pypi.simple.v1+json',
};

const UNKNOWN_TYPE = 'application/octet-stream';

function fileType(filename: string): string {
  if (filename.endsWith('.metadata')) return 'text/plain; charset=utf-8';
  if (filename.endsWith('.provenance')) return 'application/vnd.pypi.integrity.v1+json';
  // A wheel has no registered type; to say that it is a zip would make browsers rename it.
  if (filename.endsWith('.whl')) return UNKNOWN_TYPE;
  return mime.lookup(filename) || UNKNOWN_TYPE;
}

/**
 * The HTTP headers of the object at `key`: everything that is ever kept gets them from here.
 *
 * @throws {WheelstoreError} `invalid-key` for a key that is no part of a repository
 */
export function headersOf(key: string): ObjectHeaders {
  const last = key.slice(key.lastIndexOf('/') + 1);
  if (key.startsWith(FILES_PREFIX)) return { contentType: fileType(last), cacheControl: IMMUTABLE };
  if ([SETTINGS_KEY, TOKENS_KEY].includes(key) || key.startsWith(RECORDS_PREFIX)) {
    return { contentType: 'application/json', cacheControl: 'no-store' };
  }
  if (key.startsWith(PAGES_PREFIX) && last in PAGE_TYPES) {
    return {
      contentType: PAGE_TYPES[last as Representation],
      cacheControl: REVALIDATED,
      ...(last === 'index.json.gz' ? { contentEncoding: 'gzip' } : {}),
    };
  }
  throw new WheelstoreError('invalid-key', `${quote(key)} is no key of a repository`, { value: key });
}
