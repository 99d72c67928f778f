import { crc32 } from 'node:zlib';

/** A checksum that is fed bytes, and then tells what it came to. */
export interface Digester {
  update(bytes: Uint8Array): void;
  digest(): Buffer;
}

function bytes32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
}

/** CRC-32 of ISO-HDLC, as in zip files. */
export class Crc32 implements Digester {
  #value = 0;

  update(bytes: Uint8Array): void {
    this.#value = crc32(bytes, this.#value);
  }

  digest(): Buffer {
    return bytes32(this.#value);
  }
}

const CASTAGNOLI = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? 0x82f63b78 ^ (crc >>> 1) : crc >>> 1;
  return crc;
});

/** CRC-32C, with the polynomial of Castagnoli. */
export class Crc32c implements Digester {
  #value = ~0;

  update(bytes: Uint8Array): void {
    let crc = this.#value;
    for (const byte of bytes) crc = (CASTAGNOLI[(crc ^ byte) & 0xff] ?? 0) ^ (crc >>> 8);
    this.#value = crc;
  }

  digest(): Buffer {
    return bytes32(~this.#value);
  }
}

/** In halves, since bitwise operators know 32 bits and BigInt is some twenty times slower. */
const NVME = { high: new Int32Array(256), low: new Int32Array(256) };
for (let byte = 0; byte < 256; byte++) {
  let crc = BigInt(byte);
  for (let bit = 0; bit < 8; bit++) crc = crc & 1n ? 0x9a6c9329ac4bc9b5n ^ (crc >> 1n) : crc >> 1n;
  NVME.high[byte] = Number(BigInt.asIntN(32, crc >> 32n));
  NVME.low[byte] = Number(BigInt.asIntN(32, crc));
}

/** CRC-64/NVME. */
export class Crc64Nvme implements Digester {
  #high = ~0;
  #low = ~0;

  update(bytes: Uint8Array): void {
    let high = this.#high;
    let low = this.#low;
    for (const byte of bytes) {
      const index = (low ^ byte) & 0xff;
      low = ((low >>> 8) | (high << 24)) ^ (NVME.low[index] ?? 0);
      high = (high >>> 8) ^ (NVME.high[index] ?? 0);
    }
    this.#high = high;
    this.#low = low;
  }

  digest(): Buffer {
    return Buffer.concat([bytes32(~this.#high), bytes32(~this.#low)]);
  }
}
