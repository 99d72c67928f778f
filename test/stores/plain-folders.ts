import { existsSync, mkdirSync, realpathSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { onTestFinished } from 'vitest';
import { pageKey } from '../../core/keys.ts';
import type { NormalizedName } from '../../core/names.ts';
import type { ReportEvent } from '../../core/reporter.ts';
import { PlainFolder, type PlainFolderOptions } from '../../stores/plain-folder.ts';
import { walk } from '../../stores/plain-folder/walk.ts';
import { readAll } from '../support/bytes.ts';
import { buildWheel, type BuiltFile } from '../support/distributions.ts';
import { temporaryFolder } from '../support/temporary.ts';

/** What a page says of a file. */
export interface ShownFile {
  readonly filename: string;
  readonly url: string;
  readonly hashes: { readonly sha256: string };
  readonly size: number;
  readonly 'upload-time': string;
  readonly 'core-metadata'?: { readonly sha256: string };
  readonly 'requires-python'?: string;
}

/** A plain folder of a test, and how it is served. */
export class PlainPlace {
  readonly root: string;
  readonly cache: string;
  readonly events: ReportEvent[] = [];
  /** What the clock shows. It begins when all that was written before is long settled. */
  now = Date.now() + 60_000;
  #folder: PlainFolder | undefined;

  constructor() {
    const place = temporaryFolder();
    this.root = join(place, 'wheels');
    this.cache = join(place, 'cache', 'wheels.json');
    mkdirSync(this.root);
    onTestFinished(() => this.#folder?.close());
  }

  /** Puts files there, at paths from the folder on; the name of a built file is at the end of its path. */
  put(path: string, bytes: Uint8Array | string): string {
    const place = join(this.root, path);
    mkdirSync(dirname(place), { recursive: true });
    writeFileSync(place, bytes);
    return place;
  }

  add(folder: string, ...files: readonly BuiltFile[]): string[] {
    return files.map(({ filename, bytes }) => this.put(join(folder, filename), bytes));
  }

  /** Starts to serve it, as after a restart. */
  async start(options: Partial<PlainFolderOptions> = {}): Promise<PlainFolder> {
    await this.#folder?.close();
    this.events.length = 0;
    this.#folder = await PlainFolder.open(this.root, await walk(this.root), {
      reporter: { emit: (event) => this.events.push(event) },
      jobs: 4,
      cache: { file: this.cache, version: '1', root: realpathSync(this.root) },
      now: () => this.now,
      ...options,
    });
    return this.#folder;
  }

  /** Lets so much time go by that the next request looks at the folder, and nothing is new any more. */
  later(milliseconds = 60_000): void {
    this.now += milliseconds;
  }

  /** The text of an object; `undefined` where there is none. */
  async text(key: string): Promise<string | undefined> {
    const bytes = await this.bytes(key);
    return bytes === undefined ? undefined : new TextDecoder().decode(bytes);
  }

  async bytes(key: string): Promise<Uint8Array | undefined> {
    const object = await this.#folder?.open(key);
    return object === undefined ? undefined : readAll(object);
  }

  /** The names on the project list. */
  async projects(): Promise<string[]> {
    const list = await this.bytes(pageKey(undefined, 'index.json.gz'));
    const { projects } = JSON.parse(gunzipSync(list ?? '').toString()) as { projects: { name: string }[] };
    return projects.map(({ name }) => name);
  }

  /** The files on the page of a project. */
  async files(project: string): Promise<ShownFile[]> {
    const page = await this.text(pageKey(project as NormalizedName, 'index.json'));
    return page === undefined ? [] : (JSON.parse(page) as { files: ShownFile[] }).files;
  }

  async filenames(project: string): Promise<string[]> {
    return (await this.files(project)).map(({ filename }) => filename);
  }

  /** What was warned of since the start: subjects from the folder on, and messages. */
  get warnings(): string[] {
    return this.events.flatMap((event) => {
      if (event.type !== 'warning') return [];
      return [`${event.subject.replace(`${this.root}/`, '')}: ${event.message}`];
    });
  }

  /** How many files were to be checked at the last start. */
  get checked(): number {
    return this.events.filter(({ type }) => type === 'checked').length;
  }

  get isCached(): boolean {
    return existsSync(this.cache);
  }
}

/** The key that a URL of a project's page leads to. */
export function keyOf({ url }: Pick<ShownFile, 'url'>): string {
  return decodeURIComponent(url.replace('../../', ''));
}

/** A small wheel; another `content` makes other bytes. */
export function wheel(name: string, version: string, content = ''): BuiltFile {
  return buildWheel({ name, version, files: { 'content.txt': content } });
}
