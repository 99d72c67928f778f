import { mkdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { wheelstore } from '../support/command.ts';
import { Published } from '../support/published.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { expectExplanation, expectRefusal } from './outcomes.ts';
import { small, snapshotOf, workplace, workplaceIn } from './repositories.ts';

/** Words that make no sense, and what of them the message has to name. */
const WRONG_USAGE: [words: readonly string[], ...texts: (string | RegExp)[]][] = [
  [['bogus'], "unknown command 'bogus'"],
  [['--bogus'], "unknown option '--bogus'"],
  [['uplaod', 'dist'], "unknown command 'uplaod'", 'Did you mean upload?'],
  [['upload'], "missing required argument 'dist'"],
  [['upload', 'dist', '--bogus'], "unknown option '--bogus'"],
  [['upload', 'dist', '--store'], "option '--store <place>' argument missing"],
  [['upload', 'dist', '--strict', '--force'], '--strict', '--force'],
  [['upload', 'dist', '-f', '--strict'], '--strict', '--force'],
  [['serve', 'packages', 'more'], 'too many arguments'],
  [['serve', 'packages', '--port'], 'argument missing'],
  [['serve', 'packages', '--port', 'http'], '"http" is no port', '--port'],
  [['serve', 'packages', '--port', ''], '"" is no port'],
  [['serve', 'packages', '--port', '-1'], '"-1" is no port'],
  [['serve', 'packages', '--port', '8080.5'], '"8080.5" is no port'],
  [['serve', 'packages', '--port', '65536'], '"65536" is no port', '65535'],
  [['serve', 'packages', '--port', '999999'], '"999999" is no port'],
  [['serve', 'packages', '--tls-cert', 'cert.pem'], '--tls-cert', '--tls-key'],
  [['serve', 'packages', '--tls-key', 'key.pem'], '--tls-cert', '--tls-key'],
  [['list', 'foo'], 'too many arguments'],
  [['show'], "missing required argument 'name'"],
  [['yank', 'foo'], "missing required argument 'version'"],
  [['yank', 'foo', '1.0', '--reason'], 'argument missing'],
  [['yank', 'foo', '1.0', '--reason', 'two\nlines'], 'The reason has a line break', 'one line'],
  [['yank', 'foo', '1.0', '--reason', 'a\u001b[31mb'], 'control character'],
  [['yank', 'foo', '1.0', '--reason', 'x'.repeat(1001)], 'at most 1000 characters'],
  [['unyank', 'foo'], "missing required argument 'version'"],
  [['unyank', 'foo', '1.0', '--reason', 'x'], "unknown option '--reason'"],
  [['delete', 'foo'], "missing required argument 'version'"],
  [['status'], "missing required argument 'name'"],
  [['status', 'foo', 'closed'], '"closed" is no status', 'active, archived, deprecated, quarantined'],
  [['quickstart', '--twice'], "unknown option '--twice'"],
];

describe('Wrong usage', () => {
  it.each(WRONG_USAGE)('exits with 2 and says what to do: wheelstore %j', async (words, ...texts) => {
    const { folder, store } = workplace(...small('foo', '1.0'));
    mkdirSync(store);
    const before = snapshotOf(folder);
    expectRefusal(await wheelstore(words, { cwd: folder }), 2, ...texts);
    expect(snapshotOf(folder)).toEqual(before);
  });

  it('exits with 2 and shows the help where there are no words at all', async () => {
    const ending = await wheelstore([]);
    expect(ending).toMatchObject({ code: 2, stdout: '' });
    expect(ending.stderr).toContain('Usage: wheelstore');
  });
});

/** Right usage of what is not there. */
const ABSENT: [words: readonly string[], ...texts: string[]][] = [
  [['show', 'bar'], 'There is no project "bar"', '"wheelstore list"'],
  [['show', '<script>'], '"<script>" is not a valid project name', 'ASCII letters'],
  [['show', '../../etc'], '"../../etc" is not a valid project name'],
  [['yank', 'bar', '1.0'], 'There is no project "bar"'],
  [['yank', 'foo', '9.9'], 'foo has no release "9.9"', '"wheelstore show foo"'],
  [['yank', 'foo', 'latest'], '"latest"'],
  [['unyank', 'foo', '9.9'], 'foo has no release "9.9"'],
  [['delete', 'bar', '1.0'], 'There is no project "bar"'],
  [['delete', 'foo', '9.9'], 'foo has no release "9.9"'],
  [['delete', 'foo', '9.9', '--dry-run'], 'foo has no release "9.9"'],
  [['delete', 'foo', '*'], '"*"'],
  [['status', 'bar'], 'There is no project "bar"'],
  [['status', 'bar', 'archived'], 'There is no project "bar"'],
  [['upload', 'missing.whl'], '"missing.whl" does not exist', 'dist/*'],
  [['upload', ''], '"" does not exist'],
  [['upload', 'dist/*.egg'], '"dist/*.egg" matches no file'],
  [['upload', 'empty'], '"empty" holds no wheel and no sdist'],
  [['upload', 'missing.whl', 'dist', 'empty'], '"missing.whl"', '"empty"'],
  [['serve', 'packages', '--tls-cert', 'no.pem', '--tls-key', 'no.pem'], 'Cannot read "no.pem"'],
];

describe('What is not there', () => {
  const place = workplaceIn(temporaryFolder(afterAll), small('foo', '1.0'));

  beforeAll(async () => {
    await new Published(place.store).add(...small('foo', '1.0'));
    mkdirSync(`${place.folder}/empty`);
  });

  it.each(ABSENT)('is named, with exit code 1: wheelstore %j', async (words, ...texts) => {
    const before = snapshotOf(place.folder);
    expectRefusal(await wheelstore(words, { cwd: place.folder }), 1, ...texts);
    expect(snapshotOf(place.folder)).toEqual(before);
  });

  it.each([
    ['list'],
    ['show', 'foo'],
    ['yank', 'foo', '1.0'],
    ['unyank', 'foo', '1.0'],
    ['delete', 'foo', '1.0'],
    ['status', 'foo', 'archived'],
  ])('is not made by a command that only changes a repository: %s', async (...words) => {
    const folder = temporaryFolder();
    const ending = await wheelstore([...words, '--store', 'nowhere'], { cwd: folder });
    expectRefusal(ending, 1, 'There is no repository folder "nowhere"', 'WHEELSTORE_STORE');
    expect(snapshotOf(folder)).toEqual({});
  });

  it('is not served', async () => {
    const folder = temporaryFolder();
    for (const words of [['nowhere'], ['--store', 'nowhere'], []]) {
      const ending = await wheelstore(['serve', ...words, '--port', '0'], { cwd: folder });
      expectRefusal(ending, 1, 'There is no repository folder');
    }
    expect(snapshotOf(folder)).toEqual({});
  });

  it('is named also where a file is in the place of the repository', async () => {
    const { dist, folder } = workplace(...small('foo', '1.0'));
    const store = `${dist}/foo-1.0-py3-none-any.whl`;
    const before = snapshotOf(folder);
    expectRefusal(await wheelstore(['list', '--store', store]), 1, store);
    const upload = await wheelstore(['upload', dist, '--store', store]);
    expect(upload.code).toBe(1);
    expectExplanation(upload, store);
    expect(snapshotOf(folder)).toEqual(before);
  });
});

describe('The repository', () => {
  it('is the folder ./packages unless something else is said', async () => {
    const { folder, store } = workplace(...small('foo', '1.0'));
    expect(await wheelstore(['upload', 'dist'], { cwd: folder })).toMatchObject({ code: 0 });
    expect(snapshotOf(store)).toHaveProperty(['records/default/foo.json']);
    expect((await wheelstore(['list'], { cwd: folder })).stdout).toBe('foo  1.0  1 file\n');
    expect((await wheelstore(['list'], { cwd: folder, env: { WHEELSTORE_STORE: '' } })).stdout).toContain(
      'foo',
    );
  });

  it('is the one that WHEELSTORE_STORE names, unless --store names one', async () => {
    const { folder } = workplace(...small('foo', '1.0'));
    const options = { cwd: folder, env: { WHEELSTORE_STORE: 'by-variable' } };
    expect(await wheelstore(['upload', 'dist'], options)).toMatchObject({ code: 0 });
    expect((await wheelstore(['list'], options)).stdout).toContain('foo');
    expectRefusal(await wheelstore(['list', '--store', 'by-option'], options), 1, '"by-option"');
    expect(Object.keys(snapshotOf(folder) ?? {})).toEqual(expect.arrayContaining(['by-variable/files']));
    expect(snapshotOf(folder)).not.toHaveProperty('packages');
  });
});
