import type { Environment } from './environment.ts';
import { headersOf, pageKey, PAGES_PREFIX, recordKey, REPRESENTATIONS, type Representation } from './keys.ts';
import type { NormalizedName } from './names.ts';
import type { RenderedPage } from './pages/page.ts';
import { together } from './parallel.ts';
import { emptyRecord, parseRecord, type ProjectRecord } from './record.ts';
import type { ETag, ObjectHead, Store } from './store.ts';

/** A project's record as it was found, with what a compare-and-swap of it needs. */
export interface RecordSnapshot {
  readonly record: ProjectRecord;
  /** `undefined` where the project has no record yet. */
  readonly etag: ETag | undefined;
}

/** @throws {WheelstoreError} `corrupt-record` */
export async function readRecord(store: Store, project: NormalizedName): Promise<RecordSnapshot> {
  const key = recordKey(project);
  const object = await store.get(key);
  return object === undefined
    ? { record: emptyRecord(project), etag: undefined }
    : { record: parseRecord(object.body, project, key), etag: object.etag };
}

/** What is known of the representations of one page before they are written. */
export type PageHeads = Readonly<Record<Representation, ObjectHead | undefined>>;

/** What is known of a page that is not there. */
export const NO_PAGES = Object.fromEntries(
  REPRESENTATIONS.map((representation) => [representation, undefined]),
) as PageHeads;

/** Whether any representation of a project's page is there. */
export async function hasPages(store: Store, project: NormalizedName): Promise<boolean> {
  const keys = new Set(REPRESENTATIONS.map((representation) => pageKey(project, representation)));
  for await (const { key } of store.list(`${PAGES_PREFIX}${project}/`)) if (keys.has(key)) return true;
  return false;
}

/** @param project `undefined` for the project list */
export async function readPageHeads(store: Store, project: NormalizedName | undefined): Promise<PageHeads> {
  const heads = await together(
    REPRESENTATIONS.map(async (representation) => {
      const key = pageKey(project, representation);
      return [representation, asServed(key, await store.head(key))] as const;
    }),
  );
  return Object.fromEntries(heads) as Record<Representation, ObjectHead | undefined>;
}

/**
 * What clients get under other headers is another page. Whoever has copied it here has lost them; some
 * programs do.
 */
function asServed(key: string, head: ObjectHead | undefined): ObjectHead | undefined {
  if (head?.headers === undefined) return head;
  const { contentType, cacheControl, contentEncoding } = headersOf(key);
  const isOurs =
    isSameHeader(head.headers.contentType, contentType) &&
    isSameHeader(head.headers.cacheControl, cacheControl) &&
    // Some stores keep the word for how it was sent.
    isSameHeader(head.headers.contentEncoding?.replace(/\baws-chunked\b,?/, ''), contentEncoding);
  return isOurs ? head : { ...head, sha256: '' };
}

function isSameHeader(one = '', other = ''): boolean {
  const plain = (text: string): string =>
    text
      .toLowerCase()
      .replace(/[\s,]+/g, ' ')
      .replaceAll('; ', ';')
      .trim();
  return plain(one) === plain(other);
}

/**
 * Writes the representations that are not up to date, each only if it is still what `heads` says.
 *
 * @returns false where another writer had changed one of them
 */
export async function writePage(
  { store, reporter }: Environment,
  project: NormalizedName | undefined,
  pages: readonly RenderedPage[],
  heads: PageHeads,
): Promise<boolean> {
  const outdated = pages.filter((page) => heads[page.representation]?.sha256 !== page.sha256);
  // Before, because a write that fails may have taken effect all the same.
  reporter.emit({ type: 'pages', project, outdated: outdated.length });
  const outcomes = await together(
    outdated.map(({ representation, body }) => {
      const key = pageKey(project, representation);
      return store.replace(key, body, heads[representation]?.etag, headersOf(key));
    }),
  );
  return outcomes.every(({ outcome }) => outcome === 'written');
}
