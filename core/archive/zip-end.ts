import { DAMAGED, NONSTANDARD, refusal } from './refusal.ts';
import { Fields, startsWith, type SourceWindow } from './fields.ts';
import { describeStart, SIGNATURE_LENGTH } from './signature.ts';

/** Where the central directory of a zip is. Offsets in bytes from the start of the file. */
export interface DirectoryPlace {
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
  readonly entries: number;
}

const END_SIGNATURE = [0x50, 0x4b, 0x05, 0x06];
const END_SIZE = 22;
const LONGEST_COMMENT = 0xffff;
const LOCATOR_SIGNATURE = [0x50, 0x4b, 0x06, 0x07];
const LOCATOR_SIZE = 20;
const END64_SIGNATURE = [0x50, 0x4b, 0x06, 0x06];
const END64_SIZE = 56;
const LOCAL_SIGNATURE = [0x50, 0x4b, 0x03, 0x04];

/** The fields that the two end records have in common. */
interface EndFields {
  readonly disk: number;
  readonly directoryDisk: number;
  readonly entriesHere: number;
  readonly entries: number;
  readonly size: number;
  readonly start: number;
}

/** What a field of the end record holds when only the ZIP64 record has the value (APPNOTE 4.4.1.4). */
const ELSEWHERE: EndFields = {
  disk: 0xffff,
  directoryDisk: 0xffff,
  entriesHere: 0xffff,
  entries: 0xffff,
  size: 0xffffffff,
  start: 0xffffffff,
};

/**
 * Finds the central directory (APPNOTE 4.3.16) in the one way that leaves no choice: the end record is
 * the last thing in the file, the directory is directly in front of it, and the first member is at the
 * start. Whatever searches differently finds the same members.
 *
 * @throws {WheelstoreError} `invalid-archive`
 */
export async function findDirectory(file: SourceWindow): Promise<DirectoryPlace> {
  const start = await file.exactly(0, Math.min(SIGNATURE_LENGTH, file.size));
  const endAt = await findEnd(file, start);
  if (!startsWith(start, LOCAL_SIGNATURE)) {
    if (endAt === 0) throw refusal('The zip archive has no entries', DAMAGED);
    throw refusal('The zip archive has other bytes in front of its first entry', NONSTANDARD);
  }
  const end = endFields(new Fields(await file.exactly(endAt, END_SIZE)));
  const locatorAt = await findLocator(file, endAt);
  const place =
    locatorAt === undefined
      ? { fields: end, at: endAt }
      : { fields: await zip64Fields(file, locatorAt, end), at: locatorAt - END64_SIZE };
  return checkedPlace(place.fields, place.at);
}

function checkedPlace(fields: EndFields, at: number): DirectoryPlace {
  if (fields.disk !== 0 || fields.directoryDisk !== 0 || fields.entriesHere !== fields.entries) {
    throw refusal('The zip archive is one part of several', NONSTANDARD);
  }
  if (fields.start + fields.size !== at) {
    throw refusal('The central directory of the zip archive is not directly in front of its end', DAMAGED);
  }
  if (fields.entries === 0) throw refusal('The zip archive has no entries', DAMAGED);
  return { start: fields.start, end: at, entries: fields.entries };
}

async function findEnd(file: SourceWindow, start: Uint8Array): Promise<number> {
  const tailSize = Math.min(file.size, END_SIZE + LONGEST_COMMENT);
  const tail = await file.exactly(file.size - tailSize, tailSize);
  const found = placesOfEnd(tail);
  const last = found.at(-1);
  if (last === undefined) throw notAZip(start);
  // A signature inside of the comment would be taken for the end by tools that search backwards.
  const surplus = surplusBehind(tail, last);
  if (surplus === undefined || surplus < 0) {
    throw refusal('The zip archive is truncated: it ends in the middle of its last record', DAMAGED);
  }
  if (surplus > 0) throw refusal(`The zip archive has ${surplus} bytes behind its end`, NONSTANDARD);
  if (found.slice(0, -1).some((place) => surplusBehind(tail, place) === 0)) {
    throw refusal('The zip archive has more than one end record', NONSTANDARD);
  }
  return file.size - tailSize + last;
}

function placesOfEnd(tail: Uint8Array): number[] {
  const places: number[] = [];
  for (let at = tail.indexOf(0x50); at !== -1; at = tail.indexOf(0x50, at + 1)) {
    if (startsWith(tail.subarray(at, at + 4), END_SIGNATURE)) places.push(at);
  }
  return places;
}

/** How many bytes follow the end record at `at` and its comment. */
function surplusBehind(tail: Uint8Array, at: number): number | undefined {
  if (at + END_SIZE > tail.length) return undefined;
  return tail.length - at - END_SIZE - new Fields(tail, at).u16(20);
}

function notAZip(start: Uint8Array): Error {
  if (startsWith(start, LOCAL_SIGNATURE)) {
    return refusal('The zip archive is truncated: its central directory is missing', DAMAGED);
  }
  return refusal(
    `The file is not a zip archive but looks like ${describeStart(start)}`,
    'Give the file that the build made, under the name that the build gave it.',
  );
}

function endFields(end: Fields): EndFields {
  return {
    disk: end.u16(4),
    directoryDisk: end.u16(6),
    entriesHere: end.u16(8),
    entries: end.u16(10),
    size: end.u32(12),
    start: end.u32(16),
  };
}

/** APPNOTE 4.3.15: the ZIP64 locator is directly in front of the end record. */
async function findLocator(file: SourceWindow, endAt: number): Promise<number | undefined> {
  const at = endAt - LOCATOR_SIZE;
  if (at < 0) return undefined;
  return startsWith(await file.exactly(at, LOCATOR_SIZE), LOCATOR_SIGNATURE) ? at : undefined;
}

/** APPNOTE 4.3.14. Some tools go by the locator and some look directly in front of it. */
async function zip64Fields(file: SourceWindow, locatorAt: number, end: EndFields): Promise<EndFields> {
  const locator = new Fields(await file.exactly(locatorAt, LOCATOR_SIZE));
  const at = locator.u64(8);
  if (locator.u32(4) !== 0 || locator.u32(16) > 1) {
    throw refusal('The zip archive is one part of several', NONSTANDARD);
  }
  if (at + END64_SIZE !== locatorAt) throw badZip64();
  const bytes = await file.exactly(at, END64_SIZE);
  const record = new Fields(bytes);
  if (!startsWith(bytes, END64_SIGNATURE) || record.u64(4) !== END64_SIZE - 12) throw badZip64();
  const fields: EndFields = {
    disk: record.u32(16),
    directoryDisk: record.u32(20),
    entriesHere: record.u64(24),
    entries: record.u64(32),
    size: record.u64(40),
    start: record.u64(48),
  };
  for (const field of Object.keys(fields) as (keyof EndFields)[]) {
    if (end[field] !== fields[field] && end[field] !== ELSEWHERE[field]) throw badZip64();
  }
  return fields;
}

function badZip64(): Error {
  return refusal('The ZIP64 records of the zip archive contradict its end record', DAMAGED);
}
