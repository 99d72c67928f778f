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
 * so it does not matter how it is written. What is not understood counts for nothing, unless it is asked
 * what may be.
 */
export class BucketPolicy {
  readonly #statements: readonly Table[];

  /** @throws {WheelstoreError} `unsupported-store` where it is no policy */
  constructor(json: string) {
    this.#statements = statementsOf(json);
  }

  /** Whether it denies this, whoever asks. */
  denies(attempt: Attempt): boolean {
    return this.#some('Deny', attempt, false);
  }

  /** Whether it allows this to everyone. */
  allowsEveryone(attempt: Attempt): boolean {
    return this.#some('Allow', attempt, false);
  }

  /** Whether it may allow this to everyone, for all that is understood of it. */
  mayAllowEveryone(attempt: Attempt): boolean {
    return this.#some('Allow', attempt, true);
  }

  #some(effect: 'Allow' | 'Deny', attempt: Attempt, unknown: boolean): boolean {
    return this.#statements.some(
      (statement) => statement['Effect'] === effect && isAbout(statement, attempt, unknown),
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

/** @param unknown what a condition comes to that is not understood */
function isAbout(statement: Table, { action, resource, keys }: Attempt, unknown: boolean): boolean {
  return (
    isOfEveryone(statement, unknown) &&
    isAmong(statement, 'Action', action.toLowerCase(), (pattern) => pattern.toLowerCase()) &&
    // China and the regions of governments have names of their own there.
    isAmong(statement, 'Resource', resource, (pattern) => pattern.replace(/^arn:[^:]*:/, 'arn:aws:')) &&
    holds(statement['Condition'], keys, unknown)
  );
}

function isOfEveryone(statement: Table, unknown: boolean): boolean {
  const principal = statement['Principal'];
  // Everyone but some. To deny these is not to deny everyone.
  if (principal === undefined) return unknown;
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

/** Whether all conditions hold. */
function holds(conditions: unknown, keys: Attempt['keys'], unknown: boolean): boolean {
  if (conditions === undefined) return true;
  if (!isTable(conditions)) return unknown;
  return Object.entries(conditions).every(([operator, tests]) => {
    if (!isTable(tests)) return unknown;
    return Object.entries(tests).every(([key, wanted]) => {
      const values = textsOf(wanted);
      const found = Object.hasOwn(keys, key.toLowerCase()) ? keys[key.toLowerCase()] : undefined;
      if (values === undefined) return unknown;
      return isLimiting(operator, key, values) ? false : holdsFor(operator, found, values, unknown);
    });
  });
}

/** S3: a statement about everyone that one of these fixes to a value is not public. */
const LIMITING = new Set([
  'aws:principalaccount',
  'aws:principalarn',
  'aws:principalorgid',
  'aws:sourceaccount',
  'aws:sourcearn',
  'aws:sourceowner',
  'aws:sourcevpc',
  'aws:sourcevpce',
]);

function isLimiting(operator: string, key: string, values: readonly string[]): boolean {
  const isEqual = operator === 'StringEquals' || operator === 'ArnEquals';
  return isEqual && LIMITING.has(key.toLowerCase()) && !values.some((value) => value.includes('*'));
}

function holdsFor(
  operator: string,
  found: string | undefined,
  values: readonly string[],
  unknown: boolean,
): boolean {
  // A role's own ARN, which a condition on it names.
  if (operator === 'ArnNotEquals') return found === undefined || !values.includes(found);
  if (operator === 'Null') return values.some((value) => (value === 'true') === (found === undefined));
  const [name = '', ifExists] = operator.split(/(?=IfExists$)/);
  const compare = Object.hasOwn(OPERATORS, name) ? OPERATORS[name] : undefined;
  if (compare === undefined) return unknown;
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
