/**
 * Large buffers that are used again and again. Node frees them only when it next looks for what is
 * no longer needed, and until then an upload would hold twice or three times of what it works on.
 */
export class BufferPool {
  readonly #size: number;
  readonly #free: Buffer[] = [];

  /** @param size of each, in bytes */
  constructor(size: number) {
    this.#size = size;
  }

  /** Runs `task` with a buffer of `size` bytes, which it may not use afterwards. */
  async lending<T>(size: number, task: (buffer: Buffer) => Promise<T>): Promise<T> {
    // Only parts of very large objects have another size.
    if (size !== this.#size) return task(Buffer.allocUnsafeSlow(size));
    const buffer = this.#free.pop() ?? Buffer.allocUnsafeSlow(size);
    // Where it fails, someone may still be sending from it: then it is not lent again.
    const result = await task(buffer);
    this.#free.push(buffer);
    return result;
  }
}
