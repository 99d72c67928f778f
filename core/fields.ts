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

  // An object of JSON has no field that was not written, whatever all objects have in JavaScript.
  #value(key: string): unknown {
    return Object.hasOwn(this.#values, key) ? this.#values[key] : undefined;
  }

  #refuseField(key: string, expected: string): never {
    return this.#refuse(`"${key}" of ${this.#where} is not ${expected}`);
  }

  has(key: string): boolean {
    return Object.hasOwn(this.#values, key);
  }

  text(key: string): string {
    const value = this.#value(key);
    return typeof value === 'string' && value !== '' ? value : this.#refuseField(key, 'a text');
  }

  optional(key: string): string | undefined {
    return this.has(key) ? this.text(key) : undefined;
  }

  integer(key: string): number {
    const value = this.#value(key);
    return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
      ? value
      : this.#refuseField(key, 'a whole number');
  }

  positive(key: string): number {
    const value = this.integer(key);
    return value > 0 ? value : this.#refuseField(key, 'a number from 1 on');
  }

  /** A text that is `expected`, as `accepts` tells. */
  checked(key: string, expected: string, accepts: (text: string) => boolean): string {
    const value = this.#value(key);
    return typeof value === 'string' && accepts(value) ? value : this.#refuseField(key, expected);
  }

  flag(key: string): boolean {
    const value = this.#value(key);
    return typeof value === 'boolean' ? value : this.#refuseField(key, 'true or false');
  }

  flagOrReason(key: string): boolean | string {
    const value = this.#value(key);
    return typeof value === 'boolean' || (typeof value === 'string' && value !== '')
      ? value
      : this.#refuseField(key, 'true, false or a reason');
  }

  oneOf<const T extends string>(key: string, choices: readonly T[]): T {
    const value = this.#value(key);
    return (choices as readonly unknown[]).includes(value)
      ? (value as T)
      : this.#refuseField(key, `one of ${choices.join(', ')}`);
  }

  object(key: string): Fields {
    return new Fields(this.#values[key], `"${key}"`, this.#refuse);
  }

  list(key: string): Fields[] {
    const values = this.#value(key);
    if (!Array.isArray(values)) return this.#refuseField(key, 'a list');
    return values.map((value, index) => new Fields(value, `${key}[${index}]`, this.#refuse));
  }

  texts(key: string): string[] {
    const values = this.#value(key);
    return Array.isArray(values) && values.every((entry) => typeof entry === 'string')
      ? values
      : this.#refuseField(key, 'a list of texts');
  }
}
