import { quote, WheelstoreError } from '../../core/errors.ts';
import { INTERNAL_FOLDER, isSafeSegment, segmentsOfKey } from '../../core/keys.ts';
import { endpointWithoutSecrets } from './endpoint.ts';

/** S3's limit for a whole key, in bytes of UTF-8. */
const LONGEST_KEY = 1024;

/** Where in which bucket a repository is: turns its keys into the bucket's, and back. */
export class Location {
  readonly bucket: string;
  /** Empty, or without a leading and with a trailing slash. */
  readonly prefix: string;

  /**
   * @param prefix any slashes at its ends or doubled ones in it are taken away: `/p/` is `p/`
   * @throws {WheelstoreError} `usage` where one of them is impossible
   */
  constructor(bucket: string, prefix = '') {
    this.bucket = checkedBucket(bucket);
    this.prefix = normalizedPrefix(prefix);
  }

  /** `s3://bucket/prefix` */
  get url(): string {
    return `s3://${this.bucket}${this.prefix === '' ? '' : `/${this.prefix.slice(0, -1)}`}`;
  }

  /**
   * The bucket's key of the repository's `key`.
   *
   * @throws {WheelstoreError} `invalid-key`
   */
  pathOf(key: string): string {
    const path = this.prefix + segmentsOfKey(key).join('/');
    if (Buffer.byteLength(path) > LONGEST_KEY) {
      throw new WheelstoreError('invalid-key', `${quote(key)} is too long for a key of S3`, { value: key });
    }
    return path;
  }

  /** The bucket's key of an object of our own, which is no part of the repository. */
  internalPath(name: string): string {
    return `${this.prefix}${INTERNAL_FOLDER}/${name}`;
  }

  /** The repository's key of the bucket's key `path`. */
  keyOf(path: string): string {
    return path.slice(this.prefix.length);
  }
}

/** @throws {WheelstoreError} `usage` */
export function checkedBucket(bucket: string): string {
  // The ARN of an access point stands for a bucket.
  if (/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(bucket) || /^arn:[^\s]+$/.test(bucket)) return bucket;
  // A URL in its place may hold a password.
  const shown = bucket.includes('@') ? endpointWithoutSecrets(bucket) : bucket;
  throw new WheelstoreError('usage', `${quote(shown)} is no name of a bucket`, {
    value: shown,
    fix: 'Name the bucket alone, such as pypi.example.com, and what comes after a slash with --prefix.',
  });
}

/**
 * Empty, or with a slash at its end alone.
 *
 * @throws {WheelstoreError} `usage`
 */
export function normalizedPrefix(prefix: string): string {
  const segments = prefix.split('/').filter((segment) => segment !== '');
  if (!segments.every(isSafeSegment)) {
    throw new WheelstoreError('usage', `${quote(prefix)} cannot be the prefix of a repository`, {
      value: prefix,
      fix: 'Name a prefix such as team/packages, without "..", colons and backslashes.',
    });
  }
  return segments.map((segment) => `${segment}/`).join('');
}
