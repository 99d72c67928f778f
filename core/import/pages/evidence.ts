import type { HtmlDocument } from './html-document.ts';

// How indexes and listings of folders call their pages: PyPI and its like, s3pypi, devpi ("root/dev: links for
// foo"), pypiserver, nginx, Apache and Artifactory, and "python3 -m http.server".
const TITLES: readonly RegExp[] = [
  /^(?:\S+: )?links for /,
  /^index of /,
  /^directory listing for /,
  /^(?:simple|package) index$/,
  /^simple package repository$/,
  /^\S+: simple list\b/,
];

/** PEP 629. */
export const VERSION_META = 'pypi:repository-version';

/**
 * Whether a page of HTML says that it is one of an index. What shows nothing that an index would show may be
 * anything: a login page, the portal of a hotel, a program. But a project without files is a page
 * without links, so a page with nothing at all on it is one.
 *
 * @param hasLinks whether it has links as only an index has them
 */
export function isIndexPage(document: HtmlDocument, hasLinks: boolean): boolean {
  if (hasLinks || document.metas.has(VERSION_META)) return true;
  if (document.asksForPassword) return false;
  return hasTitle(document) || isEmpty(document);
}

/** Whether the page lists what is in a folder, as web servers do. */
export function isFolderListing({ titles }: HtmlDocument): boolean {
  return titles.some((title) => /^(?:index of|directory listing for) /.test(tidied(title)));
}

function hasTitle({ titles }: HtmlDocument): boolean {
  return titles.map(tidied).some((title) => TITLES.some((pattern) => pattern.test(title)));
}

function tidied(title: string): string {
  return title.replace(/\s+/g, ' ').trim().toLowerCase();
}

function isEmpty({ isMarkedUp, anchors, hasOtherContent }: HtmlDocument): boolean {
  return isMarkedUp && anchors.length === 0 && !hasOtherContent;
}
