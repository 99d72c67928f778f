/** What a netrc says of a machine; `undefined` for all that it does not name. */
export interface NetrcEntry {
  readonly machine: string | undefined;
  readonly values: Map<string, string>;
}

/** The words of a netrc: white space divides, quotes hold together, `\` takes the next character as it is. */
class Words {
  readonly #text: string;
  #position = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** The next word, and whether it was in quotes, which no keyword is; nothing at the end. */
  next(): { readonly word: string; readonly isQuoted: boolean } | undefined {
    while (this.#position < this.#text.length && this.#isSpace()) this.#position++;
    if (this.#position >= this.#text.length) return undefined;
    const isQuoted = this.#text[this.#position] === '"';
    if (isQuoted) this.#position++;
    let word = '';
    for (; this.#position < this.#text.length; this.#position++) {
      if (isQuoted ? this.#text[this.#position] === '"' : this.#isSpace()) break;
      if (this.#text[this.#position] === '\\') this.#position++;
      word += this.#text[this.#position] ?? '';
    }
    if (isQuoted) this.#position++;
    return { word, isQuoted };
  }

  #isSpace(): boolean {
    return ' \t\r\n'.includes(this.#text[this.#position] ?? 'x');
  }

  /** For a comment. */
  skipLine(): void {
    this.#skipTo(/\r\n|\n|\r/g);
  }

  /** For a macro, which ends with an empty line. */
  skipParagraph(): void {
    this.#skipTo(/(?:\r\n|\n|\r)(?:\r\n|\n|\r)/g);
  }

  #skipTo(end: RegExp): void {
    end.lastIndex = this.#position;
    this.#position = end.exec(this.#text) === null ? this.#text.length : end.lastIndex;
  }
}

const KEYS: ReadonlyMap<string, string> = new Map([
  ['login', 'login'],
  ['user', 'login'],
  ['account', 'account'],
  ['password', 'password'],
]);

/**
 * Reads a netrc.
 *
 * @returns a text that says what no program could read
 */
export function parseNetrc(text: string): readonly NetrcEntry[] | string {
  const words = new Words(text);
  const entries: NetrcEntry[] = [];
  for (let found = words.next(); found !== undefined; found = words.next()) {
    const { word, isQuoted } = found;
    const key = KEYS.get(word);
    const entry = entries.at(-1);
    // None of it is shown: it may be a password.
    if (isQuoted)
      return 'is no netrc that all programs read: there is a word in quotes where a keyword belongs';
    if (word.startsWith('#')) words.skipLine();
    else if (word === 'default') entries.push({ machine: undefined, values: new Map() });
    else if (word === 'machine') {
      const name = words.next()?.word;
      if (name === undefined) return 'is no netrc: it ends with "machine"';
      entries.push({ machine: name, values: new Map() });
    } else if (word === 'macdef') {
      words.next();
      words.skipParagraph();
    } else if (key !== undefined && entry !== undefined) {
      const value = words.next()?.word;
      if (value === undefined) return `is no netrc: it ends with "${word}"`;
      entry.values.set(key, value);
    } else return 'is no netrc: there is something else where a keyword belongs';
  }
  return entries;
}

/**
 * The entries that are about a machine, the first first: those that name it, and then those for all machines.
 * A netrc knows no ports.
 */
export function entriesFor(entries: readonly NetrcEntry[], machine: string): readonly NetrcEntry[] {
  const named = entries.filter((entry) => entry.machine?.toLowerCase() === machine.toLowerCase());
  return named.length > 0 ? named : entries.filter((entry) => entry.machine === undefined);
}
