import { quote, WheelstoreError } from './errors.ts';
import type { ParsedFilename, SdistFilename, WheelFilename } from './filenames.ts';
import type { NormalizedName } from './names.ts';
import type { Version } from './versions.ts';

/** Whose distribution it is, as the metadata inside it says. */
export interface Identity {
  readonly project: NormalizedName;
  /** As the metadata spells it. */
  readonly name: string;
  readonly version: Version;
}

/** How the filename of an sdist goes with the metadata inside it. */
export type SdistMatch = 'canonical' | 'older-spelling' | 'mismatch';

/**
 * Decides the one reading of an sdist's filename. PEP 625: the canonical filename is
 * `{name}-{version}.tar.gz`, the name normalized with `_` for `-`, the version normalized; a `.zip` is
 * an older spelling, as is any other spelling of the same name and version.
 */
export function matchSdist(sdist: SdistFilename, project: NormalizedName, version: Version): SdistMatch {
  if (sdist.filename === `${canonicalStem(project, version)}.tar.gz`) return 'canonical';
  const isSame = sdist.candidates.some(
    (candidate) => candidate.project === project && candidate.version.key === version.key,
  );
  return isSame ? 'older-spelling' : 'mismatch';
}

/**
 * Checks that a filename and the metadata inside the file name one project and one version, in
 * whatever spelling.
 *
 * @returns warnings about older spellings, as sentences
 * @throws {WheelstoreError} `invalid-metadata` where they differ
 */
export function checkDistribution(parsed: ParsedFilename, identity: Identity): readonly string[] {
  return parsed.kind === 'wheel' ? checkWheel(parsed, identity) : checkSdist(parsed, identity);
}

function checkWheel(wheel: WheelFilename, identity: Identity): readonly string[] {
  const { project, version } = identity;
  if (wheel.project !== project || wheel.version.key !== version.key) throw mismatch(wheel, identity);
  const prefix = `${canonicalStem(project, version)}-`;
  if (wheel.filename.startsWith(prefix)) return [];
  const { python, abi, platform } = wheel.tags;
  const rest = [wheel.build, python, abi, platform].filter((part) => part !== undefined).join('-');
  return [olderSpelling(wheel, `${prefix}${rest}.whl`)];
}

function checkSdist(sdist: SdistFilename, identity: Identity): readonly string[] {
  const { project, version } = identity;
  const match = matchSdist(sdist, project, version);
  if (match === 'mismatch') throw mismatch(sdist, identity);
  return match === 'canonical' ? [] : [olderSpelling(sdist, `${canonicalStem(project, version)}.tar.gz`)];
}

function canonicalStem(project: NormalizedName, version: Version): string {
  return `${project.replaceAll('-', '_')}-${version.normalized}`;
}

function olderSpelling({ filename }: ParsedFilename, canonical: string): string {
  return `${filename} is an older spelling: current tools name this file ${canonical}.`;
}

function mismatch(parsed: ParsedFilename, { name, version }: Identity): WheelstoreError {
  const inside = `${quote(name)} ${version.normalized}`;
  const readings = parsed.kind === 'wheel' ? [parsed] : parsed.candidates;
  const outside = readings.map((reading) => `${quote(reading.project)} ${reading.version.normalized}`);
  return new WheelstoreError(
    'invalid-metadata',
    `${quote(parsed.filename)} names ${outside.join(' or ')}, but the metadata inside it names ${inside}`,
    { value: parsed.filename, fix: 'Build the distribution again, and do not rename it.' },
  );
}
