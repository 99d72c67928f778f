import { join } from 'node:path';
import { complete, WHEELSTORE } from './command.ts';
import { measure } from './measure.ts';
import type { Group, NotMeasured, Setting } from './part.ts';
import { publishers, type Publisher } from './publishers.ts';
import { startDistantS3 } from './s3.ts';
import { writeWheels } from './wheels.ts';

/** Us without the probe: the very requests that a bucket of AWS is asked. */
export const WITHOUT_PROBE = 'wheelstore, no probe';

/** An `upload` of what is published already, to a bucket and to a folder. */
export async function measureNothingNew(
  setting: Setting,
): Promise<{ readonly bucket: Group; readonly folder: Group; readonly notMeasured: readonly NotMeasured[] }> {
  const { scope } = setting;
  const folder = await scope.folder();
  const files = await writeWheels(folder, [{ name: 'known', version: '1.0' }]);
  const s3 = await startDistantS3(setting, ['wheelstore', 's3pypi']);
  const { all, notMeasured } = await publishers(setting, s3);
  const asAws = (own: Publisher): Publisher => ({
    ...own,
    name: WITHOUT_PROBE,
    words: (paths, bucket) => [...own.words(paths, bucket), '--single-writer'],
  });
  const contestants = all.flatMap((each) => (each.name === 'wheelstore' ? [each, asAws(each)] : [each]));
  const inBucket = await measure(
    setting,
    'upload of what is in a bucket already',
    // The warm-up publishes it.
    contestants.map(({ name, command, words, options }) => ({
      name,
      run: async () => {
        await s3.proxy.take();
        const bucket = name === 's3pypi' ? 's3pypi' : 'wheelstore';
        const ended = await complete(scope, command, words(files, bucket), options);
        const { requests, roundTrips } = await s3.proxy.take();
        return { ...ended, counts: { requests, 'round trips': roundTrips } };
      },
    })),
  );
  const store = join(folder, 'repository');
  const inFolder = await measure(setting, 'upload of what is in a folder already', [
    { name: 'wheelstore', run: () => complete(scope, WHEELSTORE, ['upload', ...files, '--store', store]) },
  ]);
  return { bucket: inBucket, folder: inFolder, notMeasured };
}
