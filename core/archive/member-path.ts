import { quote } from '../errors.ts';
import { NONSTANDARD, refusal, SUSPICIOUS } from './refusal.ts';

/** In UTF-16 units. Longer ones cannot be unpacked everywhere: PATH_MAX of macOS. */
const LONGEST_PATH = 1024;

/** Every member makes all of its folders known; this bounds their number. */
const DEEPEST_PATH = 64;

// oxlint-disable-next-line no-control-regex -- control characters are what it looks for
const CONTROL_CHARACTER = /[\u0000-\u001f\u007f-\u009f]/;
const DRIVE = /^[a-z]:/i;

/**
 * The text of a member's name, which must be UTF-8 whether or not the archive says so.
 *
 * @throws {WheelstoreError} `invalid-archive`
 */
export function decodeName(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    const shown = new TextDecoder('latin1').decode(bytes);
    throw refusal(`The name of member ${quote(shown)} is not UTF-8`, NONSTANDARD, shown);
  }
}

/**
 * Checks that unpacking `path` (without a trailing slash) writes to one place below the folder it is
 * unpacked into, on every operating system.
 *
 * @throws {WheelstoreError} `invalid-archive`
 */
export function checkMemberPath(path: string): void {
  const problem = problemOf(path);
  if (problem === undefined) return;
  throw refusal(`The name of member ${quote(path)} ${problem}`, SUSPICIOUS, path);
}

function problemOf(path: string): string | undefined {
  const written = problemOfSpelling(path);
  if (written !== undefined) return written;
  const segments = path.split('/');
  if (segments.includes('..')) return 'leads out of the archive';
  if (segments.includes('') || segments.includes('.')) return 'has an empty or "." segment';
  if (segments.length > DEEPEST_PATH) return `has more than ${DEEPEST_PATH} segments`;
  return undefined;
}

/** What is wrong with any path, of a member or in a link, before looking at its segments. */
export function problemOfSpelling(path: string): string | undefined {
  if (path === '') return 'is empty';
  if (path.length > LONGEST_PATH) return `is longer than ${LONGEST_PATH} characters`;
  if (CONTROL_CHARACTER.test(path)) return 'has a control character';
  if (path.includes('\\')) return 'has a backslash';
  if (path.startsWith('/') || DRIVE.test(path)) return 'is an absolute path';
  return undefined;
}
