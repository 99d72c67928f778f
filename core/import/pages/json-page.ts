import { normalizeName, type NormalizedName } from '../../names.ts';
import type { OfferedFile } from '../source.ts';
import {
  checkApiVersion,
  hashOf,
  reasonOf,
  requiresPythonOf,
  sizeOf,
  statusOf,
  uploadTimeOf,
  type RefuseClaim,
} from './claims.ts';
import { checkFilename, fileLocation } from './links.ts';
import { invalidEntry, invalidPage, noList, type PageLimits, type Problems } from './page.ts';
import type { ReadList, ReadPage } from './read-page.ts';

type JsonObject = Readonly<Record<string, unknown>>;

/**
 * The page of a project in JSON (PEP 691, PEP 700, PEP 792).
 *
 * @throws {WheelstoreError} `invalid-page` where it is none
 */
export function readJsonPage(value: unknown, url: string, limits: PageLimits, problems: Problems): ReadPage {
  const page = pageOf(value, url);
  const entries = entriesOf(page, 'files', url, limits);
  const base = new URL(url);
  const files = entries.flatMap(
    (entry) => problems.noting(() => [new ListedFile(entry, base, url).offered()]) ?? [],
  );
  const project = problems.noting(() => normalizeName(textOf(page, 'name') ?? ''));
  const status = problems.noting(() => projectStatus(page, url));
  return {
    ...(project === undefined ? {} : { project }),
    files,
    ...(status === undefined ? {} : { status }),
    problems: problems.all(),
  };
}

/**
 * The project list in JSON (PEP 691).
 *
 * @throws {WheelstoreError} `invalid-page` where it is none
 */
export function readJsonList(value: unknown, url: string, limits: PageLimits, problems: Problems): ReadList {
  const page = pageOf(value, url);
  if (!Object.hasOwn(page, 'projects') && Object.hasOwn(page, 'files')) throw noList(url);
  const names = new Set<NormalizedName>();
  for (const entry of entriesOf(page, 'projects', url, limits)) {
    problems.noting(() => names.add(normalizeName(textOf(objectOf(entry) ?? {}, 'name') ?? '')));
  }
  return { projects: [...names], problems: problems.all() };
}

function pageOf(value: unknown, url: string): JsonObject {
  const page = objectOf(value);
  const meta = objectOf(page?.['meta']);
  if (page === undefined || meta === undefined) {
    throw invalidPage(url, 'is JSON, but no page of an index (PEP 691)');
  }
  checkApiVersion(meta['api-version'], (what) => {
    throw invalidPage(url, what, 'Look for a newer version of Wheelstore.');
  });
  return page;
}

function entriesOf(page: JsonObject, key: string, url: string, { maxLinks }: PageLimits): readonly unknown[] {
  const entries = page[key];
  if (!Array.isArray(entries)) throw invalidPage(url, `has no list of ${key} (PEP 691)`);
  if (entries.length > maxLinks) throw invalidPage(url, `has more than ${maxLinks} ${key}`);
  return entries as readonly unknown[];
}

/** PEP 792. */
function projectStatus(page: JsonObject, url: string): ReadPage['status'] {
  const claim = given(page, 'project-status');
  if (claim === undefined) return undefined;
  const { status, reason } = objectOf(claim) ?? { status: claim, reason: undefined };
  return statusOf(status, reason, (what) => {
    throw invalidPage(url, what);
  });
}

/** What an entry of "files" says. `null` counts as nothing said, as some indexes write it. */
class ListedFile {
  readonly #entry: JsonObject;
  readonly #filename: string;
  readonly #base: URL;
  readonly #page: string;
  readonly #refuse: RefuseClaim;

  /** @throws {WheelstoreError} `invalid-page` */
  constructor(entry: unknown, base: URL, page: string) {
    const filename = textOf(objectOf(entry) ?? {}, 'filename');
    if (filename === undefined) throw invalidEntry(page, summary(entry), 'has no filename');
    this.#entry = objectOf(entry) ?? {};
    this.#filename = filename;
    this.#base = base;
    this.#page = page;
    this.#refuse = (what) => {
      throw invalidEntry(page, filename, what);
    };
  }

  /** @throws {WheelstoreError} `invalid-page`, `invalid-filename`, `unsafe-address` */
  offered(): OfferedFile {
    const filename = this.#filename;
    checkFilename(filename);
    const size = given(this.#entry, 'size');
    const time = this.#text('upload-time');
    const requiresPython = requiresPythonOf(this.#text('requires-python') ?? '', this.#refuse);
    const metadata = this.#metadata();
    const provenance = this.#text('provenance');
    return {
      filename,
      location: this.#location(this.#text('url') ?? this.#refuse('has no url')),
      hashes: this.#hashes(given(this.#entry, 'hashes') ?? {}, 'hashes'),
      yanked: this.#yanked(),
      ...(size === undefined ? {} : { size: sizeOf(size, this.#refuse) }),
      ...(time === undefined ? {} : { uploadTime: uploadTimeOf(time, this.#refuse) }),
      ...(requiresPython === undefined ? {} : { requiresPython }),
      ...(metadata === undefined ? {} : { metadata }),
      ...(provenance === undefined ? {} : { provenance: this.#location(provenance) }),
    };
  }

  #location(link: string): string {
    return fileLocation(link, this.#base, this.#filename, this.#page);
  }

  #text(key: string): string | undefined {
    const value = given(this.#entry, key);
    if (value === undefined || typeof value === 'string') return value;
    return this.#refuse(`has a "${key}" that is no text`);
  }

  #hashes(value: unknown, key: string): Record<string, string> {
    const hashes = objectOf(value) ?? this.#refuse(`has "${key}" that are no object`);
    const entries = Object.entries(hashes);
    if (entries.length > 32) this.#refuse(`has more than 32 "${key}"`);
    return Object.fromEntries(entries.map(([name, hex]) => hashOf(name, hex, this.#refuse)));
  }

  /** PEP 592 and PEP 691. Clients take an empty text for not yanked. */
  #yanked(): boolean | string {
    const yanked = given(this.#entry, 'yanked') ?? false;
    if (typeof yanked === 'boolean') return yanked;
    if (typeof yanked !== 'string')
      return this.#refuse('has a "yanked" that is neither true, false nor a reason');
    return yanked === '' ? false : (reasonOf(yanked) ?? true);
  }

  /** PEP 658, and PEP 714: the newer name counts. The last is what our own pages have for unearth. */
  #metadata(): true | Readonly<Record<string, string>> | undefined {
    const keys = ['core-metadata', 'dist-info-metadata', 'data-dist-info-metadata'];
    const key = keys.find((each) => given(this.#entry, each) !== undefined) ?? '';
    const claim = given(this.#entry, key) ?? false;
    if (typeof claim === 'boolean') return claim ? true : undefined;
    const hashes = this.#hashes(claim, key);
    return Object.keys(hashes).length === 0 ? true : hashes;
  }
}

function objectOf(value: unknown): JsonObject | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as JsonObject)
    : undefined;
}

function given(object: JsonObject, key: string): unknown {
  return Object.hasOwn(object, key) ? (object[key] ?? undefined) : undefined;
}

function textOf(object: JsonObject, key: string): string | undefined {
  const value = given(object, key);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function summary(entry: unknown): string {
  return JSON.stringify(entry).slice(0, 80);
}
