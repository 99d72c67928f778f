import { WheelstoreError } from '../../core/errors.ts';

/** In characters. S3 takes no policy above 20 KB. */
const LONGEST = 64 * 1024;

/** What somebody wants to do, as a policy sees it. */
export interface Attempt {
  /** `s3:PutObject` */
  readonly action: string;
  /** `arn:aws:s3:::bucket/key` */
  readonly resource: string;
  /** The condition keys of the request, in lower case: `aws:securetransport`. */
  readonly keys: Readonly<Record<string, string>>;
}

type Table = Readonly<Record<string, unknown>>;

/**
 * A bucket policy, as far as it is about everyone. Whether it allows or denies something is evaluated,
 * so it does not matter how it is written. What is not understood counts for nothing.
 */
export class BucketPolicy {
  readonly #statements: readonly Table[];

  /** @throws {WheelstoreError} `unsupported-store` where it is no policy */
  constructor(json: string) {
    this.#statements = statementsOf(json);
  }

  /** Whether it denies this, whoever asks. */
  denies(attempt: Attempt): boolean {
    return this.#statements.some(
      (statement) => statement['Effect'] === 'Deny' && isAbout(statement, attempt),
    );
  }

  /** Whether it allows this to everyone. */
  allowsEveryone(attempt: Attempt): boolean {
    return this.#statements.some(
      (statement) => statement['Effect'] === 'Allow' && isAbout(statement, attempt),
    );
  }
}

function statementsOf(json: string): readonly Table[] {
  const policy = json.length > LONGEST ? undefined : parsed(json);
  const statements = isTable(policy) ? policy['Statement'] : undefined;
  const all: readonly unknown[] = Array.isArray(statements) ? statements : [statements];
  if (all.every(isTable)) return all;
  throw new WheelstoreError('unsupported-store', 'The policy of the bucket cannot be understood', {
    fix: 'Look at it with "aws s3api get-bucket-policy".',
  });
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json) as unknown;
  } catch {
    return undefined;
  }
}

function isAbout(statement: Table, { action, resource, keys }: Attempt): boolean {
  return (
    isOfEveryone(statement['Principal']) &&
    isAmong(statement, 'Action', action.toLowerCase(), (pattern) => pattern.toLowerCase()) &&
    // China and the regions of governments have names of their own there.
    isAmong(statement, 'Resource', resource, (pattern) => pattern.replace(/^arn:[^:]*:/, 'arn:aws:')) &&
    holds(statement['Condition'], keys)
  );
}

function isOfEveryone(principal: unknown): boolean {
  if (principal === '*') return true;
  return isTable(principal) && textsOf(principal['AWS'])?.includes('*') === true;
}

/** Whether a value is one of `Action`, or none of `NotAction`. */
function isAmong(
  statement: Table,
  name: string,
  value: string,
  normalized: (pattern: string) => string,
): boolean {
  const [named, others] = [textsOf(statement[name]), textsOf(statement[`Not${name}`])];
  if (named !== undefined) return named.some((pattern) => isLike(normalized(pattern), value));
  return others !== undefined && !others.some((pattern) => isLike(normalized(pattern), value));
}

/**
 * Whether `*` and `?` of a pattern can stand for what `text` has there. In linear memory, and in time
 * that no pattern makes long, which a regular expression of it could not promise.
 */
function isLike(pattern: string, text: string): boolean {
  let [at, star, resume] = [0, -1, 0];
  for (let index = 0; index < text.length;) {
    if (at < pattern.length && pattern[at] === '*') {
      star = at++;
      resume = index;
    } else if (at < pattern.length && (pattern[at] === '?' || pattern[at] === text[index])) {
      at += 1;
      index += 1;
    } else if (star >= 0) {
      at = star + 1;
      index = ++resume;
    } else return false;
  }
  return /^\**$/.test(pattern.slice(at));
}

/** Whether all conditions hold. One that is not known does not. */
function holds(conditions: unknown, keys: Attempt['keys']): boolean {
  if (conditions === undefined) return true;
  if (!isTable(conditions)) return false;
  return Object.entries(conditions).every(([operator, tests]) => {
    if (!isTable(tests)) return false;
    return Object.entries(tests).every(([key, wanted]) => {
      const values = textsOf(wanted);
      const found = Object.hasOwn(keys, key.toLowerCase()) ? keys[key.toLowerCase()] : undefined;
      return values !== undefined && holdsFor(operator, found, values);
    });
  });
}

function holdsFor(operator: string, found: string | undefined, values: readonly string[]): boolean {
  if (operator === 'Null') return values.some((value) => (value === 'true') === (found === undefined));
  const [name = '', ifExists] = operator.split(/(?=IfExists$)/);
  const compare = Object.hasOwn(OPERATORS, name) ? OPERATORS[name] : undefined;
  if (compare === undefined) return false;
  if (found === undefined) return ifExists !== undefined;
  return values.some((value) => compare(found, value));
}

const OPERATORS: Readonly<Record<string, (found: string, value: string) => boolean>> = {
  Bool: (found, value) => found === value.toLowerCase(),
  NumericLessThan: (found, value) => Number(found) < Number(value),
};

/** One text or several; numbers and truth values may be written as such. */
function textsOf(value: unknown): readonly string[] | undefined {
  const all: readonly unknown[] = Array.isArray(value) ? value : [value];
  const texts = all.flatMap((one) =>
    ['string', 'number', 'boolean'].includes(typeof one) ? [String(one)] : [],
  );
  return texts.length === all.length ? texts : undefined;
}

function isTable(value: unknown): value is Table {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
