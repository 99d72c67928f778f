import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hashOfToken, isToken } from '../../core/access/token.ts';
import type { Grant } from '../../core/access/grant.ts';
import { COMMAND, runProcess, wheelstore, type Ending } from '../support/command.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { serveCommands } from './buckets.ts';
import { expectExplanation, expectRefusal, jsonOf } from './outcomes.ts';
import { publishedWorkplace, small, snapshotOf } from './repositories.ts';
import { tokenIn } from './tokens/printed.ts';

const { newBucket } = serveCommands();

/** An empty repository, and the commands in it. */
function emptyRepository() {
  const folder = temporaryFolder();
  const store = join(folder, 'packages');
  mkdirSync(store);
  const run = (...words: readonly string[]): Promise<Ending> =>
    wheelstore(['token', ...words], { cwd: folder });
  const file = join(store, 'tokens.json');
  const kept = (): readonly Grant[] =>
    (JSON.parse(readFileSync(file, 'utf8')) as { tokens: readonly Grant[] }).tokens;
  return { folder, store, file, run, kept };
}

/** A day that is to come. */
const NEXT_YEAR = `${new Date().getUTCFullYear() + 1}-12-31`;

describe('wheelstore token create', () => {
  it('prints the token, and nothing else, where scripts read it', async () => {
    const { run, kept, file } = emptyRepository();
    const ending = await run(
      'create',
      'ci',
      '--expires',
      '90d',
      '--project',
      'Acme_*',
      '--project',
      'foo,Bar',
    );
    const token = tokenIn(ending);
    expect(ending.stderr).not.toContain(token.slice(4));
    for (const text of [
      '"ci"',
      'acme-*, foo, bar',
      'it expires 20',
      'this once',
      'client-config pip --token TOKEN  ',
    ]) {
      expect(ending.stderr).toContain(text);
    }
    const [grant, ...others] = kept();
    expect(others).toEqual([]);
    expect(grant).toMatchObject({
      name: 'ci',
      sha256: hashOfToken(token),
      projects: ['acme-*', 'foo', 'bar'],
    });
    const { created = '', expires = '' } = grant ?? {};
    expect(Date.parse(expires) - Date.parse(created)).toBe(90 * 86_400_000);
    expect(readFileSync(file, 'utf8')).not.toContain(token.slice(4));
  });

  it('is JSON where that is asked for', async () => {
    const { run, kept } = emptyRepository();
    const all = await run('create', 'all', '--json');
    const { token, ...facts } = jsonOf(all) as { token: string };
    expect(isToken(token)).toBe(true);
    expect(facts).toEqual({ name: 'all', created: kept()[0]?.created, expires: null, projects: null });
    expect(all.stderr).not.toContain(token);
    expect(all.stderr).toContain('reads all projects; it never expires');
    const some = await run('create', 'some', '--json', '--project', 'foo', '--expires', NEXT_YEAR);
    expect(jsonOf(some)).toMatchObject({ projects: ['foo'], expires: `${NEXT_YEAR}T23:59:59Z` });
  });

  it.each<[words: readonly string[], ...texts: string[]]>([
    [['create'], "missing required argument 'name'"],
    [['create', ''], '"" is no name for a token', 'letters, digits'],
    [['create', 'a b'], '"a b" is no name'],
    [['create', 'ci', '--expires'], 'argument missing'],
    [['create', 'ci', '--expires', 'soon'], '"soon" is no time', '90d'],
    [['create', 'ci', '--expires', '2020-01-01'], '2020-01-01T23:59:59Z is past', '90d'],
    [['create', 'ci', '--expires', '2999-01-01'], '100 years'],
    [['create', 'ci', '--expires', '101y'], '"101y"', '100y at most'],
    [['create', 'ci', '--project', ''], '"" is neither'],
    [['create', 'ci', '--project', 'foo,'], '"" is neither'],
    [['create', 'ci', '--project', '*'], '"*" is every project'],
    [['create', 'ci', '--project', '../x'], '"../x" is neither', '"acme-*"'],
    [['create', 'ci', '--project', 'acme-one', 'acme-two'], '"acme-two"', 'quote patterns', '"acme-*"'],
    [['create', 'ci', 'cd'], '"cd"'],
    [['rotate'], "missing required argument 'name'"],
    [['rotate', 'ci', '--grace', 'long'], '"long" is no duration', '1d'],
    [['rotate', 'ci', '--expires', '0d'], '"0d" is no time'],
    [['rotate', 'ci', 'cd'], 'too many arguments'],
    [['rotate', 'ci', '--project', 'foo'], "unknown option '--project'"],
    [['revoke'], "missing required argument 'name'"],
    [['revoke', 'ci', 'c/d'], '"c/d" is no name'],
    [['list', 'ci'], 'too many arguments'],
    [['create', 'ci', '--store', 'a', '--bucket', 'b'], 'two repositories'],
    [['create', 'ci', '--prefix', 'p'], '--prefix'],
    [['bogus'], "unknown command 'bogus'"],
  ])('makes no sense as %j', async (words, ...texts) => {
    const { run, folder } = emptyRepository();
    const before = snapshotOf(folder);
    expectRefusal(await run(...words), 2, ...texts);
    expect(snapshotOf(folder)).toEqual(before);
  });

  it('shows its help where no command is given', async () => {
    const ending = await emptyRepository().run();
    expect(ending).toMatchObject({ code: 2, stdout: '' });
    for (const word of ['create', 'list', 'revoke', 'rotate', '--grace'])
      expect(ending.stderr).toContain(word);
  });

  it('makes no repository, and no folder', async () => {
    const { run, folder, store } = emptyRepository();
    rmSync(store, { recursive: true });
    for (const words of [['create', 'ci'], ['list'], ['rotate', 'ci'], ['revoke', 'ci']]) {
      expectRefusal(await run(...words), 1, 'There is no repository folder', '--store');
    }
    expect(snapshotOf(folder)).toEqual({});
  });

  it('takes no name twice', async () => {
    const { run, kept } = emptyRepository();
    await run('create', 'ci');
    const before = kept();
    expectRefusal(
      await run('create', 'ci'),
      1,
      'There is a token "ci" already',
      'wheelstore token rotate ci',
    );
    expect(kept()).toEqual(before);
  });

  it('says that the tokens are damaged, and leaves them', async () => {
    const { run, file } = emptyRepository();
    writeFileSync(file, '{"format":1,"tokens":[{"name":"ci"}]}');
    for (const words of [['create', 'ci'], ['list'], ['rotate', 'ci'], ['revoke', 'ci']]) {
      expectRefusal(await run(...words), 1, 'tokens.json is damaged', 'backup');
    }
    expect(readFileSync(file, 'utf8')).toBe('{"format":1,"tokens":[{"name":"ci"}]}');
  });

  it('keeps every token that ten processes make at once', async () => {
    const { run, kept } = emptyRepository();
    const names = Array.from({ length: 10 }, (_, number) => `ci-${number}`);
    const tokens = (await Promise.all(names.map((name) => run('create', name)))).map(tokenIn);
    expect(
      kept()
        .map(({ sha256 }) => sha256)
        .sort(),
    ).toEqual(tokens.map(hashOfToken).sort());
    expect((await run('list')).stdout.split('\n')).toHaveLength(11);
  });

  it('takes a repository that is not empty, which goes on as it was', async () => {
    const { folder } = await publishedWorkplace(...small('foo', '1.0'));
    const token = tokenIn(await wheelstore(['token', 'create', 'ci'], { cwd: folder }));
    expect(token).toMatch(/^wst_/);
    expect(await wheelstore(['list'], { cwd: folder })).toMatchObject({
      code: 0,
      stdout: 'foo  1.0  1 file\n',
    });
    // It belongs there, so nothing is said of it.
    expect(await wheelstore(['verify'], { cwd: folder })).toMatchObject({ code: 0, stderr: '' });
  });
});

