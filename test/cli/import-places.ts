import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'vitest';
import { DirectoryStore } from '../../stores/directory.ts';
import { wheelstore, type Ending } from '../support/command.ts';
import type { BuiltFile } from '../support/distributions.ts';
import { inconsistencies } from '../support/repository-check.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { checkEveryLink, filesOnPage, projectsOnList, snapshotOf } from './repositories.ts';

/** A folder to import from, and what commands of a person have besides it. */
export class Place {
  readonly folder = temporaryFolder();
  readonly source = join(this.folder, 'old');
  readonly store = join(this.folder, 'packages');
  readonly state = join(this.folder, 'state');
  readonly spools = join(this.folder, 'tmp');

  constructor(files: Readonly<Record<string, string | Uint8Array>>) {
    mkdirSync(this.spools);
    this.put(files);
  }

  put(files: Readonly<Record<string, string | Uint8Array>>): void {
    for (const [path, content] of Object.entries(files)) {
      const target = join(this.source, path.endsWith('/') ? `${path}index.html` : path);
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(target, content);
    }
  }

  options(nodeOptions: readonly string[] = []) {
    return { cwd: this.folder, env: { XDG_STATE_HOME: this.state, TMPDIR: this.spools }, nodeOptions };
  }

  run(...words: readonly string[]): Promise<Ending> {
    return runIn(this, words);
  }

  /** What interrupted imports are remembered by. */
  journals(): string[] {
    const folder = join(this.state, 'wheelstore/imports');
    return existsSync(folder) ? readdirSync(folder) : [];
  }

  sources(): string[] {
    return Object.entries(snapshotOf(this.source) ?? {})
      .filter(([, hash]) => hash !== 'folder')
      .map(([path]) => path)
      .sort();
  }
}

async function runIn(place: Place, words: readonly string[]): Promise<Ending> {
  const ending = await wheelstore(['import', ...words], place.options());
  expect(readdirSync(place.spools)).toEqual([]);
  return ending;
}

/** These projects with these files are what is in a repository, and all of it is as it must be. */
export async function expectWhole(
  store: string,
  projects: Readonly<Record<string, readonly string[]>>,
): Promise<void> {
  expect(projectsOnList(store)).toEqual(Object.keys(projects));
  for (const [name, files] of Object.entries(projects)) expect(filesOnPage(store, name)).toEqual(files);
  checkEveryLink(store);
  expect(await inconsistencies(new DirectoryStore(store))).toEqual([]);
}

/** All files in one folder. */
export const flat = (...files: readonly BuiltFile[]) =>
  Object.fromEntries(files.map(({ filename, bytes }) => [filename, bytes]));
/** Files in the folders of their projects. */
export const nested = (...files: readonly BuiltFile[]) =>
  Object.fromEntries(files.map(({ filename, bytes }) => [`${filename.split('-')[0]}/${filename}`, bytes]));
