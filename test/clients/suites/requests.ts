import { beforeAll, expect, it } from 'vitest';
import { buildWheel } from '../../support/distributions.ts';
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

const TAGS = 'py2.py3-none-any';
const wheel = (name: string, version: string, requiresDist: readonly string[] = []) =>
  buildWheel({ name, version, requiresDist, tags: TAGS });
const wheelName = (release: string): string => `${release}-${TAGS}.whl`;

/** pip since then reads `.metadata` from what these pages say (PEP 714). */
const METADATA = '23.2';
/** pip since then has a resolver that goes back. */
const RESOLVER = '20.3';
/** pip since then downloads no wheels for `--dry-run`. */
const DRY_RUN = '25.3';
/** pip since then asks for JSON (PEP 691). */
const JSON_PAGES = '22.2';

/** What `top` comes to. */
const RELEASES = ['bottom-1.0', 'middle-1.5', 'top-1.0'];

function publishAll(published: Repository): Promise<string[]> {
  return published.add(
    wheel('top', '1.0', ['middle>=1']),
    wheel('middle', '1.0', ['bottom']),
    wheel('middle', '1.5', ['bottom>=1']),
    wheel('bottom', '1.0'),
    wheel('picky', '1.0', ['base<2']),
    wheel('greedy', '1.0', ['base<2']),
    ...['2.0', '3.0', '4.0'].map((version) => wheel('greedy', version, ['base>=2'])),
    ...['1.0', '2.0'].map((version) => wheel('base', version)),
  );
}

async function askOf(
  published: Repository,
  pip: Pip,
  words: readonly string[],
): Promise<{ output: string; requests: Requests; installed: readonly string[] }> {
  const served = await published.serve();
  const target = freshPath();
  const [command = '', ...rest] = words;
  const options = command === 'install' ? ['--no-compile', '--target', target] : ['--dest', target];
  const from = ['--no-cache-dir', ...served.trust, '--index-url', served.index];
  const { status, output } = await runPip(pip, [command, ...from, ...options, ...rest]);
  const requests = await served.finish();
  expect(status, output).toBe(0);
  return { output, requests, installed: await installedIn(target) };
}

/** What pip asks a server for. */
export function countsRequests(pips: readonly Pip[], { through, newRepository }: Transport): void {
  const published = newRepository();
  const ask = (pip: Pip, words: readonly string[]) => askOf(published, pip, words);

  beforeAll(async () => {
    await publishAll(published);
  });

  describePips(pips, `Requests${through}`, (pip) => {
    const readsMetadata = isSince(pip, METADATA);

    it('installs a chain of dependencies, asking for each thing once', async () => {
      const { requests, installed } = await ask(pip, ['install', 'top']);
      expect(installed).toEqual(RELEASES);
      const { pages, metadata, files, others } = requests;
      expect({ pages, metadata, files, others }).toEqual({
        pages: ['bottom', 'middle', 'top'],
        metadata: readsMetadata ? RELEASES.map(wheelName) : [],
        files: RELEASES.map(wheelName),
        others: [],
      });
    });

    it.runIf(isSince(pip, METADATA))(
      nameSince(pip, METADATA, 'resolves all dependencies before it downloads a wheel'),
      async () => {
        const { requests } = await ask(pip, ['download', 'top']);
        const kinds = requests.objects.map((key) => key.slice(key.lastIndexOf('.')));
        expect(kinds.lastIndexOf('.metadata')).toBeLessThan(kinds.indexOf('.whl'));
        expect(requests.files).toEqual(RELEASES.map(wheelName));
      },
    );

    it.runIf(isSince(pip, DRY_RUN))(
      nameSince(pip, DRY_RUN, 'resolves dependencies without downloading a wheel'),
      async () => {
        const { requests } = await ask(pip, ['install', '--dry-run', 'top']);
        expect(requests.metadata).toEqual(RELEASES.map(wheelName));
        expect(requests.files).toEqual([]);
      },
    );

    it.runIf(isSince(pip, RESOLVER))(
      nameSince(pip, RESOLVER, 'goes back to a release that fits'),
      async () => {
        const { requests, installed } = await ask(pip, ['install', 'picky', 'greedy']);
        expect(installed).toEqual(['base-1.0', 'greedy-1.0', 'picky-1.0']);
        expect(requests.pages).toEqual(['base', 'greedy', 'picky']);
        expect(requests.others).toEqual([]);
        if (readsMetadata) expect(requests.files).toEqual(installed.map(wheelName));
        expect(new Set(requests.metadata).size).toBe(requests.metadata.length);
      },
    );

    it('reads the pages in the form that it knows best', async () => {
      const { requests } = await ask(pip, ['download', 'bottom']);
      const page = isSince(pip, JSON_PAGES) ? 'simple/bottom/index.json.gz' : 'simple/bottom/index.html';
      expect(requests.objects[0]).toBe(page);
    });
  });
}
