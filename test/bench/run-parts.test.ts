import { expect, it } from 'vitest';
import type { Part } from '../../bench/frame/part.ts';
import type { PartReport } from '../../bench/frame/result.ts';
import { runParts, type Watcher } from '../../bench/frame/run-parts.ts';
import { Scope } from '../../bench/frame/scope.ts';

const RESULT = { groups: [], goals: [], notMeasured: [{ what: 'a', because: 'b' }] };
const OPTIONS = { ids: ['B1', 'B2', 'B3'], runs: 1, quick: true, latency: 0 };

/** A part that notes when what it has started is ended. */
function part(title: string, log: string[], run: () => void = () => undefined): Part {
  return {
    title,
    run: async ({ scope }) => {
      scope.whenOver(async () => void log.push(`${title} is closed`));
      run();
      return RESULT;
    },
  };
}

function watching(log: string[]): Watcher {
  return {
    begins: (id, title) => log.push(`${id} begins: ${title}`),
    ended: (id, { failed }) => log.push(`${id} ended: ${failed ?? 'well'}`),
  };
}

function runAll(
  parts: Readonly<Record<string, Part>>,
  log: string[],
  signal = new AbortController().signal,
): Promise<Record<string, PartReport>> {
  return runParts(parts, OPTIONS, watching(log), () => new Scope(), signal);
}

it('runs the parts that are asked for, one after the other, and tells of each', async () => {
  const log: string[] = [];
  const parts = { B1: part('first', log), B2: part('second', log), B9: part('not asked for', log) };
  expect(await runAll(parts, log)).toEqual({
    B1: { title: 'first', ...RESULT },
    B2: { title: 'second', ...RESULT },
  });
  expect(log).toEqual([
    'B1 begins: first',
    'first is closed',
    'B1 ended: well',
    'B2 begins: second',
    'second is closed',
    'B2 ended: well',
  ]);
});

it('goes on behind a part that fails, which says why', async () => {
  const log: string[] = [];
  const failing = part('first', log, () => {
    throw new Error('s3pypi ended with 1');
  });
  const reports = await runAll({ B1: failing, B2: part('second', log) }, log);
  const nothing = { groups: [], goals: [], notMeasured: [] };
  expect(reports['B1']).toEqual({ title: 'first', ...nothing, failed: 's3pypi ended with 1' });
  expect(reports['B2']).toEqual({ title: 'second', ...RESULT });
  expect(log.filter((line) => line.startsWith('B1') || line.startsWith('first'))).toEqual([
    'B1 begins: first',
    'first is closed',
    'B1 ended: s3pypi ended with 1',
  ]);
});

it('begins no further part once it is interrupted', async () => {
  const log: string[] = [];
  const interruption = new AbortController();
  const interrupted = part('first', log, () => interruption.abort());
  const reports = await runAll({ B1: interrupted, B2: part('second', log) }, log, interruption.signal);
  expect(Object.keys(reports)).toEqual(['B1']);
});
