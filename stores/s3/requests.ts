import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  UploadPartCommand,
  type CompletedPart,
  type GetObjectCommandOutput,
  type HeadObjectCommandOutput,
  type ListObjectsV2CommandOutput,
  type PutObjectCommandInput,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { ETag } from '../../core/store.ts';
import { changedWhileRead } from '../failures.ts';
import { noteTimes, timeOfAnswer } from './answer-time.ts';
import { answerOf, saysAbsent, saysConflict, saysPreconditionFailed } from './answers.ts';
import { closeBody } from './bodies.ts';
import { answeredTooLittle, base64OfHex, conditionOn, etagOf } from './facts.ts';
import { describeS3Failure } from './failures.ts';

/** The one thing that is needed of the SDK's client; by the other, a write tells its time without another request. */
export type Sender = Pick<S3Client, 'send'> & Partial<Pick<S3Client, 'middlewareStack'>>;

/** What must hold when a write commits. */
export type Condition = { readonly absent: true } | { readonly etag: ETag } | undefined;

/** What an object is written with, besides its bytes. */
export type PutHeaders = Omit<
  PutObjectCommandInput,
  | 'Bucket'
  | 'Key'
  | 'Body'
  | 'ChecksumSHA256'
  | 'ChecksumAlgorithm'
  | 'IfMatch'
  | 'IfNoneMatch'
  | 'ContentMD5'
>;

/**
 * `precondition`: what is there is not what was expected. `conflict`: another write came in between,
 * and how that ended is not known. `absent`: there is nothing whose ETag could be the expected one.
 */
export type WriteAnswer =
  | {
      readonly written: true;
      readonly etag: ETag;
      /** When the store has said so, by its own clock; `undefined` where it gave no time. */
      readonly time: Date | undefined;
    }
  | {
      readonly written: false;
      readonly refusal: 'precondition' | 'conflict' | 'absent';
      /** Sent more than once: the refusal may come from our own earlier attempt, which took effect. */
      readonly retried: boolean;
    };

/** An upload in parts that was begun and not ended. */
export interface PartialUpload {
  readonly path: string;
  readonly id: string;
}

/**
 * The requests of S3 that a store needs, one method each. Everything that is expected is an answer;
 * everything else is thrown as a sentence. A `path` is a whole key of the bucket.
 */
export class Requests {
  readonly #client: Sender;
  readonly #bucket: string;
  readonly #endpoint: string;
  #bucketExists: Promise<void> | undefined;

  /** @param endpoint where the requests go, for people */
  constructor(client: Sender, bucket: string, endpoint: string) {
    this.#client = client;
    const { middlewareStack } = client;
    if (middlewareStack !== undefined) noteTimes({ middlewareStack });
    this.#bucket = bucket;
    this.#endpoint = endpoint;
  }

