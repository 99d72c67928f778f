import {
  deleting,
  importingAll,
  losing,
  publishing,
  reindexing,
  reindexingFromFiles,
  repairing,
  sdist,
  settingStatus,
  wheel,
  yanking,
  type Command,
} from './commands.ts';
import { buildWheel } from './distributions.ts';
import { OldIndex } from './import-sources.ts';

/** A command at work on what earlier commands have left. */
export interface Scenario {
  readonly title: string;
  readonly before: readonly Command[];
  readonly command: Command;
}

const [foo1, foo2, foo1Other, foo1Source, bar1] = await Promise.all([
  wheel('foo', '1.0'),
  wheel('foo', '2.0'),
  wheel('foo', '1.0', 'other bytes'),
  sdist('foo', '1.0'),
  wheel('bar', '1.0'),
]);
const all = publishing([foo1, foo2, bar1]);
const yank = yanking('foo', '1.0', 'broken');
const quarantine = settingStatus('foo', 'quarantined');
const force = publishing([foo1Other], 'replace');

/** One of each command that changes a repository. Every one of them may be run again. */
export const SCENARIOS: readonly Scenario[] = [
  { title: 'upload of a new project', before: [publishing([bar1])], command: publishing([foo1, foo1Source]) },
  { title: 'upload', before: [publishing([foo1, bar1])], command: publishing([foo2]) },
  { title: 'upload --force', before: [all], command: force },
  { title: 'yank', before: [all], command: yank },
  { title: 'unyank', before: [all, yank], command: yanking('foo', '1.0', false) },
  { title: 'status quarantined', before: [all], command: quarantine },
  { title: 'status active', before: [all, quarantine], command: settingStatus('foo', 'active') },
  { title: 'delete', before: [all], command: deleting('foo', '1.0') },
  { title: 'verify --repair', before: [publishing([foo1]), losing('simple/foo/')], command: repairing() },
  { title: 'reindex', before: [publishing([foo1]), losing('simple/foo/')], command: reindexing() },
  {
    title: 'reindex --from-files',
    before: [publishing([foo1, foo1Source]), losing('records/')],
    command: reindexingFromFiles(),
  },
  // One change for each project: an import publishes first and yanks then, in two commits.
  {
    title: 'import',
    before: [publishing([foo1])],
    command: importingAll(
      new OldIndex()
        .offer('foo', { ...buildWheel({ name: 'foo', version: '1.0' }), says: { yanked: 'old' } })
        .offer('baz', buildWheel({ name: 'baz', version: '1.0' })),
    ),
  },
];
