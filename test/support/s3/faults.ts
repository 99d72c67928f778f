import { setTimeout as sleep } from 'node:timers/promises';
import { S3Error } from './errors.ts';
import type { OperationName } from './operations.ts';

/** Before an operation has any effect, or after it took effect and before anyone heard of it. */
export type Moment = 'before' | 'after';

export type Fault =
  /** An error in place of the true answer; as S3 does with long copies, its status may be 200. */
  | {
      readonly kind: 'answer';
      readonly when?: Moment;
      readonly status: number;
      readonly code: string;
      readonly message?: string;
      readonly headers?: Readonly<Record<string, string>>;
    }
  /** The connection is reset. */
  | { readonly kind: 'reset'; readonly when: Moment }
  /** There is never an answer, and the connection stays open. */
  | { readonly kind: 'silence'; readonly when: Moment }
  /** In milliseconds. */
  | { readonly kind: 'delay'; readonly when?: Moment; readonly milliseconds: number }
  /** Waits for the test, which makes the order of a race certain. */
  | { readonly kind: 'hold'; readonly when?: Moment; readonly until: Promise<unknown> }
  /** The body of the answer ends after so many bytes, and the connection with it. */
  | { readonly kind: 'truncate'; readonly bytes: number };

/** A lost race, as S3 words it when the winner is not done yet. */
export const CONFLICT: Fault = {
  kind: 'answer',
  status: 409,
  code: 'ConditionalRequestConflict',
  message: 'A conflicting conditional operation is currently in progress against this resource.',
};

export const PRECONDITION_FAILED: Fault = {
  kind: 'answer',
  status: 412,
  code: 'PreconditionFailed',
  message: 'At least one of the pre-conditions you specified did not hold',
};

export const SLOW_DOWN: Fault = {
  kind: 'answer',
  status: 503,
  code: 'SlowDown',
  message: 'Please reduce your request rate.',
};

/** Which requests a fault strikes. */
export interface FaultRule {
  /** All, unless it is given. */
  readonly bucket?: string;
  /** All, unless it is given. */
  readonly operation?: OperationName | readonly OperationName[];
  /** All, unless it is given. Operations on a bucket have the empty key. */
  readonly key?: string | RegExp | ((key: string) => boolean);
  /** The first of those requests to strike, counted from 1. */
  readonly nth?: number;
  /** How many to strike: one when `nth` is given, else all. */
  readonly times?: number;
  readonly fault: Fault;
}

/** What a request is about. */
export interface Target {
  readonly bucket: string | undefined;
  /** Empty for operations on a bucket. */
  readonly key: string;
}

/** A rule at work. */
export interface Injection {
  /** How many requests it has struck. */
  readonly hits: number;
  /** When it strikes for the first time. */
  readonly struck: Promise<void>;
  remove(): void;
}

class ActiveRule implements Injection {
  hits = 0;
  readonly struck: Promise<void>;
  readonly rule: FaultRule;
  readonly #remove: (rule: ActiveRule) => void;
  #seen = 0;
  #tell: () => void = () => {};

  constructor(rule: FaultRule, remove: (rule: ActiveRule) => void) {
    this.rule = rule;
    this.#remove = remove;
    this.struck = new Promise((resolve) => {
      this.#tell = resolve;
    });
  }

  /** Whether the request is one to strike, which counts it. */
  counts(operation: OperationName, { bucket, key }: Target): boolean {
    const { nth = 1, times = this.rule.nth === undefined ? Infinity : 1 } = this.rule;
    if (this.rule.bucket !== undefined && this.rule.bucket !== bucket) return false;
    if (!this.#matches(operation, key)) return false;
    const number = ++this.#seen;
    return number >= nth && number < nth + times;
  }

  strike(): Fault {
    this.hits++;
    this.#tell();
    return this.rule.fault;
  }

  remove(): void {
    this.#remove(this);
  }

  #matches(operation: OperationName, key: string): boolean {
    const { operation: operations, key: keys } = this.rule;
    if (operations !== undefined && ![operations].flat().includes(operation)) return false;
    if (keys === undefined) return true;
    if (typeof keys === 'string') return keys === key;
    return keys instanceof RegExp ? keys.test(key) : keys(key);
  }
}

/** The faults that a test has asked for. Of several for one request the one asked for first strikes. */
export class Faults {
  readonly #rules = new Set<ActiveRule>();

  inject(rule: FaultRule): Injection {
    const active = new ActiveRule(rule, (gone) => this.#rules.delete(gone));
    this.#rules.add(active);
    return active;
  }

  next(operation: OperationName, target: Target): Fault | undefined {
    const due = [...this.#rules].filter((rule) => rule.counts(operation, target));
    return due[0]?.strike();
  }
}

/** What becomes of a request that a fault struck: an error, or no answer at all. */
export type Interruption = S3Error | 'reset' | 'silence';

/**
 * Lets a fault do what it does at that moment.
 *
 * @returns `undefined` when the request goes on
 */
export async function strike(fault: Fault | undefined, moment: Moment): Promise<Interruption | undefined> {
  if (fault === undefined || fault.kind === 'truncate') return undefined;
  if ((fault.when ?? 'before') !== moment) return undefined;
  switch (fault.kind) {
    case 'answer': {
      const { status, code, message = 'Injected', headers = {} } = fault;
      return new S3Error(status, code, message, { headers });
    }
    case 'delay':
      await sleep(fault.milliseconds);
      return undefined;
    case 'hold':
      await fault.until;
      return undefined;
    case 'reset':
    case 'silence':
      return fault.kind;
  }
}
