import { quote, WheelstoreError } from './errors.ts';

/** What an index takes: wheels, and sdists in two kinds of archive. */
export type FileFormat = 'whl' | 'tar.gz' | 'zip';

const FORMATS: readonly FileFormat[] = ['whl', 'tar.gz', 'zip'];

interface Unsupported {
  /** Against the whole filename, ignoring case. */
  readonly pattern: RegExp;
  readonly what: string;
  readonly fix: string;
}

const REBUILD_SDIST = 'Build the project again with "python -m build --sdist", which makes a .tar.gz.';
const REBUILD_WHEEL = 'Build a wheel with "python -m build --wheel".';
const PUBLISH_THE_DISTRIBUTION = 'Publish the distribution alone.';

/** What goes beside a distribution. */
const BESIDE: readonly Unsupported[] = [
  {
    pattern: /\.metadata$/i,
    what: 'the metadata of a distribution',
    fix: `${PUBLISH_THE_DISTRIBUTION} The index makes this file itself.`,
  },
  {
    pattern: /\.(?:attestation|provenance|sigstore|sigstore\.json)$/i,
    what: 'an attestation of a distribution',
    fix: PUBLISH_THE_DISTRIBUTION,
  },
  { pattern: /\.(?:asc|sig)$/i, what: 'a signature of a distribution', fix: PUBLISH_THE_DISTRIBUTION },
  {
    pattern: /\.(?:md5|sha1|sha256|sha512)$/i,
    what: 'a digest of a distribution',
    fix: PUBLISH_THE_DISTRIBUTION,
  },
];

// The first that matches says why.
const UNSUPPORTED: readonly Unsupported[] = [
  {
    pattern: /\.egg$/i,
    what: 'an egg, which pip cannot install',
    fix: 'Convert it with "wheel convert", or build a wheel with "python -m build --wheel".',
  },
  {
    pattern: /\.(?:exe|msi)$/i,
    what: 'a Windows installer, which pip cannot install',
    fix: 'Build a wheel with "python -m build --wheel"; "wheel convert" reads .exe files of bdist_wininst.',
  },
  {
    pattern: /\.(?:rpm|deb|dmg|pkg|apk)$/i,
    what: 'a package of an operating system, which pip cannot install',
    fix: REBUILD_WHEEL,
  },
  {
    pattern: /\.conda$|-[^-]*-[^-]*_[0-9]+\.tar\.bz2$/i,
    what: 'a conda package, which pip cannot install',
    fix: REBUILD_WHEEL,
  },
  {
    pattern:
      /-[0-9][^-]*\.(?:linux-[a-z0-9_]+|macosx-[0-9.]+-[a-z0-9_]+|win32|win-[a-z0-9]+)\.(?:tar\.gz|zip)$/i,
    what: 'a "dumb" built distribution, which pip cannot install',
    fix: REBUILD_WHEEL,
  },
  {
    pattern: /\.(?:tar|tar\.(?:bz2|xz|z|zst|lz|lzma)|tgz|tbz2?|txz|7z|rar)$/i,
    what: 'an archive that is no format of an sdist (PEP 625)',
    fix: REBUILD_SDIST,
  },
];

/**
 * The format that a filename's extension names.
 *
 * @throws {WheelstoreError} `unsupported-format`, with what the file is and what to do instead; or
 *   `invalid-filename` where only the case of the extension is wrong
 */
export function formatOf(filename: string): FileFormat {
  const unsupported = [...BESIDE, ...UNSUPPORTED].find(({ pattern }) => pattern.test(filename));
  if (unsupported !== undefined) throw unsupportedFormat(filename, `is ${unsupported.what}`, unsupported.fix);
  const format = FORMATS.find((candidate) => filename.endsWith(`.${candidate}`));
  if (format !== undefined) return format;
  if (FORMATS.some((candidate) => filename.toLowerCase().endsWith(`.${candidate}`))) {
    throw new WheelstoreError('invalid-filename', `${quote(filename)} has capitals in its extension`, {
      value: filename,
      fix: 'Rename it: clients look for .whl, .tar.gz and .zip in lower case.',
    });
  }
  throw unsupportedFormat(
    filename,
    'is neither a wheel (.whl) nor an sdist (.tar.gz or .zip)',
    'Build distributions with "python -m build".',
  );
}

/**
 * What a file is to an index, by its name alone: what an index takes (if its name and its content turn
 * out right), what holds a project in a form that no current installer takes, or none of both.
 */
export function standingOf(filename: string): 'distribution' | 'unsupported' | 'other' {
  const fits = ({ pattern }: Unsupported): boolean => pattern.test(filename);
  if (BESIDE.some(fits)) return 'other';
  if (UNSUPPORTED.some(fits)) return 'unsupported';
  const lower = filename.toLowerCase();
  return FORMATS.some((format) => lower.endsWith(`.${format}`)) ? 'distribution' : 'other';
}

function unsupportedFormat(filename: string, problem: string, fix: string): WheelstoreError {
  return new WheelstoreError('unsupported-format', `${quote(filename)} ${problem}`, { value: filename, fix });
}
