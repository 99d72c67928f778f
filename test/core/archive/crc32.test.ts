import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { crc32 } from '../../../core/archive/crc32.ts';
import { bytesOf, plainCrc32 } from '../../support/archives.ts';

test('the check value of the CRC catalogue comes out', () => {
  expect(crc32(bytesOf('123456789'))).toBe(0xcbf43926);
});

test('the checksum of nothing is zero', () => {
  expect(crc32(new Uint8Array())).toBe(0);
});

test('any bytes have the same checksum as computed one by one, in one piece or in two', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(100), (bytes, cut) => {
      expect(crc32(bytes)).toBe(plainCrc32(bytes));
      expect(crc32(bytes.subarray(cut), crc32(bytes.subarray(0, cut)))).toBe(plainCrc32(bytes));
    }),
  );
});
