import type { ChunkSigning } from './aws-chunked.ts';
import { receiveBody, type ReceivedBody } from './body.ts';
import type { Bucket } from './bucket.ts';
import { isConditional, PendingWrite } from './conditions.ts';
import { invalidRequest, malformedXml, noSuchKey } from './errors.ts';
import type { Action } from './policy.ts';
import type { S3Request } from './request.ts';
import type { Service } from './service.ts';
import { wholeSeconds, type StoredObject } from './stored-object.ts';
import { parseXml, type XmlElement } from './xml.ts';

const LARGEST_DOCUMENT = 2 * 1024 * 1024;

/** A request whose sender is known, and what its operation needs to serve it. */
export class Call {
  readonly request: S3Request;
  readonly service: Service;
  readonly #signing: ChunkSigning | undefined;

  constructor(request: S3Request, service: Service, signing: ChunkSigning | undefined) {
    this.request = request;
    this.service = service;
    this.#signing = signing;
  }

  get bucketName(): string {
    const { bucket } = this.request;
    if (bucket === undefined) throw invalidRequest('This operation needs a bucket');
    return bucket;
  }

  get bucket(): Bucket {
    return this.service.bucket(this.bucketName);
  }

  get key(): string {
    const { key } = this.request;
    if (key === undefined) throw invalidRequest('This operation needs a key');
    return key;
  }

  get isSigned(): boolean {
    return this.#signing !== undefined;
  }

  header(name: string): string | undefined {
    return this.request.headers.get(name);
  }

  parameter(name: string): string | undefined {
    return this.request.query.get(name);
  }

  /** In whole seconds. */
  now(): Date {
    return wholeSeconds(this.service.settings.now());
  }

  /** @throws S3Error unless the sender may do that with the key, or without one with the bucket */
  authorize(action: Action, key?: string): void {
    this.service.policy.require({ action, bucket: this.request.bucket, key });
  }

  /** For a write that makes an object appear. */
  authorizeWrite(): void {
    const unconditional = !isConditional(this.request.headers);
    const attempt = { bucket: this.bucketName, key: this.key };
    this.service.policy.require({ ...attempt, action: 's3:PutObject', unconditional });
    // Whether a condition holds tells something of the object.
    if (this.header('if-match') !== undefined) this.authorize('s3:GetObject', this.key);
  }

  /** Begins a write that may be conditional. */
  beginWrite(removals = this.bucket.removals(this.key)): PendingWrite {
    const { conditionalWrites } = this.service.settings;
    return new PendingWrite(this.bucket, this.key, this.request.headers, conditionalWrites, removals);
  }

  /** The object, to whoever may read it. Who may not list is not told either that there is none. */
  readable(bucket: Bucket, key: string): StoredObject {
    const { policy } = this.service;
    policy.require({ action: 's3:GetObject', bucket: bucket.name, key });
    const object = bucket.get(key);
    if (object !== undefined) return object;
    policy.require({ action: 's3:ListBucket', bucket: bucket.name });
    throw noSuchKey(key);
  }

  receive(): Promise<ReceivedBody> {
    return receiveBody(this.request, this.#signing);
  }

  /** @param checked whether checksums in the headers are those of the document */
  async receiveXml(rootName: string, checked = true): Promise<XmlElement> {
    const headers = checked ? this.request.headers : this.#headersWithoutChecksums();
    const { content } = await receiveBody({ ...this.request, headers }, this.#signing);
    if (content.size > LARGEST_DOCUMENT) throw malformedXml();
    return parseXml(content.text(), rootName);
  }

  #headersWithoutChecksums(): Map<string, string> {
    return new Map([...this.request.headers].filter(([name]) => !/^x-amz-(sdk-)?checksum-/.test(name)));
  }
}
