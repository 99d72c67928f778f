import { expect, it } from 'vitest';
import type { OpenObject } from '../../core/store.ts';
import { inMemory } from '../../stores/in-memory.ts';
import { ask, FILE_PATH, serve } from './serving.ts';

const BODY = Buffer.from('0123456789'.repeat(5_000));

/** A store whose only object is in memory, and must not be streamed. */
const store = {
  async open(): Promise<OpenObject> {
    const object = inMemory(BODY, { etag: 'x', lastModified: new Date(0) });
    const stream = (): never => {
      throw new Error('This object was to be sent at once');
    };
    return { ...object, stream };
  },
};

it.each([
  ['all of it', {}, BODY],
  ['a range of it', { range: 'bytes=12345-23456' }, BODY.subarray(12_345, 23_457)],
])('What is in memory is sent without a stream: %s', async (_, headers, expected) => {
  const { port, lines, finished } = await serve({ store });
  const { headers: sent, body } = await ask(port, { path: FILE_PATH, headers });
  expect(body.equals(expected)).toBe(true);
  expect(sent['content-length']).toBe(String(expected.length));
  await finished(1);
  expect(lines[0]).toMatchObject({ bytes: expected.length, isAborted: false });
});
