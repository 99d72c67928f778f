import { DAMAGED, refusal } from './refusal.ts';

/** Takes a stream apart into structures of a known size. */
export class ByteStream {
  readonly #pieces: AsyncIterator<Uint8Array, void, undefined>;
  #piece: Uint8Array = new Uint8Array();

  constructor(pieces: AsyncIterable<Uint8Array, void, undefined>) {
    this.#pieces = pieces[Symbol.asyncIterator]();
  }

  /**
   * Exactly `length` bytes, all held in memory.
   *
   * @throws {WheelstoreError} `invalid-archive` where the stream ends before
   */
  async exactly(length: number): Promise<Uint8Array> {
    if (length <= this.#piece.length) return this.#fromPiece(length);
    const bytes = new Uint8Array(length);
    let filled = 0;
    for await (const piece of this.some(length)) {
      bytes.set(piece, filled);
      filled += piece.length;
    }
    return bytes;
  }

  /** @throws {WheelstoreError} `invalid-archive` where the stream ends before */
  async skip(length: number): Promise<void> {
    for await (const _ of this.some(length)); // only to move on
  }

  /** The rest of the stream. */
  async *rest(): AsyncGenerator<Uint8Array, void, undefined> {
    while (await this.#fill()) yield this.#fromPiece(this.#piece.length);
  }

  /** Frees what the stream holds. Idempotent. */
  async close(): Promise<void> {
    await this.#pieces.return?.();
  }

  async *some(length: number): AsyncGenerator<Uint8Array, void, undefined> {
    let left = length;
    while (left > 0) {
      if (!(await this.#fill())) throw refusal('The tar archive ends in the middle of a member', DAMAGED);
      const piece = this.#fromPiece(Math.min(left, this.#piece.length));
      left -= piece.length;
      yield piece;
    }
  }

  #fromPiece(length: number): Uint8Array {
    const taken = this.#piece.subarray(0, length);
    this.#piece = this.#piece.subarray(length);
    return taken;
  }

  async #fill(): Promise<boolean> {
    while (this.#piece.length === 0) {
      const next = await this.#pieces.next();
      if (next.done) return false;
      this.#piece = next.value;
    }
    return true;
  }
}
