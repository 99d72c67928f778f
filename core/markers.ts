import { WheelstoreError } from './errors.ts';
import type { Scanner } from './scanner.ts';

// Nobody nests this deep; a parser that recurses must end somewhere.
const DEEPEST_NESTING = 64;

const SPACE = /[ \t]*/y;
const OPEN = /\(/y;
const CLOSE = /\)/y;
const BOOLEAN = /\b(?:and|or)\b/y;
const OPERATOR = /===|==|~=|!=|<=|>=|<|>|\bin\b|\bnot[ \t]+in\b/y;

// PEP 508, "Environment Markers", and the older spellings that clients still read.
const VARIABLE = new RegExp(
  `\\b(?:${[
    'python_version',
    'python_full_version',
    'os[._]name',
    'sys[._]platform',
    'platform_release',
    'platform_system',
    'platform[._](?:version|machine|python_implementation)',
    'python_implementation',
    'implementation_(?:name|version)',
    'extra',
  ].join('|')})\\b`,
  'y',
);

// PEP 508 has no escapes in strings; Python's reader takes a backslash for one, so there is none.
const STRING = /'[^'\\]*'|"[^"\\]*"/y;

/**
 * Moves past one environment marker (PEP 508), with the space around it.
 *
 * @throws {WheelstoreError} `invalid-metadata`, saying what was expected and where
 */
export function scanMarker(scanner: Scanner, depth = 0): void {
  do {
    scanAtom(scanner, depth);
  } while (scanner.take(BOOLEAN) !== undefined);
}

function scanAtom(scanner: Scanner, depth: number): void {
  scanner.take(SPACE);
  if (scanner.take(OPEN) === undefined) {
    scanComparison(scanner);
    return;
  }
  if (depth === DEEPEST_NESTING) throw expected('fewer nested parentheses', scanner);
  scanMarker(scanner, depth + 1);
  if (scanner.take(CLOSE) === undefined) throw expected('"and", "or" or ")"', scanner);
  scanner.take(SPACE);
}

function scanComparison(scanner: Scanner): void {
  scanOperand(scanner);
  if (scanner.take(OPERATOR) === undefined) {
    throw expected('one of <= < != == >= > ~= === in "not in"', scanner);
  }
  scanner.take(SPACE);
  scanOperand(scanner);
}

function scanOperand(scanner: Scanner): void {
  if (scanner.take(VARIABLE) === undefined && scanner.take(STRING) === undefined) {
    throw expected('a marker variable or a quoted string', scanner);
  }
  scanner.take(SPACE);
}

/** The error of a parser that found something else at `position`. */
export function expected(what: string, scanner: Scanner, position = scanner.position): WheelstoreError {
  return new WheelstoreError('invalid-metadata', `expected ${what} at character ${position + 1}`);
}
