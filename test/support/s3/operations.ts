import type { Answer } from './answer.ts';
import {
  createBucket,
  deleteBucket,
  getBucketLocation,
  headBucket,
  listBuckets,
} from './bucket-operations.ts';
import type { Call } from './call.ts';
import { copyObject } from './copy-operations.ts';
import { notImplemented, S3Error } from './errors.ts';
import { listObjectsV2 } from './list-operations.ts';
import { listMultipartUploads, listParts } from './multipart-listings.ts';
import {
  abortMultipartUpload,
  completeMultipartUpload,
  createMultipartUpload,
  uploadPart,
  uploadPartCopy,
} from './multipart-operations.ts';
import { deleteObject, deleteObjects, getObject, putObject } from './object-operations.ts';
import type { S3Request } from './request.ts';

/** How a request for an operation looks, and what serves it. */
interface Operation {
  readonly method: string;
  readonly on: 'service' | 'bucket' | 'object';
  /** Query parameters, or with a colon their values, that tell it from others. */
  readonly query?: readonly string[];
  readonly header?: string;
  /** Further query parameters that it knows. */
  readonly accepts?: readonly string[];
  readonly serve: (call: Call) => Answer | Promise<Answer>;
}

const RESPONSE_HEADERS = [
  'response-cache-control',
  'response-content-disposition',
  'response-content-encoding',
  'response-content-language',
  'response-content-type',
  'response-expires',
];

const LISTING = [
  'continuation-token',
  'delimiter',
  'encoding-type',
  'fetch-owner',
  'max-keys',
  'prefix',
  'start-after',
];

const UPLOADS = ['encoding-type', 'key-marker', 'max-uploads', 'prefix', 'upload-id-marker'];

/** Those with more to tell them by come before those with less. */
const OPERATIONS = {
  ListBuckets: { method: 'GET', on: 'service', serve: listBuckets },
  CreateBucket: { method: 'PUT', on: 'bucket', serve: createBucket },
  HeadBucket: { method: 'HEAD', on: 'bucket', serve: headBucket },
  DeleteBucket: { method: 'DELETE', on: 'bucket', serve: deleteBucket },
  GetBucketLocation: { method: 'GET', on: 'bucket', query: ['location'], serve: getBucketLocation },
  ListObjectsV2: {
    method: 'GET',
    on: 'bucket',
    query: ['list-type:2'],
    accepts: LISTING,
    serve: listObjectsV2,
  },
  ListMultipartUploads: {
    method: 'GET',
    on: 'bucket',
    query: ['uploads'],
    accepts: UPLOADS,
    serve: listMultipartUploads,
  },
  DeleteObjects: { method: 'POST', on: 'bucket', query: ['delete'], serve: deleteObjects },
  UploadPartCopy: {
    method: 'PUT',
    on: 'object',
    query: ['partNumber', 'uploadId'],
    header: 'x-amz-copy-source',
    serve: uploadPartCopy,
  },
  UploadPart: { method: 'PUT', on: 'object', query: ['partNumber', 'uploadId'], serve: uploadPart },
  CopyObject: { method: 'PUT', on: 'object', header: 'x-amz-copy-source', serve: copyObject },
  PutObject: { method: 'PUT', on: 'object', serve: putObject },
  ListParts: {
    method: 'GET',
    on: 'object',
    query: ['uploadId'],
    accepts: ['max-parts', 'part-number-marker'],
    serve: listParts,
  },
  GetObject: { method: 'GET', on: 'object', accepts: RESPONSE_HEADERS, serve: getObject },
  HeadObject: { method: 'HEAD', on: 'object', accepts: RESPONSE_HEADERS, serve: getObject },
  CreateMultipartUpload: { method: 'POST', on: 'object', query: ['uploads'], serve: createMultipartUpload },
  CompleteMultipartUpload: {
    method: 'POST',
    on: 'object',
    query: ['uploadId'],
    serve: completeMultipartUpload,
  },
  AbortMultipartUpload: { method: 'DELETE', on: 'object', query: ['uploadId'], serve: abortMultipartUpload },
  DeleteObject: { method: 'DELETE', on: 'object', serve: deleteObject },
} satisfies Record<string, Operation>;

export type OperationName = keyof typeof OPERATIONS;

const ENTRIES = Object.entries(OPERATIONS) as [OperationName, Operation][];

function levelOf({ bucket, key }: S3Request): Operation['on'] {
  if (bucket === undefined) return 'service';
  return key === undefined ? 'bucket' : 'object';
}

function looksLike({ method, on, query = [], header }: Operation, request: S3Request): boolean {
  return (
    method === request.method &&
    on === levelOf(request) &&
    (header === undefined || request.headers.has(header)) &&
    query.every((needed) => {
      const [name = '', value] = needed.split(':');
      return value === undefined ? request.query.has(name) : request.query.get(name) === value;
    })
  );
}

/**
 * Which operation a request is for.
 *
 * @throws S3Error also when it has a query parameter of which that operation knows nothing
 */
export function operationOf(request: S3Request): OperationName {
  const entry = ENTRIES.find(([, operation]) => looksLike(operation, request));
  if (entry === undefined) {
    const message = 'The specified method is not allowed against this resource.';
    throw new S3Error(405, 'MethodNotAllowed', message, {
      details: { Method: request.method, Resource: request.path },
    });
  }
  const [name, { query = [], accepts = [] }] = entry;
  const known = new Set([...query.map((needed) => needed.split(':')[0]), ...accepts, 'x-id']);
  const unknown = [...request.query.keys()].find(
    (parameter) => !known.has(parameter) && !/^x-amz-/i.test(parameter),
  );
  if (unknown !== undefined) throw notImplemented(`${name} with ?${unknown}`);
  return name;
}

export async function perform(name: OperationName, call: Call): Promise<Answer> {
  return OPERATIONS[name].serve(call);
}
