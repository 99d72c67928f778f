import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hashSync } from 'bcryptjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { StoredGrants } from '../../core/access/stored-grants.ts';
import { generateToken } from '../../core/access/token.ts';
import { createToken, revokeToken } from '../../core/access/tokens.ts';
import { DirectoryStore } from '../../stores/directory.ts';
import { type RunningProcess, startWheelstore, wheelstore } from '../support/command.ts';
import { Published } from '../support/published.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { expectRefusal } from './outcomes.ts';
import { publishedWorkplace, small, type Workplace, workplaceIn } from './repositories.ts';

const place = workplaceIn(temporaryFolder(afterAll), small('foo', '1.0'));
const users = join(place.folder, 'users');
const SECRET = 'correct:horse';
let token = '';

function environment({ store }: Workplace) {
  const grants = new StoredGrants(new DirectoryStore(store));
  return { grants, now: () => new Date(), wait: () => Promise.resolve(), random: () => 0.5 };
}

beforeAll(async () => {
  await new Published(place.store).add(...small('foo', '1.0'));
  ({ token } = await createToken(environment(place), { name: 'ci' }));
  writeFileSync(users, `anna:${hashSync(SECRET, 4)}\n`);
});

/** Serves a repository on a free port. */
async function serve(at: Workplace, ...words: readonly string[]) {
  const server = startWheelstore(['serve', at.store, '--port', '0', ...words]);
  const [, url = ''] = await server.printed(/Serving .* at (https?:\/\/\S+)\/simple\/ \(Ctrl-C stops\)\n/);
  const [, install = ''] = await server.printed(/Install: {2}(.*)\n/);
  return { url, server, install };
}

/** Stops it, and gives all that it has printed. */
async function printedBy({ child, ended }: RunningProcess): Promise<string> {
  child.kill('SIGINT');
  const { code, stdout, stderr } = await ended;
  expect(code).toBe(0);
  return `${stdout}\n${stderr}`;
}

async function statusOf(url: string, user?: string, password?: string, method = 'GET'): Promise<number> {
  const login = Buffer.from(`${user}:${password}`).toString('base64');
  const headers = new Headers(user === undefined ? [] : [['authorization', `Basic ${login}`]]);
  const response = await fetch(url, { method, headers, redirect: 'manual' });
  await response.arrayBuffer();
  return response.status;
}

describe('serve --access private', () => {
  it('lets in who has a token, and nobody else', async () => {
    const { url, server, install } = await serve(place, '--access', 'private');
    expect(install).toBe(
      `pip install --index-url ${url.replace('http://', 'http://__token__:TOKEN@')}/simple/ NAME`,
    );
    const page = `${url}/simple/foo/`;
    expect(await statusOf(page)).toBe(401);
    expect(await statusOf(page, '__token__', generateToken())).toBe(401);
    expect(await statusOf(page, 'anna', SECRET)).toBe(401);
    expect(await statusOf(page, '__token__', token)).toBe(200);
    expect(await statusOf(page, 'anyone', token, 'HEAD')).toBe(200);
    expect(await statusOf(`${url}/Foo/`)).toBe(301);
    expect(await statusOf(url, undefined, undefined, 'POST')).toBe(401);
    expect(await statusOf(url, '__token__', token, 'POST')).toBe(405);
    const printed = await printedBy(server);
    expect(printed).toMatch(/ GET \/simple\/foo\/ 200 \d+ \d+\.\dms as token ci\n/);
    expect(printed).not.toMatch(/note:|warning:|wst_/);
  });

  it('ends a token that is revoked meanwhile with the next request', async () => {
    const at = await publishedWorkplace(...small('foo', '1.0'));
    const { url } = await serve(at, '--access', 'private');
    const first = await createToken(environment(at), { name: 'first' });
    const second = await createToken(environment(at), { name: 'second', projects: ['bar'] });
    const page = `${url}/simple/foo/`;
    expect(await statusOf(page, 'a', first.token)).toBe(200);
    expect(await statusOf(page, 'a', second.token)).toBe(404);
    expect(await statusOf(`${url}/simple/`, 'a', second.token)).toBe(403);
    await revokeToken(environment(at), 'first');
    expect(await statusOf(page, 'a', first.token)).toBe(401);
    expect(await statusOf(page, 'a', second.token)).toBe(404);
  });

  it('says how to make a token where there is none', async () => {
    const at = await publishedWorkplace(...small('foo', '1.0'));
    const { server, url } = await serve(at, '--access', 'private');
    expect(await statusOf(url)).toBe(302);
    expect(await printedBy(server)).toContain(
      `note: There is no token yet, so nobody is let in. Make one: wheelstore token create NAME --store ${at.store}\n`,
    );
  });

  it('does not start with tokens that are damaged', async () => {
    const at = await publishedWorkplace(...small('foo', '1.0'));
    writeFileSync(join(at.store, 'tokens.json'), '{"format":1,"tokens":[{"name":"wst_secret"}]}');
    const ending = await wheelstore(['serve', at.store, '--port', '0', '--access', 'private']);
    expectRefusal(ending, 1, 'tokens.json is damaged');
    expect(ending.stderr).not.toContain('wst_secret');
  });

  it('says while it runs that tokens are damaged, to its own person alone', async () => {
    const at = await publishedWorkplace(...small('foo', '1.0'));
    writeFileSync(join(at.store, 'tokens.json'), '{"format":1,"tokens":[]}');
    const { server, url } = await serve(at, '--access', 'private');
    writeFileSync(join(at.store, 'tokens.json'), '{');
    expect(await statusOf(`${url}/simple/`, 'a', generateToken())).toBe(503);
    await server.printed(/^error: tokens\.json is damaged: it is not JSON\n/m);
  });

  it('warns where secrets go over a network readably', async () => {
    const { server, install } = await serve(place, '--access', 'private', '--host', '0.0.0.0');
    expect(install).toContain('http://__token__:TOKEN@');
    expect(await printedBy(server)).toMatch(/^warning: Tokens and passwords .*--tls-cert/m);
  });

  it.each([['127.0.0.1'], ['localhost']])(
    'does not warn where they stay on the machine: %s',
    async (host) => {
      const { server } = await serve(place, '--access', 'private', '--host', host);
      expect(await printedBy(server)).not.toContain('warning:');
    },
  );

  it('shows no secret that is in an address', async () => {
    const { server, url } = await serve(place, '--access', 'private');
    await statusOf(`${url}/${token}/simple/?token=${token}`);
    await statusOf(`${url}/simple/?authorization=Basic%20x&u=https://anna:hunter2@example.com/`);
    const printed = await printedBy(server);
    expect(printed).toContain(' GET /wst_***/simple/?token=wst_*** 401 ');
    expect(printed).not.toContain('hunter2');
    expect(printed).not.toContain(token.slice(0, 12));
  });
});

