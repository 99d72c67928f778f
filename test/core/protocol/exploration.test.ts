import { afterAll, describe, expect, it } from 'vitest';
import {
  deleting,
  publishing,
  reindexing,
  reindexingFromFiles,
  settingStatus,
  wheel,
  yanking,
} from '../../support/commands.ts';
import { exploreRace, type Participant, type Race } from '../../support/exploration/race.ts';

const [foo1, foo2, foo3, foo1Other, bar1] = await Promise.all([
  wheel('foo', '1.0'),
  wheel('foo', '2.0'),
  wheel('foo', '3.0'),
  wheel('foo', '1.0', 'other bytes'),
  wheel('bar', '1.0'),
]);

const publisher = (...files: (typeof foo1)[]): Participant => ({ command: publishing(files), shows: files });
const rival = (file: typeof foo1): Participant => ({ ...publisher(file), refusal: 'file-exists' });
const replacer = (file: typeof foo1): Participant => ({
  command: publishing([file], 'replace'),
  shows: [file],
});
const deleter = (file: typeof foo1): Participant => ({
  command: deleting('foo', file.version),
  hides: [file],
});
const yanker = (file: typeof foo1, reason: string | true): Participant => ({
  command: yanking('foo', file.version, reason),
  yanks: [file],
});
const quarantine: Participant = { command: settingStatus('foo', 'quarantined') };
const reindexer: Participant = { command: reindexing() };
const restorer: Participant = { command: reindexingFromFiles() };

const RACES: Race[] = [
  { title: 'two publishers of a new project', before: [], participants: [publisher(foo1), publisher(foo2)] },
  {
    title: 'two publishers of the same file of a new project',
    before: [],
    participants: [publisher(foo1), publisher(foo1)],
  },
  {
    title: 'two publishers of other bytes under one filename of a new project',
    before: [],
    participants: [rival(foo1), rival(foo1Other)],
    losers: [1],
  },
  {
    title: 'publishers of two new projects',
    before: [],
    participants: [publisher(foo1), publisher(bar1)],
  },
  {
    title: 'two publishers into a project that exists',
    before: [publishing([foo1])],
    participants: [publisher(foo2), publisher(foo3)],
  },
  {
    title: 'two publishers of the same file into a project that exists',
    before: [publishing([foo2])],
    participants: [publisher(foo1), publisher(foo1)],
  },
  {
    title: 'two publishers of other bytes under one filename into a project that exists',
    before: [publishing([foo2])],
    participants: [rival(foo1), rival(foo1Other)],
    losers: [1],
  },
  {
    title: 'a publisher against a deleter',
    before: [publishing([foo1])],
    participants: [publisher(foo2), deleter(foo1)],
  },
  {
    title: 'a publisher against a deleter of the same file',
    before: [publishing([foo1])],
    participants: [{ command: publishing([foo1]) }, { command: deleting('foo', '1.0') }],
  },
  {
    title: 'a publisher of what is there already against a publisher',
    before: [publishing([foo1])],
    participants: [publisher(foo1), publisher(foo2)],
  },
  {
    title: 'a publisher by force against a publisher',
    before: [publishing([foo1])],
    participants: [replacer(foo1Other), publisher(foo2)],
  },
  {
    title: 'a publisher against a yanker',
    before: [publishing([foo1])],
    participants: [publisher(foo2), yanker(foo1, 'broken')],
  },
  {
    title: 'a publisher against reindex',
    before: [publishing([foo1])],
    participants: [publisher(foo2), reindexer],
  },
  {
    title: 'a publisher of a new project against reindex',
    before: [],
    participants: [publisher(foo1), { ...reindexer, refusal: 'not-found' }],
    losers: [0, 1],
  },
  {
    title: 'a publisher against reindex --from-files',
    before: [publishing([foo1])],
    participants: [publisher(foo2), restorer],
  },
  {
    title: 'a deleter against a yanker',
    before: [publishing([foo1, foo2])],
    participants: [deleter(foo1), yanker(foo2, true)],
  },
  {
    title: 'a publisher of a new project against a deleter of what it publishes',
    before: [],
    participants: [{ command: publishing([foo1]) }, { ...deleter(foo1), refusal: 'not-found' }],
    losers: [0, 1],
  },
  {
    title: 'a publisher of a new project against a yanker of what it publishes',
    before: [],
    participants: [publisher(foo1), { ...yanker(foo1, 'broken'), refusal: 'not-found' }],
    losers: [0, 1],
  },
  {
    title: 'a publisher against quarantine',
    before: [publishing([foo1])],
    participants: [{ command: publishing([foo2]), refusal: 'project-closed' }, quarantine],
    losers: [0, 1],
  },
  {
    title: 'a publisher of a new project against its quarantine',
    before: [],
    participants: [{ command: publishing([foo1]) }, { ...quarantine, refusal: 'not-found' }],
    losers: [0, 1],
  },
  {
    title: 'quarantine against its end',
    before: [publishing([foo1])],
    participants: [quarantine, { command: settingStatus('foo', 'active') }],
  },
  {
    title: 'a publisher of a new project against the quarantine of another',
    before: [publishing([foo1])],
    participants: [publisher(bar1), quarantine],
  },
];

const lines: string[] = [];

afterAll(() => {
  process.stdout.write(`\nexplored:\n${lines.join('\n')}\n`);
});

describe('every order of the store operations of', { timeout: 300_000 }, () => {
  it.each(RACES)('$title keeps what the protocol promises', async (race) => {
    const begun = performance.now();
    const { states, schedules } = await exploreRace(race);
    const seconds = ((performance.now() - begun) / 1_000).toFixed(1);
    lines.push(
      `  ${race.title}: ${states} states, ${Number(schedules).toExponential(1)} orders, ${seconds} s`,
    );
    // That nothing is explored would look like success.
    expect(states).toBeGreaterThan(500);
    expect(schedules).toBeGreaterThan(10n ** 10n);
  });
});
