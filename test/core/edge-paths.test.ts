import { describe, expect, it } from 'vitest';
import { filePaths, pagePaths } from '../../core/edge-paths.ts';
import { fileKey, metadataKey, pageKey, REPRESENTATIONS, type FileAddress } from '../../core/keys.ts';
import { normalizeName } from '../../core/names.ts';

const FOO = normalizeName('foo');

/** What CloudFront takes at a time. */
const MOST_PATTERNS = 15;

function matches(patterns: readonly string[], path: string): boolean {
  return patterns.some((pattern) =>
    pattern.endsWith('*') ? path.startsWith(pattern.slice(0, -1)) : path === pattern,
  );
}

function file(project: string, number: number): FileAddress {
  const sha256 = number.toString(16).padStart(16, '0').padEnd(64, '0');
  return { project: normalizeName(project), filename: `f-${number}+cpu.whl`, sha256, generation: 1 };
}

const names = (count: number) => Array.from({ length: count }, (_, index) => normalizeName(`p${index}`));

describe('The paths of pages', () => {
  it('are those of every representation, and those that clients ask for', () => {
    for (const project of [FOO, undefined]) {
      const paths = pagePaths([project]);
      for (const representation of REPRESENTATIONS)
        expect(matches(paths, `/${pageKey(project, representation)}`)).toBe(true);
      expect(matches(paths, project === undefined ? '/simple/' : '/simple/foo/')).toBe(true);
    }
  });

  it('are those of no other project', () => {
    const others = ['/simple/', '/simple/foo-bar/index.html', '/simple/fo/index.html', '/simple/index.html'];
    for (const path of others) expect(matches(pagePaths([FOO]), path)).toBe(false);
    expect(matches(pagePaths([undefined]), '/simple/foo/index.html')).toBe(false);
  });

  it('are one for everything where they would be many', () => {
    expect(pagePaths([])).toEqual([]);
    expect(pagePaths(names(8))).toHaveLength(8);
    expect(pagePaths(names(9))).toEqual(['/simple/*']);
    expect(matches(pagePaths(names(9)), '/simple/')).toBe(true);
  });
});

describe('The paths of files', () => {
  it('are those of the file and of its metadata, however often it was deleted', () => {
    for (const generation of [1, 2]) {
      const address = { ...file('foo', 1), generation };
      const paths = filePaths([address]);
      expect(matches(paths, `/${fileKey(address)}`)).toBe(true);
      expect(matches(paths, `/${metadataKey(fileKey(address))}`)).toBe(true);
      expect(matches(paths, `/${fileKey({ ...address, generation: 3 })}`)).toBe(false);
    }
  });

  it('are one for the project where a release has many files', () => {
    const files = Array.from({ length: 30 }, (_, index) => file('foo', index));
    expect(filePaths(files.slice(0, 4))).toHaveLength(4);
    expect(filePaths(files)).toEqual(['/files/foo/*']);
    expect(filePaths(names(9).map((name) => file(name, 1)))).toHaveLength(1);
  });
});

describe('One invalidation', () => {
  it('has no more patterns than CloudFront takes at a time', () => {
    for (const count of [1, 4, 5, 8, 9, 100]) {
      const files = names(count).flatMap((name) => [file(name, 1), file(name, 2)]);
      const all = [...pagePaths([undefined, ...names(count)]), ...filePaths(files)];
      expect(all.filter((path) => path.endsWith('*')).length).toBeLessThanOrEqual(MOST_PATTERNS);
    }
  });
});
