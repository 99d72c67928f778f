import { quote, WheelstoreError } from './errors.ts';

/** A version, read as PEP 440 says. */
export interface Version {
  /** PEP 440: the normal form, `1.0a1` for ` v1.0-ALPHA.1`. */
  readonly normalized: string;
  /**
   * Equal for equal versions, and only for them: the normal form without the trailing zeros of the
   * release, so that `1.0` and `1.0.0` share a key.
   */
  readonly key: string;
  /** PEP 440: a pre-release or a developmental release. */
  readonly isPrerelease: boolean;
  /** PEP 440: the local version label in its normal form, without the `+`. */
  readonly local: string | undefined;
  /** Sorts by code unit as the versions sort. An order within one process; nothing to be kept. */
  readonly sortKey: string;
}

// PEP 440 sets no limit. A version is part of a filename, and those end at 255 characters.
const LONGEST_VERSION = 255;

// PEP 440, appendix B. ASCII only: without the `u` flag, ignoring case never leaves ASCII here.
const VERSION = new RegExp(
  [
    '^v?',
    '(?:(?<epoch>[0-9]+)!)?',
    '(?<release>[0-9]+(?:\\.[0-9]+)*)',
    '(?:[._-]?(?<phase>alpha|a|beta|b|preview|pre|c|rc)[._-]?(?<pre>[0-9]*))?',
    '(?:-(?<implicitPost>[0-9]+)|[._-]?(?:post|rev|r)[._-]?(?<post>[0-9]*))?',
    '(?:[._-]?dev[._-]?(?<dev>[0-9]*))?',
    '(?:\\+(?<local>[a-z0-9]+(?:[._-][a-z0-9]+)*))?$',
  ].join(''),
  'i',
);

// PEP 440, "Pre-release spelling".
const PHASES: Readonly<Record<string, Phase>> = {
  alpha: 'a',
  a: 'a',
  beta: 'b',
  b: 'b',
  c: 'rc',
  rc: 'rc',
  pre: 'rc',
  preview: 'rc',
};

type Phase = 'a' | 'b' | 'rc';

/** A version in its parts. Integers stay text: they may be longer than a JavaScript number is exact. */
interface Parts {
  readonly epoch: string;
  readonly release: readonly string[];
  readonly pre: { readonly phase: Phase; readonly number: string } | undefined;
  readonly post: string | undefined;
  readonly dev: string | undefined;
  readonly local: readonly string[] | undefined;
}

/**
 * What has been read. A command looks at the same versions again and again: to sort files, to group them by release, to
 * find one of them.
 */
const known = new Map<string, Version>();

/** Some megabytes: more than nearly all projects have, and no more however many projects are looked at. */
const MOST_KNOWN = 20_000;

/**
 * Reads a version in any spelling that PEP 440 allows, surrounding whitespace included.
 *
 * @throws {WheelstoreError} `invalid-version`
 */
export function parseVersion(text: string): Version {
  let version = known.get(text);
  if (version === undefined) {
    version = readVersion(text);
    if (known.size >= MOST_KNOWN) known.clear();
    known.set(text, version);
  }
  return version;
}

function readVersion(text: string): Version {
  const parts = partsOf(text);
  if (parts === undefined) {
    throw new WheelstoreError('invalid-version', `${quote(text)} is not a valid version`, {
      value: text,
      fix: `Use a version as PEP 440 defines it, such as 1.0, 2.1rc1 or 1.0.post2, of at most ${LONGEST_VERSION} characters.`,
    });
  }
  const release = withoutTrailingZeros(parts.release);
  const suffix = suffixOf(parts);
  return {
    normalized: `${epochPrefix(parts)}${parts.release.join('.')}${suffix}`,
    key: `${epochPrefix(parts)}${release.join('.') || '0'}${suffix}`,
    isPrerelease: parts.pre !== undefined || parts.dev !== undefined,
    local: parts.local?.join('.'),
    sortKey: sortKeyOf(parts, release),
  };
}

// PEP 440, appendix B, "is_canonical", with a local version label in its normal form. Integers have no zeros in front,
// and an epoch of 0 is not written.
const NORMAL_VERSION = new RegExp(
  [
    '^(?:[1-9][0-9]*!)?',
    'N(?:\\.N)*',
    '(?:(?:a|b|rc)N)?',
    '(?:\\.postN)?',
    '(?:\\.devN)?',
    '(?:\\+(?:N|L)(?:\\.(?:N|L))*)?$',
  ]
    .join('')
    .replaceAll('N', '(?:0|[1-9][0-9]*)')
    .replaceAll('L', '[0-9]*[a-z][a-z0-9]*'),
);

