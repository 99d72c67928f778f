import type { OpenObject } from '../core/store.ts';

/** An object whose bytes are here. There is nothing to close, so any number of readers can have the same one. */
export function inMemory(body: Uint8Array, facts: Pick<OpenObject, 'etag' | 'lastModified'>): OpenObject {
  return {
    etag: facts.etag,
    size: body.length,
    lastModified: facts.lastModified,
    body,
    async *stream(start = 0, end = body.length) {
      if (end > start) yield body.subarray(start, end);
    },
    close: () => Promise.resolve(),
  };
}
