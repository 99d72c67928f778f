import { appendFileSync, readFileSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { wheelstore } from '../support/command.ts';
import { expectExplanation, expectRefusal } from './outcomes.ts';
import { publishedWorkplace, small, snapshotOf, writeFiles } from './repositories.ts';

/** Makes an object of a repository what a person with an editor would make of it. */
function edit(store: string, key: string, change: (text: string) => string): void {
  const path = join(store, key);
  const text = change(readFileSync(path, 'utf8'));
  // The visible file is a link to the newest version, and without versions it is the object itself.
  // There is nothing of an object that was written once.
  rmSync(join(store, '.wheelstore/versions', key), { recursive: true, force: true });
  unlinkSync(path);
  writeFileSync(path, text);
}

const RECORD = 'records/default/foo.json';

const DAMAGE: readonly (readonly [title: string, change: (text: string) => string])[] = [
  ['emptied', () => ''],
  ['cut off', (text) => text.slice(0, 100)],
  ['some other JSON', () => '[]'],
  ['of another project', (text) => text.replace('"name":"foo"', '"name":"bar"')],
  ['of a newer format', (text) => text.replace('"format":1', '"format":2')],
  ['with a hash that is none', (text) => text.replace(/"sha256":"[0-9a-f]/, '"sha256":"X')],
  ['with a filename that escapes', (text) => text.replace('"filename":"', '"filename":"../../')],
];

const COMMANDS: readonly (readonly string[])[] = [
  ['upload', 'dist'],
  ['upload', 'dist', '--force'],
  ['upload', 'dist', '--dry-run'],
  ['list'],
  ['list', '--json'],
  ['show', 'foo'],
  ['yank', 'foo', '1.0'],
  ['unyank', 'foo', '1.0'],
  ['delete', 'foo', '1.0'],
  ['status', 'foo'],
  ['status', 'foo', 'archived'],
];

describe('A record that is damaged', () => {
  it.each(DAMAGE)('stops upload, and is not written over: %s', async (_, damage) => {
    const { folder, store, dist } = await publishedWorkplace(...small('foo', '1.0'));
    edit(store, RECORD, damage);
    writeFiles(dist, small('foo', '2.0'));
    const before = snapshotOf(store);
    expectRefusal(await wheelstore(['upload', 'dist'], { cwd: folder }), 1, RECORD, 'damaged', 'backup');
    expect(snapshotOf(store)).toEqual(before);
  });

  it('stops every command', async () => {
    const { folder, store, dist } = await publishedWorkplace(...small('foo', '1.0'), ...small('bar', '1.0'));
    edit(store, RECORD, () => '{');
    writeFiles(dist, small('foo', '2.0'));
    const before = snapshotOf(store);
    for (const words of COMMANDS) {
      expectRefusal(await wheelstore(words, { cwd: folder }), 1, RECORD, 'not JSON');
    }
    expect(snapshotOf(store)).toEqual(before);
  });

  it('does not stop commands about other projects', async () => {
    const { folder, store, dist } = await publishedWorkplace(...small('foo', '1.0'), ...small('bar', '1.0'));
    edit(store, RECORD, () => '{');
    writeFiles(dist, small('bar', '2.0'));
    expect(await wheelstore(['upload', `${dist}/bar-*`], { cwd: folder })).toMatchObject({ code: 0 });
    expect(await wheelstore(['yank', 'bar', '1.0'], { cwd: folder })).toMatchObject({ code: 0 });
    expect(readFileSync(join(store, RECORD), 'utf8')).toBe('{');
  });

  it('counts in its newest version, whatever the visible file is', async () => {
    const { folder, store } = await publishedWorkplace(...small('foo', '1.0'));
    const versions = Object.keys(snapshotOf(join(store, '.wheelstore/versions', RECORD)) ?? {}).sort();
    // A link to the visible file: this is the same file.
    appendFileSync(join(store, '.wheelstore/versions', RECORD, versions.at(-1) ?? ''), 'x');
    const before = snapshotOf(store);
    expectRefusal(await wheelstore(['upload', 'dist'], { cwd: folder }), 1, RECORD);
    expect(snapshotOf(store)).toEqual(before);
  });
});

describe('Settings that are damaged', () => {
  it('stop what needs them, and are not written over', async () => {
    const { folder, store, dist } = await publishedWorkplace(...small('foo', '1.0'));
    await wheelstore(['status', 'foo', 'quarantined'], { cwd: folder });
    edit(store, 'repository.json', () => '{"format":1}');
    const before = readFileSync(join(store, 'repository.json'), 'utf8');
    writeFiles(dist, small('bar', '1.0'));
    const status = await wheelstore(['status', 'foo', 'active'], { cwd: folder });
    expectRefusal(status, 1, 'repository.json', 'damaged', 'backup');
    // The release itself is published, and said to be; the project list is what is missing.
    const upload = await wheelstore(['upload', `${dist}/bar-*`], { cwd: folder });
    expect(upload.code).toBe(1);
    expectExplanation(upload, 'repository.json', 'damaged', 'backup');
    expect(upload.stdout).toContain('published      bar-1.0-py3-none-any.whl');
    expect(readFileSync(join(store, 'repository.json'), 'utf8')).toBe(before);
  });
});

describe('Text in a record that a terminal would obey', () => {
  // Title, screen, colour and concealment; 8-bit codes; the direction of text; line ends.
  const hostile = '\u001b]0;title\u0007\u001b[2J\u001b[31m\u001b[8m\u009b2J\u202egnp\rover\u0000';

  function damaged(store: string): void {
    edit(store, RECORD, (text) => {
      const record = JSON.parse(text) as {
        files: { requiresPython: string; yanked: string }[];
        status: object;
      };
      record.status = { status: 'deprecated', reason: hostile };
      for (const file of record.files) Object.assign(file, { requiresPython: hostile, yanked: hostile });
      return JSON.stringify(record);
    });
  }

  // oxlint-disable-next-line no-control-regex
  const OBEYED = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/;

  it.each([['show', 'foo'], ['status', 'foo'], ['list'], ['show', 'foo', '--json'], ['list', '--json']])(
    'is shown, not sent to it: %s',
    async (...words) => {
      const { folder, store } = await publishedWorkplace(...small('foo', '1.0'));
      damaged(store);
      const { code, stdout, stderr } = await wheelstore(words, { cwd: folder });
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).not.toMatch(OBEYED);
      if (words[0] !== 'list') expect(stdout).toContain('\\u001b]0;title\\u0007\\u001b[2J');
      if (words.includes('--json')) JSON.parse(stdout);
    },
  );

  it('is shown also where colours are on: only our own are sent', async () => {
    const { folder, store } = await publishedWorkplace(...small('foo', '1.0'));
    damaged(store);
    const { stdout } = await wheelstore(['show', 'foo'], { cwd: folder, env: { FORCE_COLOR: '1' } });
    // Yellow for a yank, and its end.
    const own = stdout.replaceAll('\u001b[33m', '').replaceAll('\u001b[39m', '');
    expect(own).not.toMatch(OBEYED);
  });
});
