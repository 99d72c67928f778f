import { quote, WheelstoreError } from '../core/errors.ts';
import type {
  CreateOutcome,
  ETag,
  ListedObject,
  NewObject,
  ObjectHead,
  ObjectHeaders,
  OpenObject,
  Store,
  StoredObject,
  WriteOutcome,
} from '../core/store.ts';
import { changedWhileRead } from './failures.ts';
import { BufferPool } from './s3/buffer-pool.ts';
import { ByteBudget } from './s3/byte-budget.ts';
import { digestOf, factsOf, keptWith, metadataWith, sha256Of } from './s3/facts.ts';
import { listPaths } from './s3/listing.ts';
import { Location } from './s3/location.ts';
import { putInParts, type PartsSettings } from './s3/multipart.ts';
import { S3OpenObject } from './s3/open-object.ts';
import { probeConditions, type Probe } from './s3/probe.ts';
import { Progress } from './s3/progress.ts';
import { argumentsFor, type PutArguments, type PutTarget } from './s3/put-arguments.ts';
import { readHead, readWhole } from './s3/reading.ts';
import { Requests, type Condition, type PutHeaders, type Sender, type WriteAnswer } from './s3/requests.ts';

const MEBIBYTE = 1024 * 1024;

/** Enough to keep a connection busy; one that is slower needs no more. */
const PARTS_IN_MEMORY = 4;

/** Each time, another writer of the same key came in between. */
const MOST_CONFLICTS = 8;
const FIRST_PAUSE = 50;
const LONGEST_PAUSE = 2_000;

/** What a store in a bucket is made of. */
export interface S3StoreOptions {
  /** Retries what failed on its way; the store retries no more than what only it can. */
  readonly client: Sender;
  readonly bucket: string;
  readonly prefix?: string;
  /** Where requests go, for people. Unless it is S3 itself, `probeConditionalWrites` asks it. */
  readonly endpoint?: string;
  readonly putArguments?: PutArguments;
  /**
   * For stores without conditional writes: looks before each write instead, which holds as long as
   * nobody else writes.
   */
  readonly singleWriter?: boolean;
  /** What is larger is written in parts of this size, in bytes. */
  readonly partSize?: number;
  /** Resolves after about `milliseconds`. */
  readonly wait?: (milliseconds: number) => Promise<void>;
}

/**
 * A repository in a bucket of S3, or of a store that judges conditional writes as S3 does. Any number
 * of processes can write it at the same time: the conditions are the only coordination.
 *
 * ETags are those of S3: of equal contents, they are equal.
 */
export class S3Store implements Store {
  readonly description: string;
  readonly #requests: Requests;
  readonly #location: Location;
  readonly #putArguments: PutArguments;
  readonly #singleWriter: boolean;
  readonly #isS3Itself: boolean;
  readonly #partSize: number;
  readonly #parts: PartsSettings;
  readonly #wait: (milliseconds: number) => Promise<void>;
  #probe: Probe | undefined;

