import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inBatches } from '../../../core/import/batches.ts';
import type { ProjectImport } from '../../../core/import/import-plan.ts';
import { normalizeName } from '../../../core/names.ts';
import { SEED } from '../../support/seed.ts';
import { bare } from './pages.ts';

function projectOf(name: string, ...sizes: readonly (number | undefined)[]): ProjectImport {
  const files = sizes.map((size, index) => {
    const filename = `${name}-${index}.tar.gz`;
    return bare(filename, filename, size === undefined ? {} : { size });
  });
  return {
    project: normalizeName(name),
    isHere: false,
    files,
    present: [],
    yanks: [],
    skipped: [],
    problems: [],
  };
}

const names = (batches: Iterable<readonly { readonly file: { readonly filename: string } }[]>) =>
  [...batches].map((batch) => batch.map(({ file }) => file.filename));

describe('Batches', () => {
  it('hold files of several projects, and part those of one', () => {
    const projects = [projectOf('a', 1, 1), projectOf('b'), projectOf('c', 1, 1, 1)];
    expect(names(inBatches(projects, { mostFiles: 3 }))).toEqual([
      ['a-0.tar.gz', 'a-1.tar.gz', 'c-0.tar.gz'],
      ['c-1.tar.gz', 'c-2.tar.gz'],
    ]);
  });

  it('have a file that is too large by itself', () => {
    const batches = inBatches([projectOf('a', 1, 100, 1)], { mostBytes: 10 });
    expect(names(batches)).toEqual([['a-0.tar.gz'], ['a-1.tar.gz'], ['a-2.tar.gz']]);
  });

  it('have few files where nobody says how large they are', () => {
    const unknown = Array.from({ length: 300 }, () => undefined);
    const batches = [...inBatches([projectOf('a', ...unknown)])];
    expect(batches.length).toBe(3);
    expect([...inBatches([projectOf('a', ...unknown)], { mostBytes: 8 * 1024 ** 2 })].length).toBe(150);
  });

  it('have each file once, in order, within the bounds', () => {
    const size = fc.option(fc.nat(50), { nil: undefined });
    fc.assert(
      fc.property(
        fc.array(fc.array(size, { maxLength: 6 }), { maxLength: 6 }),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 100 }),
        (sizes, mostFiles, mostBytes) => {
          const projects = sizes.map((each, index) => projectOf(`p${index}`, ...each));
          const batches = [...inBatches(projects, { mostFiles, mostBytes })];
          expect(batches.flat().map(({ file }) => file)).toEqual(projects.flatMap(({ files }) => files));
          for (const batch of batches) {
            expect(batch.length).toBeGreaterThan(0);
            expect(batch.length).toBeLessThanOrEqual(mostFiles);
            const known = batch.reduce((sum, { file }) => sum + (file.size ?? 0), 0);
            if (batch.length > 1) expect(known).toBeLessThanOrEqual(mostBytes);
          }
        },
      ),
      { seed: SEED },
    );
  });
});
