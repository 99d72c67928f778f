import { quote, WheelstoreError } from './errors.ts';

declare const normalized: unique symbol;

/** A project name in its normalized form (PEP 503), safe as one segment of a key or a URL. */
export type NormalizedName = string & { readonly [normalized]: true };

// PEP 508: the names that are valid, ASCII only, ignoring case.
const VALID_NAME = /^([A-Z0-9]|[A-Z0-9][A-Z0-9._-]*[A-Z0-9])$/i;

// A name is a folder in a repository; most file systems end at 255 bytes.
const LONGEST_NAME = 200;

/** Whether `name` may name a project, in any spelling. */
export function isValidName(name: string): boolean {
  return name.length <= LONGEST_NAME && VALID_NAME.test(name);
}

/** Whether `name` is a project name, and in its normalized form. */
export function isNormalizedName(name: string): name is NormalizedName {
  return isValidName(name) && normalizeName(name) === name;
}

/**
 * PEP 503: lower case, with every run of `-`, `_` and `.` as a single `-`.
 *
 * @throws {WheelstoreError} `invalid-name`
 */
export function normalizeName(name: string): NormalizedName {
  if (!isValidName(name)) {
    throw new WheelstoreError('invalid-name', `${quote(name)} is not a valid project name`, {
      value: name,
      fix: `Use ASCII letters, digits, ".", "_" and "-", with a letter or digit at both ends, at most ${LONGEST_NAME} characters.`,
    });
  }
  return name.replace(/[-_.]+/g, '-').toLowerCase() as NormalizedName;
}
