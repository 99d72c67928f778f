import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer, request as ask } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, type TestContext } from 'vitest';
import { generateToken } from '../../core/access/token.ts';
import { wheelstore } from '../support/command.ts';
import { buildWheel } from '../support/distributions.ts';
import {
  describePips,
  findPips,
  freshPath,
  installedIn,
  isSince,
  run,
  runPip,
  type Pip,
} from '../support/pips.ts';
import { Published } from '../support/published.ts';

const TOKEN = generateToken();
const published = new Published(freshPath());
const pips = await findPips();

beforeAll(() => published.add(buildWheel({ name: 'thing', version: '1.0', tags: 'py2.py3-none-any' })));

/**
 * The repository behind a server that lets nobody in without the token, on a port of its own, until the
 * test is over. Of tests that run at the same time, only their contexts tell which one that is.
 */
async function privateIndex({ onTestFinished }: TestContext) {
  const served = await published.serve();
  const statuses: number[] = [];
  const server = createServer((request, response) => {
    const [, encoded = ''] = /^Basic (.+)$/.exec(request.headers.authorization ?? '') ?? [];
    if (Buffer.from(encoded, 'base64').toString().split(':')[1] !== TOKEN) {
      statuses.push(401);
      response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="test"' }).end();
      return;
    }
    const onward = ask(`${served.url}${request.url}`, { headers: request.headers }, (answer) => {
      statuses.push(answer.statusCode ?? 0);
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', (error) => response.destroy(error));
    onward.end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await served.finish();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/simple/`, statuses };
}

/** The home folder of a user for whom `client-config --write` has been run. */
async function homeWith(client: string, url: string, token = TOKEN): Promise<string> {
  const home = freshPath();
  const { code, stderr } = await wheelstore(['client-config', client, '--write', '--index-url', url], {
    env: {
      HOME: home,
      WHEELSTORE_TOKEN: token,
      XDG_CONFIG_HOME: undefined,
      VIRTUAL_ENV: undefined,
      NETRC: undefined,
      UV_CONFIG_FILE: undefined,
    },
  });
  expect(code, stderr).toBe(0);
  return home;
}

/** pip of a user who has said nothing else to it. */
function environmentOf(home: string): Record<string, string> {
  return { HOME: home, PIP_CONFIG_FILE: '' };
}

/** What is installed of `thing` in this environment. */
async function install(pip: Pip, env: Readonly<Record<string, string>>, words: readonly string[] = []) {
  const target = freshPath();
  const options = ['--no-deps', '--no-compile', '--no-cache-dir', '--retries', '0', '--target', target];
  const { output } = await runPip(pip, ['install', ...options, ...words, 'thing'], { env });
  return { installed: await installedIn(target), output };
}

describePips(process.platform === 'win32' ? [] : pips, 'What client-config writes', (pip) => {
  it.runIf(isSince(pip, '10'))('is what pip reads', async () => {
    const url = 'https://pypi.example.com/a%20b/simple/';
    const home = await homeWith('pip', url);
    const expected = `global.index-url='${url.replace('://', `://__token__:${TOKEN}@`)}'`;
    const byUser = await runPip(pip, ['config', 'list'], { env: environmentOf(home) });
    expect(byUser.output.split(/\r?\n/)).toContain(expected);
    const PIP_CONFIG_FILE = join(home, '.config', 'pip', 'pip.conf');
    const byName = await runPip(pip, ['config', 'list'], { env: { PIP_CONFIG_FILE } });
    expect(byName.output.split(/\r?\n/)).toContain(expected);
  });

  it('lets pip install from a private index by its pip.conf', async (context) => {
    const { url, statuses } = await privateIndex(context);
    const { installed, output } = await install(pip, environmentOf(await homeWith('pip', url)));
    expect(installed, output).toEqual(['thing-1.0']);
    expect(statuses).toContain(200);
    expect(output).not.toContain(TOKEN);
  });

  it('lets pip install from a private index by a netrc', async (context) => {
    const { url, statuses } = await privateIndex(context);
    const env = environmentOf(await homeWith('netrc', url));
    const { installed, output } = await install(pip, env, ['--index-url', url]);
    expect(installed, output).toEqual(['thing-1.0']);
    expect(statuses).toContain(200);
  });

  it('is needed: without it, or with another token, pip gets 401', async (context) => {
    const { url, statuses } = await privateIndex(context);
    const nobody = await install(pip, environmentOf(freshPath()), ['--index-url', url]);
    expect(nobody.installed).toEqual([]);
    const other = await install(pip, environmentOf(await homeWith('pip', url, generateToken())));
    expect(other.installed).toEqual([]);
    expect(new Set(statuses)).toEqual(new Set([401]));
  });
});

const hasUv = spawnSync('uv', ['--version']).status === 0;
const python = pips.findLast(({ pythonVersion }) => pythonVersion !== '2.7')?.python;
const canRunUv = hasUv && python !== undefined && process.platform !== 'win32';

describe('What client-config writes for uv', () => {
  const why = canRunUv ? '' : ' (skipped: needs uv and a Python)';
  it.skipIf(!canRunUv)(`lets it install from a private index${why}`, async (context) => {
    const { url, statuses } = await privateIndex(context);
    const target = freshPath();
    const words = ['pip', 'install', '--no-cache', '--python', python ?? '', '--target', target, 'thing'];
    const { output } = await run('uv', words, { env: { HOME: await homeWith('uv', url) } });
    expect(await installedIn(target), output).toEqual(['thing-1.0']);
    expect(statuses).toContain(200);
  });
});
