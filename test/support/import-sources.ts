import { createHash } from 'node:crypto';
import { bytesInMemory } from '../../core/bytes.ts';
import type { Environment } from '../../core/environment.ts';
import { WheelstoreError } from '../../core/errors.ts';
import { planImport, type ImportPlan, type ImportWishes } from '../../core/import/import-plan.ts';
import { runImport, type ImportResult } from '../../core/import/import.ts';
import type { ImportSource, OfferedFile, OfferedProject } from '../../core/import/source.ts';
import type { Spool, SpooledBytes } from '../../core/import/spool.ts';
import type { Tree, TreeFile } from '../../core/import/tree.ts';
import { normalizeName } from '../../core/names.ts';
import { bytesOf, type Content } from './archives.ts';
import { sha256 } from './bytes.ts';
import type { BuiltFile } from './distributions.ts';

/** A spool in memory, which knows what was not released. */
export class MemorySpool implements Spool {
  held = 0;

  async keep(bytes: AsyncIterable<Uint8Array>, algorithms: readonly string[]): Promise<SpooledBytes> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of bytes) chunks.push(chunk);
    const all = new Uint8Array(Buffer.concat(chunks));
    const known = [...new Set(algorithms)].filter((name) => ['md5', 'sha1', 'sha256'].includes(name));
    const hashes = known.map((name) => [name, createHash(name).update(all).digest('hex')]);
    this.held++;
    let isHeld = true;
    return {
      source: bytesInMemory(all),
      hashes: Object.fromEntries(hashes) as Record<string, string>,
      release: async () => {
        if (isHeld) this.held--;
        isHeld = false;
      },
    };
  }
}

/** An old index in memory. What was asked of it is in `asked`. */
export class OldIndex implements ImportSource {
  readonly description = 'index https://pypi.old.example/simple/';
  readonly asked: string[] = [];
  readonly removed: string[] = [];
  readonly #projects = new Map<string, OfferedProject>();
  readonly #bytes = new Map<string, () => Uint8Array>();

  /** Offers files, each with what the index says of it besides; those that were offered before stay. */
  offer(name: string, ...files: readonly (BuiltFile & { readonly says?: Partial<OfferedFile> })[]): this {
    const offered = files.map(({ filename, bytes, says }): OfferedFile => {
      const location = says?.location ?? `${name}/${filename}`;
      this.#bytes.set(location, () => bytes);
      return { filename, location, hashes: { sha256: sha256(bytes) }, yanked: false, ...says };
    });
    const { files: before } = this.#of(name);
    return this.describe(name, { files: [...before, ...offered] });
  }

  /** Changes what the index says of a project. */
  describe(name: string, changes: Partial<OfferedProject>): this {
    this.#projects.set(name, { ...this.#of(name), ...changes });
    return this;
  }

  /** Answers each request for the bytes at a location with what `bytes` gives, or throws. */
  answer(location: string, bytes: () => Uint8Array): this {
    this.#bytes.set(location, bytes);
    return this;
  }

  async projects() {
    return { projects: [...this.#projects.keys()].map(normalizeName), problems: [] };
  }

  async project(name: string): Promise<OfferedProject | undefined> {
    return this.#projects.get(name);
  }

  async *read(location: string): AsyncGenerator<Uint8Array> {
    this.asked.push(location);
    const bytes = this.#bytes.get(location);
    if (bytes === undefined) throw new WheelstoreError('not-found', `There is no ${location}`);
    yield bytes();
  }

  async remove(_project: string, locations: readonly string[]): Promise<void> {
    this.removed.push(...locations);
  }

  async close(): Promise<void> {}

  #of(name: string): OfferedProject {
    return this.#projects.get(name) ?? { project: normalizeName(name), files: [], problems: [] };
  }
}

/** A bucket or a folder in memory. */
export class MemoryTree implements Tree {
  readonly description = 'bucket s3://old-bucket';
  readonly files = new Map<string, Uint8Array>();
  readonly asked: string[] = [];
  readonly #modified: (path: string) => Date | undefined;

  constructor(
    files: Readonly<Record<string, Content>> = {},
    modified: (path: string) => Date | undefined = () => new Date('2020-02-03T04:05:06.000Z'),
  ) {
    for (const [path, content] of Object.entries(files)) this.files.set(path, bytesOf(content));
    this.#modified = modified;
  }

  async *list(): AsyncGenerator<TreeFile> {
    for (const [path, bytes] of this.files) {
      yield { path, size: bytes.length, modified: this.#modified(path) };
    }
  }

  async *read(path: string): AsyncGenerator<Uint8Array> {
    this.asked.push(path);
    const bytes = this.files.get(path);
    if (bytes === undefined) throw new WheelstoreError('not-found', `There is no ${path}`);
    yield bytes;
  }

  async remove(path: string): Promise<void> {
    this.files.delete(path);
  }

  async close(): Promise<void> {}
}

/** The page of a project as s3pypi writes it, with these links. */
export function s3pypiPage(...links: readonly string[]): string {
  return `<!DOCTYPE html>
<html>
  <head>
    <meta charset="UTF-8">
    <title>Package Index</title>
  </head>
  <body>
${links.map((link) => `    ${link}`).join('<br>\n')}
  </body>
</html>
`;
}

/** A link as s3pypi writes it; before 2.0 without a hash. */
export function s3pypiLink({ filename, bytes }: BuiltFile, hash: 'sha256' | 'none' = 'sha256'): string {
  const fragment = hash === 'none' ? '' : `#sha256=${sha256(bytes)}`;
  return `<a href="${encodeURIComponent(filename)}${fragment}">${filename}</a>`;
}

/** The objects of s3pypi for one project: its files, and the page that names them. */
export function s3pypiProject(name: string, ...files: readonly BuiltFile[]): Record<string, Content> {
  return {
    ...Object.fromEntries(files.map(({ filename, bytes }) => [`${name}/${filename}`, bytes])),
    [`${name}/`]: s3pypiPage(...files.map((file) => s3pypiLink(file))),
  };
}

/** Plans an import and carries it out; nothing of it may be left in the spool. */
export async function importing(
  environment: Environment,
  source: ImportSource,
  wishes: Partial<ImportWishes> = {},
): Promise<ImportResult & { readonly plan: ImportPlan }> {
  const spool = new MemorySpool();
  const plan = await planImport(environment, source, { selections: undefined, ...wishes });
  const result = await runImport(environment, { source, spool }, plan);
  if (spool.held > 0) throw new Error(`${spool.held} files were not released`);
  return { ...result, plan };
}
