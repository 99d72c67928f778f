import { Fields, isJson, type Json } from './fields.ts';
import { matches } from './wildcards.ts';

/** What CloudFront wants to do in a bucket. */
export interface Attempt {
  readonly action: 's3:GetObject' | 's3:ListBucket';
  /** The ARN of an object or of the bucket. */
  readonly resource: string;
}

/** What is true of a request, by the name of the condition key in lower case. */
export type Context = Readonly<Record<string, string>>;

interface Condition {
  readonly operator: string;
  readonly key: string;
  readonly values: readonly string[];
}

interface Statement {
  readonly effect: 'Allow' | 'Deny';
  /** Whether it is about the service CloudFront, by name or as one of all. */
  readonly concernsCloudFront: boolean;
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  /** Whether it is about all resources but these. */
  readonly isAboutOthers: boolean;
  readonly conditions: readonly Condition[];
}

type Test = (actual: string | undefined, values: readonly string[]) => boolean;

/** IAM: a key that is absent fails a test, and passes one that is negated. */
const OPERATORS: Readonly<Record<string, Test>> = {
  Bool: (actual, values) => actual !== undefined && values.includes(actual),
  StringEquals: (actual, values) => actual !== undefined && values.includes(actual),
  NumericLessThan: (actual, values) =>
    actual !== undefined && values.some((value) => Number(actual) < Number(value)),
  ArnNotEquals: (actual, values) => actual === undefined || !values.includes(actual),
  Null: (actual, values) => values.includes(String(actual === undefined)),
};

/** The policy of a bucket, as it judges what CloudFront does: a denial wins, and silence denies too. */
export class BucketPolicy {
  readonly #statements: readonly Statement[];

  /** @throws where the document has what is not known here */
  constructor(document: unknown) {
    const fields = new Fields(document, 'PolicyDocument');
    fields.expect('Version', '2012-10-17');
    this.#statements = fields.list('Statement').map(readStatement);
    fields.end();
  }

  allows(attempt: Attempt, context: Context): boolean {
    const applying = this.#statements.filter((statement) => applies(statement, attempt, context));
    const effects = applying.map(({ effect }) => effect);
    return effects.includes('Allow') && !effects.includes('Deny');
  }
}

function readStatement(value: unknown): Statement {
  const fields = new Fields(value, 'Statement');
  fields.ignore('Sid');
  const effect = fields.text('Effect');
  if (effect !== 'Allow' && effect !== 'Deny') throw new Error(`No effect: ${effect}`);
  const others = fields.take('NotResource');
  const statement: Statement = {
    effect,
    concernsCloudFront: concernsCloudFront(fields.take('Principal')),
    actions: texts(fields.take('Action')),
    resources: texts(others ?? fields.take('Resource')),
    isAboutOthers: others !== undefined,
    conditions: readConditions(fields.take('Condition')),
  };
  fields.end();
  return statement;
}

function concernsCloudFront(principal: unknown): boolean {
  if (principal === '*') return true;
  const fields = new Fields(principal, 'Principal');
  const services = texts(fields.take('Service'));
  const accounts = texts(fields.take('AWS'));
  fields.end();
  return services.includes('cloudfront.amazonaws.com') || accounts.includes('*');
}

function readConditions(value: unknown): Condition[] {
  if (value === undefined) return [];
  if (!isJson(value)) throw new Error(`No condition: ${JSON.stringify(value)}`);
  return Object.entries(value).flatMap(([operator, tests]) => {
    if (OPERATORS[operator] === undefined) throw new Error(`The stand-in does not know ${operator}`);
    return Object.entries(tests as Json).map(([key, values]) => ({
      operator,
      key: key.toLowerCase(),
      values: texts(values),
    }));
  });
}

/** One or several, as texts. */
function texts(value: unknown): string[] {
  if (value === undefined) return [];
  return (Array.isArray(value) ? value : [value]).map(String);
}

function applies(statement: Statement, { action, resource }: Attempt, context: Context): boolean {
  return (
    statement.concernsCloudFront &&
    statement.actions.some((pattern) => matches(pattern.toLowerCase(), action.toLowerCase())) &&
    statement.resources.some((pattern) => matches(pattern, resource)) !== statement.isAboutOthers &&
    statement.conditions.every(({ operator, key, values }) => OPERATORS[operator]?.(context[key], values))
  );
}
