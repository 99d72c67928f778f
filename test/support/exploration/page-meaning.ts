import { REPRESENTATIONS, type Representation } from '../../../core/keys.ts';
import type { StoredObject } from '../../../core/store.ts';
import { linksOf, projectsOnList, serialOf, textOfPage } from '../repository-check.ts';

/** Where a page is kept in one of its representations. */
export interface PagePlace {
  /** The folder, which all representations share. */
  readonly page: string;
  readonly representation: Representation;
}

const places = new Map<string, PagePlace | undefined>();

/** `undefined` where `key` is not that of a page. */
export function pagePlaceOf(key: string): PagePlace | undefined {
  if (!places.has(key)) places.set(key, parsed(key));
  return places.get(key);
}

function parsed(key: string): PagePlace | undefined {
  const [, page = '', name] = /^(simple\/(?:[^/]+\/)?)(index\.[a-z0-9.]+)$/.exec(key) ?? [];
  const representation = REPRESENTATIONS.find((each) => each === name);
  return representation === undefined ? undefined : { page, representation };
}

/**
 * What the pages of one exploration say. Two representations that were rendered from one record say
 * the same; two that were not never do, which is checked.
 */
export class PageMeanings {
  readonly #meanings = new Map<string, string>();
  readonly #bodies = new Map<string, string>();

  of(key: string, { page, representation }: PagePlace, { etag, body }: StoredObject): string {
    const known = this.#meanings.get(`${key} ${etag}`);
    if (known !== undefined) return known;
    const text = textOfPage(key, body);
    const names =
      page === 'simple/'
        ? projectsOnList(text, representation)
        : linksOf(text, representation, page.slice(0, -1)).map(
            ({ key: file, yanked }) => `${file} yanked: ${yanked ?? 'no'}`,
          );
    const meaning = `serial ${serialOf(text)}: ${names.join()}`;
    if (this.#bodies.has(`${key} ${meaning}`)) throw new Error(`Two versions of ${key} say ${meaning}`);
    this.#bodies.set(`${key} ${meaning}`, etag);
    this.#meanings.set(`${key} ${etag}`, meaning);
    return meaning;
  }
}
