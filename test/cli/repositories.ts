import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect } from 'vitest';
import { buildWheel, type BuiltFile } from '../support/distributions.ts';
import { Published } from '../support/published.ts';
import { temporaryFolder } from '../support/temporary.ts';

/** Puts built files into a folder, and says where they are. */
export function writeFiles(folder: string, files: readonly BuiltFile[]): string[] {
  mkdirSync(folder, { recursive: true });
  return files.map(({ filename, bytes }) => {
    const path = join(folder, filename);
    writeFileSync(path, bytes);
    return path;
  });
}

/** Where a test runs commands. */
export interface Workplace {
  readonly folder: string;
  /** Holds the files to publish. */
  readonly dist: string;
  /** The repository: `packages` in `folder`. */
  readonly store: string;
}

/** A folder to run commands in, with these files in `dist` and no repository yet. */
export function workplace(...files: readonly BuiltFile[]): Workplace {
  return workplaceIn(temporaryFolder(), files);
}

export function workplaceIn(folder: string, files: readonly BuiltFile[]): Workplace {
  const dist = join(folder, 'dist');
  writeFiles(dist, files);
  return { folder, dist, store: join(folder, 'packages') };
}

/** The same, with the files published (without the command, which takes longer to start). */
export async function publishedWorkplace(...files: readonly BuiltFile[]): Promise<Workplace> {
  const place = workplace(...files);
  await new Published(place.store).add(...files);
  return place;
}

/** Wheels of small projects: `small('foo', '1.0', '2.0')`. */
export function small(name: string, ...versions: readonly string[]): BuiltFile[] {
  return versions.map((version) => buildWheel({ name, version }));
}

/** Every folder and file below `folder`, files with their hash; `undefined` where there is no folder. */
export function snapshotOf(folder: string): Record<string, string> | undefined {
  if (!existsSync(folder)) return undefined;
  const snapshot: Record<string, string> = {};
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const key = relative(folder, path).replaceAll(sep, '/');
    snapshot[key] = entry.isFile() ? sha256(readFileSync(path)) : 'folder';
  }
  return snapshot;
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** One link of a page, its attributes as a browser reads them. */
export interface PageLink {
  readonly href: string;
  readonly text: string;
  readonly attributes: ReadonlyMap<string, string>;
}

/** The links of a page in HTML. */
export function linksOf(html: string): PageLink[] {
  return [...html.matchAll(/<a\b([^>]*)>([^<]*)<\/a>/g)].map(([, inside = '', text = '']) => {
    const pairs = [...inside.matchAll(/([\w-]+)="([^"]*)"/g)];
    const attributes = new Map(pairs.map(([, name = '', value = '']) => [name, unescaped(value)]));
    return { href: attributes.get('href') ?? '', text: unescaped(text), attributes };
  });
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"' };

function unescaped(text: string): string {
  return text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (whole, hex, decimal, name) => {
    if (name !== undefined) return ENTITIES[name] ?? whole;
    return String.fromCodePoint(hex === undefined ? Number(decimal) : Number.parseInt(hex, 16));
  });
}

/** The filenames on the page of a project, which say the same in every representation. */
export function filesOnPage(store: string, project: string): string[] {
  const folder = join(store, 'simple', project);
  const names = linksOf(readFileSync(join(folder, 'index.html'), 'utf8')).map(({ text }) => text);
  for (const json of jsonPages(folder)) expect(json.files?.map(({ filename }) => filename)).toEqual(names);
  return names;
}

/** The projects on the project list, which says the same in every representation. */
export function projectsOnList(store: string): string[] {
  const folder = join(store, 'simple');
  const names = linksOf(readFileSync(join(folder, 'index.html'), 'utf8')).map(({ text }) => text);
  for (const json of jsonPages(folder)) expect(json.projects?.map(({ name }) => name)).toEqual(names);
  return names;
}

interface JsonPage {
  readonly files?: readonly {
    readonly filename: string;
    readonly url: string;
    readonly hashes: { readonly sha256: string };
    readonly 'core-metadata'?: { readonly sha256: string };
  }[];
  readonly projects?: readonly { readonly name: string }[];
}

function jsonPages(folder: string): JsonPage[] {
  const texts = [
    readFileSync(join(folder, 'index.json'), 'utf8'),
    gunzipSync(readFileSync(join(folder, 'index.json.gz'))).toString('utf8'),
  ];
  return texts.map((text) => JSON.parse(text) as JsonPage);
}

/**
 * Follows every link of every page that is there: each must lead to bytes with the hash that the page
 * says. Some pages may be absent, as after a process was killed; but none may be half-written.
 *
 * @returns how many links there were
 */
export function checkEveryLink(store: string): number {
  const pages = Object.keys(snapshotOf(join(store, 'simple')) ?? {}).filter((key) => key.includes('/index.'));
  return pages.reduce((sum, page) => sum + checkPage(join(store, 'simple', page)), 0);
}

function checkPage(path: string): number {
  const bytes = readFileSync(path);
  const text = path.endsWith('.gz') ? gunzipSync(bytes).toString('utf8') : bytes.toString('utf8');
  const links = path.endsWith('.html') ? htmlLinks(text) : jsonLinks(text);
  for (const { url, hash, metadataHash } of links) {
    const target = join(path, '..', decodeURIComponent(url));
    expect(`${target} ${sha256(readFileSync(target))}`).toBe(`${target} ${hash}`);
    if (metadataHash !== undefined) expect(sha256(readFileSync(`${target}.metadata`))).toBe(metadataHash);
  }
  return links.length;
}

interface Target {
  readonly url: string;
  readonly hash: string | undefined;
  readonly metadataHash: string | undefined;
}

function htmlLinks(html: string): Target[] {
  expect(html).toMatch(/<\/html>\n<!--SERIAL \d+-->\n$/);
  return linksOf(html).map(({ href, attributes }) => {
    const [url = '', hash] = href.split('#sha256=');
    return { url, hash, metadataHash: attributes.get('data-core-metadata')?.replace('sha256=', '') };
  });
}

function jsonLinks(text: string): Target[] {
  const { files = [] } = JSON.parse(text) as JsonPage;
  return files.map((file) => ({
    url: file.url,
    hash: file.hashes.sha256,
    metadataHash: file['core-metadata']?.sha256,
  }));
}