  async head(path: string): Promise<HeadObjectCommandOutput | undefined> {
    const input = { Bucket: this.#bucket, Key: path, ChecksumMode: 'ENABLED' as const };
    try {
      const answer = await this.#client.send(new HeadObjectCommand(input));
      this.#bucketExists ??= Promise.resolve();
      return answer;
    } catch (error) {
      const answer = answerOf(error);
      if (!saysAbsent(answer))
        throw this.#described(await this.#explained(error, path), 's3:GetObject', path);
    }
    await this.#checkBucket();
    return undefined;
  }

  /** @param options `checksum`: that the SDK compares the bytes with what the store tells of them */
  async get(
    path: string,
    { checksum }: { readonly checksum: boolean },
  ): Promise<GetObjectCommandOutput | undefined> {
    const input = { Bucket: this.#bucket, Key: path };
    try {
      const mode = checksum ? ({ ChecksumMode: 'ENABLED' } as const) : {};
      return await this.#client.send(new GetObjectCommand({ ...input, ...mode }));
    } catch (error) {
      if (saysAbsent(answerOf(error))) return undefined;
      throw this.#described(error, 's3:GetObject', path);
    }
  }

  /**
   * The bytes from `start` to `end` (exclusive) of one version.
   *
   * @throws {WheelstoreError} `file-changed` where that version is there no longer
   */
  async getRange(path: string, etag: ETag, start: number, end: number): Promise<GetObjectCommandOutput> {
    const range = { IfMatch: conditionOn(etag), Range: `bytes=${start}-${end - 1}` };
    try {
      return await this.#client.send(new GetObjectCommand({ Bucket: this.#bucket, Key: path, ...range }));
    } catch (error) {
      const answer = answerOf(error);
      if (saysPreconditionFailed(answer) || saysAbsent(answer)) throw changedWhileRead(path);
      throw this.#described(error, 's3:GetObject', path);
    }
  }

  /** @param sha256 lower-case hex; the store refuses other bytes */
  async put(
    path: string,
    body: Uint8Array,
    sha256: string,
    condition: Condition,
    headers: PutHeaders,
  ): Promise<WriteAnswer> {
    const command = new PutObjectCommand({
      ...headers,
      ...conditionHeaders(condition),
      Bucket: this.#bucket,
      Key: path,
      // A view of the same bytes: the SDK must see a buffer, whose checksum goes into a header.
      Body: Buffer.from(body.buffer, body.byteOffset, body.byteLength),
      ChecksumSHA256: base64OfHex(sha256),
    });
    return this.#write(path, condition, () => this.#client.send(command));
  }

  async beginUpload(path: string, headers: PutHeaders): Promise<PartialUpload> {
    const command = new CreateMultipartUploadCommand({
      ...headers,
      Bucket: this.#bucket,
      Key: path,
      ChecksumAlgorithm: 'SHA256',
    });
    const { UploadId: id } = await this.#sent('s3:PutObject', path, () => this.#client.send(command));
    if (id === undefined) throw answeredTooLittle(path);
    return { path, id };
  }

  /** @param sha256 of this part, lower-case hex */
  async sendPart(
    { path, id }: PartialUpload,
    partNumber: number,
    body: Buffer,
    sha256: string,
  ): Promise<CompletedPart> {
    const checksum = base64OfHex(sha256);
    const command = new UploadPartCommand({
      Bucket: this.#bucket,
      Key: path,
      UploadId: id,
      PartNumber: partNumber,
      Body: body,
      ChecksumSHA256: checksum,
    });
    const { ETag: etag } = await this.#sent('s3:PutObject', path, () => this.#client.send(command));
    if (etag === undefined) throw answeredTooLittle(path);
    return { PartNumber: partNumber, ETag: etag, ChecksumSHA256: checksum };
  }

  async completeUpload(
    { path, id }: PartialUpload,
    parts: readonly CompletedPart[],
    condition: Condition,
  ): Promise<WriteAnswer> {
    const command = new CompleteMultipartUploadCommand({
      ...conditionHeaders(condition),
      Bucket: this.#bucket,
      Key: path,
      UploadId: id,
      MultipartUpload: { Parts: [...parts] },
    });
    return this.#write(path, condition, () => this.#client.send(command));
  }

  async abortUpload({ path, id }: PartialUpload): Promise<void> {
    const command = new AbortMultipartUploadCommand({ Bucket: this.#bucket, Key: path, UploadId: id });
    await this.#sent('s3:AbortMultipartUpload', path, () => this.#client.send(command));
  }

  async remove(path: string): Promise<void> {
    const command = new DeleteObjectCommand({ Bucket: this.#bucket, Key: path });
    try {
      await this.#client.send(command);
    } catch (error) {
      if (!saysAbsent(answerOf(error))) throw this.#described(error, 's3:DeleteObject', path);
    }
  }

  /** One page of a listing. Its keys are percent-encoded where it says so. */
  list(prefix: string, token: string | undefined): Promise<ListObjectsV2CommandOutput> {
    const command = new ListObjectsV2Command({
      Bucket: this.#bucket,
      Prefix: prefix,
      // A key may hold what XML cannot.
      EncodingType: 'url',
      ...(token === undefined ? {} : { ContinuationToken: token }),
    });
    return this.#sent('s3:ListBucket', undefined, () => this.#client.send(command));
  }

  async #write(
    path: string,
    condition: Condition,
    send: () => Promise<{ ETag?: string | undefined }>,
  ): Promise<WriteAnswer> {
    try {
      const answer = await send();
      if (answer.ETag === undefined) throw answeredTooLittle(path);
      return { written: true, etag: etagOf(answer.ETag), time: timeOfAnswer(answer) };
    } catch (error) {
      const answer = answerOf(error);
      const retried = answer.attempts > 1;
      if (saysPreconditionFailed(answer)) return { written: false, refusal: 'precondition', retried };
      // An upload that was completed by an earlier attempt is there no longer.
      const isGone = retried && answer.name === 'NoSuchUpload';
      if (isGone || saysConflict(answer)) return { written: false, refusal: 'conflict', retried };
      const expectsSome = condition !== undefined && 'etag' in condition;
      if (expectsSome && saysAbsent(answer)) return { written: false, refusal: 'absent', retried };
      throw this.#described(error, 's3:PutObject', path);
    }
  }

  async #sent<T>(action: string, path: string | undefined, send: () => Promise<T>): Promise<T> {
    try {
      return await send();
    } catch (error) {
      throw this.#described(error, action, path);
    }
  }

  /**
   * The answer to a HEAD has no body: 404 may also say that there is no such bucket. Asked once, and
   * only where no object was found there before.
   */
  async #checkBucket(): Promise<void> {
    this.#bucketExists ??= this.#findBucket();
    try {
      await this.#bucketExists;
    } catch (error) {
      this.#bucketExists = undefined;
      throw error;
    }
  }

  async #findBucket(): Promise<void> {
    try {
      await this.#client.send(new HeadBucketCommand({ Bucket: this.#bucket }));
    } catch (error) {
      const answer = answerOf(error);
      if (saysAbsent(answer)) throw this.#described({ name: 'NoSuchBucket', cause: error }, 's3:ListBucket');
      // Only a bucket that exists can be forbidden.
      if (answer.status !== 403) throw this.#described(error, 's3:ListBucket');
    }
  }

  /** A HEAD that fails says not why; a GET of the same object does. */
  async #explained(error: unknown, path: string): Promise<unknown> {
    const { status } = answerOf(error);
    if (status !== 400 && status !== 403) return error;
    try {
      const input = { Bucket: this.#bucket, Key: path, Range: 'bytes=0-0' };
      closeBody((await this.#client.send(new GetObjectCommand(input))).Body);
      return error;
    } catch (explanation) {
      return saysAbsent(answerOf(explanation)) ? error : explanation;
    }
  }

  #described(error: unknown, action: string, path?: string): unknown {
    return describeS3Failure(error, { action, bucket: this.#bucket, path, endpoint: this.#endpoint });
  }
}

function conditionHeaders(condition: Condition): { IfMatch?: string; IfNoneMatch?: string } {
  if (condition === undefined) return {};
  return 'etag' in condition ? { IfMatch: conditionOn(condition.etag) } : { IfNoneMatch: '*' };
}
