import { quote, WheelstoreError } from '../errors.ts';
import { isValidName, normalizeName, type NormalizedName } from '../names.ts';
import { isVersion, parseVersion } from '../versions.ts';

/** What of a project to import. */
export interface Selection {
  readonly project: NormalizedName;
  /** In normal form, by `Version.key`; `undefined` means all. */
  readonly versions?: ReadonlyMap<string, string>;
}

/**
 * The projects in words such as `NAME` and `NAME==1.0`. The same project can be named several times.
 *
 * @throws {WheelstoreError} `usage`
 */
export function parseSelections(words: readonly string[]): Selection[] {
  const selected = new Map<NormalizedName, Map<string, string>>();
  const whole = new Set<NormalizedName>();
  for (const word of words) {
    const { project, version } = parseWord(word);
    const versions = selected.get(project) ?? new Map<string, string>();
    selected.set(project, versions);
    if (version === undefined) whole.add(project);
    else versions.set(version.key, version.normalized);
  }
  return [...selected].map(([project, versions]) =>
    whole.has(project) ? { project } : { project, versions },
  );
}

function parseWord(word: string) {
  const [name = '', version, ...rest] = word.split('==').map((part) => part.trim());
  if (!isValidName(name) || (version !== undefined && !isVersion(version)) || rest.length > 0) {
    throw new WheelstoreError('usage', `${quote(word)} is neither a project nor a release of one`, {
      value: word,
      fix: 'Give names such as acme-core, or releases such as acme-core==1.2.0.',
    });
  }
  return { project: normalizeName(name), version: version === undefined ? undefined : parseVersion(version) };
}
