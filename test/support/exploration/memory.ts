import type { StoredObject } from '../../../core/store.ts';
import type { Answer, StoreOperation } from './operations.ts';
import { pagePlaceOf, type PageMeanings } from './page-meaning.ts';

/** An answer that an actor has got. */
export interface Heard {
  readonly operation: StoreOperation;
  /** Which of the actor's operations of this name on this key it is, from 1. */
  readonly count: number;
  readonly answer: Answer;
  /** Tells answers apart. */
  readonly label: string;
}

/** An operation that an actor waits for. */
export type Pending = Pick<Heard, 'operation' | 'count'>;

/** What of all that an actor has heard can make a difference to what it does from now on. */
export interface Memory {
  /** Of pages, by key: what it has heard of this representation, in words that fit all of them. */
  readonly pages: ReadonlyMap<string, string>;
  readonly others: string;
}

/**
 * An actor is deterministic: what it does follows from what it has heard. Of a page, though, only the
 * current round counts, and how many there were before: the ETags are for the next write of that page
 * and for nothing else, and when all of that write is done, the actor knows whether to begin another
 * round. Of everything else all is remembered. (A command that uses pages in another way would have to
 * be explored without this; that it makes no difference shows in the number of schedules.)
 *
 * @param isForgetful without this, all that was ever heard counts
 */
export function memoryOf(
  heard: readonly Heard[],
  pending: readonly Pending[],
  meanings: PageMeanings,
  isForgetful: boolean,
): Memory {
  const rounds = roundsOf(heard, pending);
  const pages = new Map<string, string[]>();
  const others = [...rounds].map(([page, { number }]) => `${page} round ${number}`);
  const note = (key: string, fact: string): void => {
    const facts = pages.get(key);
    if (facts === undefined) pages.set(key, [fact]);
    else facts.push(fact);
  };
  for (const [index, { operation, count, answer, label }] of heard.entries()) {
    const { name, key } = operation;
    const place = pagePlaceOf(key);
    const round = rounds.get(place?.page ?? '');
    if (place === undefined) others.push(`${name} ${key} ${count}: ${label}`);
    else if (!isForgetful || round === undefined || index >= round.from) {
      const said = isObject(answer) ? meanings.of(key, place, answer) : label;
      note(key, `${name} ${isForgetful ? '' : count}: ${said}`);
    }
  }
  for (const { operation } of pending) {
    const awaited = `awaits ${operation.name}`;
    if (pagePlaceOf(operation.key) === undefined) others.push(`${awaited} ${operation.key}`);
    else note(operation.key, awaited);
  }
  return {
    pages: new Map([...pages].map(([key, facts]) => [key, facts.sort().join('\n')])),
    others: others.sort().join('\n'),
  };
}

/** A round: the ETags of a page are read, and then it is written. */
interface Round {
  number: number;
  /** From which place in what was heard it counts. */
  from: number;
  isWritten: boolean;
}

/** The current round of each page. */
function roundsOf(heard: readonly Heard[], pending: readonly Pending[]): Map<string, Round> {
  const rounds = new Map<string, Round>();
  const busy = new Set<string>();
  for (const [index, { operation, count }] of [...heard, ...pending].entries()) {
    const page = pagePlaceOf(operation.key)?.page;
    if (page === undefined) continue;
    const round = rounds.get(page) ?? { number: 0, from: 0, isWritten: false };
    rounds.set(page, round);
    if (index >= heard.length) busy.add(page);
    if (operation.name === 'replace') round.isWritten = true;
    if (operation.name !== 'head' || count <= round.number) continue;
    Object.assign(round, { number: count, from: Math.min(index, heard.length), isWritten: false });
  }
  for (const [page, round] of rounds) if (round.isWritten && !busy.has(page)) round.from = heard.length;
  return rounds;
}

function isObject(answer: Answer): answer is StoredObject {
  return answer !== undefined && 'body' in answer;
}
