import { beforeAll, describe, expect, it } from 'vitest';
import { isCertificateMissing } from '../support/certificate.ts';
import { buildWheel } from '../support/distributions.ts';
import {
  describePips,
  findPips,
  freshPath,
  installedIn,
  isSince,
  type Pip,
  type Run,
  runPip,
} from '../support/pips.ts';
import { Published } from '../support/published.ts';
import { choosesReleases } from './suites/choices.ts';
import { runsCommands } from './suites/commands.ts';
import { installsRealPackages } from './suites/packages.ts';
import { countsRequests } from './suites/requests.ts';
import { distribution } from './transports.ts';

const pips = await findPips();

/** pip since then asks for JSON (PEP 691). */
const withJson = pips.filter((pip) => isSince(pip, '22.2'));
/** Between them, they speak all that others do; every pip is asked over plain HTTP. */
const outermost = [...new Set([...withJson.slice(0, 1), ...withJson.slice(-1)])];

const release = (version: string) => buildWheel({ name: 'thing', version, tags: 'py2.py3-none-any' });

interface Outcome extends Run {
  readonly installed: readonly string[];
}

async function install(pip: Pip, words: readonly string[]): Promise<Outcome> {
  const target = freshPath();
  const options = ['--no-deps', '--no-compile', '--target', target];
  const result = await runPip(pip, ['install', ...options, ...words]);
  return { ...result, installed: await installedIn(target) };
}

const isSkipped = isCertificateMissing();
const ending = isSkipped ? ' (skipped: needs openssl)' : '';

describe.skipIf(isSkipped)(`A bucket behind CloudFront${ending}`, () => {
  const transport = distribution();
  const published = transport.newRepository();

  beforeAll(() => published.add(release('1.0'), release('1.0+local.1')));

  describePips(pips, 'The index of every pip', (pip) => {
    it('is what --index-url names', async () => {
      const served = await published.serve();
      const words = [...served.trust, '--index-url', served.index, 'Thing==1.0+local.1'];
      const { installed, output } = await install(pip, ['--no-cache-dir', ...words]);
      const { pages, files, others } = await served.finish();
      expect(installed, output).toEqual(['thing-1.0+local.1']);
      expect({ pages, files, others }).toEqual({
        pages: ['thing'],
        files: [release('1.0+local.1').filename],
        others: [],
      });
    });

    it('is what --extra-index-url names, where another index has nothing', async () => {
      const elsewhere = await new Published(freshPath()).serve();
      const served = await published.serve();
      const indexes = ['--index-url', elsewhere.index, '--extra-index-url', served.index];
      const words = [...served.trust, ...indexes, 'Thing===1.0'];
      const { installed, output } = await install(pip, ['--no-cache-dir', ...words]);
      expect((await served.finish()).pages, output).toEqual(['thing']);
      expect((await elsewhere.finish()).others).toEqual(['GET /simple/thing/ 404']);
      expect(installed).toEqual(['thing-1.0']);
    });
  });

  describePips(outermost, 'The cache of pip', (pip) => {
    it('hides no release that is new', async () => {
      const growing = transport.newRepository();
      await growing.add(release('1.0'));
      const served = await growing.serve();
      const from = ['--cache-dir', freshPath(), ...served.trust, '--index-url', served.index];
      const installed = [];
      for (const version of ['1.0', '1.0', '1.1']) {
        if (version === '1.1') await growing.add(release(version));
        installed.push(...(await install(pip, [...from, 'thing'])).installed);
      }
      expect(installed).toEqual(['thing-1.0', 'thing-1.0', 'thing-1.1']);
      const { pages, files, others } = await served.finish();
      // Asked for each time, sent when it was new; a wheel that is cached is not even asked for.
      expect(pages).toEqual(['thing', 'thing']);
      expect(others).toEqual(['GET /simple/thing/ 304']);
      expect(files).toEqual([release('1.0'), release('1.1')].map(({ filename }) => filename));
    });
  });

  describePips(outermost, 'Its certificate', (pip) => {
    it('is not trusted unasked', async () => {
      const served = await published.serve();
      const words = ['--no-cache-dir', '--retries', '0', '--index-url', served.index, 'thing'];
      const { status, installed } = await install(pip, words);
      expect([status === 0, installed]).toEqual([false, []]);
      expect((await served.finish()).pages).toEqual([]);
    });
  });

  describe('with the newest pip, and the oldest that reads JSON', () => {
    choosesReleases(outermost, transport);
    runsCommands(outermost, transport);
    countsRequests(outermost, transport);
    installsRealPackages(outermost, transport);
  });
});
