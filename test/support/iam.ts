/** A policy as a template has it when nothing in it is a reference any more. */
export interface Policy {
  readonly Statement: readonly Statement[];
}

export type Statement = Readonly<Record<string, unknown>>;

/** Who asks. */
export type Principal =
  | { readonly kind: 'AWS'; readonly arn: string }
  | { readonly kind: 'Service'; readonly name: string }
  | { readonly kind: 'Federated'; readonly arn: string };

export interface AccessRequest {
  readonly principal: Principal;
  readonly action: string;
  readonly resource: string;
  /** Condition keys, in any case. What is not here is absent. */
  readonly context?: Readonly<Record<string, string>>;
}

/** What IAM decides of requests within one account. Whatever it does not know is an error. */
export class AccessPolicies {
  readonly #identity: readonly Policy[];
  readonly #resource: Policy | undefined;

  /**
   * @param identity of the principal
   * @param resource the policy of what is asked for
   */
  constructor(identity: readonly Policy[], resource?: Policy) {
    this.#identity = identity;
    this.#resource = resource;
  }

  allows(request: AccessRequest): boolean {
    const identity = this.#identity.flatMap(({ Statement: all }) => all);
    const resource = (this.#resource?.Statement ?? []).filter((one) =>
      isPrincipal(one['Principal'], request.principal),
    );
    for (const one of identity)
      if ('Principal' in one) throw new Error('A principal in a policy of identities');
    const applying = [...identity, ...resource].filter((one) => applies(one, request));
    return (
      applying.some(({ Effect: effect }) => effect === 'Allow') &&
      !applying.some(({ Effect: effect }) => effect === 'Deny')
    );
  }
}

const ELEMENTS = ['Sid', 'Effect', 'Principal', 'Action', 'Resource', 'NotResource', 'Condition'];

function applies(statement: Statement, { action, resource, context = {} }: AccessRequest): boolean {
  for (const element of Object.keys(statement)) {
    if (!ELEMENTS.includes(element)) throw new Error(`Unknown element of a statement: ${element}`);
  }
  const { Effect: effect, Action: actions, Resource: resources, NotResource: others } = statement;
  if (effect !== 'Allow' && effect !== 'Deny') throw new Error(`Unknown effect: ${String(effect)}`);
  if (!texts(actions).some((one) => isLike(one.toLowerCase(), action.toLowerCase()))) return false;
  if (others !== undefined && texts(others).some((one) => isLike(one, resource))) return false;
  if (resources !== undefined && !texts(resources).some((one) => isLike(one, resource))) return false;
  const condition = (statement['Condition'] ?? {}) as Record<string, Record<string, unknown>>;
  return Object.entries(condition).every(([operator, keys]) =>
    Object.entries(keys).every(([key, values]) => holds(operator, valueOf(context, key), texts(values))),
  );
}

function isPrincipal(element: unknown, principal: Principal): boolean {
  if (element === '*') return true;
  const entries = Object.entries((element ?? {}) as Record<string, unknown>);
  if (entries.length === 0) throw new Error('A statement without a principal');
  return entries.some(([kind, values]) => {
    if (!['AWS', 'Service', 'Federated'].includes(kind)) throw new Error(`Unknown principal: ${kind}`);
    if (kind === 'AWS' && texts(values).includes('*')) return true;
    if (kind !== principal.kind) return false;
    const own = principal.kind === 'Service' ? principal.name : principal.arn;
    return texts(values).some((value) => value === own || isAccountOf(value, own));
  });
}

/** The root of an account stands for all that is in it. */
function isAccountOf(value: string, arn: string): boolean {
  return value.endsWith(':root') && arn.startsWith(value.slice(0, -'root'.length));
}

type Operator = (actual: string, expected: string) => boolean;

const OPERATORS: Readonly<Record<string, Operator>> = {
  Bool: (actual, expected) => actual.toLowerCase() === expected.toLowerCase(),
  StringEquals: (actual, expected) => actual === expected,
  StringLike: (actual, expected) => isLike(expected, actual),
  ArnLike: isLikeArn,
  ArnEquals: isLikeArn,
  NumericLessThan: (actual, expected) => Number(actual) < Number(expected),
};

function holds(operator: string, actual: string | undefined, expected: readonly string[]): boolean {
  if (operator === 'Null') return expected.includes(String(actual === undefined));
  if (operator.endsWith('IfExists')) {
    return actual === undefined || holds(operator.slice(0, -'IfExists'.length), actual, expected);
  }
  const isNegated = operator.includes('Not');
  const known = OPERATORS[operator.replace('Not', '')];
  if (known === undefined) throw new Error(`Unknown operator: ${operator}`);
  if (actual === undefined) return isNegated;
  return expected.some((one) => known(actual, one)) !== isNegated;
}

function valueOf(context: Readonly<Record<string, string>>, key: string): string | undefined {
  return Object.entries(context).find(([name]) => name.toLowerCase() === key.toLowerCase())?.[1];
}

function isLikeArn(actual: string, pattern: string): boolean {
  const [own, parts] = [actual.split(':'), pattern.split(':')];
  const rest = (all: string[]): string[] => [...all.slice(0, 5), all.slice(5).join(':')];
  return rest(parts).every((part, index) => isLike(part, rest(own)[index] ?? ''));
}

/** `*` is any number of characters, `?` is one. */
function isLike(pattern: string, text: string): boolean {
  const source = pattern
    .replace(/[\\^$.|+()[\]{}]/g, String.raw`\$&`)
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 's').test(text);
}

function texts(value: unknown): string[] {
  const all: unknown[] = Array.isArray(value) ? value : [value];
  return all.map((one) => {
    if (['string', 'boolean', 'number'].includes(typeof one)) return String(one);
    throw new Error(`No text: ${JSON.stringify(one)}`);
  });
}
