/**
 * Counts how often someone has to wait for answers before they can ask on. Whatever is asked at the
 * same time waits until nobody can go on without an answer; then all of it is answered at once. That
 * is one round trip, however long each of the answers takes.
 */
export class Rounds {
  #waiting: (() => Promise<unknown>)[] = [];

  /** Does what is asked in the round to come. */
  ask<T>(answer: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#waiting.push(() => answer().then(resolve, reject));
    });
  }

  /** How many rounds it takes until `asking` has ended, which may wait for nothing but answers. */
  async of(asking: Promise<unknown>): Promise<number> {
    let isRunning = true;
    const ending = asking.finally(() => {
      isRunning = false;
    });
    for (let rounds = 0; ; rounds++) {
      await new Promise((resolve) => setImmediate(resolve));
      if (!isRunning) {
        await ending;
        return rounds;
      }
      const answered = this.#waiting;
      if (answered.length === 0) throw new Error('Someone waits for something that was not asked for here');
      this.#waiting = [];
      await Promise.all(answered.map((answer) => answer()));
    }
  }
}
