import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Ending } from '../support/command.ts';
import { Importer } from './importing.ts';
import { expectRefusal } from './outcomes.ts';
import { projectsOnList, small } from './repositories.ts';
import { ScriptedIndex, send, type IndexFile } from './scripted-index.ts';

const PASSWORD = 'c0rrect-h0rse';

/** An index that asks for a password. */
async function locked(): Promise<ScriptedIndex> {
  const index = await ScriptedIndex.start({ foo: small('foo', '1.0'), bar: small('bar', '1.0') });
  const expected = `Basic ${Buffer.from(`reader:${PASSWORD}`).toString('base64')}`;
  index.guard = ({ headers }, response) => {
    if (headers.authorization === expected) return false;
    send(response, 401, '', { 'www-authenticate': 'Basic realm="packages"' });
    return true;
  };
  return index;
}

function withUser(url: string, user: string): string {
  return url.replace('http://', `http://${user}@`);
}

describe('Credentials', () => {
  const said = ({ stdout, stderr }: Ending): string => stdout + stderr;
  const [reader, guess] = [`reader:${PASSWORD}`, 'reader:wr0ng-guess'];

  it.each<[string, (index: ScriptedIndex, importer: Importer) => Promise<Ending>]>([
    [
      'in the URL',
      (index, importer) => importer.import([withUser(index.url, reader), '--all', '-v', '--debug']),
    ],
    [
      'in variables',
      (index, importer) =>
        importer.import([index.url, '--all', '-v', '--json'], {
          WHEELSTORE_IMPORT_USERNAME: 'reader',
          WHEELSTORE_IMPORT_PASSWORD: PASSWORD,
        }),
    ],
    [
      'in a netrc',
      (index, importer) => {
        const netrc = `machine 127.0.0.1 login reader password ${PASSWORD}\n`;
        writeFileSync(join(importer.home, '.netrc'), netrc, { mode: 0o600 });
        return importer.import([index.url, '--all', '-v', '--debug']);
      },
    ],
    [
      'in a netrc, for the user in the URL',
      (index, importer) => {
        const path = join(importer.home, 'elsewhere');
        writeFileSync(path, `machine 127.0.0.1 login reader password ${PASSWORD}\n`, { mode: 0o600 });
        return importer.import([withUser(index.url, 'reader'), '--all', '-v'], { NETRC: path });
      },
    ],
  ])('are taken, and never shown: %s', async (_, run) => {
    const index = await locked();
    const importer = new Importer();
    const ending = await run(index, importer);
    expect(ending).toMatchObject({ code: 0 });
    expect(said(ending)).not.toContain(PASSWORD);
    expect(said(ending)).not.toContain(Buffer.from(reader).toString('base64'));
    expect(projectsOnList(importer.store)).toEqual(['bar', 'foo']);
    expect(JSON.stringify(readdirSync(importer.home, { recursive: true }))).not.toContain(PASSWORD);
  });

  it('are asked for where there are none', async () => {
    const index = await locked();
    const ending = await new Importer().import([index.url, '--all']);
    expectRefusal(ending, 1, 'asks for credentials (401)', 'WHEELSTORE_IMPORT_PASSWORD', 'netrc');
  });

  it('that are wrong are not shown either', async () => {
    const index = await locked();
    const ending = await new Importer().import([withUser(index.url, guess), '--all', '--debug']);
    expect(ending).toMatchObject({ code: 1, stdout: '' });
    expect(ending.stderr).toContain('does not accept the credentials (401)');
    expect(ending.stderr).not.toContain('wr0ng-guess');
  });

  it('that half of is missing are not guessed', async () => {
    const index = await locked();
    const ending = await new Importer().import([index.url, '--all'], {
      WHEELSTORE_IMPORT_PASSWORD: PASSWORD,
    });
    expectRefusal(ending, 2, 'WHEELSTORE_IMPORT_USERNAME');
    expect(said(ending)).not.toContain(PASSWORD);
  });

  it('are not sent to where the index leads', async () => {
    const other = await ScriptedIndex.start();
    const seen: (string | undefined)[] = [];
    const [wheel] = small('foo', '1.0');
    other.answers.set('/elsewhere.whl', ({ headers }, response) => {
      seen.push(headers.authorization);
      send(response, 200, wheel?.bytes ?? '');
    });
    const index = await locked();
    const file: IndexFile = { ...(wheel as IndexFile), claims: { url: `${other.url}../elsewhere.whl` } };
    index.projects.set('foo', { files: [file] });
    const ending = await new Importer().import([withUser(index.url, reader), 'foo']);
    expect(ending).toMatchObject({ code: 0 });
    expect(seen).toEqual([undefined]);
  });
});
