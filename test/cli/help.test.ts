import { copyFileSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import process from 'node:process';
import { describe, expect, it } from 'vitest';
import { COMMAND, runProcess, wheelstore } from '../support/command.ts';
import { temporaryFolder } from '../support/temporary.ts';

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

describe('The command', () => {
  it.each([['--version'], ['-V'], ['upload', '-V'], ['upload', 'dist', '--version']])(
    'prints its version: %s %s',
    async (...words) => {
      expect(await wheelstore(words)).toEqual({ code: 0, signal: null, stdout: `${version}\n`, stderr: '' });
    },
  );

  it.each([['--help'], ['-h'], ['help']])('prints all commands and an example: %s', async (word) => {
    const { code, stdout, stderr } = await wheelstore([word]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const commands = [
      'upload',
      'serve',
      'list',
      'show',
      'yank',
      'unyank',
      'delete',
      'status',
      'verify',
      'reindex',
      'token',
      'doctor',
      'config',
      'client-config',
      'quickstart',
    ];
    for (const name of commands) expect(stdout).toMatch(new RegExp(`^  ${name} `, 'm'));
    expect(stdout).toContain('wheelstore upload dist/* --store ./packages');
    expect(stdout).toContain('130 interrupted');
  });

  it.each([
    ['upload', '--store', '--dry-run', '--strict', '--force', '--json', 'WHEELSTORE_STORE', './packages'],
    ['serve', '--host', '--port', '--tls-cert', '--tls-key', '--quiet', '8080', '127.0.0.1'],
    ['serve', '--access', 'private', 'public', '--htpasswd', '--authenticate', 'list', 'download', 'update'],
    ['list', '--store', '--json'],
    ['show', '--store', '--json'],
    ['yank', '--store', '--reason'],
    ['unyank', '--store'],
    ['delete', '--store', '--dry-run', '--stack', '--purge', '--wait'],
    ['status', '--store', '--reason', 'quarantined'],
    ['verify', '--store', '--bucket', '--deep', '--repair', '--json'],
    ['reindex', '--store', '--bucket', '--from-files', '--dry-run', '--json'],
    ['token', 'create', 'list', 'revoke', 'rotate', '--grace'],
    ['doctor', '--store', '--bucket', '--stack', '--json'],
    ['config', '--store', '--bucket', '--config', '--json', 'wheelstore.toml', '--verbose', '--debug'],
    [
      'client-config',
      '--index-url',
      '--token',
      'WHEELSTORE_TOKEN',
      '--no-token',
      '--extra',
      '--write',
      'netrc',
    ],
    ['quickstart', '--once', '--verbose'],
  ])('explains the options of %s', async (name, ...texts) => {
    const { code, stdout } = await wheelstore([name, '--help']);
    expect(code).toBe(0);
    for (const text of texts) expect(stdout).toContain(text);
  });
});

describe('The help of wheelstore token', () => {
  it.each([
    ['create', '--expires', '--project', '--json', '--stack', '90d', '2027-01-31', '"acme-*"'],
    ['list', '--json', '--stack', '--store'],
    ['revoke', '<name...>', '--stack', '--store'],
    ['rotate', '--expires', '--grace', '--json', '--stack'],
  ])('explains the options of %s', async (name, ...texts) => {
    const { code, stdout } = await wheelstore(['token', name, '--help']);
    expect(code).toBe(0);
    for (const text of texts) expect(stdout).toContain(text);
  });
});

/** The files that are loaded with `path`, whatever the command. */
function loadedWith(path: string, found = new Set<string>()): Set<string> {
  if (found.has(path)) return found;
  found.add(path);
  // What loads later is in parentheses.
  for (const [, name = ''] of readFileSync(path, 'utf8').matchAll(/\b(?:from|import) ?"(\.\/[^"]+)"/g))
    loadedWith(join(dirname(path), name), found);
  return found;
}

describe('--help and --version', () => {
  it('need only a small part of the code', async () => {
    const needed = [...loadedWith(COMMAND)];
    const bytes = needed.reduce((sum, path) => sum + statSync(path).size, 0);
    expect(bytes).toBeLessThan(160 * 1024);

    // Nothing else is there, so nothing else is loaded.
    const folder = temporaryFolder();
    for (const path of needed) copyFileSync(path, join(folder, basename(path)));
    copyFileSync(new URL('../../package.json', import.meta.url), join(folder, 'package.json'));
    const alone = join(folder, basename(COMMAND));
    for (const word of ['--help', '--version']) {
      const ending = await runProcess(process.execPath, [alone, word]);
      expect(ending).toEqual(await wheelstore([word]));
    }
    const ending = await runProcess(process.execPath, [alone, 'list']);
    expect(ending.stderr).toContain('Cannot find module');
  });
});
