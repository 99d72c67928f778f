import { complete } from '../frame/command.ts';
import { fasterGoal } from '../frame/goals.ts';
import { measure } from '../frame/measure.ts';
import type { Part } from '../frame/part.ts';
import { publishers, PUBLISHERS } from '../frame/publishers.ts';
import { bucketOf, bucketsOf, startDistantS3 } from '../frame/s3.ts';
import { writeWheels } from '../frame/wheels.ts';

/** One `upload` of many small wheels, each of a project that the bucket does not have. */
export const newProjects: Part = {
  title: 'Publish many small new projects to a bucket',
  run: async (setting) => {
    const count = setting.size(200, 10);
    const files = await writeWheels(
      await setting.scope.folder(),
      Array.from({ length: count }, (_, i) => ({ name: `project-${i}`, version: '1.0' })),
    );
    const s3 = await startDistantS3(setting, bucketsOf(PUBLISHERS, setting.runs));
    const { all, notMeasured } = await publishers(setting, s3);
    const group = await measure(
      setting,
      `${count} new projects`,
      all.map(({ name, command, words, options }) => ({
        name,
        run: async (turn) => {
          await s3.proxy.take();
          const ended = await complete(setting.scope, command, words(files, bucketOf(name, turn)), options);
          const { requests, roundTrips } = await s3.proxy.take();
          return { ...ended, counts: { requests, 'round trips': roundTrips } };
        },
      })),
    );
    return {
      groups: [group],
      goals: [fasterGoal('at least 15 times as fast as s3pypi', group, 'wheelstore', 's3pypi', 15)],
      notMeasured,
    };
  },
};
