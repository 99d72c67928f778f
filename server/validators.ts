/** What tells one version of a representation from another. */
export interface Validators {
  /** As in the header: a strong entity tag with its quotes. */
  readonly etag: string;
  readonly lastModified: Date;
}

/**
 * RFC 9110 8.8.3: `etag` as a strong entity tag. What may not stand in one is escaped, and so is `%`,
 * so that two different ETags stay different.
 */
export function entityTag(etag: string): string {
  const safe = etag.replace(
    /[^!#-$&-~]/g,
    (character) => `%${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return `"${safe}"`;
}

/** HTTP dates have no fractions of a second. */
function toSeconds(date: Date): number {
  return Math.floor(date.getTime() / 1000);
}

/** RFC 9110 5.6.7: seconds since 1970, or `undefined` for what is no date. */
function parseDate(value: string): number | undefined {
  // The oldest of the three forms names no zone; all of them mean GMT.
  const milliseconds = Date.parse(/GMT\s*$/.test(value) ? value : `${value} GMT`);
  return Number.isNaN(milliseconds) ? undefined : Math.floor(milliseconds / 1000);
}

/** RFC 9110 8.8.3.2. A weak comparison takes `W/"a"` and `"a"` for one; a strong one takes no `W/`. */
function listsTag(list: string, etag: string, comparison: 'strong' | 'weak'): boolean {
  if (list.trim() === '*') return true;
  for (const [, weak, opaque] of list.matchAll(/(W\/)?("[^"]*")/g)) {
    if (opaque === etag && (comparison === 'weak' || weak === undefined)) return true;
  }
  return false;
}

/** The conditional headers of a request, by their names in Node. */
export interface Conditions {
  readonly 'if-match'?: string | undefined;
  readonly 'if-none-match'?: string | undefined;
  readonly 'if-modified-since'?: string | undefined;
  readonly 'if-unmodified-since'?: string | undefined;
}

/** RFC 9110 13.2.2, steps 1 and 2. */
function preconditionFails(conditions: Conditions, { etag, lastModified }: Validators): boolean {
  const match = conditions['if-match'];
  if (match !== undefined) return !listsTag(match, etag, 'strong');
  const since = parseDate(conditions['if-unmodified-since'] ?? '');
  return since !== undefined && toSeconds(lastModified) > since;
}

/** RFC 9110 13.2.2, steps 3 and 4. */
function isUnchanged(conditions: Conditions, { etag, lastModified }: Validators): boolean {
  const noneMatch = conditions['if-none-match'];
  if (noneMatch !== undefined) return listsTag(noneMatch, etag, 'weak');
  const since = parseDate(conditions['if-modified-since'] ?? '');
  return since !== undefined && toSeconds(lastModified) <= since;
}

/** RFC 9110 13.2.2: what the conditions of a GET or HEAD come to, in their order of precedence. */
export function evaluate(conditions: Conditions, validators: Validators): 200 | 304 | 412 {
  if (preconditionFails(conditions, validators)) return 412;
  return isUnchanged(conditions, validators) ? 304 : 200;
}

/**
 * RFC 9110 13.1.5: whether a range may be cut out of this version. A date says so only for a version
 * that was a second old when `now` was: within its second, there may have been another one.
 */
export function allowsRange(ifRange: string | undefined, validators: Validators, now: Date): boolean {
  if (ifRange === undefined) return true;
  const value = ifRange.trim();
  if (/^(W\/)?"/.test(value)) return value === validators.etag;
  const modified = toSeconds(validators.lastModified);
  return parseDate(value) === modified && toSeconds(now) > modified;
}
