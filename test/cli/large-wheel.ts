import { zipOf } from '../support/archives.ts';
import { recordLine, type BuiltFile } from '../support/distributions.ts';

/** A wheel that takes a while to write: `size` incompressible bytes, and not compressed. */
export function largeWheel(name: string, version: string, size: number): BuiltFile {
  const info = `${name}-${version}.dist-info`;
  const noise = new Uint32Array(size / 4);
  // A xorshift generator: random enough that nothing can make it smaller, and quicker than real noise.
  for (let index = 0, state = 88_172_645; index < noise.length; index++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    noise[index] = state;
  }
  const members: [string, string | Uint8Array][] = [
    [`${name}/noise.bin`, new Uint8Array(noise.buffer)],
    [`${info}/METADATA`, `Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\n`],
    [`${info}/WHEEL`, 'Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n'],
  ];
  const record = [...members.map(([path, content]) => recordLine(path, content)), `${info}/RECORD,,`];
  const all = [...members, [`${info}/RECORD`, `${record.join('\n')}\n`] as const];
  const bytes = zipOf(all.map(([path, content]) => ({ name: path, content, method: 0 })));
  return { filename: `${name}-${version}-py3-none-any.whl`, bytes };
}
