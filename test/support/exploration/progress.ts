import { RECORDS_PREFIX, SETTINGS_KEY } from '../../../core/keys.ts';
import type { StoredObject } from '../../../core/store.ts';
import { decode } from '../bytes.ts';
import { projectsOnList, serialOf, textOfPage } from '../repository-check.ts';
import { pagePlaceOf } from './page-meaning.ts';
import type { WorldChange } from './world.ts';

const ranks = new Map<string, number>();

/**
 * How far an object that can be replaced has come; higher with each change. The list of projects grows
 * while the serial of the settings stays; a record loses its note that the list is behind.
 */
function rankOf(key: string, object: StoredObject | undefined): number {
  if (object === undefined) return 0;
  const name = `${key} ${object.etag}`;
  const rank = ranks.get(name) ?? computedRank(key, object);
  ranks.set(name, rank);
  return rank;
}

function computedRank(key: string, { body }: StoredObject): number {
  const place = pagePlaceOf(key);
  if (place !== undefined) {
    const text = textOfPage(key, body);
    const listed = place.page === 'simple/' ? projectsOnList(text, place.representation).length : 0;
    return 1 + serialOf(text) * 1_000 + listed;
  }
  const { serial, listPending } = JSON.parse(decode(body)) as { serial: number; listPending?: string };
  return 1 + serial * 2 + (listPending === undefined ? 1 : 0);
}

/**
 * Fails where a write takes a page, a record or the settings back, or leaves them as they are. So no
 * content ever comes back to a key, and it makes no difference whether ETags are hashes or numbers.
 */
export function expectProgress({ key, name, before, after }: WorldChange): void {
  if (name !== 'replace' || before === after) return;
  if (pagePlaceOf(key) === undefined && key !== SETTINGS_KEY && !key.startsWith(RECORDS_PREFIX))
    throw new Error(`${key} is none of the objects that can be replaced`);
  const [from, to] = [rankOf(key, before.objects.get(key)), rankOf(key, after.objects.get(key))];
  if (!(to > from)) throw new Error(`${key} goes back: from ${from} to ${to}`);
}
