import { randomUUID } from 'node:crypto';
import {
  GetBucketEncryptionCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketPolicyCommand,
  GetBucketVersioningCommand,
  GetPublicAccessBlockCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  type LifecycleRule,
  type PublicAccessBlockConfiguration,
} from '@aws-sdk/client-s3';
import { FILES_PREFIX } from '../../core/keys.ts';
import { answerOf, saysAbsent } from './answers.ts';
import { describeS3Failure } from './failures.ts';
import type { Location } from './location.ts';
import type { Sender } from './requests.ts';

/** What a bucket says of a setting: it may have none, and a store other than S3 may not know it. */
export type Setting<T> =
  | { readonly kind: 'set'; readonly value: T }
  | { readonly kind: 'absent' }
  | { readonly kind: 'unknown' };

/** Reads how a bucket is set up. Changes nothing. */
export class BucketSettings {
  readonly #client: Sender;
  readonly #location: Location;
  readonly #endpoint: string;

  /** @param endpoint where the requests go, for people */
  constructor(client: Sender, location: Location, endpoint: string) {
    this.#client = client;
    this.#location = location;
    this.#endpoint = endpoint;
  }

  /**
   * Makes sure that the bucket is there, and that these credentials reach it.
   *
   * @returns its region, where the answer says it
   * @throws {WheelstoreError} what a request to S3 can come to
   */
  async find(): Promise<string | undefined> {
    try {
      const { BucketRegion: region } = await this.#client.send(new HeadBucketCommand(this.#bucket));
      return region;
    } catch (error) {
      const answer = answerOf(error);
      if (saysAbsent(answer)) throw this.#described({ name: 'NoSuchBucket', cause: error }, 's3:ListBucket');
      // The answer to a HEAD says not why; that to a listing does.
      if (answer.status === 400 || answer.status === 403) await this.list();
      throw this.#described(error, 's3:ListBucket');
    }
  }

  /** @throws {WheelstoreError} `access-denied` */
  async list(): Promise<void> {
    const { prefix: Prefix } = this.#location;
    await this.#send('s3:ListBucket', () =>
      this.#client.send(new ListObjectsV2Command({ ...this.#bucket, Prefix, MaxKeys: 1 })),
    );
  }

  /**
   * Asks for a file that cannot be there.
   *
   * @returns whether the answer is that it is absent; S3 tells that to nobody who may not list
   */
  async saysThatAKeyIsAbsent(): Promise<boolean> {
    const path = `${this.#location.prefix}${FILES_PREFIX}doctor-${randomUUID()}`;
    try {
      await this.#client.send(new HeadObjectCommand({ ...this.#bucket, Key: path }));
      return false;
    } catch (error) {
      const answer = answerOf(error);
      if (saysAbsent(answer)) return true;
      if (answer.status === 403) return false;
      throw this.#described(error, 's3:GetObject', path);
    }
  }

  publicAccessBlock(): Promise<Setting<PublicAccessBlockConfiguration>> {
    return this.#setting(
      's3:GetBucketPublicAccessBlock',
      'NoSuchPublicAccessBlockConfiguration',
      async () => {
        const answer = await this.#client.send(new GetPublicAccessBlockCommand(this.#bucket));
        return answer.PublicAccessBlockConfiguration;
      },
    );
  }

  /** `Enabled` or `Suspended`. */
  versioning(): Promise<Setting<string>> {
    return this.#setting('s3:GetBucketVersioning', undefined, async () => {
      return (await this.#client.send(new GetBucketVersioningCommand(this.#bucket))).Status;
    });
  }

  /** The name of an algorithm: `AES256`. */
  encryption(): Promise<Setting<string>> {
    const absent = 'ServerSideEncryptionConfigurationNotFoundError';
    return this.#setting('s3:GetEncryptionConfiguration', absent, async () => {
      const answer = await this.#client.send(new GetBucketEncryptionCommand(this.#bucket));
      const [rule] = answer.ServerSideEncryptionConfiguration?.Rules ?? [];
      return rule?.ApplyServerSideEncryptionByDefault?.SSEAlgorithm;
    });
  }

  /** JSON, as somebody has written it. */
  policy(): Promise<Setting<string>> {
    return this.#setting('s3:GetBucketPolicy', 'NoSuchBucketPolicy', async () => {
      return (await this.#client.send(new GetBucketPolicyCommand(this.#bucket))).Policy;
    });
  }

  lifecycle(): Promise<Setting<readonly LifecycleRule[]>> {
    return this.#setting('s3:GetLifecycleConfiguration', 'NoSuchLifecycleConfiguration', async () => {
      return (await this.#client.send(new GetBucketLifecycleConfigurationCommand(this.#bucket))).Rules;
    });
  }

  get #bucket(): { readonly Bucket: string } {
    return { Bucket: this.#location.bucket };
  }

  /** @param absent S3's code for a bucket without it */
  async #setting<T>(
    action: string,
    absent: string | undefined,
    read: () => Promise<T | undefined>,
  ): Promise<Setting<T>> {
    try {
      const value = await read();
      return value === undefined ? { kind: 'absent' } : { kind: 'set', value };
    } catch (error) {
      const { name, status } = answerOf(error);
      if (name === absent) return { kind: 'absent' };
      if (status === 501 || status === 405 || name === 'NotImplemented') return { kind: 'unknown' };
      throw this.#described(error, action);
    }
  }

  async #send<T>(action: string, send: () => Promise<T>): Promise<T> {
    try {
      return await send();
    } catch (error) {
      throw this.#described(error, action);
    }
  }

  #described(error: unknown, action: string, path?: string): unknown {
    const { bucket } = this.#location;
    return describeS3Failure(error, { action, bucket, path, endpoint: this.#endpoint });
  }
}
