import { quote } from '../errors.ts';
import { Fields, sameBytes, type SourceWindow } from './fields.ts';
import { DAMAGED, refusal } from './refusal.ts';
import { COMPRESSION_LEVEL, HAS_DESCRIPTOR, type ZipEntry } from './zip-directory.ts';
import { ELSEWHERE_32, zip64Values } from './zip-extra.ts';

const HEADER_SIGNATURE = 0x04034b50;
const HEADER_SIZE = 30;
const DESCRIPTOR_SIGNATURE = 0x08074b50;

/**
 * Finds the data of a member, and checks that what surrounds it says the same as the central
 * directory: tools that unpack from the front never see the directory.
 *
 * @returns the offset of the data, in bytes
 * @throws {WheelstoreError} `invalid-archive`
 */
export async function findData(file: SourceWindow, entry: ZipEntry): Promise<number> {
  if (entry.start + HEADER_SIZE > entry.end) throw overlap(entry);
  const fields = new Fields(await file.exactly(entry.start, HEADER_SIZE));
  if (fields.u32(0) !== HEADER_SIGNATURE) throw contradiction(entry);
  const nameSize = fields.u16(26);
  const dataStart = entry.start + HEADER_SIZE + nameSize + fields.u16(28);
  if (dataStart + entry.packedSize > entry.end) throw overlap(entry);
  const variable = await file.exactly(entry.start + HEADER_SIZE, dataStart - entry.start - HEADER_SIZE);
  checkHeader(entry, fields, variable.subarray(0, nameSize), variable.subarray(nameSize));
  const dataEnd = dataStart + entry.packedSize;
  checkDescriptor(entry, await file.exactly(dataEnd, Math.min(entry.end - dataEnd, LONGEST_DESCRIPTOR + 1)));
  return dataStart;
}

/** APPNOTE 4.3.7. */
function checkHeader(entry: ZipEntry, fields: Fields, name: Uint8Array, extra: Uint8Array): void {
  const flags = fields.u16(6);
  if (!sameBytes(name, entry.name)) throw contradiction(entry);
  if ((flags & ~COMPRESSION_LEVEL) !== (entry.flags & ~COMPRESSION_LEVEL)) throw contradiction(entry);
  if (fields.u16(8) !== entry.method) throw contradiction(entry);
  const inExtra = zip64Values(extra, name);
  // APPNOTE 4.5.3: in the local header it has both sizes.
  if (inExtra && inExtra.length !== 2) throw contradiction(entry);
  // APPNOTE 4.4.4: with a descriptor the fields are zero; some tools fill them in nevertheless.
  const mayBeZero = (flags & HAS_DESCRIPTOR) !== 0;
  const says = (value: number | undefined, expected: number): boolean =>
    value === expected || (mayBeZero && value === 0);
  const sizes = [entry.size, entry.packedSize];
  // Bazel repeats sizes in ZIP64 that the header itself has, too. They must be the same, then.
  const agree = [fields.u32(22), fields.u32(18)].every((value, index) => {
    const expected = sizes[index] ?? 0;
    if (!inExtra) return says(value, expected);
    return says(inExtra[index], expected) && (value === ELSEWHERE_32 || says(value, expected));
  });
  if (!agree || !says(fields.u32(14), entry.crc)) throw contradiction(entry);
}

/**
 * APPNOTE 4.3.9: with or without a signature, the sizes in four or in eight bytes. The length tells
 * which, because the place of the next member is known.
 */
const DESCRIPTORS: ReadonlyMap<number, { readonly signed: boolean; readonly wide: boolean }> = new Map([
  [12, { signed: false, wide: false }],
  [16, { signed: true, wide: false }],
  [20, { signed: false, wide: true }],
  [24, { signed: true, wide: true }],
]);
const LONGEST_DESCRIPTOR = 24;

function checkDescriptor(entry: ZipEntry, bytes: Uint8Array): void {
  if ((entry.flags & HAS_DESCRIPTOR) === 0) {
    if (bytes.length > 0) throw surplus(entry);
    return;
  }
  const form = DESCRIPTORS.get(bytes.length);
  if (!form) throw surplus(entry);
  const fields = new Fields(bytes);
  if (form.signed && fields.u32(0) !== DESCRIPTOR_SIGNATURE) throw surplus(entry);
  const at = form.signed ? 4 : 0;
  const packedSize = form.wide ? fields.u64(at + 4) : fields.u32(at + 4);
  const size = form.wide ? fields.u64(at + 12) : fields.u32(at + 8);
  if (fields.u32(at) !== entry.crc || packedSize !== entry.packedSize || size !== entry.size) {
    throw contradiction(entry);
  }
}

function overlap({ path }: ZipEntry): Error {
  return refusal(`Member ${quote(path)} overlaps another one`, DAMAGED, path);
}

function surplus({ path }: ZipEntry): Error {
  return refusal(`The zip archive has unexplained bytes behind member ${quote(path)}`, DAMAGED, path);
}

function contradiction({ path }: ZipEntry): Error {
  return refusal(
    `The header of member ${quote(path)} contradicts the central directory of the zip archive`,
    DAMAGED,
    path,
  );
}
