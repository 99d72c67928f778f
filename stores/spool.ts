import { createHash, getHashes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import type { Spool, SpooledBytes } from '../core/import/spool.ts';
import { describeFailure } from './failures.ts';
import { localFile } from './local-file.ts';

/** What hashlib calls otherwise than OpenSSL. */
const ALIASES: Readonly<Record<string, string>> = { blake2b: 'blake2b512', blake2s: 'blake2s256' };

/** A spool in a folder of its own among the temporary files of this machine. */
export class FileSpool implements Spool {
  readonly #folder: string;
  /** Ctrl-C at the second time ends the process at once, and waits for nobody. */
  readonly #atExit: () => void;
  #count = 0;

  private constructor(folder: string) {
    this.#folder = folder;
    this.#atExit = () => rmSync(folder, { recursive: true, force: true });
    process.once('exit', this.#atExit);
  }

  /** @throws {WheelstoreError} `unwritable` */
  static async open(): Promise<FileSpool> {
    const parent = tmpdir();
    const folder = await mkdtemp(join(parent, 'wheelstore-import-')).catch((error: unknown) => {
      throw describeFailure(error, parent, 'write');
    });
    return new FileSpool(folder);
  }

  async keep(bytes: AsyncIterable<Uint8Array>, algorithms: readonly string[]): Promise<SpooledBytes> {
    const path = join(this.#folder, String(this.#count++));
    const release = (): Promise<void> => rm(path, { force: true });
    const hashes = hashesOf(algorithms);
    try {
      const file = await open(path, 'wx', 0o600).catch((error: unknown) => {
        throw describeFailure(error, path, 'write');
      });
      try {
        for await (const chunk of bytes) {
          for (const { hash } of hashes) hash.update(chunk);
          await file.writeFile(chunk).catch((error: unknown) => {
            throw describeFailure(error, path, 'write');
          });
        }
      } finally {
        await file.close();
      }
      return {
        source: await localFile(path),
        hashes: Object.fromEntries(hashes.map(({ name, hash }) => [name, hash.digest('hex')])),
        release,
      };
    } catch (error) {
      await release();
      throw error;
    }
  }

  /** Forgets everything. Idempotent. */
  async close(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
    process.off('exit', this.#atExit);
  }
}

function hashesOf(algorithms: readonly string[]) {
  const known = new Set(getHashes().map((name) => name.toLowerCase()));
  return [...new Set(algorithms)].flatMap((name) => {
    // In the spelling of OpenSSL: sha3_256 is sha3-256.
    const own = ALIASES[name] ?? name.replaceAll('_', '-');
    return known.has(own) ? [{ name, hash: createHash(own) }] : [];
  });
}
