import { quote, WheelstoreError } from './errors.ts';
import { formatOf } from './file-formats.ts';
import { isValidName, normalizeName, type NormalizedName } from './names.ts';
import { compareVersions, isVersion, parseVersion, type Version } from './versions.ts';

/** The compatibility tags of a wheel, as its filename spells them: `py2.py3`, `none`, `any`. */
export interface WheelTags {
  readonly python: string;
  readonly abi: string;
  readonly platform: string;
}

/** A wheel's filename names everything (binary distribution format, formerly PEP 427). */
export interface WheelFilename {
  readonly kind: 'wheel';
  readonly filename: string;
  readonly project: NormalizedName;
  readonly version: Version;
  readonly build: string | undefined;
  readonly tags: WheelTags;
}

/** An sdist's filename may be read in more than one way: `foo-1.0-1` is foo 1.0.post1, or foo-1.0 1. */
export interface SdistFilename {
  readonly kind: 'sdist';
  readonly filename: string;
  readonly format: 'tar.gz' | 'zip';
  /** The filename without its extension. */
  readonly stem: string;
  /** Every way to read it, the shortest name first. At least one. */
  readonly candidates: readonly SdistCandidate[];
}

export interface SdistCandidate {
  readonly project: NormalizedName;
  readonly version: Version;
}

export type ParsedFilename = WheelFilename | SdistFilename;

// Most file systems end at 255 bytes, and what lies beside a file adds `.metadata` or `.provenance`.
const LONGEST_FILENAME = 235;

// What names, versions and tags are made of. Safe as it is in a key, and in a URL but for `+`. A
// space, `%` or anything beyond ASCII would have two spellings in a URL.
const SAFE_CHARACTERS = /^[A-Za-z0-9._+!-]*$/;

const TAG = /^[A-Za-z0-9_]+(?:\.[A-Za-z0-9_]+)*$/;
const BUILD = /^[0-9]/;

/**
 * Reads the filename of a wheel or an sdist. Names and versions may be in any valid spelling.
 *
 * @throws {WheelstoreError} `invalid-filename` or `unsupported-format`
 */
export function parseFilename(filename: string): ParsedFilename {
  checkCharacters(filename);
  const format = formatOf(filename);
  const stem = filename.slice(0, -`.${format}`.length);
  if (format === 'whl') return parseWheel(filename, stem);
  return { kind: 'sdist', filename, format, stem, candidates: candidatesOf(filename, stem) };
}

/** What `compareFiles` needs of a file. */
export interface OrderedFile {
  readonly filename: string;
  readonly version: Version;
}

/** The canonical order of a project's files: by version, sdists before wheels, then by filename. */
export function compareFiles(a: OrderedFile, b: OrderedFile): number {
  const byVersion = compareVersions(a.version, b.version);
  if (byVersion !== 0) return byVersion;
  const byKind = Number(isWheel(a)) - Number(isWheel(b));
  if (byKind !== 0) return byKind;
  if (a.filename === b.filename) return 0;
  return a.filename < b.filename ? -1 : 1;
}

function isWheel({ filename }: OrderedFile): boolean {
  return filename.endsWith('.whl');
}

function checkCharacters(filename: string): void {
  if (filename.length > LONGEST_FILENAME) {
    const fix = 'Shorten the version or the build tag.';
    throw invalidFilename(filename, `is longer than ${LONGEST_FILENAME} characters`, fix);
  }
  if (!SAFE_CHARACTERS.test(filename)) {
    const fix = 'Use ASCII letters, digits and the characters . _ - + ! only.';
    throw invalidFilename(filename, 'has a character that a distribution’s filename cannot have', fix);
  }
  if (filename === '' || filename.startsWith('.') || filename.startsWith('-')) {
    const fix = 'A filename starts with the name of its project.';
    throw invalidFilename(filename, 'does not start with a letter or a digit', fix);
  }
}

function parseWheel(filename: string, stem: string): WheelFilename {
  const parts = stem.split('-');
  if (parts.length !== 5 && parts.length !== 6) {
    throw invalidWheel(filename, `has ${parts.length} parts between hyphens, not 5 or 6`);
  }
  const [name = '', version = ''] = parts;
  const [python = '', abi = '', platform = ''] = parts.slice(-3);
  const tags = { python, abi, platform };
  checkTags(filename, tags);
  const build = parts.length === 6 ? parts[2] : undefined;
  if (build !== undefined && !BUILD.test(build)) {
    throw invalidWheel(filename, `has the build tag ${quote(build)}, which does not start with a digit`);
  }
  const project = wheelProject(filename, name);
  return { kind: 'wheel', filename, project, version: wheelVersion(filename, version), build, tags };
}

// PEP 427: every run of `-`, `_` and `.` in a name is one `_`. Clients read dots too; none reads `__`.
function wheelProject(filename: string, name: string): NormalizedName {
  if (name.includes('__') || !isValidName(name)) {
    throw invalidWheel(filename, `has ${quote(name)} where the escaped name of the project is`);
  }
  return normalizeName(name);
}

function wheelVersion(filename: string, version: string): Version {
  if (!isVersion(version)) {
    throw invalidWheel(filename, `has ${quote(version)} where the version is, which PEP 440 does not allow`);
  }
  return parseVersion(version);
}

function checkTags(filename: string, tags: WheelTags): void {
  for (const [kind, tag] of Object.entries(tags)) {
    if (!TAG.test(tag)) throw invalidWheel(filename, `has ${quote(tag)} where the ${kind} tag is`);
  }
}

function candidatesOf(filename: string, stem: string): readonly SdistCandidate[] {
  const candidates: SdistCandidate[] = [];
  for (let hyphen = stem.indexOf('-'); hyphen !== -1; hyphen = stem.indexOf('-', hyphen + 1)) {
    const name = stem.slice(0, hyphen);
    const version = stem.slice(hyphen + 1);
    if (isValidName(name) && isVersion(version)) {
      candidates.push({ project: normalizeName(name), version: parseVersion(version) });
    }
  }
  if (candidates.length > 0) return candidates;
  const problem = 'does not name a project and a version (PEP 440) with a hyphen between them';
  throw invalidFilename(filename, problem, 'Build the sdist with "python -m build --sdist".');
}

function invalidWheel(filename: string, problem: string): WheelstoreError {
  const fix =
    'A wheel is named {name}-{version}[-{build}]-{python}-{abi}-{platform}.whl; build it with "python -m build --wheel".';
  return invalidFilename(filename, problem, fix);
}

function invalidFilename(filename: string, problem: string, fix: string): WheelstoreError {
  return new WheelstoreError('invalid-filename', `${quote(filename)} ${problem}`, { value: filename, fix });
}
