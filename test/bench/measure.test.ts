import { describe, expect, it } from 'vitest';
import { exponentOf, measure, timesFaster } from '../../bench/frame/measure.ts';
import type { Contestant } from '../../bench/frame/part.ts';

/** A contestant whose runs take these times, the warm-up first. */
function taking(name: string, times: readonly number[], log: string[] = []): Contestant {
  return {
    name,
    work: { what: 'files', times: 10 },
    run: async (turn) => {
      log.push(`${name}${turn}`);
      return { milliseconds: times[turn] ?? Number.NaN, peakMemory: turn, counts: { requests: 10 - turn } };
    },
  };
}

describe('measuring', () => {
  it('has the contestants run in turns, each turn the other way round', async () => {
    const log: string[] = [];
    await measure({ runs: 2 }, 'work', [taking('a', [], log), taking('b', [], log)]);
    expect(log).toEqual(['a0', 'b0', 'b1', 'a1', 'a2', 'b2']);
  });

  it('gives median and spread, and the worst of what was counted, without the warm-up', async () => {
    const group = await measure({ runs: 4 }, 'work', [taking('a', [1000, 5, 1, 9, 2])]);
    expect(group).toEqual({
      title: 'work',
      measured: [
        {
          name: 'a',
          runs: 4,
          median: 3.5,
          fastest: 1,
          slowest: 9,
          perSecond: { what: 'files', times: (10 / 3.5) * 1000 },
          peakMemory: 4,
          counts: { requests: 9 },
        },
      ],
    });
  });

  it('takes the middle one of an odd number of runs', async () => {
    const { measured } = await measure({ runs: 3 }, 'work', [taking('a', [0, 7, 1, 3])]);
    expect(measured[0]?.median).toBe(3);
  });

  it('compares with those that were measured, and with no others', async () => {
    const group = await measure({ runs: 1 }, 'work', [taking('a', [0, 2]), taking('b', [0, 10])]);
    expect([timesFaster(group, 'a', 'b'), timesFaster(group, 'a', 'c')]).toEqual([5, undefined]);
  });
});

describe('the exponent of growth', () => {
  it.each([
    [1, 'linear'],
    [2, 'quadratic'],
    [0, 'constant'],
  ])('is %d where it is %s', (exponent) => {
    const points = [1, 10, 100].map((size) => [size, 3 * size ** exponent] as const);
    expect(exponentOf(points)).toBeCloseTo(exponent, 10);
  });
});
