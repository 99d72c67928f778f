import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildWheel, type WheelSpec } from '../../test/support/distributions.ts';

/** Writes wheels to a folder. @returns their paths */
export async function writeWheels(folder: string, specs: Iterable<WheelSpec>): Promise<string[]> {
  const paths: string[] = [];
  // One after the other: there may be more of them than a process may have open files.
  for (const spec of specs) {
    const { filename, bytes } = buildWheel(spec);
    const path = join(folder, filename);
    await writeFile(path, bytes);
    paths.push(path);
  }
  return paths;
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
