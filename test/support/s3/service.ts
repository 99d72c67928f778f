import type { Credentials } from './authentication.ts';
import { Bucket } from './bucket.ts';
import type { ConditionalWrites } from './conditions.ts';
import { S3Error } from './errors.ts';
import { Policy } from './policy.ts';

export interface Settings {
  readonly region: string;
  readonly credentials: Credentials;
  readonly allowAnonymous: boolean;
  readonly conditionalWrites: ConditionalWrites;
  /** In bytes, of all parts of an upload but the last. */
  readonly minimumPartSize: number;
  readonly now: () => Date;
}

const BUCKET_NAME = /^(?!\d+\.\d+\.\d+\.\d+$)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;

/** All that the server holds. */
export class Service {
  readonly settings: Settings;
  readonly policy = new Policy();
  readonly #buckets = new Map<string, Bucket>();
  #uploadCount = 0;

  constructor(settings: Settings) {
    this.settings = settings;
  }

  /** @param region another one than the server's makes requests for the bucket be sent there */
  createBucket(name: string, region: string = this.settings.region): void {
    if (!BUCKET_NAME.test(name)) {
      const message = 'The specified bucket is not valid.';
      throw new S3Error(400, 'InvalidBucketName', message, { details: { BucketName: name } });
    }
    if (this.#buckets.has(name)) {
      const message = 'Your previous request to create the named bucket succeeded and you already own it.';
      throw new S3Error(409, 'BucketAlreadyOwnedByYou', message, { details: { BucketName: name } });
    }
    this.#buckets.set(name, new Bucket(name, region, this.settings.now()));
  }

  bucket(name: string): Bucket {
    const bucket = this.#buckets.get(name);
    if (bucket === undefined) {
      const message = 'The specified bucket does not exist';
      throw new S3Error(404, 'NoSuchBucket', message, { details: { BucketName: name } });
    }
    if (bucket.region !== this.settings.region) {
      const message =
        'The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future requests to this endpoint.';
      throw new S3Error(301, 'PermanentRedirect', message, {
        details: { Endpoint: `s3.${bucket.region}.amazonaws.com`, Bucket: name },
        headers: { 'x-amz-bucket-region': bucket.region },
      });
    }
    return bucket;
  }

  deleteBucket(name: string): void {
    if (!this.bucket(name).isEmpty) {
      const message = 'The bucket you tried to delete is not empty';
      throw new S3Error(409, 'BucketNotEmpty', message, { details: { BucketName: name } });
    }
    this.#buckets.delete(name);
  }

  buckets(): Bucket[] {
    return [...this.#buckets.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  nextUploadId(): string {
    return `upload-${String(++this.#uploadCount).padStart(8, '0')}`;
  }
}
