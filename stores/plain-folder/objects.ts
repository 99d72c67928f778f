import { createHash } from 'node:crypto';
import { readWheelMetadata } from '../../core/archive/wheel.ts';
import { inspectDistribution } from '../../core/distribution.ts';
import type { CheckedFile } from '../../core/plain-folder/checked-file.ts';
import type { PlainPage } from '../../core/plain-folder/plain-pages.ts';
import type { OpenObject } from '../../core/store.ts';
import { changedWhileRead } from '../failures.ts';
import { inMemory } from '../in-memory.ts';
import type { StampedFile } from './stamped-file.ts';

/** A page; its ETag is its hash, so it is the same after a restart. */
export function pageObject({ body, sha256, lastModified }: PlainPage): OpenObject {
  return inMemory(body, { etag: sha256, lastModified });
}

/** The bytes of a distribution. */
export function fileObject({ entry }: CheckedFile, file: StampedFile): OpenObject {
  return {
    etag: entry.sha256,
    size: file.size,
    lastModified: new Date(entry.uploadTime),
    stream: (start = 0, end = file.size) => file.stream(start, end),
    close: () => file.close(),
  };
}

/**
 * PEP 658: the metadata of a distribution, read from its archive. Closes the file.
 *
 * @throws {WheelstoreError} `file-changed` where it is not what was found in it before
 */
export async function metadataObject({ path, entry }: CheckedFile, file: StampedFile): Promise<OpenObject> {
  try {
    const bytes = await metadataOf(entry, file);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    if (sha256 !== entry.metadataSha256) throw changedWhileRead(path);
    return inMemory(bytes, { etag: sha256, lastModified: new Date(entry.uploadTime) });
  } finally {
    await file.close();
  }
}

async function metadataOf({ kind, filename }: CheckedFile['entry'], file: StampedFile): Promise<Uint8Array> {
  if (kind === 'wheel') return readWheelMetadata(file);
  const { metadata } = await inspectDistribution(filename, file);
  return metadata?.bytes ?? new Uint8Array();
}
