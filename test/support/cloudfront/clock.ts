/** A clock that stands still until a test moves it, so that no test depends on how fast a machine is. */
export class Clock {
  #now = Date.now();

  /** In milliseconds. */
  now(): number {
    return this.#now;
  }

  advance(seconds: number): void {
    this.#now += seconds * 1000;
  }
}
