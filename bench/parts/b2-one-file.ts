import { fasterGoal } from '../frame/goals.ts';
import type { Goal, Group, Part } from '../frame/part.ts';
import { PUBLISHERS } from '../frame/publishers.ts';
import { bucketsOf } from '../frame/s3.ts';
import { measureOneFile, startOneFile } from '../frame/one-file.ts';

/** One file to a project that has some already. */
export const oneFile: Part = {
  title: 'Publish one file to a project of a bucket',
  run: async (setting) => {
    const sizes = setting.quick ? [1, 100] : [1, 1_000, 10_000];
    const work = await startOneFile(setting, bucketsOf(PUBLISHERS, setting.runs));
    const groups: Group[] = [];
    for (const size of sizes) groups.push(await measureOneFile(setting, work, size));
    const goalOf = (group: Group, index: number): Goal => {
      const isLargest = index === sizes.length - 1;
      const text = isLargest ? '3 times as fast as s3pypi at the largest size' : 'never slower than s3pypi';
      return fasterGoal(`${group.title}: ${text}`, group, 'wheelstore', 's3pypi', isLargest ? 3 : 1);
    };
    return { groups, goals: groups.map(goalOf), notMeasured: work.notMeasured };
  },
};
