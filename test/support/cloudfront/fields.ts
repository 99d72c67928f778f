/** An object as a template has it. */
export type Json = Readonly<Record<string, unknown>>;

export function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Reads an object of a template field by field. What nobody has read in the end is something that the
 * stand-in does not do: it says so, because a proof that passes over it would prove nothing.
 */
export class Fields {
  readonly #where: string;
  readonly #left: Map<string, unknown>;

  constructor(value: unknown, where: string) {
    if (!isJson(value)) throw new Error(`${where} is no object: ${JSON.stringify(value)}`);
    this.#where = where;
    this.#left = new Map(Object.entries(value));
  }

  /** Whether there is such a field; it is still to be read. */
  has(name: string): boolean {
    return this.#left.has(name);
  }

  take(name: string): unknown {
    const value = this.#left.get(name);
    this.#left.delete(name);
    return value;
  }

  text(name: string): string {
    return this.#typed(name, 'string', (value): value is string => typeof value === 'string');
  }

  number(name: string): number {
    return this.#typed(name, 'number', (value): value is number => typeof value === 'number');
  }

  truth(name: string): boolean {
    return this.#typed(name, 'truth value', (value): value is boolean => typeof value === 'boolean');
  }

  /** A list; an empty one where there is none. */
  list(name: string): readonly unknown[] {
    if (!this.has(name)) return [];
    return this.#typed(name, 'list', (value): value is unknown[] => Array.isArray(value));
  }

  object(name: string): Fields {
    return new Fields(this.take(name), `${this.#where}.${name}`);
  }

  /** For what says nothing about how requests are answered. */
  ignore(...names: readonly string[]): void {
    for (const name of names) this.#left.delete(name);
  }

  /** One of the ways that the stand-in knows. */
  expect(name: string, ...known: readonly unknown[]): void {
    const value = this.take(name);
    if (known.includes(value)) return;
    throw new Error(`${this.#where}.${name} is ${JSON.stringify(value)}, which the stand-in does not know`);
  }

  /** @throws where something was not read */
  end(): void {
    if (this.#left.size === 0) return;
    throw new Error(`${this.#where} has what the stand-in does not know: ${[...this.#left.keys()].join()}`);
  }

  #typed<T>(name: string, type: string, is: (value: unknown) => value is T): T {
    const value = this.take(name);
    if (is(value)) return value;
    throw new Error(`${this.#where}.${name} is no ${type}: ${JSON.stringify(value)}`);
  }
}
