import { gunzipSync } from 'node:zlib';
import {
  fileKey,
  metadataKey,
  pageKey,
  projectOfRecordKey,
  provenanceKey,
  recordKey,
  type Representation,
} from '../../core/keys.ts';
import type { NormalizedName } from '../../core/names.ts';
import { parseRecord, type ProjectRecord } from '../../core/record.ts';
import type { Store } from '../../core/store.ts';
import { decode } from './bytes.ts';

/** What one page says of one file, read from the page alone. */
export interface Link {
  readonly filename: string;
  readonly key: string;
  readonly sha256: string;
  readonly metadataSha256: string | undefined;
  /** A text is the reason; empty where there is none. */
  readonly yanked: string | undefined;
}

async function keysOf(store: Store, prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list(prefix)) keys.push(key);
  return keys.sort();
}

async function textOf(store: Store, key: string): Promise<string | undefined> {
  const object = await store.get(key);
  return object === undefined ? undefined : textOfPage(key, object.body);
}

/** What a page says, whatever it is packed in. */
export function textOfPage(key: string, body: Uint8Array): string {
  return decode(key.endsWith('.gz') ? gunzipSync(body) : body);
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"' };

function unescape(text: string): string {
  return text
    .replace(/&#x([0-9a-fA-F]+);/g, (_, hex: string) => String.fromCodePoint(Number.parseInt(hex, 16)))
    .replace(/&(amp|lt|gt|quot);/g, (_, name: string) => ENTITIES[name] ?? '');
}

function keyOfUrl(url: string, pageFolder: string): string {
  return decodeURIComponent(new URL(url, `http://index/${pageFolder}/`).pathname.slice(1));
}

/** What a project's page says of its files. */
export function linksOf(text: string, representation: Representation, folder: string): Link[] {
  if (representation.startsWith('index.json')) {
    const page = JSON.parse(text) as {
      files: {
        filename: string;
        url: string;
        hashes: { sha256: string };
        'core-metadata'?: { sha256: string };
        yanked: boolean | string;
      }[];
    };
    return page.files.map((file) => ({
      filename: file.filename,
      key: keyOfUrl(file.url, folder),
      sha256: file.hashes.sha256,
      metadataSha256: file['core-metadata']?.sha256,
      yanked: file.yanked === true ? '' : file.yanked === false ? undefined : file.yanked,
    }));
  }
  return [...text.matchAll(/<a href="([^"#]*)#sha256=([0-9a-f]{64})"([^>]*)>([^<]*)<\/a>/g)].map(
    ([, href = '', sha256 = '', attributes = '', filename = '']) => ({
      filename: unescape(filename),
      key: keyOfUrl(unescape(href), folder),
      sha256,
      metadataSha256: / data-core-metadata="sha256=([0-9a-f]{64})"/.exec(attributes)?.[1],
      yanked: / data-yanked="([^"]*)"/.exec(attributes)?.[1],
    }),
  );
}

const PROJECT_PAGE = /^simple\/([^/]+)\/(index\.[a-z0-9.]+)$/;

/** Every link of every project page that does not lead to bytes with the stated hash. */
export async function brokenLinks(store: Store): Promise<string[]> {
  const broken: string[] = [];
  for (const page of await keysOf(store, 'simple/')) {
    const [, project, representation] = PROJECT_PAGE.exec(page) ?? [];
    if (project === undefined) continue;
    const text = (await textOf(store, page)) ?? '';
    for (const link of linksOf(text, representation as Representation, `simple/${project}`)) {
      const head = await store.head(link.key);
      if (head?.sha256 !== link.sha256) broken.push(`${page}: ${link.key}`);
      if (link.metadataSha256 === undefined) continue;
      const metadata = await store.head(metadataKey(link.key));
      if (metadata?.sha256 !== link.metadataSha256) broken.push(`${page}: ${metadataKey(link.key)}`);
    }
  }
  return broken;
}

/** The serial that each page carries, by key. */
export async function pageSerials(store: Store): Promise<Map<string, number>> {
  const serials = new Map<string, number>();
  for (const key of await keysOf(store, 'simple/')) {
    serials.set(key, serialOf((await textOf(store, key)) ?? ''));
  }
  return serials;
}

/** The serial that a page carries. */
export function serialOf(text: string): number {
  return Number(/<!--SERIAL (\d+)-->/.exec(text)?.[1] ?? /"_last-serial":(\d+)/.exec(text)?.[1]);
}

/** The projects that the project list names. */
export function projectsOnList(text: string, representation: Representation): string[] {
  if (!representation.startsWith('index.json'))
    return [...text.matchAll(/<a href="([^"]*)\/">/g)].map(([, name = '']) => name);
  return (JSON.parse(text) as { projects: { name: string }[] }).projects.map(({ name }) => name);
}

/** Every record, in the order of names. */
export async function recordsOf(store: Store): Promise<ProjectRecord[]> {
  const keys = await keysOf(store, 'records/default/');
  return Promise.all(
    keys.map(async (key) => {
      const name = projectOfRecordKey(key) as NormalizedName;
      return parseRecord((await store.get(key))?.body ?? new Uint8Array(), name, key);
    }),
  );
}

/** The filenames that each representation of a project's page names. */
export async function filenamesOnPages(store: Store, project: NormalizedName): Promise<string[][]> {
  const representations: Representation[] = ['index.html', 'index.v1.html', 'index.json', 'index.json.gz'];
  return Promise.all(
    representations.map(async (representation) => {
      const text = await textOf(store, pageKey(project, representation));
      return text === undefined
        ? []
        : linksOf(text, representation, `simple/${project}`).map((link) => link.filename);
    }),
  );
}

/** What is not as it must be when nobody is at work: pages, project list, bytes, notes in records. */
export async function inconsistencies(store: Store): Promise<string[]> {
  const found = await brokenLinks(store);
  const records = await recordsOf(store);
  const expectedKeys = new Set<string>();
  for (const { name, serial, status, files, listPending } of records) {
    if (listPending !== undefined) found.push(`${recordKey(name)}: the list is pending`);
    const offered = status.status === 'quarantined' ? [] : files.map(({ filename }) => filename);
    for (const names of await filenamesOnPages(store, name)) {
      if (names.join() !== offered.join())
        found.push(`simple/${name}/: ${names.join()} instead of ${offered.join()}`);
    }
    for (const [key, pageSerial] of await pageSerials(store)) {
      if (key.startsWith(`simple/${name}/`) && pageSerial !== serial)
        found.push(`${key}: serial ${pageSerial}`);
    }
    for (const file of files) {
      const key = fileKey({ project: name, ...file });
      expectedKeys.add(key);
      if (file.metadataSha256 !== undefined) expectedKeys.add(metadataKey(key));
      if (file.provenanceSha256 === undefined) continue;
      expectedKeys.add(provenanceKey(key));
      const provenance = await store.head(provenanceKey(key));
      if (provenance?.sha256 !== file.provenanceSha256) found.push(`${provenanceKey(key)}: not there`);
    }
  }
  const listed = records.filter(({ status }) => status.status !== 'quarantined').map(({ name }) => name);
  for (const representation of ['index.html', 'index.v1.html', 'index.json', 'index.json.gz'] as const) {
    const text = await textOf(store, pageKey(undefined, representation));
    const names = text === undefined ? [] : projectsOnList(text, representation);
    if (names.join() !== listed.join())
      found.push(`simple/${representation}: ${names.join()} instead of ${listed.join()}`);
  }
  for (const key of await keysOf(store, 'files/'))
    if (!expectedKeys.has(key)) found.push(`${key}: in no record`);
  return found;
}
