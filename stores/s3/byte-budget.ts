/** Bounds how many bytes are held at once by all who ask, in the order in which they ask. */
export class ByteBudget {
  readonly #total: number;
  readonly #waiting: { readonly bytes: number; readonly start: () => void }[] = [];
  #free: number;

  /** @param total in bytes */
  constructor(total: number) {
    this.#total = total;
    this.#free = total;
  }

  /** Runs `task` once `bytes` are free. What is larger than everything runs alone. */
  async using<T>(bytes: number, task: () => Promise<T>): Promise<T> {
    const taken = Math.min(bytes, this.#total);
    await new Promise<void>((start) => {
      this.#waiting.push({ bytes: taken, start });
      this.#serve();
    });
    try {
      return await task();
    } finally {
      this.#free += taken;
      this.#serve();
    }
  }

  #serve(): void {
    for (
      let first = this.#waiting[0];
      first !== undefined && first.bytes <= this.#free;
      first = this.#waiting[0]
    ) {
      this.#waiting.shift();
      this.#free -= first.bytes;
      first.start();
    }
  }
}
