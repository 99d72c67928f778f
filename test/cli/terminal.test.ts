import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { describe, expect, it } from 'vitest';
import { COMMAND, runProcess, wheelstore } from '../support/command.ts';
import { hasPseudoTerminal, onTerminal } from './pseudo-terminal.ts';
import { publishedWorkplace, small, workplace } from './repositories.ts';

const ESCAPE = '\u001b';
// oxlint-disable-next-line no-control-regex
const COLOR = /\u001b\[\d+m/;
const BAR = '█';

describe('Output that is no terminal', () => {
  it('has no bar, no colour and no carriage return', async () => {
    const { folder } = workplace(...small('foo', '1.0'));
    const words = [
      ['upload', 'dist'],
      ['upload', 'missing'],
      ['list'],
      ['yank', 'foo', '1.0'],
      ['show', 'foo'],
    ];
    for (const word of words) {
      const { stdout, stderr } = await wheelstore(word, { cwd: folder, env: { TERM: 'xterm' } });
      expect(stdout + stderr).not.toMatch(new RegExp(`[\r${ESCAPE}${BAR}]`));
      expect((stdout + stderr).endsWith('\n')).toBe(true);
    }
  });

  it('has no colour in CI', async () => {
    const { folder } = workplace(...small('foo', '1.0'));
    for (const words of [
      ['upload', 'dist'],
      ['upload', 'missing'],
    ]) {
      const { stdout, stderr } = await wheelstore(words, { cwd: folder, env: { CI: 'true' } });
      expect(stdout + stderr).not.toContain(ESCAPE);
    }
  });

  it('has colours, and still no bar, where FORCE_COLOR asks for them', async () => {
    const { folder } = workplace(...small('foo', '1.0'));
    const env = { FORCE_COLOR: '1' };
    const { stdout, stderr } = await wheelstore(['upload', 'dist'], { cwd: folder, env });
    expect(stdout).toMatch(COLOR);
    expect(stdout + stderr).not.toMatch(new RegExp(`[\r${BAR}]`));
    for (const off of [{ FORCE_COLOR: '0' }, { FORCE_COLOR: '' }, { FORCE_COLOR: '1', NO_COLOR: '1' }]) {
      expect((await wheelstore(['upload', 'missing'], { cwd: folder, env: off })).stderr).not.toMatch(COLOR);
    }
  });

  it('stays JSON where colours are asked for', async () => {
    const { folder } = workplace(...small('foo', '1.0'));
    const options = { cwd: folder, env: { FORCE_COLOR: '1' } };
    for (const words of [
      ['upload', 'dist', '--json'],
      ['list', '--json'],
      ['show', 'foo', '--json'],
    ]) {
      JSON.parse((await wheelstore(words, options)).stdout);
    }
  });
});

describe.skipIf(!hasPseudoTerminal)('A terminal (needs script of util-linux)', () => {
  it('shows a bar that goes to the end and is taken away', async () => {
    const { folder, store } = workplace(...small('foo', '1.0'));
    const { code, stdout } = await onTerminal(['upload', 'dist', '--store', store], { cwd: folder });
    expect(code).toBe(0);
    const [, bars = ''] = /Publishing 1 file [^\n]*\n(.*?)published/s.exec(stdout) ?? [];
    expect(bars).toContain('\r░');
    expect(bars).toContain(`${BAR.repeat(30)} 100%`);
    expect(bars.endsWith(`\r${ESCAPE}[K${ESCAPE}[32m`)).toBe(true);
    expect(stdout).toMatch(COLOR);
    expect(stdout).toContain('1 file published, 0 already there.');
  });

  it('shows no bar and no colour in CI, and none where it is dumb', async () => {
    const { folder } = workplace(...small('foo', '1.0'));
    const ci = await onTerminal(['upload', 'dist', '--store', 'a'], { cwd: folder, env: { CI: 'true' } });
    expect(ci.code).toBe(0);
    expect(ci.stdout).not.toContain(BAR);
    expect(ci.stdout).not.toContain(`${ESCAPE}[K`);
    const dumb = await onTerminal(['upload', 'dist', '--store', 'b'], { cwd: folder, env: { TERM: 'dumb' } });
    expect(dumb.stdout).not.toContain(ESCAPE);
    expect(dumb.stdout).not.toContain(BAR);
  });

  it('shows no colour with NO_COLOR', async () => {
    const { folder } = workplace(...small('foo', '1.0'));
    for (const words of [
      ['upload', 'dist'],
      ['upload', 'missing'],
    ]) {
      const { stdout } = await onTerminal(words, { cwd: folder, env: { NO_COLOR: '1' } });
      expect(stdout).not.toMatch(COLOR);
    }
    expect((await onTerminal(['upload', 'missing'], { cwd: folder })).stdout).toContain(
      `${ESCAPE}[31merror:`,
    );
  });

  it('does not bring colours to results that go to a file', async () => {
    const { folder } = workplace(...small('foo', '1.0'));
    const { code } = await onTerminal(['upload', 'dist'], { cwd: folder }, '> results.txt');
    expect(code).toBe(0);
    const results = readFileSync(join(folder, 'results.txt'), 'utf8');
    expect(results).toContain('published      foo-1.0-py3-none-any.whl\n');
    expect(results).not.toMatch(COLOR);
  });

  it('gets colours for what goes to it while messages go to a file', async () => {
    const { folder } = workplace(...small('foo', '1.0'));
    await onTerminal(['upload', 'dist', 'missing'], { cwd: folder }, '2> messages.txt');
    expect(readFileSync(join(folder, 'messages.txt'), 'utf8')).not.toMatch(COLOR);
  });
});

const hasShell = process.platform !== 'win32';

describe.skipIf(!hasShell)('A reader that stops reading (needs a shell)', () => {
  function inShell(script: string, cwd: string) {
    return runProcess('sh', ['-c', script, 'sh', process.execPath, COMMAND], { cwd });
  }

  it.each([
    ['list', '"$@" list | head -1'],
    ['help', '"$@" --help | head -1'],
    ['show', '"$@" show foo | true'],
    ['JSON', '"$@" show foo --json | true'],
    ['errors', '"$@" show bar 2>&1 | true'],
    ['lines', '"$@" client-config pip --no-token --index-url https://pypi.example.com/simple/ | true'],
  ])('makes no stack trace: %s', async (_, script) => {
    const { folder } = await publishedWorkplace(...small('foo', '1.0', '2.0'), ...small('a', '1.0'));
    const { stderr } = await inShell(script, folder);
    expect(stderr).toBe('');
  });

  it('does not keep an upload from its end', async () => {
    const { folder } = workplace(...small('foo', '1.0'));
    await inShell('"$@" upload dist 2>&1 | true', folder);
    await inShell('"$@" upload dist --store again 2>&1 >/dev/null | true', folder);
    expect((await wheelstore(['list'], { cwd: folder })).stdout).toBe('foo  1.0  1 file\n');
    expect((await wheelstore(['list', '--store', 'again'], { cwd: folder })).stdout).toBe(
      'foo  1.0  1 file\n',
    );
  });
});
