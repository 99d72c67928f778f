import { isAbsolute, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { plainCacheFile, type CachePlaces } from '../../cli/plain-cache.ts';

const NAME = /^[0-9a-f]{32}\.json$/;
const home = join('/', 'home', 'me');
const chosen = join('/', 'caches');

/** The folder of the file. */
function folderFor(places: Partial<CachePlaces>): string | undefined {
  const file = plainCacheFile('/packages', { platform: 'linux', env: {}, home, ...places });
  if (file === undefined) return undefined;
  const parts = file.split(/[/\\]/);
  expect(parts.at(-1)).toMatch(NAME);
  return file.slice(0, -1 - (parts.at(-1) ?? '').length);
}

describe('What is known of a plain folder is kept', () => {
  it.each([
    ['on Linux', 'linux', {}, join(home, '.cache')],
    ['on macOS', 'darwin', {}, join(home, 'Library', 'Caches')],
    ['where XDG_CACHE_HOME says', 'linux', { XDG_CACHE_HOME: chosen }, chosen],
    ['not where it says no place of its own', 'linux', { XDG_CACHE_HOME: 'here' }, join(home, '.cache')],
    ['not where it says nothing', 'linux', { XDG_CACHE_HOME: '' }, join(home, '.cache')],
    ['on Windows', 'win32', { LOCALAPPDATA: chosen, XDG_CACHE_HOME: '/other' }, chosen],
    ['on Windows, in the home folder', 'win32', {}, join(home, 'AppData', 'Local')],
  ] as const)('%s', (_, platform, env, place) => {
    expect(folderFor({ platform, env })).toBe(join(place, 'wheelstore', 'plain'));
  });

  it.each([undefined, '', 'relative'])('nowhere without a home: %s', (none) => {
    expect(folderFor({ home: none })).toBeUndefined();
    expect(folderFor({ home: none, env: { XDG_CACHE_HOME: chosen } })).toBeDefined();
  });

  it('apart for each folder', () => {
    const [one, other, again] = ['/a', '/b', '/a'].map((root) => {
      return plainCacheFile(root, { platform: 'linux', env: {}, home });
    });
    expect(isAbsolute(one ?? '')).toBe(true);
    expect(one).not.toBe(other);
    expect(one).toBe(again);
  });
});