/** Whether `text` is the normal form of a version: what `parseVersion` says of all that are equal but for zeros. */
export function isNormalVersion(text: string): boolean {
  return text.length <= LONGEST_VERSION && NORMAL_VERSION.test(text);
}

/** Whether PEP 440 allows `text` as a version, in any spelling. */
export function isVersion(text: string): boolean {
  return partsOf(text) !== undefined;
}

/** PEP 440: the order of versions. Zero exactly where the keys are equal. */
export function compareVersions(a: Version, b: Version): number {
  if (a.sortKey === b.sortKey) return 0;
  return a.sortKey < b.sortKey ? -1 : 1;
}

/** A release and nothing else, in its normal form: what most versions are. */
const PLAIN_RELEASE = /^(?:0|[1-9][0-9]*)(?:\.(?:0|[1-9][0-9]*))*$/;

function partsOf(text: string): Parts | undefined {
  if (text.length > LONGEST_VERSION) return undefined;
  if (PLAIN_RELEASE.test(text)) {
    const nothing = { pre: undefined, post: undefined, dev: undefined, local: undefined };
    return { epoch: '0', release: text.split('.'), ...nothing };
  }
  const groups = VERSION.exec(text.trim())?.groups;
  if (groups === undefined) return undefined;
  const phase = PHASES[groups['phase']?.toLowerCase() ?? ''];
  return {
    epoch: integer(groups['epoch'] ?? ''),
    release: (groups['release'] ?? '').split('.').map(integer),
    pre: phase && { phase, number: integer(groups['pre'] ?? '') },
    post: optionalInteger(groups['implicitPost'] ?? groups['post']),
    dev: optionalInteger(groups['dev']),
    local: groups['local']
      ?.toLowerCase()
      .split(/[._-]/)
      .map((segment) => (isInteger(segment) ? integer(segment) : segment)),
  };
}

function isInteger(segment: string): boolean {
  return /^[0-9]+$/.test(segment);
}

// PEP 440, "Integer Normalization"; a number that is left out is 0.
function integer(digits: string): string {
  return digits.startsWith('0') || digits === '' ? digits.replace(/^0+/, '') || '0' : digits;
}

function optionalInteger(digits: string | undefined): string | undefined {
  return digits === undefined ? undefined : integer(digits);
}

function withoutTrailingZeros(release: readonly string[]): readonly string[] {
  return release.slice(0, release.findLastIndex((part) => part !== '0') + 1);
}

function epochPrefix({ epoch }: Parts): string {
  return epoch === '0' ? '' : `${epoch}!`;
}

function suffixOf({ pre, post, dev, local }: Parts): string {
  return [
    pre === undefined ? '' : `${pre.phase}${pre.number}`,
    post === undefined ? '' : `.post${post}`,
    dev === undefined ? '' : `.dev${dev}`,
    local === undefined ? '' : `+${local.join('.')}`,
  ].join('');
}

/*
 * The sort key: every part of the version in the order in which PEP 440 compares them, each written
 * so that code units compare as the parts do. What ends a list is below everything that a list holds.
 */
const END_OF_LIST = '!';

function sortKeyOf(parts: Parts, release: readonly string[]): string {
  return [
    sortableInteger(parts.epoch),
    ...release.map(sortableInteger),
    END_OF_LIST,
    sortablePre(parts),
    parts.post === undefined ? '0' : `1${sortableInteger(parts.post)}`,
    parts.dev === undefined ? '1' : `0${sortableInteger(parts.dev)}`,
    ...(parts.local ?? []).map(sortableLocalSegment),
  ].join('');
}

// A longer integer without leading zeros is a greater one: its length goes first, as one code unit.
function sortableInteger(digits: string): string {
  return String.fromCharCode(0x100 + digits.length) + digits;
}

// PEP 440: `1.0.dev1` comes before `1.0a1`, although `1.0a1.dev1` comes after `1.0a0`.
function sortablePre({ pre, post, dev }: Parts): string {
  if (pre !== undefined) return pre.phase + sortableInteger(pre.number);
  return post === undefined && dev !== undefined ? 'Z' : 'z';
}

// PEP 440: integers after words; a label that another one begins with comes first.
function sortableLocalSegment(segment: string): string {
  return isInteger(segment) ? `2${sortableInteger(segment)}` : `1${segment}${END_OF_LIST}`;
}
