import { quote, WheelstoreError } from '../../core/errors.ts';
import { answeredTooLittle } from './facts.ts';
import type { Requests } from './requests.ts';

/** An object of the bucket, as a listing tells of it. */
export interface ListedPath {
  readonly path: string;
  /** In bytes. */
  readonly size: number;
  readonly modified: Date | undefined;
}

/**
 * Every object of the bucket whose key starts with `prefix`.
 *
 * @throws {WheelstoreError} `store-failed` where the store gives no way to its next page
 */
export async function* listPaths(requests: Requests, prefix: string): AsyncGenerator<ListedPath> {
  let token: string | undefined;
  do {
    const page = await requests.list(prefix, token);
    // An answer that is none of a listing says nothing, and least of all that there is nothing.
    if (page.IsTruncated === undefined && page.KeyCount === undefined) throw answeredTooLittle(prefix);
    for (const { Key: key, Size: size, LastModified: modified } of page.Contents ?? []) {
      if (key === undefined || size === undefined) throw answeredTooLittle(prefix);
      yield { path: page.EncodingType === 'url' ? decoded(key, prefix) : key, size, modified };
    }
    const next = page.NextContinuationToken;
    // A short page is not the last one: only the token says.
    const isLast = page.IsTruncated === false || (page.IsTruncated === undefined && next === undefined);
    if (!isLast && (next === undefined || next === token)) throw cutOff(prefix);
    token = isLast ? undefined : next;
  } while (token !== undefined);
}

function decoded(key: string, prefix: string): string {
  try {
    return decodeURIComponent(key.replaceAll('+', ' '));
  } catch {
    throw answeredTooLittle(prefix);
  }
}

function cutOff(prefix: string): WheelstoreError {
  return new WheelstoreError('store-failed', `The listing of ${quote(prefix)} is cut off`, {
    value: prefix,
    fix: 'Check that the endpoint is one of S3: it says that there is more, and not how to ask for it.',
  });
}
