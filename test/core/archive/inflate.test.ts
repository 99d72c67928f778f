import { deflateRawSync } from 'node:zlib';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { Inflation, inflateSmall } from '../../../core/archive/inflate.ts';
import { bytesOf, joinBytes } from '../../support/archives.ts';

async function* inChunks(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array, void, undefined> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

test('deflate data ends where it ends, however the input is cut and whatever follows', async () => {
  const behind = fc.uint8Array({ maxLength: 20 });
  const content = fc.oneof(fc.uint8Array({ maxLength: 300 }), fc.constant(new Uint8Array(300_000)));
  await fc.assert(
    fc.asyncProperty(content, behind, fc.integer({ min: 1, max: 40 }), async (expected, tail, size) => {
      const packed = deflateRawSync(expected);
      const inflation = new Inflation(inChunks(joinBytes(packed, tail), size));
      const pieces: Uint8Array[] = [];
      for await (const piece of inflation) pieces.push(piece);
      expect(Buffer.compare(joinBytes(...pieces), expected)).toBe(0);
      expect(inflation.consumed).toBe(packed.length);
    }),
  );
});

test('who stops early ends the input, too', async () => {
  let isEnded = false;
  async function* endless(): AsyncGenerator<Uint8Array, void, undefined> {
    const block = deflateRawSync(new Uint8Array(1_000_000), { finishFlush: 2 }); // Z_SYNC_FLUSH
    try {
      for (;;) yield block;
    } finally {
      isEnded = true;
    }
  }
  for await (const _ of new Inflation(endless())) break;
  expect(isEnded).toBe(true);
});

test('an error of the input stays what it is', async () => {
  async function* failing(): AsyncGenerator<Uint8Array, void, undefined> {
    yield deflateRawSync(bytesOf('content')).subarray(0, 3);
    throw new Error('EIO');
  }
  const reading = async () => {
    for await (const _ of new Inflation(failing())); // to its end
  };
  await expect(reading()).rejects.toThrow('EIO');
});

test('data in one piece must expand to what is expected, no more and no less', () => {
  const packed = deflateRawSync(bytesOf('content'));
  expect(new TextDecoder().decode(inflateSmall(packed, 7))).toBe('content');
  const refused = expect.objectContaining({ code: 'invalid-archive' });
  for (const size of [0, 6, 8]) expect(() => inflateSmall(packed, size)).toThrow(refused);
  expect(() => inflateSmall(packed.subarray(1), 7)).toThrow(refused);
  expect(() => inflateSmall(joinBytes(packed, 'x'), 7)).toThrow(refused);
});
