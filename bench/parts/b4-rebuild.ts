import { fasterGoal } from '../frame/goals.ts';
import type { Group, Part } from '../frame/part.ts';
import { missingPeers } from '../frame/peers.ts';
import { measureRebuild } from '../frame/rebuild.ts';

/** All pages, HTML and JSON, from records alone. */
export const rebuild: Part = {
  title: 'Rebuild all pages in a folder',
  run: async (setting) => {
    const groups: Group[] = [];
    for (const files of setting.quick ? [300] : [30_000, 70_000]) {
      groups.push(await measureRebuild(setting, files));
    }
    return {
      groups,
      goals: groups.map((group) =>
        fasterGoal(`${group.title}: 3 times as fast as dumb-pypi`, group, 'wheelstore', 'dumb-pypi', 3),
      ),
      notMeasured: missingPeers('dumb-pypi'),
    };
  },
};
