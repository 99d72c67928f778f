import { withLines, type Addition } from './addition.ts';

/** What a netrc says of a machine; `undefined` for all that it does not name. */
interface Entry {
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

const KEYS: Readonly<Record<string, string>> = {
  login: 'login',
  user: 'login',
  account: 'account',
  password: 'password',
};

/** @returns a text that says what no program could read */
function parse(text: string): readonly Entry[] | string {
  const words = new Words(text);
  const entries: Entry[] = [];
  for (let found = words.next(); found !== undefined; found = words.next()) {
    const { word, isQuoted } = found;
    const key = KEYS[word];
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

/** What a program is to find for a machine. */
export interface Login {
  readonly machine: string;
  readonly login: string;
  readonly password: string;
}

export function lineOfNetrc({ machine, login, password }: Login): string {
  return `machine ${machine} login ${login} password ${password}`;
}

/** Adds a machine to a netrc that says nothing of it yet. */
export function addToNetrc(text: string, login: Login): Addition {
  const before = parse(text);
  if (typeof before === 'string') return { refusal: before };
  const isMeant = ({ machine }: Entry): boolean => machine?.toLowerCase() === login.machine;
  const found = before.filter(isMeant);
  const wanted = new Map([
    ['login', login.login],
    ['password', login.password],
  ]);
  if (found.length > 0) {
    const isSame = found.every(
      (entry) => textOf([{ ...entry, machine: '' }]) === textOf([{ machine: '', values: wanted }]),
    );
    return isSame ? { text } : { refusal: `says something else already: machine ${login.machine}` };
  }
  if (before.some(({ machine }) => machine === undefined)) {
    return { refusal: 'has an entry "default", which is the last that programs look at' };
  }
  const added = withLines(text, [lineOfNetrc(login)]);
  const after = parse(added);
  return typeof after !== 'string' &&
    textOf(after) === textOf([...before, { machine: login.machine, values: wanted }])
    ? { text: added }
    : { refusal: 'is written in a way that nothing can be added at its end' };
}

function textOf(entries: readonly Entry[]): string {
  return JSON.stringify(entries.map(({ machine, values }) => [machine ?? null, [...values].sort()]));
}