  /** @throws {WheelstoreError} `usage` for an impossible bucket or prefix */
  constructor({ client, bucket, prefix, endpoint, ...options }: S3StoreOptions) {
    this.#location = new Location(bucket, prefix);
    this.#requests = new Requests(client, bucket, endpoint ?? 'S3');
    this.#putArguments = options.putArguments ?? {};
    this.#isS3Itself = endpoint === undefined;
    // S3 itself judges every write: no promise needs to take the place of that.
    this.#singleWriter = options.singleWriter === true && !this.#isS3Itself;
    this.#partSize = options.partSize ?? 8 * MEBIBYTE;
    // One budget for all files that are being uploaded, however many there are.
    const budget = new ByteBudget(PARTS_IN_MEMORY * this.#partSize);
    const buffers = new BufferPool(this.#partSize);
    this.#parts = { partSize: this.#partSize, parallel: PARTS_IN_MEMORY, budget, buffers };
    this.#wait =
      options.wait ?? ((milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)));
    this.description = `bucket ${this.#location.url}${endpoint === undefined ? '' : ` at ${endpoint}`}`;
  }

  async head(key: string): Promise<ObjectHead | undefined> {
    const path = this.#location.pathOf(key);
    const answer = await this.#requests.head(path);
    if (answer === undefined) return undefined;
    const sha256 = sha256Of(answer);
    // Whoever has put it there has not said what it is.
    const facts =
      sha256 === undefined ? await readHead(this.#requests, path) : { ...factsOf(answer, path), sha256 };
    return facts && { ...facts, ...keptWith(answer) };
  }

  get(key: string): Promise<StoredObject | undefined> {
    return readWhole(this.#requests, this.#location.pathOf(key));
  }

  async open(key: string): Promise<OpenObject | undefined> {
    const path = this.#location.pathOf(key);
    const answer = await this.#requests.get(path, { checksum: false });
    return answer && new S3OpenObject(this.#requests, path, answer);
  }

  async create(key: string, object: NewObject): Promise<CreateOutcome> {
    await this.#probe?.judged;
    const path = this.#location.pathOf(key);
    const target = key.endsWith('.metadata') ? 'file' : 'distribution';
    const headers = this.#headersFor(target, object.headers, object.sha256);
    const progress = new Progress(object.onBytes);
    for (let attempt = 1; ; attempt++) {
      const onBytes = progress.ofNextAttempt();
      const outcome = await this.#writeNew(path, { ...object, onBytes }, headers);
      if (outcome === 'exists') return { outcome };
      if (outcome !== 'conflict') {
        return { outcome: 'created', lastModified: outcome.time ?? (await this.#timeOf(path)) };
      }
      if (attempt >= MOST_CONFLICTS) throw contention(path);
      const longest = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** attempt);
      await this.#wait(Math.random() * longest);
    }
  }

  async replace(
    key: string,
    body: Uint8Array,
    expected: ETag | undefined,
    headers: ObjectHeaders,
  ): Promise<WriteOutcome> {
    await this.#probe?.judged;
    const path = this.#location.pathOf(key);
    const sha256 = digestOf(body);
    if (this.#singleWriter && (await this.#etagOf(path)) !== expected) return { outcome: 'lost' };
    const condition = this.#condition(expected === undefined ? { absent: true } : { etag: expected });
    const all = this.#headersFor('mutable', headers, sha256);
    const answer = await this.#requests.put(path, body, sha256, condition, all);
    if (answer.written) return { outcome: 'written', etag: answer.etag };
    // The first attempt may have taken effect though its answer was lost.
    const current = answer.retried ? await this.get(key) : undefined;
    return current?.sha256 === sha256 ? { outcome: 'written', etag: current.etag } : { outcome: 'lost' };
  }

  async remove(key: string): Promise<void> {
    await this.#probe?.judged;
    await this.#requests.remove(this.#location.pathOf(key));
  }

  async *list(prefix: string): AsyncGenerator<ListedObject> {
    const own = this.#location.internalPath('');
    for await (const { path, size } of listPaths(this.#requests, this.#location.prefix + prefix)) {
      if (!path.startsWith(own)) yield { key: this.#location.keyOf(path), size };
    }
  }

  /**
   * Makes sure, once, that the store judges the conditions of writes. S3 itself is not asked; nor is
   * anything else under `singleWriter`. From now on nothing is written before that is known, so whoever
   * only writes need not wait for it: every write fails as this does.
   *
   * @throws {WheelstoreError} `unsupported-store`
   */
  async probeConditionalWrites(): Promise<void> {
    if (this.#isS3Itself || this.#singleWriter) return;
    this.#probe ??= probeConditions(this.#requests, this.#location);
    await this.#probe.over;
  }

  async #writeNew(
    path: string,
    object: NewObject,
    headers: PutHeaders,
  ): Promise<{ readonly time: Date | undefined } | 'exists' | 'conflict'> {
    const isLarge = object.source.size > this.#partSize;
    // To find out after a long transfer that it was for nothing would be late.
    const looksFirst = isLarge || this.#singleWriter;
    if (looksFirst && (await this.#etagOf(path)) !== undefined) return 'exists';
    const condition = this.#condition({ absent: true });
    const answer = isLarge
      ? await putInParts(this.#requests, path, object, condition, headers, this.#parts)
      : await this.#putWhole(path, object, condition, headers);
    if (answer.written) return answer;
    return answer.refusal === 'conflict' ? 'conflict' : 'exists';
  }

  #putWhole(
    path: string,
    object: NewObject,
    condition: Condition,
    headers: PutHeaders,
  ): Promise<WriteAnswer> {
    const { source, sha256, onBytes } = object;
    return this.#parts.budget.using(source.size, async () => {
      const body = await source.read(0, source.size);
      if (digestOf(body) !== sha256) throw changedWhileRead(path);
      const answer = await this.#requests.put(path, body, sha256, condition, headers);
      onBytes?.(body.length);
      return answer;
    });
  }

  /** A store that ignores conditions could also refuse requests that have some. */
  #condition(condition: Condition): Condition {
    return this.#singleWriter ? undefined : condition;
  }

  async #etagOf(path: string): Promise<ETag | undefined> {
    const answer = await this.#requests.head(path);
    return answer && factsOf(answer, path).etag;
  }

  /** Where the answer to a write has not said it. */
  async #timeOf(path: string): Promise<Date> {
    const answer = await this.#requests.head(path);
    if (answer !== undefined) return factsOf(answer, path).lastModified;
    throw new WheelstoreError('store-failed', `${quote(path)} is gone right after it was written`, {
      value: path,
      fix: 'Find out who else deletes in this bucket, then run the same command again.',
    });
  }

  #headersFor(target: PutTarget, headers: ObjectHeaders, sha256: string): PutHeaders {
    const { contentType, cacheControl, contentEncoding, metadata } = headers;
    return {
      ContentType: contentType,
      CacheControl: cacheControl,
      ...(contentEncoding === undefined ? {} : { ContentEncoding: contentEncoding }),
      ...argumentsFor(this.#putArguments, target),
      Metadata: metadataWith(sha256, metadata),
    };
  }
}

function contention(path: string): WheelstoreError {
  return new WheelstoreError('contention', `Other writers of ${quote(path)} kept coming in between`, {
    value: path,
    fix: 'Run the same command again when fewer publishers are at work.',
  });
}
