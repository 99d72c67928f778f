import { WheelstoreError } from '../core/errors.ts';

/** In characters. */
const LONGEST_REASON = 1000;

/**
 * The reason that a person gives with `--reason`. It stands in one attribute of a page and on one line
 * of a terminal; an empty one counts as none.
 *
 * @throws {WheelstoreError} `usage`
 */
export function checkedReason(reason: string | undefined): string | undefined {
  const text = reason?.trim();
  if (text === undefined || text === '') return undefined;
  if (/\p{Cc}/u.test(text) || text.length > LONGEST_REASON) {
    throw new WheelstoreError('usage', 'The reason has a line break or a control character, or is too long', {
      value: text,
      fix: `Give one line of at most ${LONGEST_REASON} characters.`,
    });
  }
  return text;
}
