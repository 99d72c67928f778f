import type { OperationName } from './operations.ts';

/** A request that was served. */
export interface LoggedOperation {
  /** `undefined` when it was for none that the server knows. */
  readonly operation: OperationName | undefined;
  readonly method: string;
  readonly bucket: string | undefined;
  readonly key: string | undefined;
  readonly query: Readonly<Record<string, string>>;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** `undefined` when the connection was cut instead of an answer. */
  readonly status: number | undefined;
}

/** What was asked of the server, in the order in which it was answered. */
export class OperationLog {
  /** How many requests there were at the same time, at the most. */
  mostAtOnce = 0;
  #entries: LoggedOperation[] = [];
  #current = 0;

  get entries(): readonly LoggedOperation[] {
    return this.#entries;
  }

  names(): (OperationName | undefined)[] {
    return this.#entries.map((entry) => entry.operation);
  }

  clear(): void {
    this.#entries = [];
    this.mostAtOnce = this.#current;
  }

  enter(): void {
    this.mostAtOnce = Math.max(this.mostAtOnce, ++this.#current);
  }

  leave(): void {
    this.#current--;
  }

  add(entry: LoggedOperation): void {
    this.#entries.push(entry);
  }
}