describe('serve --htpasswd', () => {
  it('is private, and lets in its users and who has a token', async () => {
    const { url, server, install } = await serve(place, '--htpasswd', users);
    expect(install).toContain('__token__:TOKEN@');
    const page = `${url}/simple/foo/`;
    expect(await statusOf(page)).toBe(401);
    expect(await statusOf(page, 'anna', SECRET)).toBe(200);
    expect(await statusOf(page, 'anna', 'hunter2')).toBe(401);
    expect(await statusOf(page, 'anna', token)).toBe(200);
    const printed = await printedBy(server);
    expect(printed).toContain('note: --htpasswd makes the index private');
    expect(printed).toContain('as user anna\n');
    expect(printed).not.toMatch(/hunter2|correct|\$2|There is no token/);
  });

  it('shows how its users install where there are no tokens', async () => {
    const at = await publishedWorkplace(...small('foo', '1.0'));
    const { install, server } = await serve(at, '--access', 'private', '--htpasswd', users);
    expect(install).toContain('http://USER:PASSWORD@127.0.0.1');
    expect(await printedBy(server)).not.toMatch(/note:|warning:/);
  });

  it('takes users in and out while it runs, and lets nobody in without the file', async () => {
    const path = join(temporaryFolder(), 'users');
    writeFileSync(path, `anna:${hashSync(SECRET, 4)}\n`);
    const { url, server } = await serve(place, '--htpasswd', path);
    expect(await statusOf(`${url}/simple/`, 'anna', SECRET)).toBe(200);
    writeFileSync(path, `beth:${hashSync('other', 4)}\n`);
    expect(await statusOf(`${url}/simple/`, 'anna', SECRET)).toBe(401);
    expect(await statusOf(`${url}/simple/`, 'beth', 'other')).toBe(200);
    rmSync(path);
    expect(await statusOf(`${url}/simple/`, 'beth', 'other')).toBe(503);
    expect(await statusOf(`${url}/simple/`, '__token__', token)).toBe(200);
    await server.printed(/^error: Cannot read ".*users" \(ENOENT\)\n/m);
  });

  it('warns once of passwords that are kept as {SHA}', async () => {
    const path = join(temporaryFolder(), 'users');
    const weak = '{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=';
    writeFileSync(path, `anna:${weak}\nbeth:${hashSync('x', 4)}\ncora:${weak}\n`);
    const { url, server } = await serve(place, '--access', 'private', '--htpasswd', path);
    expect(await statusOf(`${url}/simple/`, 'cora', 'secret')).toBe(200);
    const printed = await printedBy(server);
    expect(printed.match(/warning:.*/g)).toHaveLength(1);
    expect(printed).toMatch(/^warning: .* keeps the passwords of "anna", "cora" as \{SHA\}.*htpasswd -B/m);
    expect(printed).not.toContain(weak.slice(5));
  });

  it.each([
    ['is not there', undefined, 'Cannot read'],
    ['names no user', '# nobody\n', 'names no user'],
    [
      'has other hashes',
      'anna:$apr1$x$topsecret\n',
      'line 1: the password of "anna" is kept as MD5 ($apr1$)',
    ],
    [
      'has a user twice',
      `anna:${'{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ='}\nanna:topsecret\n`,
      'line 2: "anna" is in line 1',
    ],
  ])('does not start with a file that %s', async (_what, text, message) => {
    const path = join(temporaryFolder(), 'users');
    if (text !== undefined) writeFileSync(path, text);
    const ending = await wheelstore(['serve', place.store, '--port', '0', '--htpasswd', path]);
    expectRefusal({ ...ending, stderr: ending.stderr.replace(/^note: .*\n/, '') }, 1, message, path);
    expect(ending.stderr).not.toContain('topsecret');
  });
});

