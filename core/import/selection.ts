import { quote, WheelstoreError } from '../errors.ts';
import { isValidName, normalizeName, type NormalizedName } from '../names.ts';
import { isVersion, parseVersion } from '../versions.ts';

/** What of a project to import. */
export interface Selection {
  readonly project: NormalizedName;
  /** Of versions, as `Version.key` has it; `undefined` means all. */
  readonly versions?: ReadonlySet<string>;
}

/**
 * The projects in words such as `NAME` and `NAME==1.0`. The same project can be named several times.
 *
 * @throws {WheelstoreError} `usage`
 */
export function parseSelections(words: readonly string[]): Selection[] {
  const selected = new Map<NormalizedName, Set<string> | undefined>();
  for (const word of words) {
    const [name = '', version, ...rest] = word.split('==').map((part) => part.trim());
    const isRight = isValidName(name) && (version === undefined || isVersion(version)) && rest.length === 0;
    if (!isRight) {
      throw new WheelstoreError('usage', `${quote(word)} is neither a project nor a release of one`, {
        value: word,
        fix: 'Give names such as acme-core, or releases such as acme-core==1.2.0.',
      });
    }
    const project = normalizeName(name);
    const versions = selected.get(project);
    if (version === undefined) selected.set(project, undefined);
    else if (versions !== undefined) versions.add(parseVersion(version).key);
    else if (!selected.has(project)) selected.set(project, new Set([parseVersion(version).key]));
  }
  return [...selected].map(([project, versions]) => ({
    project,
    ...(versions === undefined ? {} : { versions }),
  }));
}
