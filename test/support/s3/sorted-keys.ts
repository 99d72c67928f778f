/** Surrogates come last in UTF-8, but before U+E000 to U+FFFF in the strings of JavaScript. */
function rank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}

/** Compares as the bytes of UTF-8 do. */
export function compareUtf8(left: string, right: string): number {
  const length = Math.min(left.length, right.length);
  for (let i = 0; i < length; i++) {
    const a = left.charCodeAt(i);
    const b = right.charCodeAt(i);
    if (a !== b) return rank(a) - rank(b);
  }
  return left.length - right.length;
}

/** The keys of a bucket in the order of listings, that of their UTF-8 bytes. */
export class SortedKeys {
  readonly #keys: string[] = [];

  add(key: string): void {
    const index = this.firstFrom(key);
    if (this.#keys[index] !== key) this.#keys.splice(index, 0, key);
  }

  remove(key: string): void {
    const index = this.firstFrom(key);
    if (this.#keys[index] === key) this.#keys.splice(index, 1);
  }

  at(index: number): string | undefined {
    return this.#keys[index];
  }

  /** Of the first key that is `key` or comes after it. */
  firstFrom(key: string): number {
    return this.#first((candidate) => compareUtf8(candidate, key) >= 0);
  }

  /** Of the first key that comes after `key`. */
  firstAfter(key: string): number {
    return this.#first((candidate) => compareUtf8(candidate, key) > 0);
  }

  /** Of the first key that comes after all that begin with `prefix`. */
  firstPast(prefix: string): number {
    return this.#first((candidate) => compareUtf8(candidate, prefix) > 0 && !candidate.startsWith(prefix));
  }

  all(): readonly string[] {
    return [...this.#keys];
  }

  /** The index of the first key of which that holds; it has to hold of all that follow. */
  #first(holds: (key: string) => boolean): number {
    let low = 0;
    let high = this.#keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (holds(this.#keys[middle] ?? '')) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
