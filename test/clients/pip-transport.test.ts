import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Certificate, isCertificateMissing, makeCertificate } from '../support/certificate.ts';
import { buildWheel } from '../support/distributions.ts';
import { describePips, findPips, freshPath, installedIn, type Pip, runPip } from '../support/pips.ts';
import { Published } from '../support/published.ts';

const COMMAND = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

const release = (version: string) => buildWheel({ name: 'thing', version, tags: 'py2.py3-none-any' });
const published = new Published(freshPath());
const pips = await findPips();

/** Starts a program, and gives what `pattern` finds in a line that it prints. */
async function start(
  command: string,
  words: readonly string[],
  pattern: RegExp,
): Promise<{ readonly found: string; readonly child: ChildProcess }> {
  const child = spawn(command, words, { stdio: ['ignore', 'pipe', 'pipe'] });
  children.push(child);
  // Both are read to the end, or the program would wait for a reader.
  const lines = [child.stdout, child.stderr].map((input) => createInterface({ input }));
  const found = new Promise<string>((resolve, reject) => {
    for (const reader of lines) {
      reader.on('line', (line) => {
        const match = pattern.exec(line)?.[1];
        if (match !== undefined) resolve(match);
      });
    }
    child.once('error', reject);
    child.once('close', (status) => reject(new Error(`${command} ended with status ${status}`)));
  });
  return { found: await found, child };
}

const children: ChildProcess[] = [];

afterAll(async () => {
  for (const child of children) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill();
    await once(child, 'close');
  }
});

beforeAll(() => published.add(release('1.0'), release('1.0+local.1')));

async function install(pip: Pip, words: readonly string[]): Promise<string[]> {
  const target = freshPath();
  const options = ['--no-deps', '--no-compile', '--target', target];
  const { status, output } = await runPip(pip, ['install', ...options, ...words]);
  expect(status, output).toBe(0);
  return installedIn(target);
}

describe('The folder behind the http.server of Python', () => {
  const python = pips.findLast(({ pythonVersion }) => !pythonVersion.startsWith('2.'))?.python ?? '';
  const empty = new Published(freshPath());
  let elsewhere = '';

  beforeAll(async () => {
    if (python === '') return;
    const words = ['-u', '-m', 'http.server', '0', '--bind', '127.0.0.1', '--directory', published.folder];
    const { found } = await start(python, words, /^Serving HTTP on 127\.0\.0\.1 port (\d+)/);
    elsewhere = `http://127.0.0.1:${found}/simple/`;
  });

  describePips(python === '' ? [] : pips, 'Plain files', (pip) => {
    it('installs from it', async () => {
      const installed = await install(pip, [
        '--no-cache-dir',
        '--index-url',
        elsewhere,
        'Thing==1.0+local.1',
      ]);
      expect(installed).toEqual(['thing-1.0+local.1']);
    });

    it('installs from it where another index has nothing', async () => {
      const served = await empty.serve();
      const words = ['--index-url', served.index, '--extra-index-url', elsewhere, 'Thing===1.0'];
      expect(await install(pip, ['--no-cache-dir', ...words])).toEqual(['thing-1.0']);
      expect((await served.finish()).others).toEqual(['GET /simple/thing/ 404']);
    });
  });
});

/** By name: pip 24.2 on Python 3.13 speaks TLS with no host that is a number. */
function named(url: string): string {
  return url.replace('127.0.0.1', 'localhost');
}

const isSkipped = isCertificateMissing();

describe.skipIf(isSkipped)(isSkipped ? 'HTTPS (skipped: needs openssl)' : 'HTTPS', () => {
  let url = '';

  let certificate: Certificate;

  beforeAll(async () => {
    certificate = makeCertificate(freshPath());
    const { certPath, keyPath } = certificate;
    const words = ['serve', published.folder, '--port', '0', '--tls-cert', certPath, '--tls-key', keyPath];
    const { found } = await start(process.execPath, [COMMAND, ...words], /(https:\S+\/simple\/) \(Ctrl-C/);
    url = named(found);
  });

  describePips(pips, 'A certificate of its own', (pip) => {
    it('installs from the command "serve"', async () => {
      const words = [
        '--no-cache-dir',
        '--cert',
        certificate.certPath,
        '--index-url',
        url,
        'Thing==1.0+local.1',
      ];
      expect(await install(pip, words)).toEqual(['thing-1.0+local.1']);
    });

    it('does not trust it unasked', async () => {
      const target = freshPath();
      const options = ['--no-deps', '--no-cache-dir', '--retries', '0', '--target', target];
      const { status } = await runPip(pip, ['install', ...options, '--index-url', url, 'thing']);
      expect(status).not.toBe(0);
      expect(await installedIn(target)).toEqual([]);
    });

    // pip keeps what comes from a place that it trusts, which HTTP is not.
    it('finds a new release at once, whatever it has cached', async () => {
      const growing = new Published(freshPath());
      await growing.add(release('1.0'));
      const served = await growing.serve(certificate);
      const words = [
        '--cache-dir',
        freshPath(),
        '--cert',
        certificate.certPath,
        '--index-url',
        named(served.index),
        'thing',
      ];
      expect(await install(pip, words)).toEqual(['thing-1.0']);
      expect(await install(pip, words)).toEqual(['thing-1.0']);
      await growing.add(release('1.1'));
      expect(await install(pip, words)).toEqual(['thing-1.1']);
      const { pages, files, others } = await served.finish();
      // Asked for each time, sent when it was new; a wheel that is cached is not even asked for.
      expect(pages).toEqual(['thing', 'thing']);
      expect(others).toEqual(['GET /simple/thing/ 304']);
      expect(files).toEqual([release('1.0'), release('1.1')].map(({ filename }) => filename));
    });
  });
});
