import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { DirectoryStore } from '../../stores/directory.ts';
import { startWheelstore, wheelstore, type Ending, type RunningProcess } from '../support/command.ts';
import { inconsistencies } from '../support/repository-check.ts';
import { temporaryFolder } from '../support/temporary.ts';

type Variables = Readonly<Record<string, string | undefined>>;

/** A repository to import to, and somebody with a home of their own who does it. */
export class Importer {
  readonly home = temporaryFolder();
  readonly store: string = join(temporaryFolder(), 'packages');

  #environment(more: Variables = {}): Variables {
    return { HOME: this.home, XDG_STATE_HOME: join(this.home, 'state'), NETRC: undefined, ...more };
  }

  /** `wheelstore import` with these words. */
  import(words: readonly string[], env?: Variables): Promise<Ending> {
    return wheelstore(['import', ...words, '--to', this.store], { env: this.#environment(env) });
  }

  start(words: readonly string[]): RunningProcess {
    return startWheelstore(['import', ...words, '--to', this.store], { env: this.#environment() });
  }

  /** Any other command about this repository. */
  run(...words: readonly string[]): Promise<Ending> {
    return wheelstore([...words, '--store', this.store]);
  }

  /** The record of a project as it is stored. */
  record(project: string): string {
    return recordIn(this.store, project);
  }

  /** Every filename that is published, in order. */
  filenames(): string[] {
    const paths = readdirSync(join(this.store, 'files'), { recursive: true, withFileTypes: true });
    const names = paths.filter((entry) => entry.isFile()).map(({ name }) => name);
    return names.filter((name) => !/\.(?:metadata|provenance)$/.test(name)).sort();
  }
}

/** Nothing in the repository is other than it must be. */
export async function expectSound(importer: Importer): Promise<void> {
  expect(await inconsistencies(new DirectoryStore(importer.store))).toEqual([]);
  expect(await importer.run('verify', '--deep')).toMatchObject({ code: 0 });
}

export function recordIn(store: string, project: string): string {
  return readFileSync(join(store, 'records/default', `${project}.json`), 'utf8');
}
