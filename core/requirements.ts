import { quote, WheelstoreError } from './errors.ts';
import { expected, scanMarker } from './markers.ts';
import { isValidName } from './names.ts';
import { Scanner } from './scanner.ts';
import { parseSpecifierSet } from './specifiers.ts';

/** A dependency on another project, read as PEP 508 says. */
export interface Requirement {
  /** As it is spelled. */
  readonly name: string;
  readonly extras: readonly string[];
  /** Without whitespace; empty for any version. */
  readonly specifier: string;
  readonly url: string | undefined;
  /** As it is spelled, without surrounding whitespace. */
  readonly marker: string | undefined;
}

// Resolvers write markers of a few thousand characters.
const LONGEST_REQUIREMENT = 16_384;

// A line break (a folded header too) is not the whitespace that PEP 508 has, and clients stop at it.
const LINE_BREAK_OR_CONTROL = /(?!\t)[\p{Cc}\u2028\u2029]/u;

const SPACE = /[ \t]*/y;
const IDENTIFIER = /[A-Za-z0-9][A-Za-z0-9._-]*/y;
const URL_START = /@[ \t]*/y;
const URL_TEXT = /[^ \t]+/y;
const SPACE_OR_END = /[ \t]+|$/y;

/**
 * Reads one requirement, as in `Requires-Dist`: `name[extra] >=1,<2 ; marker`, with the specifiers in
 * parentheses where older metadata has them, or `name @ url ; marker`.
 *
 * @throws {WheelstoreError} `invalid-metadata`
 */
export function parseRequirement(text: string): Requirement {
  if (text.length > LONGEST_REQUIREMENT) {
    throw invalidRequirement(text, `longer than ${LONGEST_REQUIREMENT} characters`);
  }
  if (LINE_BREAK_OR_CONTROL.test(text)) {
    throw invalidRequirement(text, 'a line break or a control character in it');
  }
  try {
    return scanRequirement(new Scanner(text));
  } catch (error) {
    if (!(error instanceof WheelstoreError)) throw error;
    throw invalidRequirement(text, error.message, error);
  }
}

function scanRequirement(scanner: Scanner): Requirement {
  scanner.take(SPACE);
  const name = scanName(scanner, 'a project name');
  scanner.take(SPACE);
  const extras = scanExtras(scanner);
  scanner.take(SPACE);
  const isUrl = scanner.take(URL_START) !== undefined;
  const url = isUrl ? scanUrl(scanner) : undefined;
  const specifier = isUrl ? '' : scanSpecifiers(scanner);
  return { name, extras, specifier, url, marker: scanOptionalMarker(scanner) };
}

function scanName(scanner: Scanner, what: string): string {
  const start = scanner.position;
  const name = scanner.take(IDENTIFIER);
  if (name === undefined || !isValidName(name)) throw expected(what, scanner, start);
  return name;
}

function scanExtras(scanner: Scanner): readonly string[] {
  const extras: string[] = [];
  if (scanner.take(/\[[ \t]*/y) === undefined) return extras;
  if (scanner.take(/\]/y) !== undefined) return extras;
  do {
    extras.push(scanName(scanner, 'the name of an extra'));
    scanner.take(SPACE);
  } while (scanner.take(/,[ \t]*/y) !== undefined);
  if (scanner.take(/\]/y) === undefined) throw expected('"," or "]"', scanner);
  return extras;
}

// PEP 508: a URL goes on to the next space; a `;` without a space before it belongs to the URL.
function scanUrl(scanner: Scanner): string {
  const url = scanner.take(URL_TEXT);
  if (url === undefined || scanner.take(SPACE_OR_END) === undefined) throw expected('a URL', scanner);
  return url;
}

function scanSpecifiers(scanner: Scanner): string {
  if (scanner.take(/\(/y) === undefined) return checkedSpecifiers(scanner.take(/[^;]*/y) ?? '', scanner);
  const specifiers = checkedSpecifiers(scanner.take(/[^)]*/y) ?? '', scanner);
  if (scanner.take(/\)[ \t]*/y) === undefined) throw expected('")"', scanner);
  return specifiers;
}

// PEP 508 has none of the commas too many that a specifier set is forgiven, but for one at the end.
function checkedSpecifiers(text: string, scanner: Scanner): string {
  if (/^[ \t]*,|,[ \t]*,/.test(text)) throw expected('a version specifier on either side of ","', scanner);
  return parseSpecifierSet(text);
}

function scanOptionalMarker(scanner: Scanner): string | undefined {
  if (scanner.atEnd) return undefined;
  const start = scanner.position + 1;
  if (scanner.take(/;/y) === undefined) throw expected('";" or the end', scanner);
  scanMarker(scanner);
  if (!scanner.atEnd) throw expected('"and", "or" or the end', scanner);
  return scanner.text.slice(start).trim();
}

function invalidRequirement(text: string, problem: string, cause?: WheelstoreError): WheelstoreError {
  return new WheelstoreError('invalid-metadata', `${quote(text)} is not a valid requirement: ${problem}`, {
    value: text,
    fix:
      cause?.fix ??
      'Write the requirement as PEP 508 defines it, such as: name[extra]>=1.0; python_version<"3.12"',
    cause,
  });
}
