import type { ProjectStatus } from '../../record.ts';
import type { OfferedFile } from '../source.ts';
import {
  checkApiVersion,
  hashesInFragment,
  hashOf,
  reasonOf,
  requiresPythonOf,
  sizeOf,
  statusOf,
  uploadTimeOf,
  type RefuseClaim,
} from './claims.ts';
import { isIndexPage, VERSION_META } from './evidence.ts';
import type { Anchor, HtmlDocument } from './html-document.ts';
import { checkFilename, endsLikePackage, fileLocation, lastSegment, resolveLink } from './links.ts';
import { invalidEntry, invalidPage, type Problems } from './page.ts';
import type { ReadPage } from './read-page.ts';

/**
 * The page of a project in HTML (PEP 503), or any page with links to distributions.
 *
 * @throws {WheelstoreError} `invalid-page` where it is none
 */
export function readHtmlPage(document: HtmlDocument, url: string, problems: Problems): ReadPage {
  checkVersion(document, url);
  const base = baseOf(document, url, problems);
  const files: OfferedFile[] = [];
  let hasPackages = false;
  for (const anchor of document.anchors) {
    problems.noting(() => {
      const file = new AnchoredFile(anchor, base, url);
      hasPackages ||= file.isPackage;
      if (file.isPackage) files.push(file.offered());
    });
  }
  if (!isIndexPage(document, hasPackages)) {
    throw invalidPage(
      url,
      'is no page of an index: it has no link to a distribution, and does not say that it is one',
      'Open it in a browser: it may ask for a login. Check the URL of the index; it usually ends in /simple/.',
    );
  }
  const status = problems.noting(() => statusIn(document, url));
  return { files, ...(status === undefined ? {} : { status }), problems: problems.all() };
}

/** PEP 629. @throws {WheelstoreError} `invalid-page` */
export function checkVersion(document: HtmlDocument, url: string): void {
  const version = document.metas.get(VERSION_META);
  if (version === undefined) return;
  checkApiVersion(version, (what) => {
    throw invalidPage(url, what, 'Look for a newer version of Wheelstore.');
  });
}

/** What links are relative to: the page, unless it says otherwise. */
export function baseOf(document: HtmlDocument, url: string, problems: Problems): URL {
  const page = new URL(url);
  if (document.base === undefined) return page;
  const base = problems.noting(() => resolveLink(document.base ?? '', page, url));
  return base?.isFetchable === true ? base.url : page;
}

/** PEP 792. */
function statusIn({ metas }: HtmlDocument, url: string): ProjectStatus | undefined {
  const status = metas.get('pypi:project-status')?.trim();
  if (status === undefined) return undefined;
  return statusOf(status, metas.get('pypi:project-status-reason'), (what) => {
    throw invalidPage(url, what);
  });
}

/** What an anchor says of a file. The filename is that of the link: its text is for people, and often cut. */
class AnchoredFile {
  readonly isPackage: boolean;
  readonly #anchor: Anchor;
  readonly #base: URL;
  readonly #page: string;
  readonly #filename: string;
  readonly #fragment: string;
  readonly #refuse: RefuseClaim;

  /** @throws {WheelstoreError} `unsafe-address` */
  constructor(anchor: Anchor, base: URL, page: string) {
    const target = resolveLink(anchor.href, base, page);
    this.#anchor = anchor;
    this.#base = base;
    this.#page = page;
    this.#filename = target === undefined ? '' : lastSegment(target.url.pathname);
    this.#fragment = target?.url.hash ?? '';
    // A link that leads nowhere is a loss where its text names a file.
    this.isPackage =
      endsLikePackage(this.#filename) || (target === undefined && endsLikePackage(anchor.text));
    this.#refuse = (what) => {
      throw invalidEntry(page, this.#filename, what);
    };
  }

  /** @throws {WheelstoreError} `invalid-page`, `invalid-filename` */
  offered(): OfferedFile {
    const filename = this.#filename === '' ? this.#anchor.text.trim() : this.#filename;
    const location = fileLocation(this.#anchor.href, this.#base, filename, this.#page);
    checkFilename(filename);
    const { attributes } = this.#anchor;
    const time = attributes['data-upload-time'];
    const requiresPython = requiresPythonOf(attributes['data-requires-python'] ?? '', this.#refuse);
    const metadata = this.#metadata();
    return {
      filename,
      location,
      hashes: hashesInFragment(this.#fragment, this.#refuse),
      yanked: this.#yanked(),
      ...this.#size(),
      ...(time === undefined ? {} : { uploadTime: uploadTimeOf(time, this.#refuse) }),
      ...(requiresPython === undefined ? {} : { requiresPython }),
      ...(metadata === undefined ? {} : { metadata }),
      ...this.#provenance(filename),
    };
  }

  /** PEP 592: the attribute alone yanks; its value is the reason. */
  #yanked(): boolean | string {
    const yanked = this.#anchor.attributes['data-yanked'];
    return yanked === undefined ? false : (reasonOf(yanked) ?? true);
  }

  /** As our own pages tell it; no specification has it for HTML. */
  #size(): { size?: number } {
    const size = this.#anchor.attributes['data-size'];
    if (size === undefined) return {};
    return { size: sizeOf(/^\d{1,16}$/.test(size) ? Number(size) : size, this.#refuse) };
  }

  /** PEP 658, and PEP 714: the newer name counts. */
  #metadata(): true | Readonly<Record<string, string>> | undefined {
    const { attributes } = this.#anchor;
    const claim = (attributes['data-core-metadata'] ?? attributes['data-dist-info-metadata'])?.trim();
    if (claim === undefined || claim === '' || claim.toLowerCase() === 'false') return undefined;
    const [algorithm = '', value] = claim.split('=', 2);
    return value === undefined ? true : Object.fromEntries([hashOf(algorithm, value, this.#refuse)]);
  }

  /** PEP 740. */
  #provenance(filename: string): { provenance?: string } {
    const link = this.#anchor.attributes['data-provenance']?.trim();
    if (link === undefined || link === '') return {};
    return { provenance: fileLocation(link, this.#base, filename, this.#page) };
  }
}
