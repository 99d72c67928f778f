import { Stack, Validations } from 'aws-cdk-lib';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';

/**
 * Tells cdk-nag that these statements name folders on purpose. Each by itself: a wildcard that somebody
 * adds later is found.
 */
export function acknowledgeFolders(scope: Construct, statements: readonly iam.PolicyStatement[]): void {
  const stack = Stack.of(scope);
  const resources = statements.flatMap((statement) => statement.resources);
  for (const resource of resources.map((one) => textOf(stack.resolve(one)))) {
    if (!resource.endsWith('*')) continue;
    Validations.of(scope).acknowledge({
      id: `AwsSolutions-IAM5[Resource::${resource}]`,
      reason:
        'A folder of this repository, or the ID at the end of a stack: what follows is not known before.',
    });
  }
}

/** A value of CloudFormation, as cdk-nag writes it. */
function textOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  const { Ref: name, 'Fn::GetAtt': attribute, 'Fn::Join': join } = value as Record<string, unknown>;
  if (Array.isArray(attribute)) return `<${attribute.join('.')}>`;
  if (Array.isArray(join)) return (join[1] as unknown[]).map(textOf).join(String(join[0]));
  return `<${String(name)}>`;
}
