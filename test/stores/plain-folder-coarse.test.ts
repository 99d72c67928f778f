import { writeFileSync } from 'node:fs';
import { expect, it, vi } from 'vitest';
import type * as State from '../../stores/file-state.ts';
import { sha256 } from '../support/bytes.ts';
import type { BuiltFile } from '../support/distributions.ts';
import { keyOf, PlainPlace, wheel } from './plain-folders.ts';

const WRITTEN = vi.hoisted(() => Date.parse('2024-05-06T12:00:00Z'));

// A disk that tells the time in whole seconds, all within one of which this test writes.
vi.mock('../../stores/file-state.ts', async (importOriginal) => {
  const original = await importOriginal<typeof State>();
  const time = BigInt(WRITTEN) * 1_000_000n;
  return {
    ...original,
    stateOf: (found: Parameters<typeof State.stateOf>[0]) =>
      original.stateOf({ ...found, ino: 1n, size: found.size, mtimeNs: time, ctimeNs: time } as typeof found),
  };
});

/** Wheels with the same name and size; how small a wheel is packed depends on the hashes in it. */
function threeOfOneSize(): [BuiltFile, BuiltFile, BuiltFile] {
  const bySize = new Map<number, BuiltFile[]>();
  for (let content = 0; ; content++) {
    const built = wheel('foo', '1.0', String(content).padStart(4, '0'));
    const same = [...(bySize.get(built.bytes.length) ?? []), built];
    const [one, two, three] = same;
    if (one !== undefined && two !== undefined && three !== undefined) return [one, two, three];
    bySize.set(built.bytes.length, same);
  }
}

it('A file that is replaced within a tick of the clock of its disk is not taken for the old one', async () => {
  const [before, after, last] = threeOfOneSize();
  const place = new PlainPlace();
  const [path = ''] = place.add('', before);
  place.now = WRITTEN + 500;
  await place.start();
  const old = keyOf((await place.files('foo'))[0]!);
  expect(await place.bytes(old)).toEqual(new Uint8Array(before.bytes));

  writeFileSync(path, after.bytes);
  expect(await place.bytes(old)).toBeUndefined();
  expect((await place.files('foo'))[0]?.hashes.sha256).toBe(sha256(after.bytes));

  writeFileSync(path, last.bytes);
  // The next look is after the tick, and what it finds is for good.
  place.later();
  const [file] = await place.files('foo');
  expect(file?.hashes.sha256).toBe(sha256(last.bytes));
  expect(await place.bytes(keyOf(file!))).toEqual(new Uint8Array(last.bytes));
});

it('What may have changed within a tick is not remembered at the next start', async () => {
  const place = new PlainPlace();
  place.add('', wheel('foo', '1.0'));
  place.now = WRITTEN + 500;
  await place.start();
  await place.start();
  expect(place.checked).toBe(1);
  place.later();
  await place.start();
  expect(place.checked).toBe(1);
  await place.start();
  expect(place.checked).toBe(0);
});