describe('wheelstore token list', () => {
  it('says of each what it is, and never its hash', async () => {
    const { run, kept, file } = emptyRepository();
    await run('create', 'cd', '--project', 'acme-*', '--project', 'foo');
    await run('create', 'ci', '--expires', '30d');
    await run('rotate', 'ci', '--grace', '12h');
    const past: Grant = {
      name: 'old',
      sha256: 'a'.repeat(64),
      created: '2025-01-01T00:00:00Z',
      expires: '2025-02-01T00:00:00Z',
    };
    writeFileSync(file, JSON.stringify({ format: 1, tokens: [...kept(), past] }));
    rmSync(join(file, '../.wheelstore'), { recursive: true, force: true });
    const { code, stdout, stderr } = await run('list');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.trimEnd().split('\n')).toEqual([
      expect.stringMatching(/^cd {3}created \S+Z {2}never expires +acme-\*, foo$/),
      expect.stringMatching(/^ci {3}created \S+Z {2}expires \S+Z +all projects$/),
      expect.stringMatching(/^ci {3}created \S+Z {2}replaced, until \S+Z {2}all projects$/),
      expect.stringMatching(
        /^old {2}created 2025-01-01T00:00:00Z {2}expired 2025-02-01T00:00:00Z +all projects$/,
      ),
    ]);
    const json = await run('list', '--json');
    expect(jsonOf(json)).toMatchObject({
      tokens: [
        { name: 'cd', status: 'active', expires: null, projects: ['acme-*', 'foo'] },
        { name: 'ci', status: 'active', projects: null },
        { name: 'ci', status: 'replaced' },
        { name: 'old', status: 'expired', expires: '2025-02-01T00:00:00Z' },
      ],
    });
    for (const { sha256 } of kept()) expect(stdout + json.stdout).not.toContain(sha256.slice(0, 8));
  });

  it('is friendly where there is none', async () => {
    const { run } = emptyRepository();
    const { code, stdout, stderr } = await run('list');
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(stderr).toBe('There is no token yet: "wheelstore token create NAME" makes one.\n');
    expect(jsonOf(await run('list', '--json'))).toEqual({ tokens: [] });
  });
});

