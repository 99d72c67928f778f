import { quote } from '../../errors.ts';
import { STATUSES, type ProjectStatus } from '../../record.ts';

/** Says what is wrong with a claim, and throws. */
export type RefuseClaim = (what: string) => never;

/** What PEP 503 names: "hashlib" has it, and its value is a hexadecimal text. */
const ALGORITHM = /^[a-z][a-z0-9_]{0,31}$/;
const HEX = /^(?:[0-9a-f]{2}){4,128}$/;

/** In hexadecimal digits, of those that are still in use. */
const LENGTHS: ReadonlyMap<string, number> = new Map([
  ['md5', 32],
  ['sha1', 40],
  ['sha224', 56],
  ['sha256', 64],
  ['sha384', 96],
  ['sha512', 128],
]);

/** One hash of a file, in lower case. */
export function hashOf(algorithm: string, value: unknown, refuse: RefuseClaim): readonly [string, string] {
  const name = algorithm.toLowerCase();
  const hex = typeof value === 'string' ? value.toLowerCase() : '';
  const length = LENGTHS.get(name) ?? hex.length;
  if (!ALGORITHM.test(name) || !HEX.test(hex) || hex.length !== length) {
    refuse(`has a ${quote(algorithm, 40)} that is none: ${quote(String(value), 140)}`);
  }
  return [name, hex];
}

/** The hashes in the fragment of a link: `#sha256=...&egg=...`. What else is there is no hash. */
export function hashesInFragment(fragment: string, refuse: RefuseClaim): Record<string, string> {
  const hashes: [string, string][] = [];
  for (const part of fragment.replace(/^#/, '').split('&', 20)) {
    const [algorithm = '', value = ''] = part.split('=', 2);
    if (!LENGTHS.has(algorithm.toLowerCase()) || value === '') continue;
    const [name, hex] = hashOf(algorithm, value, refuse);
    hashes.push([name, hex]);
  }
  return Object.fromEntries(hashes);
}

// PEP 700: `yyyy-mm-ddThh:mm:ss.ffffffZ`. Some indexes leave out the zone, which is UTC then, or name one.
const TIME = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(\.\d{1,9})?(Z|[+-]\d\d:?\d\d)?$/i;

/** A time in UTC as PEP 700 writes it, to the microsecond. */
export function uploadTimeOf(text: string, refuse: RefuseClaim): string {
  const [, day = '', clock = '', fraction = '', zone = 'Z'] = TIME.exec(text) ?? [];
  // A day that does not exist is moved to the next month when it is read.
  const isThere = isTime(`${day}T00:00:00Z`) && new Date(`${day}T00:00:00Z`).toISOString().startsWith(day);
  if (!isThere || !isTime(`${day}T${clock}Z`)) refuse(`has the upload time ${quote(text)}, which is none`);
  const seconds = secondsInUtc(day, clock, zone, refuse);
  return `${seconds}${fraction.slice(0, 7)}Z`;
}

function secondsInUtc(day: string, clock: string, zone: string, refuse: RefuseClaim): string {
  if (zone.toUpperCase() === 'Z') return `${day}T${clock}`;
  const withColon = zone.includes(':') ? zone : `${zone.slice(0, 3)}:${zone.slice(3)}`;
  const local = `${day}T${clock}${withColon}`;
  if (!isTime(local)) refuse(`has an upload time in the zone ${quote(zone)}, which is none`);
  return new Date(local).toISOString().slice(0, 'yyyy-mm-ddThh:mm:ss'.length);
}

function isTime(text: string): boolean {
  return !Number.isNaN(Date.parse(text));
}

/** A size in bytes. */
export function sizeOf(value: unknown, refuse: RefuseClaim): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  return refuse(`has the size ${quote(String(value))}, which is none`);
}

// As long as `yank --reason` takes it, and on one line as there.
const LONGEST_REASON = 1000;

/** What a person has written on another index, on one line and not too long; `undefined` for nothing. */
export function reasonOf(text: string): string | undefined {
  const line = text.replace(/\p{Cc}+/gu, ' ').trim();
  // Half of a pair of surrogates, which the cut may leave too, cannot be written down.
  return line === ''
    ? undefined
    : line
        .slice(0, LONGEST_REASON)
        .replace(/\p{Cs}/gu, '\ufffd')
        .trim();
}

// Far above what people write; it stands in one attribute of a page.
const LONGEST_SPECIFIERS = 4096;

/** A text of version specifiers. What they mean is for the metadata in the file to say. */
export function requiresPythonOf(text: string, refuse: RefuseClaim): string | undefined {
  const line = text.trim();
  if (line.length > LONGEST_SPECIFIERS || /\p{Cc}/u.test(line)) refuse('has a requires-python that is none');
  return line === '' ? undefined : line;
}

/** PEP 792: the status of a project, with its reason. */
export function statusOf(status: unknown, reason: unknown, refuse: RefuseClaim): ProjectStatus {
  const known = STATUSES.find((each) => each === status);
  if (known === undefined) return refuse(`has the project status ${quote(String(status))}, which is unknown`);
  const words = typeof reason === 'string' ? reasonOf(reason) : undefined;
  return { status: known, ...(words === undefined ? {} : { reason: words }) };
}

/**
 * Checks the version of the simple API that a page speaks. PEP 629: a client fails where the major version
 * is not the one that it knows; a newer minor one only adds.
 */
export function checkApiVersion(version: unknown, refuse: RefuseClaim): void {
  if (typeof version !== 'string' || !/^1(?:\.\d{1,9})?$/.test(version.trim())) {
    refuse(`speaks version ${quote(String(version))} of the simple API, and only version 1 is known`);
  }
}
