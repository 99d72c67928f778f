import { ChunkedDecoder, type ChunkSigning } from './aws-chunked.ts';
import { incompleteBody } from './byte-reader.ts';
import {
  algorithmOfHeader,
  checksumDigester,
  checksumIn,
  hashDigester,
  parseAlgorithm,
  requireWellFormed,
  type Checksum,
  type ChecksumAlgorithm,
} from './checksums.ts';
import { ContentBuilder, type Content } from './content.ts';
import { accessDenied, invalidArgument, invalidRequest, notImplemented, S3Error } from './errors.ts';
import type { S3Request } from './request.ts';

/** A body that arrived whole, and is what its sender says it is. */
export interface ReceivedBody {
  readonly content: Content;
  readonly md5: Buffer;
  readonly checksum: Checksum | undefined;
}

/** Names of the trailers that are announced, in lower case. */
function announcedTrailers(request: S3Request): string[] {
  const announced = request.headers.get('x-amz-trailer');
  return announced === undefined ? [] : announced.split(',').map((name) => name.trim().toLowerCase());
}

function expectedLength(request: S3Request, header: string): number {
  const value = request.headers.get(header);
  if (value === undefined && header === 'content-length' && request.headers.has('transfer-encoding')) {
    throw notImplemented('Transfer-Encoding');
  }
  if (value === undefined || !/^\d+$/.test(value)) {
    throw new S3Error(411, 'MissingContentLength', `You must provide the ${header} HTTP header.`);
  }
  return Number(value);
}

/** A body as bytes, whatever way they travel in. */
interface Transport {
  readonly bytes: AsyncIterable<Buffer>;
  readonly length: number;
  readonly trailers: ReadonlyMap<string, string>;
  /** In hex, if the signature covers it. */
  readonly sha256: string | undefined;
}

function openTransport(request: S3Request, signing: ChunkSigning | undefined): Transport {
  const payload = request.headers.get('x-amz-content-sha256') ?? 'UNSIGNED-PAYLOAD';
  if (!payload.startsWith('STREAMING-')) {
    if (payload !== 'UNSIGNED-PAYLOAD' && !/^[0-9a-f]{64}$/.test(payload)) {
      const message =
        'x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER or a valid sha256 value.';
      throw invalidArgument('x-amz-content-sha256', payload, message);
    }
    const sha256 = payload === 'UNSIGNED-PAYLOAD' ? undefined : payload;
    return {
      bytes: request.body,
      length: expectedLength(request, 'content-length'),
      trailers: new Map(),
      sha256,
    };
  }
  const match = /^STREAMING-(UNSIGNED|AWS4-HMAC-SHA256)-PAYLOAD(-TRAILER)?$/.exec(payload);
  if (match === null || payload === 'STREAMING-UNSIGNED-PAYLOAD') throw notImplemented(payload);
  const [, kind, trailer] = match;
  const trailers = announcedTrailers(request);
  if ((trailer !== undefined) !== trailers.length > 0) {
    throw invalidRequest('x-amz-trailer has to be there if, and only if, x-amz-content-sha256 says so');
  }
  const signed = kind !== 'UNSIGNED';
  if (signed && signing === undefined) throw accessDenied('Signed chunks need a signed request');
  const decoder = new ChunkedDecoder(request.body, { signing: signed ? signing : undefined, trailers });
  const length = expectedLength(request, 'x-amz-decoded-content-length');
  return { bytes: decoder.bytes(), length, trailers: decoder.trailers, sha256: undefined };
}

/** Which checksum was promised: in a header, or as a trailer. */
function promisedAlgorithm(request: S3Request): ChecksumAlgorithm | undefined {
  const inHeader = checksumIn(request.headers);
  if (inHeader !== undefined) requireWellFormed(inHeader);
  const inTrailers = announcedTrailers(request).flatMap((name) => algorithmOfHeader(name) ?? []);
  if (inTrailers.length + Number(inHeader !== undefined) > 1) {
    throw invalidRequest('Expecting a single x-amz-checksum- header');
  }
  const promised = inHeader?.algorithm ?? inTrailers[0];
  const named = request.headers.get('x-amz-sdk-checksum-algorithm');
  if (named !== undefined && parseAlgorithm(named) !== promised) {
    throw invalidRequest(
      'x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.',
    );
  }
  return promised;
}

function badDigest(name: string): S3Error {
  return new S3Error(400, 'BadDigest', `The ${name} you specified did not match the calculated checksum.`);
}

/** MD5 in base64, as the Content-MD5 header has it. */
function requireMd5(stated: string | undefined, actual: Buffer): void {
  if (stated === undefined) return;
  if (Buffer.from(stated, 'base64').length !== 16) {
    throw new S3Error(400, 'InvalidDigest', 'The Content-MD5 you specified was invalid.');
  }
  if (stated !== actual.toString('base64')) throw badDigest('Content-MD5');
}

function requireChecksum(
  algorithm: ChecksumAlgorithm,
  stated: Omit<Checksum, 'type'> | undefined,
  actual: Buffer,
): Checksum {
  if (stated !== undefined) requireWellFormed(stated);
  const value = actual.toString('base64');
  if (stated?.value !== value) throw badDigest(algorithm);
  return { algorithm, value, type: 'FULL_OBJECT' };
}

/**
 * Reads a body to its end and verifies everything that was said of it.
 *
 * @throws S3Error when anything does not hold; nothing may then be stored
 */
export async function receiveBody(
  request: S3Request,
  signing: ChunkSigning | undefined,
): Promise<ReceivedBody> {
  const transport = openTransport(request, signing);
  const algorithm = promisedAlgorithm(request);
  const builder = new ContentBuilder();
  const md5 = hashDigester('md5');
  const sha256 = transport.sha256 === undefined ? undefined : hashDigester('sha256');
  const digester = algorithm === undefined ? undefined : checksumDigester(algorithm);
  for await (const bytes of transport.bytes) {
    for (const each of [md5, sha256, digester]) each?.update(bytes);
    builder.add(bytes);
  }
  const content = builder.build();
  if (content.size !== transport.length) throw incompleteBody();
  if (sha256 !== undefined && sha256.digest().toString('hex') !== transport.sha256) {
    const message = 'The provided x-amz-content-sha256 header does not match what was computed.';
    throw new S3Error(400, 'XAmzContentSHA256Mismatch', message);
  }
  const md5Digest = md5.digest();
  requireMd5(request.headers.get('content-md5'), md5Digest);
  const stated = checksumIn(request.headers) ?? checksumIn(transport.trailers);
  const checksum =
    algorithm === undefined || digester === undefined
      ? undefined
      : requireChecksum(algorithm, stated, digester.digest());
  return { content, md5: md5Digest, checksum };
}
