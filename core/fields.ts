/** Says what is wrong with an object that came from outside, and throws. */
export type Refuse = (what: string) => never;

/** What to do about an object that something else has damaged. */
export function howToRestore(key: string): string {
  return `Restore it from a backup, or from the version history of the bucket; in a folder, remove .wheelstore/versions/${key} first.`;
}

/** The JSON value in `bytes`, which are to be strict UTF-8. */
export function parseJson(bytes: Uint8Array, refuse: Refuse): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return refuse('it is not JSON');
  }
}

/** Typed access to the fields of a JSON object that came from outside: each must be what it is said to be. */
export class Fields {
  readonly #values: Readonly<Record<string, unknown>>;
  readonly #where: string;
  readonly #refuse: Refuse;

  constructor(value: unknown, where: string, refuse: Refuse) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      refuse(`${where} is no JSON object`);
    }
    this.#values = value as Readonly<Record<string, unknown>>;
    this.#where = where;
    this.#refuse = refuse;
  }

  #field<T>(key: string, expected: string, accepts: (value: unknown) => value is T): T {
    const value = Object.hasOwn(this.#values, key) ? this.#values[key] : undefined;
    return accepts(value) ? value : this.#refuse(`"${key}" of ${this.#where} is not ${expected}`);
  }

  has(key: string): boolean {
    return Object.hasOwn(this.#values, key);
  }

  text(key: string): string {
    return this.#field(key, 'a text', (value): value is string => typeof value === 'string' && value !== '');
  }

  optional(key: string): string | undefined {
    return this.has(key) ? this.text(key) : undefined;
  }

  integer(key: string): number {
    return this.#field(
      key,
      'a whole number',
      (value): value is number => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0,
    );
  }

  positive(key: string): number {
    const value = this.integer(key);
    return value > 0 ? value : this.#refuse(`"${key}" of ${this.#where} is not a number from 1 on`);
  }

  /** A text that is `expected`, as `accepts` tells. */
  checked(key: string, expected: string, accepts: (text: string) => boolean): string {
    return this.#field(
      key,
      expected,
      (value): value is string => typeof value === 'string' && accepts(value),
    );
  }

  flag(key: string): boolean {
    return this.#field(key, 'true or false', (value): value is boolean => typeof value === 'boolean');
  }

  flagOrReason(key: string): boolean | string {
    return this.#field(
      key,
      'true, false or a reason',
      (value): value is boolean | string =>
        typeof value === 'boolean' || (typeof value === 'string' && value !== ''),
    );
  }

  oneOf<const T extends string>(key: string, choices: readonly T[]): T {
    return this.#field(key, `one of ${choices.join(', ')}`, (value): value is T =>
      (choices as readonly unknown[]).includes(value),
    );
  }

  object(key: string): Fields {
    return new Fields(this.#values[key], `"${key}"`, this.#refuse);
  }

  list(key: string): Fields[] {
    const values = this.#field(key, 'a list', (value): value is unknown[] => Array.isArray(value));
    return values.map((value, index) => new Fields(value, `${key}[${index}]`, this.#refuse));
  }

  texts(key: string): string[] {
    return this.#field(
      key,
      'a list of texts',
      (value): value is string[] => Array.isArray(value) && value.every((entry) => typeof entry === 'string'),
    );
  }
}
