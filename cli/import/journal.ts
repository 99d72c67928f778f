import { createHash } from 'node:crypto';
import { appendFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import process from 'node:process';
import { isNormalizedName, type NormalizedName } from '../../core/names.ts';
import { describeFailure, unlessAbsent } from '../../stores/failures.ts';

/** What is remembered on this machine of an import that was not finished. */
export class Journal {
  readonly #path: string;

  /** @param words what is imported, from where to where: only the same one goes on where it was */
  constructor(words: readonly string[]) {
    const name = createHash('sha256').update(words.join('\0')).digest('hex').slice(0, 16);
    this.#path = join(stateFolder(), 'imports', name);
  }

  /** Projects of which nothing is left to be done. */
  async read(): Promise<ReadonlySet<NormalizedName>> {
    const text = await unlessAbsent(readFile(this.#path, 'utf8')).catch((error: unknown) => {
      throw describeFailure(error, this.#path, 'read');
    });
    // A line that was being written when the machine stopped is none.
    const lines = (text ?? '').split('\n').slice(0, -1);
    return new Set(lines.filter(isNormalizedName));
  }

  /** Keeps `done`, and forgets all else. */
  async begin(done: ReadonlySet<NormalizedName> = new Set()): Promise<void> {
    const lines = [...done].map((project) => `${project}\n`);
    await this.#writing(async () => {
      await mkdir(dirname(this.#path), { recursive: true, mode: 0o700 });
      await writeFile(this.#path, lines.join(''), { mode: 0o600 });
    });
  }

  async note(project: NormalizedName): Promise<void> {
    await this.#writing(() => appendFile(this.#path, `${project}\n`, { mode: 0o600 }));
  }

  async end(): Promise<void> {
    await this.#writing(() => rm(this.#path, { force: true }));
  }

  async #writing(write: () => Promise<void>): Promise<void> {
    await write().catch((error: unknown) => {
      throw describeFailure(error, this.#path, 'write');
    });
  }
}

/**
 * Where programs keep what should outlive a restart and is no setting. XDG Base Directory Specification: a
 * relative path is to be ignored.
 */
function stateFolder(): string {
  const { XDG_STATE_HOME: xdg = '', LOCALAPPDATA: local = '' } = process.env;
  if (process.platform === 'win32' && isAbsolute(local)) return join(local, 'wheelstore');
  return join(isAbsolute(xdg) ? xdg : join(homedir(), '.local', 'state'), 'wheelstore');
}
