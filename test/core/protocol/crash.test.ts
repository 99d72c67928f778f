import { afterAll, describe, expect, it } from 'vitest';
import { WheelstoreError, type ErrorCode } from '../../../core/errors.ts';
import { recordKey } from '../../../core/keys.ts';
import { normalizeName } from '../../../core/names.ts';
import { emptyRecord, parseRecord, type FileEntry, type ProjectRecord } from '../../../core/record.ts';
import {
  deleting,
  importingAll,
  publishing,
  reindexing,
  reindexingFromFiles,
  repairing,
  settingStatus,
  wheel,
  yanking,
  type Command,
} from '../../support/commands.ts';
import { buildWheel } from '../../support/distributions.ts';
import { testEnvironment } from '../../support/environment.ts';
import { explore } from '../../support/exploration/explore.ts';
import { expectProgress } from '../../support/exploration/progress.ts';
import { Worlds, WorldStore, type World } from '../../support/exploration/world.ts';
import { OldIndex } from '../../support/import-sources.ts';
import { brokenLinks, inconsistencies } from '../../support/repository-check.ts';

const [foo1, foo1Other, foo2, foo3, bar1, baz1] = await Promise.all([
  wheel('foo', '1.0'),
  wheel('foo', '1.0', 'other bytes'),
  wheel('foo', '2.0'),
  wheel('foo', '3.0'),
  wheel('bar', '1.0'),
  wheel('baz', '1.0'),
]);

const BEFORE: Command[] = [
  publishing([foo1, foo2, baz1]),
  yanking('foo', '2.0', 'broken'),
  settingStatus('baz', 'quarantined'),
];

/** What the project `foo` or another has, as its record says. */
type Records = (project: string) => ProjectRecord;

interface Subject {
  readonly title: string;
  readonly command: Command;
  /** What it changes: a release (`foo 1.0`), or a whole project. */
  readonly about: string;
  /** What it promises when it has ended well. */
  readonly holds: (records: Records) => boolean;
}

const fileOf = (records: Records, project: string, version: string): FileEntry | undefined =>
  records(project).files.find((file) => file.version === version);

const SUBJECTS: Subject[] = [
  {
    title: 'publishing a new project',
    command: publishing([bar1]),
    about: 'bar 1.0',
    holds: (records) => fileOf(records, 'bar', '1.0')?.sha256 === bar1.sha256,
  },
  {
    title: 'publishing into a project that exists',
    command: publishing([foo3]),
    about: 'foo 3.0',
    holds: (records) => fileOf(records, 'foo', '3.0')?.sha256 === foo3.sha256,
  },
  {
    title: 'publishing what was there at first',
    command: publishing([foo1]),
    about: 'foo 1.0',
    holds: (records) => fileOf(records, 'foo', '1.0')?.sha256 === foo1.sha256,
  },
  {
    title: 'replacing by force',
    command: publishing([foo1Other], 'replace'),
    about: 'foo 1.0',
    holds: (records) => fileOf(records, 'foo', '1.0')?.sha256 === foo1Other.sha256,
  },
  {
    title: 'deleting',
    command: deleting('foo', '1.0'),
    about: 'foo 1.0',
    holds: (records) => fileOf(records, 'foo', '1.0') === undefined,
  },
  {
    title: 'yanking',
    command: yanking('foo', '1.0', 'wrong'),
    about: 'foo 1.0',
    holds: (records) => fileOf(records, 'foo', '1.0')?.yanked === 'wrong',
  },
  {
    title: 'taking a yank back',
    command: yanking('foo', '2.0', false),
    about: 'foo 2.0',
    holds: (records) => fileOf(records, 'foo', '2.0')?.yanked === false,
  },
  {
    title: 'quarantine',
    command: settingStatus('foo', 'quarantined'),
    about: 'foo',
    holds: (records) => records('foo').status.status === 'quarantined',
  },
  {
    title: 'no quarantine',
    command: settingStatus('foo', 'active'),
    about: 'foo',
    holds: (records) => records('foo').status.status === 'active',
  },
  {
    title: 'the end of a quarantine',
    command: settingStatus('baz', 'active'),
    about: 'baz',
    holds: (records) => records('baz').status.status === 'active',
  },
  {
    title: 'verify --repair',
    command: repairing(),
    about: 'pages',
    holds: () => true,
  },
  {
    title: 'reindex',
    command: reindexing(),
    about: 'pages',
    holds: () => true,
  },
  {
    title: 'reindex --from-files',
    command: reindexingFromFiles(),
    about: 'pages',
    holds: () => true,
  },
  {
    title: 'importing a new project',
    command: importingAll(new OldIndex().offer('qux', buildWheel({ name: 'qux', version: '1.0' }))),
    about: 'qux 1.0',
    holds: (records) => fileOf(records, 'qux', '1.0') !== undefined,
  },
];

/** How a command may be refused after another one that is about the same. */
const REFUSALS: ErrorCode[] = ['not-found', 'file-exists', 'file-deleted', 'project-closed'];

function isRefusal(error: unknown): boolean {
  if (!(error instanceof WheelstoreError)) return false;
  return [error, ...error.problems].some(({ code }) => REFUSALS.includes(code));
}

