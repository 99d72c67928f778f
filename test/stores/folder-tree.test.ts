import { existsSync, mkdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Tree } from '../../core/import/tree.ts';
import { FolderTree } from '../../stores/folder-tree.ts';
import { temporaryFolder } from '../support/temporary.ts';

function folderWith(...paths: readonly string[]): string {
  const folder = temporaryFolder();
  for (const path of paths) {
    mkdirSync(join(folder, dirname(path)), { recursive: true });
    writeFileSync(join(folder, path), path);
  }
  return folder;
}

async function listed(tree: Tree): Promise<string[]> {
  const paths: string[] = [];
  for await (const { path } of tree.list()) paths.push(path);
  return paths.sort();
}

async function textOf(tree: Tree, path: string, limit = 1000): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of tree.read(path, limit)) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

describe('A folder', () => {
  it('has its files, with sizes and times, however they are called', async () => {
    const folder = folderWith('a.whl', 'b/c/d.whl', 'ü b/%2e.zip', 'x\ny/z');
    const time = new Date('2020-02-03T04:05:06.000Z');
    utimesSync(join(folder, 'a.whl'), time, time);
    const tree = await FolderTree.open(folder);
    expect(await listed(tree)).toEqual(['a.whl', 'b/c/d.whl', 'x\ny/z', 'ü b/%2e.zip']);
    for await (const file of tree.list()) {
      if (file.path === 'a.whl') expect(file).toEqual({ path: 'a.whl', size: 5, modified: time });
      expect(await textOf(tree, file.path)).toBe(file.path);
    }
  });

  it('has no hidden files, and none that lie too deep', async () => {
    const deep = `${'d/'.repeat(9)}a.whl`;
    const folder = folderWith('.hidden.whl', '.wheelstore/versions/a.whl', 'a/.b/c.whl', 'a/b.whl', deep);
    expect(await listed(await FolderTree.open(folder))).toEqual(['a/b.whl']);
  });

  it('has what links lead to, once around; broken links and loops lead nowhere', async () => {
    const folder = folderWith('real/a.whl');
    symlinkSync('real', join(folder, 'linked'));
    symlinkSync(folder, join(folder, 'real/up'));
    symlinkSync('nowhere', join(folder, 'broken'));
    symlinkSync('self', join(folder, 'self'));
    symlinkSync('real/a.whl', join(folder, 'b.whl'));
    const paths = await listed(await FolderTree.open(folder));
    expect(paths).toEqual(['b.whl', 'real/a.whl']);
  });

  it('removes its files and links, and nothing behind a link', async () => {
    const folder = folderWith('a.whl', 'real/b.whl', 'c.whl');
    const outside = folderWith('d.whl');
    symlinkSync('real', join(folder, 'linked'));
    symlinkSync(outside, join(folder, 'out'));
    symlinkSync(join(outside, 'd.whl'), join(folder, 'd.whl'));
    const tree = await FolderTree.open(folder);
    await tree.remove('a.whl');
    await tree.remove('a.whl');
    await tree.remove('none/a.whl');
    await tree.remove('d.whl');
    for (const path of ['linked/b.whl', 'out/d.whl']) {
      await expect(tree.remove(path)).rejects.toMatchObject({ code: 'unwritable' });
    }
    expect(await listed(tree)).toEqual(['c.whl', 'out/d.whl', 'real/b.whl']);
    expect(existsSync(join(outside, 'd.whl'))).toBe(true);
  });

  it('can be a link itself', async () => {
    const folder = folderWith('a.whl');
    const link = join(temporaryFolder(), 'link');
    symlinkSync(folder, link);
    const tree = await FolderTree.open(link);
    await tree.remove('a.whl');
    expect(await listed(tree)).toEqual([]);
  });

  it('says what is gone, what has grown, and what is no folder', async () => {
    const folder = folderWith('a.whl');
    const tree = await FolderTree.open(folder);
    await expect(textOf(tree, 'b.whl')).rejects.toMatchObject({ code: 'not-found' });
    await expect(textOf(tree, 'a.whl', 4)).rejects.toMatchObject({ code: 'file-changed' });
    expect(await textOf(tree, 'a.whl', 5)).toBe('a.whl');
    for (const path of [join(folder, 'none'), join(folder, 'a.whl')]) {
      await expect(FolderTree.open(path)).rejects.toMatchObject({ code: 'not-found', value: path });
    }
  });
});
