import { copyFile, rename } from 'node:fs/promises';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { examine, type Finding } from '../../../cli/doctor/check.ts';
import { folderSection, type FileSystem } from '../../../cli/doctor/folder.ts';
import { temporaryFolder } from '../../support/temporary.ts';
import { small, snapshotOf, publishedWorkplace } from '../repositories.ts';

async function findings(folder: string, system?: FileSystem): Promise<Map<string, Finding>> {
  const all = await examine(folderSection(folder, system), 4);
  return new Map(all.map((finding) => [finding.name, finding]));
}

const failing = (code: string) => async () => {
  throw Object.assign(new Error(code), { code });
};
const PLENTY = async () => 1e12;

describe('A folder', () => {
  it('passes every check, and has nothing left behind in it', async () => {
    const { store } = await publishedWorkplace(...small('foo', '1.0'));
    const before = snapshotOf(store);
    const all = await findings(store, undefined);
    expect(snapshotOf(store)).toEqual(before);
    const outcomes = [...all.values()].filter(({ name }) => name !== 'space');
    expect(outcomes.map(({ name, outcome }) => `${name}: ${outcome}`)).toEqual([
      'folder: ok',
      'writable: ok',
      'hard-links: ok',
      'settings: ok',
      'contents: skipped',
    ]);
  });

  it.each<[what: string, name: string, system: FileSystem, outcome: string, text: string]>([
    ['without hard links', 'hard-links', { link: failing('EPERM'), freeSpace: PLENTY }, 'failure', 'EPERM'],
    ['that copies instead', 'hard-links', { link: copyFile, freeSpace: PLENTY }, 'failure', 'copies'],
    ['with little space', 'space', { link: rename, freeSpace: async () => 1e6 }, 'warning', '1.0 MB'],
    ['that does not say its space', 'space', { link: rename, freeSpace: failing('EIO') }, 'failure', 'EIO'],
  ])('is found out: one %s', async (_what, name, system, outcome, text) => {
    const folder = temporaryFolder();
    expect((await findings(folder, system)).get(name)).toMatchObject({
      outcome,
      message: expect.stringContaining(text),
    });
    expect(snapshotOf(folder)).toEqual({});
  });

  it('in which a link replaces what is there, would lose releases', async () => {
    const { link, rm } = await import('node:fs/promises');
    const replacing = async (from: string, to: string): Promise<void> => {
      await rm(to, { force: true });
      await link(from, to);
    };
    const all = await findings(temporaryFolder(), { link: replacing, freeSpace: PLENTY });
    expect(all.get('hard-links')).toMatchObject({
      outcome: 'failure',
      message: expect.stringContaining('replaces'),
    });
  });

  it('that is not there, or is a file, has nothing looked at in it', async () => {
    const place = temporaryFolder();
    const file = join(place, 'file');
    writeFileSync(file, '');
    for (const folder of [join(place, 'nowhere'), file]) {
      const all = await findings(folder);
      expect(all.get('folder')?.outcome).toBe('failure');
      expect(all.get('writable')?.outcome).toBe('skipped');
    }
    expect(snapshotOf(place)).toEqual({ file: expect.any(String) as string });
  });

  it('has settings that can be read', async () => {
    const folder = temporaryFolder();
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'repository.json'), '{"format":99}');
    expect((await findings(folder)).get('settings')).toMatchObject({
      outcome: 'failure',
      message: expect.stringContaining('repository.json is damaged'),
    });
  });
});
