import { randomUUID } from 'node:crypto';
import { WheelstoreError } from '../../core/errors.ts';
import { digestOf } from './facts.ts';
import type { Location } from './location.ts';
import type { Condition, Requests } from './requests.ts';

/**
 * Finds out, with an object of its own that it removes again, whether the store judges the
 * conditions of writes. One that ignores them would let publishers overwrite each other's work.
 *
 * @throws {WheelstoreError} `unsupported-store`
 */
export async function probeConditions(requests: Requests, location: Location): Promise<void> {
  const path = location.internalPath(`probe-${randomUUID()}`);
  const body = Buffer.from('Whether this store judges the conditions of writes. Can be deleted.\n');
  const put = async (condition: Condition): Promise<boolean> => {
    const answer = await requests.put(path, body, digestOf(body), condition, { ContentType: 'text/plain' });
    return answer.written;
  };
  try {
    if (!(await put({ absent: true }))) throw unsupported('says of a new key that it is taken');
    if (await put({ absent: true })) throw unsupported('ignores If-None-Match');
    if (await put({ etag: '00000000000000000000000000000000' })) throw unsupported('ignores If-Match');
  } finally {
    // Whoever may publish need not be allowed to delete.
    await requests.remove(path).catch(() => undefined);
  }

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
