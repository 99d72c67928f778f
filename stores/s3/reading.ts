import { createHash } from 'node:crypto';
import type { GetObjectCommandOutput } from '@aws-sdk/client-s3';
import { quote, WheelstoreError } from '../../core/errors.ts';
import type { ObjectHead, StoredObject } from '../../core/store.ts';
import { chunksOfBody } from './bodies.ts';
import { factsOf, sha256Of } from './facts.ts';
import type { Requests } from './requests.ts';

/** A transfer that breaks off is begun again; what the SDK retries ends with the answer's headers. */
const MOST_ATTEMPTS = 3;

/**
 * Reads an object with its bytes, which are what the store has said of them.
 *
 * @throws {WheelstoreError} `store-failed`, `corrupt-file`
 */
export async function readWhole(requests: Requests, path: string): Promise<StoredObject | undefined> {
  return attempted(requests, path, async (answer) => {
    const chunks: Uint8Array[] = [];
    const head = await consume(answer, path, (chunk) => chunks.push(chunk));
    return { ...head, body: new Uint8Array(Buffer.concat(chunks)) };
  });
}

/** Reads an object to find out its hash, holding none of it. @throws {WheelstoreError} as `readWhole` */
export async function readHead(requests: Requests, path: string): Promise<ObjectHead | undefined> {
  return attempted(requests, path, (answer) => consume(answer, path, () => undefined));
}

async function attempted<T>(
  requests: Requests,
  path: string,
  read: (answer: GetObjectCommandOutput) => Promise<T>,
): Promise<T | undefined> {
  for (let attempt = 1; ; attempt++) {
    const answer = await requests.get(path, { checksum: true });
    if (answer === undefined) return undefined;
    try {
      return await read(answer);
    } catch (error) {
      if (attempt >= MOST_ATTEMPTS) throw error;
    }
  }
}

async function consume(
  answer: GetObjectCommandOutput,
  path: string,
  take: (chunk: Uint8Array) => void,
): Promise<ObjectHead> {
  const facts = factsOf(answer, path);
  const hash = createHash('sha256');
  for await (const chunk of chunksOfBody(answer.Body, facts.size, path)) {
    hash.update(chunk);
    take(chunk);
  }
  const sha256 = hash.digest('hex');
  const told = sha256Of(answer);
  if (told === undefined || told === sha256) return { ...facts, sha256 };
  throw new WheelstoreError('corrupt-file', `The bytes of ${quote(path)} are not those that were written`, {
    value: path,
    fix: 'Find out who has written there; restore that object from a backup, or remove it and publish it again.',
  });
}
