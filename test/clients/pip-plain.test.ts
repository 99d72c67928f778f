import { expect, it } from 'vitest';
import { startWheelstore } from '../support/command.ts';
import { describePips, findPips, freshPath, installedIn, isSince, runPip } from '../support/pips.ts';
import { small, workplace } from '../cli/repositories.ts';
import { choosesReleases } from './suites/choices.ts';
import { runsCommands } from './suites/commands.ts';
import { installsRealPackages } from './suites/packages.ts';
import { countsRequests } from './suites/requests.ts';
import { PLAIN_FOLDER } from './transports.ts';

const pips = await findPips();

/** pip since then asks for JSON (PEP 691). */
const withJson = pips.filter((pip) => isSince(pip, '22.2'));
/** Between them, they speak all that others do; every pip is asked of a repository. */
const outermost = [...new Set([...pips.slice(0, 1), ...withJson.slice(0, 1), ...withJson.slice(-1)])];

choosesReleases(outermost, PLAIN_FOLDER);
runsCommands(outermost, PLAIN_FOLDER);
countsRequests(outermost, PLAIN_FOLDER);
installsRealPackages(outermost, PLAIN_FOLDER);

describePips(outermost.slice(-1), 'A folder that "serve" serves as it is', (pip) => {
  it('has releases to install', async () => {
    const { dist } = workplace(...small('foo', '1.0', '1.1'));
    const caches = freshPath();
    const server = startWheelstore(['serve', dist, '--port', '0'], {
      env: { XDG_CACHE_HOME: caches, LOCALAPPDATA: caches },
    });
    const [, index = ''] = await server.printed(/^Serving plain folder .* at (http:\S+\/simple\/)/m);
    const target = freshPath();
    const words = ['install', '--no-cache-dir', '--no-compile', '--target', target, '--index-url', index];
    const { output } = await runPip(pip, [...words, 'foo']);
    expect(await installedIn(target), output).toEqual(['foo-1.1']);
  });
});
