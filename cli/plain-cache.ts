import { createHash } from 'node:crypto';
import { isAbsolute, join } from 'node:path';

/** What says where a person's caches are. */
export interface CachePlaces {
  readonly platform: NodeJS.Platform;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The home folder; it may be unknown, as for a user of a container that has no name. */
  readonly home: string | undefined;
}

/**
 * Where to remember which files of a plain folder have passed their checks; `undefined` where there is no
 * such place.
 *
 * @param root the real path of the folder
 */
export function plainCacheFile(root: string, places: CachePlaces): string | undefined {
  const caches = cachesOf(places);
  const name = createHash('sha256').update(root).digest('hex').slice(0, 32);
  return caches === undefined ? undefined : join(caches, 'wheelstore', 'plain', `${name}.json`);
}

function cachesOf({ platform, env, home }: CachePlaces): string | undefined {
  const isHome = home !== undefined && isAbsolute(home);
  if (platform === 'win32') {
    return absolute(env['LOCALAPPDATA']) ?? (isHome ? join(home, 'AppData', 'Local') : undefined);
  }
  // XDG Base Directory Specification: a relative path is to be ignored.
  const chosen = absolute(env['XDG_CACHE_HOME']);
  if (chosen !== undefined || !isHome) return chosen;
  return platform === 'darwin' ? join(home, 'Library', 'Caches') : join(home, '.cache');
}

function absolute(path: string | undefined): string | undefined {
  return path !== undefined && isAbsolute(path) ? path : undefined;
}
