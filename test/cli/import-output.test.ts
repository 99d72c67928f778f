import { describe, expect, it } from 'vitest';
import { buildWheel } from '../support/distributions.ts';
import { Importer } from './importing.ts';
import { jsonOf } from './outcomes.ts';
import { hasPseudoTerminal, onTerminal } from './pseudo-terminal.ts';
import { small } from './repositories.ts';
import { page, ScriptedIndex, type IndexFile } from './scripted-index.ts';

const FOO: readonly IndexFile[] = small('foo', '1.0', '1.9', '1.10', '2.0rc1', '2.0');

function ordinary(): Promise<ScriptedIndex> {
  return ScriptedIndex.start({ foo: FOO });
}

describe('What is said of an import', () => {
  const OLD = buildWheel({ name: 'Foo.Old', version: '1.0', filename: 'Foo.Old-1.0-py3-none-any.whl' });
  const LICENSED = ['1.0', '1.1', '1.2', '1.3', '1.4'].map((version) =>
    buildWheel({
      name: 'licensed',
      version,
      metadataVersion: '2.4',
      extraHeaders: ['License-Expression: MIT', 'Classifier: License :: OSI Approved :: MIT License'],
    }),
  );

  it('is one line for all warnings of a kind; with -v each as it comes', async () => {
    const index = await ScriptedIndex.start({ 'foo-old': [OLD], licensed: LICENSED });
    const short = await new Importer().import([index.url, '--all']);
    expect(short.stderr.match(/^warning: .*$/gm)).toEqual([
      `warning: 1 file with an older spelling of the name, kept as it is: ${OLD.filename}`,
      expect.stringMatching(
        /^warning: 5 files with something to mend in the metadata: licensed-1\.0-.*, \.\.\. \(-v/,
      ),
    ]);
    const long = await new Importer().import([index.url, '--all', '-v']);
    expect(long.stderr.match(/^warning: licensed-.*License-Expression/gm)).toHaveLength(5);
    const json = jsonOf(await new Importer().import([index.url, 'foo-old', '--json']));
    expect(json).toMatchObject({ imported: [{ warnings: [expect.stringContaining('older spelling')] }] });
  });

  it('counts files where the source does not say how large they are', async () => {
    const unknown = FOO.map((file) => ({ ...file, claims: { size: undefined } }));
    const index = await ScriptedIndex.start({ foo: unknown, bar: small('bar', '1.0') });
    const none = await new Importer().import([index.url, 'foo']);
    expect(none.stderr).toContain(
      'To import: 5 files of 1 project (the source does not say how large they are)\n',
    );
    const some = await new Importer().import([index.url, '--all']);
    expect(some.stderr).toMatch(
      /^To import: 6 files of 2 projects \(\d+ B, without 5 of which the source says no size\)$/m,
    );
  });

  it('has nothing of how much is done at once', async () => {
    const versions = Array.from({ length: 40 }, (_, number) => `${number}.0`);
    const index = await ScriptedIndex.start({ foo: small('foo', ...versions) });
    const ending = await new Importer().import([index.url, 'foo', '--jobs', '32']);
    expect(ending).toMatchObject({ code: 0 });
    expect(ending.stderr.split('\n')).toHaveLength(3);
  });

  it('says what is nothing new', async () => {
    const index = await ordinary();
    const importer = new Importer();
    await importer.import([index.url, 'foo']);
    const again = await importer.import([index.url, 'foo']);
    expect(again.stderr).toBe('To import: nothing new\nThere already: 5 files\n');
    expect(again.stdout).toMatch(
      /^0 files of 0 projects imported \(0 B\) in .*; 5 already there, 0 problems\.$/m,
    );
    expect(again.stdout).toMatch(/^1 request to the source, \d+ B received\.$/m);
  });

  it('does not come from the source alone: nothing that a terminal would obey', async () => {
    const index = await ScriptedIndex.start();
    index.answers.set('/simple/foo/', page('\u001b]0;title\u0007<title>Sign in</title>'));
    const evil = { filename: 'foo-1.0\u001b[2J.whl', bytes: new Uint8Array() };
    index.projects.set('bar', { files: [evil] });
    const ending = await new Importer().import([index.url, 'foo', 'bar']);
    expect(ending).toMatchObject({ code: 1 });
    // oxlint-disable-next-line no-control-regex
    expect(ending.stdout + ending.stderr).not.toMatch(/[\u001b\u0007]/);
  });
});

describe.skipIf(!hasPseudoTerminal)('An import on a terminal (needs script of util-linux)', () => {
  const shown = async (index: ScriptedIndex, env: Readonly<Record<string, string>> = {}): Promise<string> => {
    const importer = new Importer();
    const words = ['import', index.url, '--all', '--to', importer.store];
    const home = { HOME: importer.home, XDG_STATE_HOME: importer.home };
    return (await onTerminal(words, { env: { ...home, ...env } })).stdout;
  };

  it('shows how far it is, in bytes', async () => {
    const text = await shown(await ordinary());
    expect(text).toMatch(/█{30} 100% {2}(\S+ kB) of \1 imported/);
    expect(text).toContain('1 of 1 project');
    expect(text).toMatch(/5 files of 1 project imported/);
  });

  it('shows how far it is in files, where the source says no sizes', async () => {
    const foo = FOO.map((file) => ({ ...file, claims: { size: undefined } }));
    expect(await shown(await ScriptedIndex.start({ foo }))).toMatch(/█{30} 100% {2}5 of 5 files imported/);
  });

  it('shows lines and no bar in CI', async () => {
    const text = await shown(await ordinary(), { CI: '1' });
    expect(text).not.toMatch(/[█░\r](?!\n)/);
    expect(text).toContain('To import: 5 files of 1 project');
  });

  it('has colours only where they are wanted', async () => {
    const index = await ScriptedIndex.start({ foo: [{ ...(FOO[0] as IndexFile), claims: { size: 1 } }] });
    expect(await shown(index)).toContain('\u001b[31merror:');
    expect(await shown(index, { NO_COLOR: '1' })).not.toContain('\u001b[31m');
  });
});
