import type { SortedKeys } from './sorted-keys.ts';

export interface ListingQuery {
  readonly prefix: string;
  /** Keys that have it after the prefix are shown as one common prefix. */
  readonly delimiter: string;
  /** A key or common prefix that was already shown. */
  readonly after: string | undefined;
  readonly limit: number;
}

export interface ListingPage {
  readonly keys: readonly string[];
  readonly prefixes: readonly string[];
  /** What to continue after, unless this is the last page. */
  readonly next: string | undefined;
}

/** The common prefix that stands for a key. */
function groupOf(key: string, { prefix, delimiter }: ListingQuery): string | undefined {
  if (delimiter === '') return undefined;
  const cut = key.indexOf(delimiter, prefix.length);
  return cut === -1 ? undefined : key.slice(0, cut + delimiter.length);
}

function startOf(keys: SortedKeys, query: ListingQuery): number {
  const start = keys.firstFrom(query.prefix);
  if (query.after === undefined) return start;
  // After a common prefix come the keys that it does not stand for.
  const shownAsGroup = query.after.startsWith(query.prefix) && groupOf(query.after, query) === query.after;
  return Math.max(start, shownAsGroup ? keys.firstPast(query.after) : keys.firstAfter(query.after));
}

/** One page of a listing. Keys and common prefixes count alike towards its limit. */
export function listPage(sorted: SortedKeys, query: ListingQuery): ListingPage {
  const keys: string[] = [];
  const prefixes: string[] = [];
  if (query.limit === 0) return { keys, prefixes, next: undefined };
  let last: string | undefined;
  let index = startOf(sorted, query);
  for (let key = sorted.at(index); key?.startsWith(query.prefix); key = sorted.at(index)) {
    if (keys.length + prefixes.length === query.limit) return { keys, prefixes, next: last };
    const group = groupOf(key, query);
    if (group === undefined) keys.push(key);
    else prefixes.push(group);
    last = group ?? key;
    index = group === undefined ? index + 1 : sorted.firstPast(group);
  }
  return { keys, prefixes, next: undefined };
}