describe('serve --authenticate', () => {
  it('takes the words of pypiserver', async () => {
    const { url, install } = await serve(place, '--htpasswd', users, '--authenticate', 'Update, download');
    expect(install).toContain('TOKEN@');
    const page = await (await fetch(`${url}/simple/foo/`)).text();
    const [, file = ''] = /href="\.\.\/\.\.\/(files\/[^"#]+)/.exec(page) ?? [];
    expect(await statusOf(`${url}/${file}`)).toBe(401);
    expect(await statusOf(`${url}/${file}`, 'anna', SECRET)).toBe(200);
    expect(await statusOf(url, undefined, undefined, 'POST')).toBe(401);
    expect(await statusOf(url, 'anna', SECRET, 'POST')).toBe(405);
  });

  it('says so where everyone can still read everything', async () => {
    const { url, server, install } = await serve(place, '--access', 'private', '--authenticate', 'update');
    expect(install).toBe(`pip install --index-url ${url}/simple/ NAME`);
    expect(await statusOf(`${url}/simple/`)).toBe(200);
    expect(await printedBy(server)).toContain('note: --authenticate names neither list nor download');
  });
});

describe('serve without --access', () => {
  it('serves everyone, and says so to whom tokens were made for', async () => {
    const { url, server, install } = await serve(place);
    expect(await statusOf(`${url}/simple/`)).toBe(200);
    expect(install).toBe(`pip install --index-url ${url}/simple/ NAME`);
    expect(await printedBy(server)).toContain(
      'warning: The tokens of this repository protect nothing without --access private.\n',
    );
  });

  it('needs no tokens that could be read', async () => {
    const at = await publishedWorkplace(...small('foo', '1.0'));
    writeFileSync(join(at.store, 'tokens.json'), '{');
    const { url, server } = await serve(at, '--access', 'public');
    expect(await statusOf(`${url}/simple/`)).toBe(200);
    expect(await printedBy(server)).toMatch(/^warning: tokens\.json is damaged.*--access private\.\n/m);
  });
});

const MAKES_NO_SENSE: [words: readonly string[], ...texts: string[]][] = [
  [['--access', 'secret'], "argument 'secret' is invalid", 'private, public'],
  [['--access', 'public', '--htpasswd', 'users'], '--htpasswd is for a private index', '--access private'],
  [['--authenticate', 'list'], '--authenticate is for a private index', '--access private'],
  [['--access', 'public', '--authenticate', 'list'], '--authenticate is for a private index'],
  [['--access', 'private', '--authenticate', '.'], 'nothing would be private', '--access public'],
  [['--access', 'private', '--authenticate', 'list,.'], 'nothing would be private', '--access public'],
  [
    ['--access', 'private', '--authenticate', 'lst'],
    '"lst" is nothing to authenticate',
    'list, download, update',
  ],
  [['--access', 'private', '--authenticate', ''], '"" is nothing to authenticate'],
  [['--access', 'private', '--authenticate', ' , '], '" , " is nothing to authenticate'],
  [['--stack', 'Wheelstore', '--access', 'private'], 'the tokens of a stack', '--bucket'],
  [['--stack', 'Wheelstore', '--htpasswd', 'users'], 'the tokens of a stack', '--bucket'],
];

describe('Words about access that make no sense', () => {
  it.each(MAKES_NO_SENSE)('are refused: serve %j', async (words, ...texts) => {
    const folder = temporaryFolder();
    expectRefusal(await wheelstore(['serve', ...words], { cwd: folder }), 2, ...texts);
  });
});
