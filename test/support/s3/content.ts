/** Small pieces are joined up to this size, so that an object is a list of few and whole buffers. */
const CHUNK_SIZE = 1024 * 1024;

/**
 * The bytes of an object, which never change: whoever reads one while it is overwritten reads the old
 * one to its end. Kept as a list of chunks, so that large objects are never in one piece, and the parts
 * of an upload become one object without being copied.
 */
export class Content {
  readonly size: number;
  readonly #chunks: readonly Buffer[];

  constructor(chunks: readonly Buffer[]) {
    this.#chunks = chunks;
    this.size = chunks.reduce((size, chunk) => size + chunk.length, 0);
  }

  static join(contents: readonly Content[]): Content {
    return new Content(contents.flatMap((content) => content.#chunks));
  }

  /** The bytes from `start` up to and without `end`, in pieces. */
  *pieces(start = 0, end = this.size): Generator<Buffer, void, undefined> {
    let offset = 0;
    for (const chunk of this.#chunks) {
      const from = Math.max(start - offset, 0);
      const to = Math.min(end - offset, chunk.length);
      if (from < to) yield chunk.subarray(from, to);
      offset += chunk.length;
    }
  }

  slice(start: number, end: number): Content {
    return new Content([...this.pieces(start, end)]);
  }

  text(): string {
    return Buffer.concat(this.#chunks).toString('utf8');
  }
}

/** Gathers what arrives. */
export class ContentBuilder {
  readonly #chunks: Buffer[] = [];
  #pending: Buffer[] = [];
  #pendingSize = 0;

  add(bytes: Buffer): void {
    this.#pending.push(bytes);
    this.#pendingSize += bytes.length;
    if (this.#pendingSize >= CHUNK_SIZE) this.#flush();
  }

  build(): Content {
    if (this.#pendingSize > 0) this.#flush();
    return new Content(this.#chunks);
  }

  /** Copies, because what arrived is a view on the socket's buffer, which is larger. */
  #flush(): void {
    this.#chunks.push(Buffer.concat(this.#pending));
    this.#pending = [];
    this.#pendingSize = 0;
  }
}
