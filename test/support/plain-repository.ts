import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { bytesInMemory } from '../../core/bytes.ts';
import { inspectDistribution } from '../../core/distribution.ts';
import { silentReporter } from '../../core/reporter.ts';
import { PlainFolder } from '../../stores/plain-folder.ts';
import { walk } from '../../stores/plain-folder/walk.ts';
import type { BuiltFile } from './distributions.ts';
import { serveStore, type Repository, type Served } from './published.ts';

/** A folder of plain files: what is published is copied there, one folder a project, and nothing else is done. */
export class PlainRepository implements Repository {
  readonly #folder: string;
  readonly #cache: string;

  /** @param folder need not exist */
  constructor(folder: string) {
    this.#folder = folder;
    this.#cache = `${folder}-checked.json`;
  }

  async add(...files: readonly BuiltFile[]): Promise<string[]> {
    const warnings: string[] = [];
    for (const { filename, bytes } of files) {
      // A plain folder has nobody to warn when a file is copied.
      const distribution = await inspectDistribution(filename, bytesInMemory(bytes));
      warnings.push(...distribution.warnings);
      const folder = join(this.#folder, distribution.project);
      await mkdir(folder, { recursive: true });
      await writeFile(join(folder, filename), bytes);
    }
    return warnings;
  }

  async addPaths(...paths: readonly string[]): Promise<string[]> {
    const files = paths.map(async (path) => ({ filename: basename(path), bytes: await readFile(path) }));
    return this.add(...(await Promise.all(files)));
  }

  async upload(...paths: readonly string[]): Promise<void> {
    await mkdir(this.#folder, { recursive: true });
    for (const path of paths) await copyFile(path, join(this.#folder, basename(path)));
  }

  async yank(): Promise<void> {
    throw new Error('Nothing is yanked in a plain folder');
  }

  async serve(): Promise<Served> {
    await mkdir(this.#folder, { recursive: true });
    const store = await PlainFolder.open(this.#folder, await walk(this.#folder), {
      reporter: silentReporter,
      jobs: 2,
      cache: { file: this.#cache, version: 'tests', root: this.#folder },
    });
    const served = await serveStore(store);
    return {
      ...served,
      finish: async () => {
        const requests = await served.finish();
        await store.close();
        return requests;
      },
    };
  }
}
