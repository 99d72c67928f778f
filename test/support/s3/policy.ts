import { accessDenied, type S3Error } from './errors.ts';

/** The permissions of S3 that the operations of this server need. */
export type Action =
  | 's3:AbortMultipartUpload'
  | 's3:CreateBucket'
  | 's3:DeleteBucket'
  | 's3:DeleteObject'
  | 's3:GetBucketLocation'
  | 's3:GetObject'
  | 's3:ListAllMyBuckets'
  | 's3:ListBucket'
  | 's3:ListBucketMultipartUploads'
  | 's3:ListMultipartUploadParts'
  | 's3:PutObject';

/** A statement of a bucket policy that denies something. */
export interface Denial {
  readonly actions: readonly Action[];
  /** All buckets, unless it is given. */
  readonly bucket?: string;
  /** All keys, unless it is given. */
  readonly keyPrefix?: string;
  /** Only writes that carry no `If-Match` and no `If-None-Match`. Parts of uploads are exempt. */
  readonly unconditional?: boolean;
}

/** What someone wants to do. */
export interface Attempt {
  readonly action: Action;
  readonly bucket: string | undefined;
  readonly key?: string | undefined;
  readonly unconditional?: boolean;
}

const USER = 'arn:aws:iam::123456789012:user/test';

function arnOf({ bucket, key }: Attempt): string {
  return `arn:aws:s3:::${bucket ?? '*'}${key === undefined ? '' : `/${key}`}`;
}

function covers(denial: Denial, attempt: Attempt): boolean {
  return (
    denial.actions.includes(attempt.action) &&
    (denial.bucket === undefined || denial.bucket === attempt.bucket) &&
    (denial.keyPrefix === undefined || (attempt.key ?? '').startsWith(denial.keyPrefix)) &&
    (denial.unconditional !== true || attempt.unconditional === true)
  );
}

/** Everything is allowed that is not denied. */
export class Policy {
  readonly #denials = new Set<Denial>();

  /** @returns a function that takes it back */
  deny(denial: Denial): () => void {
    const own = { ...denial };
    this.#denials.add(own);
    return () => void this.#denials.delete(own);
  }

  allows(attempt: Attempt): boolean {
    return ![...this.#denials].some((denial) => covers(denial, attempt));
  }

  refusal(attempt: Attempt): S3Error {
    return accessDenied(
      `User: ${USER} is not authorized to perform: ${attempt.action} on resource: "${arnOf(attempt)}" with an explicit deny in a resource-based policy`,
    );
  }

  require(attempt: Attempt): void {
    if (!this.allows(attempt)) throw this.refusal(attempt);
  }
}
