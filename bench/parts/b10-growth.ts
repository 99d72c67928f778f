import { mostGoal } from '../frame/goals.ts';
import { exponentOf } from '../frame/measure.ts';
import { measureOneFile, startOneFile } from '../frame/one-file.ts';
import type { Goal, Group, Part } from '../frame/part.ts';
import { measureRebuild } from '../frame/rebuild.ts';
import { bucketsOf } from '../frame/s3.ts';
import { measureVerify } from '../frame/verify.ts';

/** Each ten times the one before. */
const TIMES = [1, 10, 100];

/** How the time grows with the size of what there is. */
export const growth: Part = {
  title: 'Growth at 1, 10 and 100 times the size',
  run: async (setting) => {
    const { all, ...oneFile } = await startOneFile(setting, bucketsOf(['wheelstore'], setting.runs));
    const own = { ...oneFile, all: all.filter(({ name }) => name === 'wheelstore') };
    const series = {
      'one file to a project': {
        smallest: setting.size(100, 2),
        at: (size: number) => measureOneFile(setting, own, size),
      },
      'rebuild all pages': {
        smallest: setting.size(700, 10),
        at: (size: number) => measureRebuild(setting, size, { alone: true }),
      },
      verify: { smallest: setting.size(100, 2), at: (size: number) => measureVerify(setting, size) },
    };
    const groups: Group[] = [];
    const goals: Goal[] = [];
    for (const [what, { smallest, at }] of Object.entries(series)) {
      const points: [number, number][] = [];
      for (const times of TIMES) {
        const group = await at(smallest * times);
        groups.push(group);
        points.push([smallest * times, group.measured[0]?.median ?? Number.NaN]);
      }
      goals.push(mostGoal(`${what}: exponent of at most 1.1`, exponentOf(points), 1.1, ''));
    }
    return { groups, goals, notMeasured: [] };
  },
};
