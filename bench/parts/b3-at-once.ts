import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { basename } from 'node:path';
import { attempt } from '../frame/command.ts';
import { fasterGoal, mostGoal } from '../frame/goals.ts';
import { measure } from '../frame/measure.ts';
import type { Part } from '../frame/part.ts';
import { publishers, PUBLISHERS } from '../frame/publishers.ts';
import { bucketOf, bucketsOf, startDistantS3 } from '../frame/s3.ts';
import { writeWheels } from '../frame/wheels.ts';

const PROJECT = 'busy';

/** Many publishers at once, each with a file of its own, into one project. */
export const atOnce: Part = {
  title: 'Many publishers at once into one project',
  run: async (setting) => {
    const { scope } = setting;
    const count = setting.size(20, 4);
    const files = await writeWheels(
      await scope.folder(),
      Array.from({ length: count }, (_, i) => ({ name: PROJECT, version: `1.${i}` })),
    );
    const s3 = await startDistantS3(setting, bucketsOf(PUBLISHERS, setting.runs));
    const { all, notMeasured } = await publishers(setting, s3, { withLocks: true });
    const group = await measure(
      setting,
      `${count} publishers at once, until the last is done`,
      all.map(({ name, command, words, options }) => ({
        name,
        run: async (turn) => {
          const bucket = bucketOf(name, turn);
          await s3.proxy.take();
          const started = performance.now();
          const endings = await Promise.all(
            files.map((file) => attempt(scope, command, words([file], bucket), options)),
          );
          const milliseconds = performance.now() - started;
          const { requests } = await s3.proxy.take();
          const page = name === 'wheelstore' ? `simple/${PROJECT}/index.html` : `${PROJECT}/index.html`;
          const shown = await pageAt(s3.client, bucket, page);
          const succeeded = files.filter((_, index) => endings[index]?.code === 0);
          const peaks = endings.flatMap(({ peakMemory }) => (peakMemory === undefined ? [] : [peakMemory]));
          return {
            milliseconds,
            ...(peaks.length === 0 ? {} : { peakMemory: Math.max(...peaks) }),
            counts: {
              requests,
              failures: count - succeeded.length,
              // Of those that were told that all is well.
              lost: succeeded.filter((file) => !shown.includes(`>${basename(file)}</a>`)).length,
            },
          };
        },
      })),
    );
    const counts = group.measured[0]?.counts ?? {};
    return {
      groups: [group],
      goals: [
        mostGoal('no release lost', counts['lost'], 0, 'lost'),
        mostGoal('no publisher failed', counts['failures'], 0, 'failed'),
        fasterGoal('5 times as fast as s3pypi with locks', group, 'wheelstore', 's3pypi-locks', 5),
      ],
      notMeasured,
    };
  },
};

async function pageAt(client: S3Client, bucket: string, key: string): Promise<string> {
  const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
  return (await Body?.transformToString()) ?? '';
}
