import { complete, WHEELSTORE, type Command } from '../frame/command.ts';
import { mostGoal } from '../frame/goals.ts';
import { measure, timesFaster } from '../frame/measure.ts';
import { measureNothingNew, WITHOUT_PROBE } from '../frame/nothing-new.ts';
import type { Contestant, Part } from '../frame/part.ts';
import { peer } from '../frame/peers.ts';

/** How long it takes until something happens at all. */
export const start: Part = {
  title: 'Start, and find nothing to do',
  run: async (setting) => {
    const { scope } = setting;
    const starting = (name: string, command: Command, words: readonly string[]): Contestant => ({
      name,
      run: () => complete(scope, command, words),
    });
    const s3pypi = peer('s3pypi');
    const starts = await measure(setting, 'start', [
      starting('node -e 0', [process.execPath], ['-e', '0']),
      starting('wheelstore --version', WHEELSTORE, ['--version']),
      starting('wheelstore --help', WHEELSTORE, ['--help']),
      ...(s3pypi === undefined ? [] : [starting('s3pypi --version', s3pypi, ['--version'])]),
    ]);
    const { bucket, folder, notMeasured } = await measureNothingNew(setting);
    const ratio = timesFaster(starts, 'node -e 0', 'wheelstore --version');
    const asAws = bucket.measured.find(({ name }) => name === WITHOUT_PROBE);
    const roundTrips = asAws?.counts['round trips'];
    return {
      groups: [starts, bucket, folder],
      goals: [
        mostGoal('--version within 1.5 times node -e 0', ratio, 1.5, 'times'),
        mostGoal('nothing new within 3 round trips of a bucket of AWS', roundTrips, 3, 'round trips'),
      ],
      notMeasured,
    };
  },
};
