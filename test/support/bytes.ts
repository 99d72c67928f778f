import { createHash } from 'node:crypto';
import { bytesInMemory } from '../../core/bytes.ts';
import type { NewObject, ObjectHeaders, OpenObject } from '../../core/store.ts';

export const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
export const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

export const HEADERS: ObjectHeaders = { contentType: 'text/plain', cacheControl: 'no-store' };

/** An immutable object with this text. */
export function newObject(text: string): NewObject {
  const bytes = encode(text);
  return { source: bytesInMemory(bytes), sha256: sha256(bytes), headers: HEADERS };
}

/** Everything that an open object has from `start` to `end`. */
export async function readAll(object: OpenObject, start?: number, end?: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of object.stream(start, end)) parts.push(part.slice());
  return new Uint8Array(Buffer.concat(parts));
}
