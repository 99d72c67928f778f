/**
 * A place in a text that only moves forward: what keeps the hand-written parsers linear. Patterns are
 * sticky and must not backtrack over more than they return.
 */
export class Scanner {
  readonly text: string;
  #position = 0;

  constructor(text: string) {
    this.text = text;
  }

  /** Counted from 0, in UTF-16 code units. */
  get position(): number {
    return this.#position;
  }

  get atEnd(): boolean {
    return this.#position === this.text.length;
  }

  /** Moves past `pattern` if it matches here, and returns what matched. */
  take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#position;
    const match = pattern.exec(this.text)?.[0];
    if (match !== undefined) this.#position += match.length;
    return match;
  }
}
