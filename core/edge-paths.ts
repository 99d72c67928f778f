import { fileKey, FILES_PREFIX, PAGES_PREFIX, type FileAddress } from './keys.ts';
import type { NormalizedName } from './names.ts';

// CloudFront takes 15 patterns at a time, of all invalidations in progress, and counts one as one path,
// whatever it matches. So a few exact patterns, or one for everything: one invalidation never has more
// than these together, and leaves room for those of others.
const MOST_PROJECTS = 8;
const MOST_FOLDERS = 4;

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

/**
 * The paths of these files and of what is beside them, as patterns: each is in a folder that holds
 * nothing else, so no spelling of its name can be missed.
 */
export function filePaths(files: readonly FileAddress[]): string[] {
  const folders = new Set(files.map((file) => folderOf(fileKey(file))));
  if (folders.size <= MOST_FOLDERS) return [...folders].map((folder) => `/${folder}/*`);
  const projects = new Set(files.map(({ project }) => project));
  if (projects.size > MOST_FOLDERS) return [`/${FILES_PREFIX}*`];
  return [...projects].map((project) => `/${FILES_PREFIX}${project}/*`);
}

function folderOf(key: string): string {
  return key.slice(0, key.lastIndexOf('/'));
}
