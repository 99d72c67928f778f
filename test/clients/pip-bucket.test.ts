import { join } from 'node:path';
import { expect, it } from 'vitest';
import { mapBounded } from '../../core/parallel.ts';
import { serveCommands } from '../cli/buckets.ts';
import { small, workplace } from '../cli/repositories.ts';
import { describePips, findPips, freshPath, installedIn, runPip, succeeded } from '../support/pips.ts';

const { newBucket } = serveCommands();

const VERSIONS = Array.from({ length: 30 }, (_, index) => `1.${index}`);

// One pip is enough: what it is given does not depend on which it is.
const newest = (await findPips()).at(-1);

describePips(newest === undefined ? [] : [newest], 'a bucket that 30 processes publish to at once', (pip) => {
  it('has each of the 30 releases to install', { timeout: 180_000 }, async () => {
    const { dist } = workplace(...small('foo', ...VERSIONS));
    const { run, start } = await newBucket();
    const endings = await Promise.all(
      VERSIONS.map((version) => run(['upload', join(dist, `foo-${version}-py3-none-any.whl`)])),
    );
    expect(endings.map(({ code }) => code)).toEqual(VERSIONS.map(() => 0));

    const [, index = ''] = await start(['serve', '--port', '0']).printed(/ at (http:\S+\/simple\/)/);
    const installed = await mapBounded(VERSIONS, 2, async (version) => {
      const target = freshPath();
      const from = ['--no-cache-dir', '--index-url', index];
      succeeded(
        await runPip(pip, ['install', ...from, '--no-compile', '--target', target, `foo==${version}`]),
      );
      return installedIn(target);
    });
    expect(installed).toEqual(VERSIONS.map((version) => [`foo-${version}`]));
  });
});
