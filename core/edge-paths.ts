import { fileKey, PAGES_PREFIX, type FileAddress } from './keys.ts';
import type { NormalizedName } from './names.ts';

/** Above this, one path for all pages costs less than one for each project. */
const MOST_PROJECTS = 50;

/**
 * The paths under which an edge cache can keep pages, as patterns: those that clients ask for, and those
 * that the edge function makes of them.
 *
 * @param projects `undefined` is the project list
 */
export function pagePaths(projects: Iterable<NormalizedName | undefined>): string[] {
  const all = new Set(projects);
  if (all.size > MOST_PROJECTS) return [`/${PAGES_PREFIX}*`];
  return [...all].flatMap((project) =>
    project === undefined
      ? [`/${PAGES_PREFIX}`, `/${PAGES_PREFIX}index.*`]
      : [`/${PAGES_PREFIX}${project}/*`],
  );
}

/** The paths of a file and of what is beside it: the folder holds nothing else. */
export function filePath(address: FileAddress): string {
  const key = fileKey(address);
  return `/${key.slice(0, key.lastIndexOf('/'))}/*`;
}
