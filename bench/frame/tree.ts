import type { WheelSpec } from '../../test/support/distributions.ts';
import type { Scope } from './scope.ts';
import { noise, writeWheels } from './wheels.ts';

/** What is installed of the tree that is made up. */
const ROOT = 'bench-app';

/** Bytes of the description in the metadata, of which many projects have more: it is their README. */
const DESCRIPTION = 5_000;

/** Wheels in one folder, and what to install of them. */
export interface Tree {
  readonly title: string;
  readonly requirements: readonly string[];
  readonly folder: string;
}

export interface TreeSize {
  /** Libraries that the application needs, each of which needs the next one. */
  readonly libraries: number;
  /** Releases of the one library that is held back: all but the oldest are looked at in vain. */
  readonly releases: number;
  /** Bytes in each wheel that nothing can make smaller. */
  readonly payload: number;
}

/**
 * An application with libraries. The newest releases of one of them need what the application forbids, so
 * that an installer has to go back, release by release.
 */
export async function madeUpTree(scope: Scope, size: TreeSize): Promise<Tree> {
  const folder = await scope.folder();
  await writeWheels(folder, wheelsOf(size));
  return { title: 'made-up tree', requirements: [ROOT], folder };
}

function wheelsOf({ libraries, releases, payload }: TreeSize): WheelSpec[] {
  let seed = 0;
  const wheel = (name: string, version: string, requiresDist: readonly string[]): WheelSpec => ({
    name,
    version,
    requiresDist,
    extraHeaders: [`Description: ${'What it is for. '.repeat(DESCRIPTION / 16)}`],
    files: { [`${name.replaceAll('-', '_')}/noise.bin`]: noise(payload, ++seed) },
  });
  const names = Array.from({ length: libraries }, (_, i) => `bench-library-${i}`);
  const needs = [...names, 'bench-held-back', 'bench-base<2'];
  return [
    wheel(ROOT, '1.0', needs),
    ...names.map((name, i) => wheel(name, '1.0', names.slice(i + 1, i + 2))),
    ...Array.from({ length: releases }, (_, i) =>
      wheel('bench-held-back', `1.${i}`, [i === 0 ? 'bench-base' : 'bench-base>=2']),
    ),
    wheel('bench-base', '1.0', []),
    wheel('bench-base', '2.0', []),
  ];
}
