import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { hashSync } from 'bcryptjs';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { HtpasswdFile } from '../../server/access/htpasswd-file.ts';
import { temporaryFolder } from '../support/temporary.ts';

const [ONE, OTHER] = [hashSync('one', 4), hashSync('other', 4)];

function fileWith(text: string): { path: string; file: HtpasswdFile; users: () => Promise<string[]> } {
  const path = join(temporaryFolder(), 'users');
  writeFileSync(path, text);
  const file = new HtpasswdFile(path);
  return { path, file, users: async () => [...(await file.current()).keys()] };
}

/** As if nothing had happened to it for an hour; what changes it next changes its times again. */
function age(path: string): void {
  const before = Date.now() / 1000 - 3_600;
  utimesSync(path, before, before);
}

describe('A password file that changes', () => {
  it.each([
    ['in place', (path: string, text: string) => writeFileSync(path, text)],
    [
      'by being replaced',
      (path: string, text: string) => {
        writeFileSync(`${path}.new`, text);
        renameSync(`${path}.new`, path);
      },
    ],
    [
      'and looks as old and as large as before',
      (path: string, text: string) => {
        writeFileSync(path, text);
        age(path);
      },
    ],
    [
      'by a link that leads elsewhere',
      (path: string, text: string) => {
        writeFileSync(`${path}.new`, text);
        rmSync(path);
        symlinkSync(`${path}.new`, path);
      },
    ],
  ])('%s is read again at once', async (_how, change) => {
    const { path, users } = fileWith(`anna:${ONE}\n`);
    age(path);
    for (const user of ['anna', 'beth', 'cora', 'anna']) {
      change(path, `${user}:${ONE}\n`);
      expect(await users()).toEqual([user]);
    }
  });

  it('is read again also when its last change is long ago', async () => {
    // An hour later, how the file looks is enough to tell that it is the same.
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 3_600_000 });
    onTestFinished(() => void vi.useRealTimers());
    const { path, file, users } = fileWith(`anna:${ONE}\n`);
    const first = await file.current();
    expect(await file.current()).toBe(first);
    for (const user of ['beth', 'cora']) {
      writeFileSync(`${path}.new`, `${user}:${ONE}\n`);
      renameSync(`${path}.new`, path);
      expect(await users()).toEqual([user]);
    }
    rmSync(path);
    await expect(users()).rejects.toMatchObject({ code: 'unreadable' });
  });

  it('gives other users only where there is another text', async () => {
    const { path, file } = fileWith(`anna:${ONE}\n`);
    const first = await file.current();
    writeFileSync(path, `anna:${ONE}\n`);
    const both = await Promise.all([file.current(), file.current()]);
    expect(both.every((entries) => entries === first)).toBe(true);
    writeFileSync(path, `anna:${OTHER}\n`);
    const [next, same] = await Promise.all([file.current(), file.current()]);
    expect(next).not.toBe(first);
    expect(same).toBe(next);
  });
});

describe('A password file that is no good any more', () => {
  const harms: [what: string, harm: (path: string) => void][] = [
    ['is gone', (path) => rmSync(path)],
    ['is empty', (path) => truncateSync(path)],
    ['ends in the middle of a line', (path) => truncateSync(path, 30)],
    ['has a broken line', (path) => writeFileSync(path, `anna:${ONE}\nbob\n`)],
    [
      'is a folder',
      (path) => {
        rmSync(path);
        mkdirSync(path);
      },
    ],
    [
      'is a link that leads nowhere',
      (path) => {
        rmSync(path);
        symlinkSync(`${path}.none`, path);
      },
    ],
  ];

  it.each(harms)('has no users, not even those that it had: %s', async (_what, harm) => {
    const { path, users } = fileWith(`anna:${ONE}\n`);
    expect(await users()).toEqual(['anna']);
    harm(path);
    for (let round = 0; round < 2; round++) {
      await expect(users()).rejects.toMatchObject({ code: 'unreadable' });
    }
    rmSync(path, { recursive: true, force: true });
    writeFileSync(path, `beth:${ONE}\n`);
    expect(await users()).toEqual(['beth']);
  });

  it.skipIf(process.platform === 'win32')(
    'is not waited for where it is a pipe (not on Windows)',
    async () => {
      const path = join(temporaryFolder(), 'pipe');
      execFileSync('mkfifo', [path]);
      await expect(new HtpasswdFile(path).current()).rejects.toMatchObject({ code: 'unreadable' });
    },
  );

  it.skipIf(process.getuid?.() === 0 || process.platform === 'win32')(
    'has no users where it may not be read (not as root, not on Windows)',
    async () => {
      const { path, users } = fileWith(`anna:${ONE}\n`);
      expect(await users()).toEqual(['anna']);
      chmodSync(path, 0);
      await expect(users()).rejects.toMatchObject({ code: 'unreadable' });
    },
  );
});
