import { randomUUID } from 'node:crypto';
import { WheelstoreError } from '../../core/errors.ts';
import { together } from '../../core/parallel.ts';
import { digestOf } from './facts.ts';
import type { Location } from './location.ts';
import type { Condition, Requests } from './requests.ts';

/** What is being found out. Both promises fail with `unsupported-store`. */
export interface Probe {
  /** The store judges the conditions of writes. */
  readonly judged: Promise<void>;
  /** The same, and nothing of the probe is left; who only wants to write need not wait for that. */
  readonly over: Promise<void>;
}

/**
 * Finds out, with an object of its own that it removes again, whether the store judges the
 * conditions of writes. One that ignores them would let publishers overwrite each other's work.
 */
export function probeConditions(requests: Requests, location: Location): Probe {
  const path = location.internalPath(`probe-${randomUUID()}`);
  const judged = judgeConditions(requests, location, path);
  // Whoever may publish need not be allowed to delete.
  const remove = (): Promise<void> => requests.remove(path).catch(() => undefined);
  return { judged, over: judged.finally(remove) };
}

async function judgeConditions(requests: Requests, location: Location, path: string): Promise<void> {
  const body = Buffer.from('Whether this store judges the conditions of writes. Can be deleted.\n');
  const put = async (condition: Condition): Promise<boolean> => {
    const answer = await requests.put(path, body, digestOf(body), condition, { ContentType: 'text/plain' });
    return answer.written;
  };
  if (!(await put({ absent: true }))) throw unsupported('says of a new key that it is taken');
  const [overwritten, replaced] = await together([
    put({ absent: true }),
    put({ etag: '00000000000000000000000000000000' }),
  ]);
  if (overwritten) throw unsupported('ignores If-None-Match');
  if (replaced) throw unsupported('ignores If-Match');

  function unsupported(what: string): WheelstoreError {
    return new WheelstoreError(
      'unsupported-store',
      `The store of ${location.url} ${what}: publishers at work at the same time would lose releases`,
      {
        value: location.url,
        fix: 'Use a store with conditional writes; or pass --single-writer, and let one publisher at a time write.',
      },
    );
  }
}
