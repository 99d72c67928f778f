// `zlib.crc32` came with Node 20.15, and earlier ones are supported.

const POLYNOMIAL = 0xedb88320;
const SLICES = 8;

/** Table `n` (256 entries each) advances a byte by `n` further zero bytes. */
const TABLE = makeTable();

function makeTable(): Int32Array {
  const table = new Int32Array(SLICES * 256);
  for (let byte = 0; byte < 256; byte++) {
    let value = byte;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ POLYNOMIAL : value >>> 1;
    table[byte] = value;
  }
  for (let index = 256; index < table.length; index++) {
    const previous = table[index - 256]!;
    table[index] = (previous >>> 8) ^ table[previous & 0xff]!;
  }
  return table;
}

/**
 * The CRC-32 of zip (APPNOTE 4.4.7) and gzip (RFC 1952, section 8) of `bytes`, unsigned.
 *
 * @param previous the checksum of what came before `bytes`
 */
export function crc32(bytes: Uint8Array, previous = 0): number {
  let crc = ~previous;
  let index = 0;
  // Eight bytes at a time: several times faster than one, and every byte of a wheel comes by here.
  for (const last = bytes.length - 7; index < last; index += 8) {
    crc ^= bytes[index]! | (bytes[index + 1]! << 8) | (bytes[index + 2]! << 16) | (bytes[index + 3]! << 24);
    crc =
      TABLE[0x700 + (crc & 0xff)]! ^
      TABLE[0x600 + ((crc >>> 8) & 0xff)]! ^
      TABLE[0x500 + ((crc >>> 16) & 0xff)]! ^
      TABLE[0x400 + (crc >>> 24)]! ^
      TABLE[0x300 + bytes[index + 4]!]! ^
      TABLE[0x200 + bytes[index + 5]!]! ^
      TABLE[0x100 + bytes[index + 6]!]! ^
      TABLE[bytes[index + 7]!]!;
  }
  for (; index < bytes.length; index++) crc = (crc >>> 8) ^ TABLE[(crc ^ bytes[index]!) & 0xff]!;
  return ~crc >>> 0;
}