describe('wheelstore token rotate', () => {
  it('prints another token, and says what becomes of the old one', async () => {
    const { run, kept } = emptyRepository();
    const first = tokenIn(await run('create', 'ci', '--project', 'foo', '--expires', '90d'));
    const gracious = await run('rotate', 'ci', '--grace', '1d');
    const second = tokenIn(gracious);
    expect(gracious.stderr).toMatch(/The token that it replaces goes on until \S+Z\./);
    expect(kept().map(({ sha256 }) => sha256)).toEqual([first, second].map(hashOfToken).toReversed());
    const sudden = await run('rotate', 'ci');
    const third = tokenIn(sudden);
    expect(sudden.stderr).toContain('The token that it replaces has ended.');
    expect(kept()).toMatchObject([{ sha256: hashOfToken(third), projects: ['foo'] }]);
    const json = await run('rotate', 'ci', '--expires', NEXT_YEAR, '--json');
    expect(jsonOf(json)).toMatchObject({ name: 'ci', expires: `${NEXT_YEAR}T23:59:59Z`, projects: ['foo'] });
  });

  it('needs a token of that name', async () => {
    const { run } = emptyRepository();
    expectRefusal(await run('rotate', 'ci'), 1, 'There is no token "ci"', 'There is none at all');
  });
});

describe('wheelstore token revoke', () => {
  it('ends tokens, and those that they have replaced', async () => {
    const { run, kept } = emptyRepository();
    for (const name of ['a', 'b', 'c']) await run('create', name);
    await run('rotate', 'a', '--grace', '1d');
    const ending = await run('revoke', 'a', 'c', 'a');
    expect(ending).toMatchObject({
      code: 0,
      stdout: 'a: revoked, with 1 token that it had replaced\nc: revoked\n',
      stderr: '',
    });
    expect(kept().map(({ name }) => name)).toEqual(['b']);
  });

  it('ends none where one of them is not there', async () => {
    const { run, kept } = emptyRepository();
    await run('create', 'a');
    const before = kept();
    const ending = await run('revoke', 'a', 'x', 'y');
    expectRefusal(ending, 1, 'There is no token "x"', 'There is no token "y"', 'wheelstore token list');
    expect(kept()).toEqual(before);
  });
});

describe('Tokens in a bucket', () => {
  it('are made, listed, replaced and revoked, with a note of who reads them', async () => {
    const { run, store } = await newBucket('team');
    const created = await run(['token', 'create', 'ci']);
    tokenIn(created);
    expect(created.stderr).toContain('note: only "wheelstore serve" reads tokens in a bucket');
    expect(created.stderr).toContain('--stack');
    expect(created.stderr).toContain('client-config pip --token TOKEN --index-url URL ');
    tokenIn(await run(['token', 'rotate', 'ci']));
    expect(await store.get('tokens.json')).toBeDefined();
    const listed = await run(['token', 'list', '--json']);
    expect(jsonOf(listed)).toMatchObject({ tokens: [{ name: 'ci' }] });
    expect((await run(['token', 'revoke', 'ci'])).stdout).toBe('ci: revoked\n');
    expect(jsonOf(await run(['token', 'list', '--json']))).toEqual({ tokens: [] });
  });
});

const hasFullDisk = process.platform === 'linux';

describe.skipIf(!hasFullDisk)('A token that nobody takes (needs Linux)', () => {
  it.each([
    ['a reader that has gone', '"$@" token create ci | true; exit "${PIPESTATUS[0]}"'],
    ['a full disk', '"$@" token create ci > /dev/full'],
  ])('is told to be lost, with the way out: %s', async (_, script) => {
    const { folder, run } = emptyRepository();
    // The reader has to be gone before anything is written.
    const words = ['-c', script, 'bash', process.execPath, COMMAND];
    const ending = await runProcess('bash', words, { cwd: folder });
    expect(ending.code).toBe(1);
    expectExplanation(
      ending,
      'The token "ci" is made, but nobody has taken it',
      'wheelstore token rotate ci',
    );
    tokenIn(await run('rotate', 'ci'));
  });
});
