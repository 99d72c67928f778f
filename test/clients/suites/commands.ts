import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { buildSdist, buildWheel } from '../../support/distributions.ts';
import {
  describePips,
  freshPath,
  installedIn,
  isSince,
  nameSince,
  type Pip,
  runPip,
} from '../../support/pips.ts';
import type { Repository, Requests } from '../../support/published.ts';
import type { Transport } from '../transports.ts';

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

const wheels = ['1.0', '1.0+local.1', '1!2.0'].map((version) =>
  buildWheel({ name: 'thing', version, tags: 'py2.py3-none-any' }),
);
const sdist = buildSdist({ name: 'thing', version: '0.9' });
const hashes = wheels.map(({ bytes }) => sha256(bytes));

interface Outcome {
  readonly status: number;
  readonly output: string;
  readonly requests: Requests;
}

/** Runs pip with the index at `path` of a server. */
async function askOf(
  published: Repository,
  pip: Pip,
  words: readonly string[],
  path = '/simple/',
): Promise<Outcome> {
  const served = await published.serve();
  const [command = '', ...rest] = words;
  // "pip index versions" is one command of two words.
  const from = ['--no-cache-dir', ...served.trust, '--index-url', `${served.url}${path}`];
  const result = await runPip(pip, [command, ...rest, ...from]);
  return { ...result, requests: await served.finish() };
}

/** What the commands of pip make of an index. */
export function runsCommands(pips: readonly Pip[], { through, newRepository }: Transport): void {
  const published = newRepository();

  const ask = (pip: Pip, words: readonly string[], path?: string) => askOf(published, pip, words, path);

  async function installWithHashes(pip: Pip, line: string): Promise<Outcome & { installed: string[] }> {
    const requirements = freshPath();
    await writeFile(requirements, `${line}\n`);
    const target = freshPath();
    const words = ['--no-compile', '--target', target, '--require-hashes', '--requirement', requirements];
    const outcome = await ask(pip, ['install', ...words]);
    return { ...outcome, installed: await installedIn(target) };
  }

  beforeAll(() => published.add(...wheels, sdist));

  describePips(pips, `The commands${through}`, (pip) => {
    it('downloads a wheel as it was published', async () => {
      const folder = freshPath();
      const { output } = await ask(pip, ['download', '--no-deps', '--dest', folder, 'thing==1.0+local.1']);
      expect(await readdir(folder), output).toEqual(['thing-1.0+local.1-py2.py3-none-any.whl']);
      expect(sha256(await readFile(join(folder, 'thing-1.0+local.1-py2.py3-none-any.whl')))).toBe(hashes[1]);
    });

    it('downloads the newest release by default', async () => {
      const folder = freshPath();
      const { output } = await ask(pip, ['download', '--no-deps', '--dest', folder, 'Thing']);
      expect(await readdir(folder), output).toEqual(['thing-1!2.0-py2.py3-none-any.whl']);
    });

    it.runIf(isSince(pip, '21.2'))(nameSince(pip, '21.2', 'lists the versions of a project'), async () => {
      const { output } = await ask(pip, ['index', 'versions', 'THING']);
      expect(output).toMatch(/^thing \(1!2\.0\)/im);
      expect(output).toMatch(/^Available versions: 1!2\.0, 1\.0\+local\.1, 1\.0, 0\.9\s*$/m);
    });

    it('installs a file that has the required hash', async () => {
      const { installed, output } = await installWithHashes(pip, `thing==1!2.0 --hash=sha256:${hashes[2]}`);
      expect(installed, output).toEqual(['thing-1!2.0']);
    });

    it.runIf(isSince(pip, '19.2'))(
      nameSince(pip, '19.2', 'chooses the file that has the required hash'),
      async () => {
        // Both 1.0 and 1.0+local.1 are 1.0.
        const { installed, output } = await installWithHashes(pip, `thing==1.0 --hash=sha256:${hashes[0]}`);
        expect(installed, output).toEqual(['thing-1.0']);
      },
    );

    it('refuses a file that has another hash', async () => {
      const { installed, output, status } = await installWithHashes(
        pip,
        `thing==1!2.0 --hash=sha256:${sha256(sdist.bytes)}`,
      );
      expect([installed, status], output).toEqual([[], 1]);
      expect(output).toContain('DO NOT MATCH THE HASHES');
    });

    it('installs by the old layout, which had projects at the root', async () => {
      const target = freshPath();
      const words = ['install', '--no-compile', '--target', target, '--no-deps', 'Thing==1.0+local.1'];
      const { output, requests } = await ask(pip, words, '/');
      expect(await installedIn(target), output).toEqual(['thing-1.0+local.1']);
      expect(requests.pages).toEqual(['thing']);
      expect(requests.others).toEqual(['GET /thing/ 301']);
    });
  });
}