/** Whether what one command does can be undone, or forbidden, by the other. */
function areRivals(one: Subject, other: Subject): boolean {
  return `${one.about} `.startsWith(`${other.about} `) || `${other.about} `.startsWith(`${one.about} `);
}

const recordsIn =
  ({ objects }: World): Records =>
  (name) => {
    const project = normalizeName(name);
    const key = recordKey(project);
    const body = objects.get(key)?.body;
    return body === undefined ? emptyRecord(project) : parseRecord(body, project, key);
  };

class Repository {
  readonly worlds = new Worlds();
  readonly #sound = new Set<World>();
  start: World = this.worlds.empty;

  async prepare(): Promise<void> {
    const store = new WorldStore(this.worlds);
    for (const command of BEFORE) await command(testEnvironment(store));
    this.start = store.world;
  }

  /** Every state in which a command can leave the store when it is killed, in whatever order its operations come. */
  async crashesOf({ command }: Subject, from = this.start): Promise<World[]> {
    const left: World[] = [];
    const state = async (world: World): Promise<void> => {
      await this.expectSound(world);
      left.push(world);
    };
    const checks = { step: expectProgress, state };
    await explore(this.worlds, from, [command], checks);
    return [...new Set(left)];
  }

  /** Runs a command to its end, looking at each step. */
  async run({ command, holds }: Subject, from: World): Promise<{ world: World; isRefused: boolean }> {
    const store = new WorldStore(this.worlds, from, async (change) => {
      expectProgress(change);
      await this.expectSound(change.after);
    });
    try {
      await command(testEnvironment(store));
    } catch (error) {
      if (!isRefusal(error)) throw error;
      return { world: store.world, isRefused: true };
    }
    if (!holds(recordsIn(store.world))) throw new Error('What was acknowledged is not so');
    return { world: store.world, isRefused: false };
  }

  /**
   * What is not as it must be. Bytes that were sent for a release that was then refused are in nobody's
   * way.
   */
  async leftBehind(world: World, isRefused: boolean): Promise<string[]> {
    const found = await inconsistencies(new WorldStore(this.worlds, world));
    return isRefused ? found.filter((line) => !line.endsWith('in no record')) : found;
  }

  /** What of a project, but for bytes that no record names, is not as its record has it. */
  async behind(project: string, world: World): Promise<string[]> {
    const found = await inconsistencies(new WorldStore(this.worlds, world));
    return found.filter((line) => /^(simple|records\/default)\/([^/.]+)/.exec(line)?.[2] === project);
  }

  /** What must be so at any time. */
  async expectSound(world: World): Promise<void> {
    if (this.#sound.has(world)) return;
    this.#sound.add(world);
    const broken = await brokenLinks(new WorldStore(this.worlds, world));
    if (broken.length > 0) throw new Error(`broken links:\n${broken.join('\n')}`);
    if (fileOf(recordsIn(world), 'foo', '2.0')?.sha256 !== foo2.sha256)
      throw new Error(`${foo2.filename}, which nobody has touched, is lost`);
  }
}

let crashes = 0;
let continuations = 0;

afterAll(() => {
  process.stdout.write(`\ncrashes: ${crashes} states, ${continuations} continuations\n`);
});

describe.each(SUBJECTS)('$title, killed anywhere', { timeout: 300_000 }, (subject) => {
  it('and any other command, and the same again, end with everything as it must be', async () => {
    const repository = new Repository();
    await repository.prepare();
    const left = await repository.crashesOf(subject);
    const hasNothingToDo = subject.holds(recordsIn(repository.start));
    expect(left.length).toBeGreaterThanOrEqual(hasNothingToDo ? 1 : 6);
    crashes += left.length;
    for (const world of left) {
      for (const other of SUBJECTS) {
        continuations++;
        const between = await repository.run(other, world);
        // Whoever changes a project brings all of it in line, whatever another one has left.
        const project = other.about.split(' ')[0] ?? '';
        if (!between.isRefused) expect(await repository.behind(project, between.world)).toEqual([]);
        const again = await repository.run(subject, between.world);
        const what = `${other.title}, ${between.isRefused ? 'refused' : 'done'}; again ${again.isRefused ? 'refused' : 'done'}`;
        if (!areRivals(subject, other)) {
          expect([between.isRefused, again.isRefused], what).toEqual([false, false]);
          expect(other.holds(recordsIn(again.world)), what).toBe(true);
        }
        const isRefused = between.isRefused || again.isRefused;
        expect(await repository.leftBehind(again.world, isRefused), what).toEqual([]);
      }
    }
  });

  it('and any other command killed as well, and both again, end with everything as it must be', async () => {
    const repository = new Repository();
    await repository.prepare();
    for (const world of await repository.crashesOf(subject)) {
      for (const other of SUBJECTS) {
        for (const second of await repository.crashesOf(other, world)) {
          continuations++;
          const first = await repository.run(subject, second);
          const last = await repository.run(other, first.world);
          const isRefused = first.isRefused || last.isRefused;
          expect(await repository.leftBehind(last.world, isRefused), other.title).toEqual([]);
        }
      }
    }
  });
});
