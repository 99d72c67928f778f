import { quote } from '../errors.ts';
import { problemOfSpelling } from './member-path.ts';
import { refusal, SUSPICIOUS } from './refusal.ts';

/**
 * Checks that a symbolic link stays inside of the top-level folder it is in, whatever the other links
 * of the archive are.
 *
 * A `..` is only taken at the beginning, where it goes through the link's own folders. Those are no
 * links, since an archive has no members below a link. Behind a name it could lead up from wherever
 * another link leads.
 *
 * @param path of the link, with the top-level folder as its first segment
 * @throws {WheelstoreError} `invalid-archive`
 */
export function checkSymlink(path: string, target: string): void {
  const isAbsoluteOrOdd = problemOfSpelling(target) !== undefined;
  const steps = target.split('/').filter((step) => step !== '' && step !== '.');
  const firstName = steps.findIndex((step) => step !== '..');
  const climbs = firstName === -1 ? steps.length : firstName;
  const depthBelowTop = path.split('/').length - 2;
  if (!isAbsoluteOrOdd && climbs <= depthBelowTop && !steps.slice(climbs).includes('..')) return;
  throw badLink(path, target);
}

/**
 * Checks that a hard link is to a file that came before it, which is therefore inside.
 *
 * @throws {WheelstoreError} `invalid-archive`
 */
export function checkHardLink(path: string, target: string, earlier: ReadonlySet<string>): void {
  if (!earlier.has(target)) throw badLink(path, target);
}

function badLink(path: string, target: string): Error {
  return refusal(
    `Member ${quote(path)} is a link to ${quote(target)}, which is not inside of the archive`,
    SUSPICIOUS,
    path,
  );
}
