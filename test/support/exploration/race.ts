import type { Distribution } from '../../../core/distribution.ts';
import { WheelstoreError, type ErrorCode } from '../../../core/errors.ts';
import { pageKey, recordKey, REPRESENTATIONS } from '../../../core/keys.ts';
import { parseRecord } from '../../../core/record.ts';
import type { Command } from '../commands.ts';
import { testEnvironment } from '../environment.ts';
import { brokenLinks, inconsistencies, linksOf, textOfPage } from '../repository-check.ts';
import type { Ending } from '../schedule.ts';
import { explore, type Explored, type Reductions } from './explore.ts';
import { expectProgress } from './progress.ts';
import { WorldStore, Worlds, type World } from './world.ts';

/** A command that takes part in a race, and what it promises: it holds from its end on, for good. */
export interface Participant {
  readonly command: Command;
  /** These are in the record and on every page. */
  readonly shows?: readonly Distribution[];
  /** Of those, or of others: these are marked as yanked. */
  readonly yanks?: readonly Distribution[];
  /** These are in no record and on no page. */
  readonly hides?: readonly Distribution[];
  /** How the command may fail, where another one is faster. */
  readonly refusal?: ErrorCode;
}

export interface Race {
  readonly title: string;
  readonly before: readonly Command[];
  readonly participants: readonly Participant[];
  /** How many of the participants may be refused in the end; none unless given. */
  readonly losers?: readonly number[];
}

/**
 * Tries every order of the store operations of a race. In every state that can be reached:
 *
 * - each link leads to bytes with its hash, and no write takes anything back;
 * - whoever has ended has done so well, or has been refused as it may be, and its promise holds;
 * - nobody waits for anybody: who has not ended has a store operation to do. As the others may never
 *   be chosen again from there on, this also says that each ends well when all others are killed;
 * - when all are killed, running them again, in any order, leaves everything as it must be.
 *
 * When all have ended, everything is as it must be.
 */
export async function exploreRace(race: Race, reductions?: Reductions): Promise<Explored> {
  const worlds = new Worlds();
  const store = new WorldStore(worlds);
  for (const command of race.before) await command(testEnvironment(store));
  const recovered = new Set<World>();
  const state = async (world: World, endings: readonly (Ending | undefined)[]): Promise<void> => {
    if (!recovered.has(world)) {
      recovered.add(world);
      expectNone(await brokenLinks(new WorldStore(worlds, world)), 'broken links');
      await expectRecovery(race, worlds, world);
    }
    for (const [index, participant] of race.participants.entries())
      expectPromise(participant, endings[index], world);
    if (endings.includes(undefined)) return;
    const losers = endings.filter((ending) => ending?.error !== undefined).length;
    if (!(race.losers ?? [0]).includes(losers)) throw new Error(`${losers} of the commands are refused`);
    expectNone(await leftBehind(race, new WorldStore(worlds, world)), 'inconsistencies');
  };
  const commands = race.participants.map(({ command }) => command);
  return explore(worlds, store.world, commands, { step: expectProgress, state }, reductions);
}

/** Who loses a race for a filename leaves bytes that nothing names. */
async function leftBehind(race: Race, store: WorldStore): Promise<string[]> {
  const found = await inconsistencies(store);
  return race.losers === undefined ? found : found.filter((line) => !line.endsWith('in no record'));
}

function expectNone(found: readonly string[], what: string): void {
  if (found.length > 0) throw new Error(`${what}:\n${found.join('\n')}`);
}

async function expectRecovery(race: Race, worlds: Worlds, world: World): Promise<void> {
  for (const participants of [race.participants, race.participants.toReversed()]) {
    const store = new WorldStore(worlds, world);
    for (const { command, refusal } of participants) {
      await command(testEnvironment(store)).catch((error: unknown) => {
        if (!isRefusal(error, refusal)) throw error;
      });
    }
    expectNone(await leftBehind(race, store), 'when all are killed and run again, inconsistencies');
  }
}

function isRefusal(error: unknown, code: ErrorCode | undefined): boolean {
  if (code === undefined || !(error instanceof WheelstoreError)) return false;
  return error.code === code || error.problems.some((problem) => problem.code === code);
}

function expectPromise(
  { shows = [], yanks = [], hides = [], refusal }: Participant,
  ending: Ending | undefined,
  world: World,
): void {
  if (ending === undefined) return;
  if (ending.error !== undefined) {
    if (isRefusal(ending.error, refusal)) return;
    throw ending.error;
  }
  const names = (what: Distribution): boolean[] => namedBy(world, what).map(({ isNamed }) => isNamed);
  for (const each of shows) {
    if (!names(each).every(Boolean)) throw new Error(`${each.filename} was acknowledged, and is lost`);
  }
  for (const each of hides) {
    if (names(each).some(Boolean)) throw new Error(`${each.filename} was deleted, and is shown`);
  }
  for (const each of yanks) {
    if (!namedBy(world, each).every(({ isYanked }) => isYanked))
      throw new Error(`${each.filename} was yanked, and is not`);
  }
}

/** What the record and each representation of the page say of a distribution. */
function namedBy(
  { objects }: World,
  { project, filename, sha256 }: Distribution,
): { isNamed: boolean; isYanked: boolean }[] {
  const key = recordKey(project);
  const body = objects.get(key)?.body;
  const views = REPRESENTATIONS.map((representation) => {
    const page = pageKey(project, representation);
    const object = objects.get(page);
    const text = object === undefined ? undefined : textOfPage(page, object.body);
    return text === undefined ? [] : linksOf(text, representation, `simple/${project}`);
  });
  return [body === undefined ? [] : parseRecord(body, project, key).files, ...views].map((files) => {
    const file = files.find((each) => each.filename === filename && each.sha256 === sha256);
    return {
      isNamed: file !== undefined,
      isYanked: file !== undefined && file.yanked !== undefined && file.yanked !== false,
    };
  });
}
