import { isValidName, normalizeName, type NormalizedName } from '../../names.ts';
import { isFolderListing, isIndexPage } from './evidence.ts';
import type { Anchor, HtmlDocument } from './html-document.ts';
import { baseOf, checkVersion } from './html-page.ts';
import { endsLikePackage, lastSegment, resolveLink } from './links.ts';
import { invalidPage, noList, type Problems } from './page.ts';
import type { ReadList } from './read-page.ts';

/**
 * The project list in HTML (PEP 503), or a listing of folders.
 *
 * @throws {WheelstoreError} `invalid-page` where it is none
 */
export function readHtmlList(document: HtmlDocument, url: string, problems: Problems): ReadList {
  checkVersion(document, url);
  const base = baseOf(document, url, problems);
  const isListing = isFolderListing(document);
  const names = new Set<NormalizedName>();
  let packages = 0;
  let others = 0;
  for (const anchor of document.anchors) {
    problems.noting(() => {
      const target = resolveLink(anchor.href, base, url);
      if (target?.isFetchable !== true || isUpwards(target.url, base)) return;
      const segment = projectSegment(target.url, base, anchor, isListing);
      if (endsLikePackage(lastSegment(target.url.pathname))) packages++;
      else if (segment === undefined) others++;
      else names.add(normalizeName(segment));
    });
  }
  if (packages > 0 && names.size === 0) throw noList(url);
  if (packages > 0) {
    problems.add(invalidPage(url, `links to ${packages} files beside its projects, which are passed over`));
  }
  if (!isIndexPage(document, names.size > 0 && others === 0 && !document.hasOtherContent)) {
    throw invalidPage(
      url,
      'is no list of projects, and does not say that it is one',
      'Open it in a browser: it may ask for a login. Check the URL of the index; it usually ends in /simple/.',
    );
  }
  return { projects: [...names], problems: problems.all() };
}

/** The page itself in another order, or a folder that it is in. */
function isUpwards(url: URL, base: URL): boolean {
  return url.host === base.host && folderOf(base).startsWith(folderOf(url)) && url.pathname.endsWith('/');
}

/**
 * The segment of a link that names a project. PEP 503: the link goes to `<base>/<project>/`, and its text is
 * the name. Either may be otherwise (`foo/index.html`, addresses of another tree), not both.
 */
function projectSegment(url: URL, base: URL, { text }: Anchor, isListing: boolean): string | undefined {
  const path = url.pathname.replace(/\/index\.html?$/, '/');
  const isFolder = path.endsWith('/');
  const parent = folderOf({ pathname: isFolder ? path.slice(0, -1) : path });
  const segment = lastSegment(isFolder ? path.slice(0, -1) : path);
  const isBeneath = url.host === base.host && parent === folderOf(base);
  if (isBeneath && isFolder) return segment;
  // What is no folder in a listing of folders is a file.
  if (isListing || !isSameName(text, segment)) return undefined;
  const isSibling = lastSegment(parent.slice(0, -1)) === lastSegment(folderOf(base).slice(0, -1));
  return isBeneath || isSibling ? segment : undefined;
}

function folderOf({ pathname }: { readonly pathname: string }): string {
  return pathname.slice(0, pathname.lastIndexOf('/') + 1);
}

function isSameName(text: string, segment: string): boolean {
  const name = text.trim().replace(/\/$/, '');
  return isValidName(name) && isValidName(segment) && normalizeName(name) === normalizeName(segment);
}
