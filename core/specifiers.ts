import { quote, WheelstoreError } from './errors.ts';
import { isVersion } from './versions.ts';

// Far above what people write, and short enough to show where it went wrong.
const LONGEST_SPECIFIER_SET = 4096;

const SPECIFIER = /^(?<operator>===|~=|==|!=|<=|>=|<|>)\s*(?<version>.*)$/s;

// PEP 440: "Arbitrary equality" compares text. What cannot be in a requirement is left out.
const ARBITRARY_VERSION = /^[!-~]+$/;
const ENDS_A_REQUIREMENT = /[;)]/;

const PREFIX = /^v?(?:[0-9]+!)?[0-9]+(?:\.[0-9]+)*\.\*$/i;
const SINGLE_RELEASE_SEGMENT = /^v?(?:[0-9]+!)?[0-9]+(?![0-9!]|\.[0-9])/i;

/**
 * Checks a set of version specifiers (PEP 440), as in `Requires-Python`. No specifier at all is a
 * valid set. Commas too many are tolerated, as `packaging` tolerates them.
 *
 * @returns the specifiers in their order, without whitespace: `>=3.8,!=3.9.*`
 * @throws {WheelstoreError} `invalid-metadata`
 */
export function parseSpecifierSet(text: string): string {
  if (text.length > LONGEST_SPECIFIER_SET) {
    throw invalidSpecifier(text, `is longer than ${LONGEST_SPECIFIER_SET} characters`);
  }
  return text
    .split(',')
    .map((specifier) => specifier.trim())
    .filter((specifier) => specifier !== '')
    .map(parseSpecifier)
    .join(',');
}

/**
 * Checks one specifier without surrounding whitespace.
 *
 * @throws {WheelstoreError} `invalid-metadata`
 */
function parseSpecifier(text: string): string {
  const { operator, version } = SPECIFIER.exec(text)?.groups ?? {};
  if (operator === undefined || version === undefined) {
    throw invalidSpecifier(
      text,
      'does not start with a comparison operator',
      'Start with one of ~= == != <= >= < > ===, such as >=3.8.',
    );
  }
  const problem = operator === '===' ? arbitraryProblem(version) : versionProblem(operator, version);
  if (problem !== undefined) throw invalidSpecifier(text, problem.message, problem.fix);
  return operator + version;
}

interface Problem {
  readonly message: string;
  readonly fix?: string;
}

function arbitraryProblem(version: string): Problem | undefined {
  if (ARBITRARY_VERSION.test(version) && !ENDS_A_REQUIREMENT.test(version)) return undefined;
  return { message: 'needs printable ASCII without spaces, ";" and ")" after ===' };
}

function versionProblem(operator: string, version: string): Problem | undefined {
  const isEquality = operator === '==' || operator === '!=';
  if (version.endsWith('.*')) return prefixProblem(isEquality, operator, version);
  if (!isVersion(version)) return { message: `has no valid version after ${operator}` };
  if (!isEquality && version.includes('+')) {
    return {
      message: `has a local version, which only == and != take`,
      fix: `Write ${quote(operator + version.slice(0, version.indexOf('+')))}.`,
    };
  }
  if (operator === '~=' && SINGLE_RELEASE_SEGMENT.test(version)) {
    return {
      message: 'needs at least two parts after ~=',
      fix: `Write ${quote(`>=${version}`)} or ${quote(`~=${version}.0`)}.`,
    };
  }
  return undefined;
}

// PEP 440: "Prefix matching" goes with the two equalities and with nothing but a release before it.
function prefixProblem(isEquality: boolean, operator: string, version: string): Problem | undefined {
  if (!isEquality) {
    return {
      message: `has ".*", which only == and != take`,
      fix: `Write ${quote(operator + version.slice(0, -'.*'.length))}.`,
    };
  }
  if (!PREFIX.test(version)) return { message: 'has something other than a release before ".*"' };
  return undefined;
}

function invalidSpecifier(text: string, problem: string, fix?: string): WheelstoreError {
  return new WheelstoreError('invalid-metadata', `The version specifier ${quote(text)} ${problem}`, {
    value: text,
    fix: fix ?? 'Write the version specifiers as PEP 440 defines them, such as >=3.8,<4.',
  });
}
