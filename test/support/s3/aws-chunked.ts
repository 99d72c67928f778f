import { createHash } from 'node:crypto';
import { ByteReader, incompleteBody } from './byte-reader.ts';
import { S3Error } from './errors.ts';
import { EMPTY_SHA256, sha256, type SigningKey } from './sigv4.ts';

/** All chunks but the last have to be so long. */
const SHORTEST_CHUNK = 8192;

/** Continues the signature of a request through the chunks of its body. */
export interface ChunkSigning {
  readonly key: SigningKey;
  readonly timestamp: string;
  readonly scope: string;
  /** The signature of the headers, to which that of the first chunk refers. */
  readonly seed: string;
}

export interface ChunkedFormat {
  /** Whose chunks have to be signed; `undefined` where they must not be. */
  readonly signing: ChunkSigning | undefined;
  /** Names of the trailers that the headers announce, in lower case. */
  readonly trailers: readonly string[];
}

function badSignature(): S3Error {
  return new S3Error(
    403,
    'SignatureDoesNotMatch',
    'The signature of a chunk, or of the trailers, does not match',
  );
}

function malformedTrailer(): S3Error {
  return new S3Error(
    400,
    'MalformedTrailerError',
    'The request contained trailing data that was not well-formed or did not conform to our published schema.',
  );
}

/**
 * Takes the framing off an `aws-chunked` body, which is not the one of HTTP: chunks may be signed one by
 * one, and checksums follow as trailers.
 */
export class ChunkedDecoder {
  /** Complete once `bytes()` is through. */
  readonly trailers = new Map<string, string>();
  readonly #reader: ByteReader;
  readonly #format: ChunkedFormat;
  #signature: string;

  constructor(body: AsyncIterable<Buffer>, format: ChunkedFormat) {
    this.#reader = new ByteReader(body);
    this.#format = format;
    this.#signature = format.signing?.seed ?? '';
  }

  async *bytes(): AsyncGenerator<Buffer, void, undefined> {
    let wasShort = false;
    for (;;) {
      const { size, signature } = await this.#chunkHeader();
      if (size > 0 && wasShort) {
        throw new S3Error(
          403,
          'InvalidChunkSizeError',
          `Only the last chunk is allowed to have a size less than ${SHORTEST_CHUNK} bytes`,
        );
      }
      wasShort = size < SHORTEST_CHUNK;
      const hash = createHash('sha256');
      for await (const piece of this.#reader.bytes(size)) {
        if (this.#format.signing !== undefined) hash.update(piece);
        yield piece;
      }
      this.#verify('AWS4-HMAC-SHA256-PAYLOAD', [EMPTY_SHA256, hash.digest('hex')], signature);
      if (size === 0) break;
      if ((await this.#reader.line()) !== '') throw incompleteBody();
    }
    await this.#readTrailers();
    if (!(await this.#reader.atEnd())) throw malformedTrailer();
  }

  async #chunkHeader(): Promise<{ size: number; signature: string | undefined }> {
    const match = /^([0-9a-fA-F]{1,12})(?:;chunk-signature=([0-9a-f]{64}))?$/.exec(await this.#reader.line());
    if (match === null) throw incompleteBody();
    return { size: parseInt(match[1] ?? '', 16), signature: match[2] };
  }

  async #readTrailers(): Promise<void> {
    let signed = '';
    let signature: string | undefined;
    for (let line = await this.#reader.line(); line !== ''; line = await this.#reader.line()) {
      const colon = line.indexOf(':');
      const name = line.slice(0, colon).toLowerCase();
      const value = line.slice(colon + 1).trim();
      if (colon < 1) throw malformedTrailer();
      if (name === 'x-amz-trailer-signature') {
        signature = value;
      } else if (this.#format.trailers.includes(name) && !this.trailers.has(name)) {
        this.trailers.set(name, value);
        signed += `${name}:${value}\n`;
      } else {
        throw malformedTrailer();
      }
    }
    if (this.trailers.size !== this.#format.trailers.length) throw malformedTrailer();
    if (this.trailers.size > 0) this.#verify('AWS4-HMAC-SHA256-TRAILER', [sha256(signed)], signature);
    else if (signature !== undefined) throw malformedTrailer();
  }

  /** Each signature signs the one before it, so none can be left out or put elsewhere. */
  #verify(algorithm: string, hashes: readonly string[], signature: string | undefined): void {
    const { signing } = this.#format;
    if (signing === undefined) {
      if (signature !== undefined) throw badSignature();
      return;
    }
    const { key, timestamp, scope } = signing;
    const expected = key.sign([algorithm, timestamp, scope, this.#signature, ...hashes]);
    if (signature !== expected) throw badSignature();
    this.#signature = expected;
  }
}
