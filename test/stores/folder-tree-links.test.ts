import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FolderTree } from '../../stores/folder-tree.ts';
import { temporaryFolder } from '../support/temporary.ts';

async function pathsIn(folder: string): Promise<string[]> {
  const tree = await FolderTree.open(folder);
  const paths: string[] = [];
  for await (const { path } of tree.list()) paths.push(path);
  return paths;
}

describe('A folder with links', () => {
  it('is listed once, however many ways lead through it', async () => {
    const root = temporaryFolder();
    const names = Array.from({ length: 12 }, (_, index) => `d${index}`).sort();
    for (const name of names) mkdirSync(join(root, name));
    for (const name of names) {
      writeFileSync(join(root, name, 'x.whl'), name);
      for (const other of names) symlinkSync(join('..', other), join(root, name, `a-${other}`));
    }
    expect(await pathsIn(root)).toEqual(names.map((name) => `${name}/x.whl`));
  });

  it('tells of a file where it is, and not where a link leads to it', async () => {
    const root = temporaryFolder();
    mkdirSync(join(root, 'z', 'deep'), { recursive: true });
    writeFileSync(join(root, 'z', 'deep', 'x.whl'), 'x');
    symlinkSync('z/deep', join(root, 'a'));
    expect(await pathsIn(root)).toEqual(['z/deep/x.whl']);
  });

  it('is followed to what is elsewhere', async () => {
    const root = temporaryFolder();
    const elsewhere = temporaryFolder();
    writeFileSync(join(elsewhere, 'x.whl'), 'x');
    symlinkSync(elsewhere, join(root, 'a'));
    symlinkSync(elsewhere, join(root, 'b'));
    symlinkSync(root, join(elsewhere, 'back'));
    expect(await pathsIn(root)).toEqual(['a/x.whl']);
  });
});
