/** Tells how far an upload has come, also where it has to begin again: no byte counts twice. */
export class Progress {
  readonly #onBytes: ((count: number) => void) | undefined;
  #told = 0;

  constructor(onBytes: ((count: number) => void) | undefined) {
    this.#onBytes = onBytes;
  }

  /** What the next attempt from the beginning is to call with each number of bytes. */
  ofNextAttempt(): (count: number) => void {
    let sent = 0;
    return (count) => {
      sent += count;
      if (sent <= this.#told) return;
      this.#onBytes?.(sent - this.#told);
      this.#told = sent;
    };
  }
}
