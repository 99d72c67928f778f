import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildWheel, type WheelSpec } from '../../test/support/distributions.ts';

/** Writes wheels to a folder. @returns their paths */
export function writeWheels(folder: string, specs: readonly WheelSpec[]): Promise<string[]> {
  return Promise.all(
    specs.map(async (spec) => {
      const { filename, bytes } = buildWheel(spec);
      const path = join(folder, filename);
      await writeFile(path, bytes);
      return path;
    }),
  );
}

/** Bytes that nothing can make smaller; others for each seed. */
export function noise(size: number, seed: number): Uint8Array {
  const words = new Uint32Array(Math.ceil(size / 4));
  for (let index = 0, state = 88_172_645 ^ (seed * 2_654_435_761); index < words.length; index++) {
    // A xorshift generator: random enough, and quicker than real noise.
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[index] = state;
  }
  return new Uint8Array(words.buffer, 0, size);
}
