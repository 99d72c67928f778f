import { WheelstoreError, type ErrorDetails } from './errors.ts';

// Enough to mend by hand; a hostile file could have one in every line.
const MOST_PROBLEMS = 50;

/**
 * Reads the fields of one METADATA or PKG-INFO, and collects everything that is wrong with them before
 * any of it is thrown.
 */
export class MetadataFields {
  readonly warnings: string[] = [];
  readonly #values: ReadonlyMap<string, readonly string[]>;
  readonly #problems: WheelstoreError[] = [];

  constructor(values: ReadonlyMap<string, readonly string[]>) {
    this.#values = values;
  }

  /** Every value of a field that may be there more than once. */
  all(field: string): readonly string[] {
    return (this.#values.get(field.toLowerCase()) ?? []).map((value) => value.trim());
  }

  /**
   * The value of a field that may be there once. Absent where it is empty, or `UNKNOWN`: distutils
   * wrote that for what it was not told.
   */
  single(field: string): string | undefined {
    const [value, second] = this.all(field);
    if (second !== undefined) this.refuse(`${field} is there more than once`, { fix: 'Keep one of them.' });
    return value === '' || value === 'UNKNOWN' ? undefined : value;
  }

  /** The same as one line of text, for people. */
  line(field: string): string | undefined {
    return this.single(field)
      ?.replace(/[\s\p{Cc}]+/gu, ' ')
      .trim();
  }

  /** What `parse` returns; where it throws, the problem is noted under the name of the field. */
  parsed<T>(field: string, parse: () => T): T | undefined {
    try {
      return parse();
    } catch (error) {
      if (!(error instanceof WheelstoreError)) throw error;
      const { message, value, fix } = error;
      this.refuse(`${field}: ${message}`, { value, fix, cause: error });
      return undefined;
    }
  }

  /** Notes a problem, once; what is read goes on. */
  refuse(message: string, details: ErrorDetails): void {
    if (this.#problems.length === MOST_PROBLEMS) return;
    if (this.#problems.some((problem) => problem.message === message)) return;
    this.#problems.push(new WheelstoreError('invalid-metadata', message, details));
  }

  /** @throws {WheelstoreError} `invalid-metadata` where anything was refused */
  finish(): void {
    const [problem, ...others] = this.#problems;
    if (problem === undefined) return;
    if (others.length === 0) throw problem;
    const problems = this.#problems;
    const message = `The metadata has ${problems.length} problems; the first: ${problem.message}`;
    throw new WheelstoreError('invalid-metadata', message, { problems });
  }
}
