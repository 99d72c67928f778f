import { quote, WheelstoreError } from '../../core/errors.ts';
import type { Tree, TreeFile } from '../../core/import/tree.ts';
import { chunksOfBody, closeBody } from './bodies.ts';
import { factsOf } from './facts.ts';
import { listPaths } from './listing.ts';
import { Location } from './location.ts';
import { Requests, type Sender } from './requests.ts';

/** What a bucket holds below a prefix, whoever has put it there. */
export class BucketTree implements Tree {
  readonly description: string;
  readonly #requests: Requests;
  readonly #prefix: string;

  /** @throws {WheelstoreError} `usage` for an impossible bucket or prefix */
  constructor(client: Sender, bucket: string, prefix: string | undefined, endpoint: string | undefined) {
    const location = new Location(bucket, prefix);
    this.#requests = new Requests(client, bucket, endpoint ?? 'S3');
    this.#prefix = location.prefix;
    this.description = `bucket ${location.url}${endpoint === undefined ? '' : ` at ${endpoint}`}`;
  }

  async *list(): AsyncGenerator<TreeFile> {
    for await (const { path, size, modified } of listPaths(this.#requests, this.#prefix)) {
      yield { path: path.slice(this.#prefix.length), size, modified };
    }
  }

  async *read(path: string, limit: number): AsyncGenerator<Uint8Array> {
    const key = this.#prefix + path;
    const answer = await this.#requests.get(key, { checksum: false });
    if (answer === undefined) {
      throw new WheelstoreError('not-found', `${quote(key)} is not in the bucket any more`, {
        value: key,
        fix: 'Run the same command again.',
      });
    }
    const { size } = factsOf(answer, key);
    if (size > limit) {
      closeBody(answer.Body, size);
      throw new WheelstoreError(
        'file-changed',
        `${quote(key)} has ${size} bytes, more than the ${limit} expected`,
        {
          value: key,
          fix: 'Run the same command again when nobody writes there.',
        },
      );
    }
    yield* chunksOfBody(answer.Body, size, key);
  }

  remove(path: string): Promise<void> {
    return this.#requests.remove(this.#prefix + path);
  }

  async close(): Promise<void> {}
}
