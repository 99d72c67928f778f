import { readFileSync } from 'node:fs';
import type { App } from 'aws-cdk-lib';
import type { CloudAssembly } from 'aws-cdk-lib/cx-api';
import { createApp } from '../../lib/package-index-app.ts';
import type { SettingName } from '../../lib/settings.ts';

export const ACCOUNT = '123456789012';
export const REGION = 'us-east-1';

export interface Resource {
  readonly Type: string;
  readonly Properties: Readonly<Record<string, unknown>>;
  readonly DependsOn?: string | readonly string[];
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
}

/** A synthesized stack, in which every reference is a text. */
export class Template {
  readonly resources: ReadonlyMap<string, Resource>;
  readonly outputs: ReadonlyMap<string, string>;
  /** Where it is, for tools that read files. */
  readonly path: string;

  constructor(json: unknown, path: string) {
    const { Resources: resources, Outputs: outputs = {} } = json as {
      Resources: Record<string, Resource>;
      Outputs?: Record<string, { Value: unknown }>;
    };
    const names = new Map(Object.entries(resources).map(([name, { Type: type }]) => [name, type]));
    this.resources = new Map(
      Object.entries(resources).map(([name, resource]) => [name, resolved(resource, names) as Resource]),
    );
    this.outputs = new Map(
      Object.entries(outputs).map(([name, { Value: value }]) => [name, String(resolved(value, names))]),
    );
    this.path = path;
  }

  all(type: string): [string, Resource][] {
    return [...this.resources].filter(([, { Type: own }]) => own === type);
  }

  /** The only one of its type, or the one whose name begins so. */
  one(type: string, start = ''): Resource {
    const found = this.all(type).filter(([name]) => name.startsWith(start));
    if (found.length !== 1) throw new Error(`${found.length} resources ${type} ${start}`);
    return found[0]?.[1] as Resource;
  }
}

/** Its ARN in these tests. Names are those of the template. */
export function arnOf(type: string, name: string): string {
  if (type === 'AWS::S3::Bucket') return `arn:aws:s3:::${name}`;
  if (type === 'AWS::IAM::Role') return `arn:aws:iam::${ACCOUNT}:role/${name}`;
  return `arn:aws:${type.split('::')[1]?.toLowerCase()}:${REGION}:${ACCOUNT}:${name}`;
}

function resolved(value: unknown, types: ReadonlyMap<string, string>): unknown {
  if (Array.isArray(value)) return value.map((one) => resolved(one, types));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  const [[name, argument] = ['', undefined]] = entries;
  if (entries.length !== 1 || (name !== 'Ref' && !name.startsWith('Fn::'))) {
    return Object.fromEntries(entries.map(([key, one]) => [key, resolved(one, types)]));
  }
  return reference(name, argument, types);
}

function reference(name: string, argument: unknown, types: ReadonlyMap<string, string>): unknown {
  if (name === 'Fn::Join') {
    const [separator, parts] = argument as [string, unknown[]];
    return parts.map((part) => String(resolved(part, types))).join(separator);
  }
  if (name === 'Fn::GetAtt') {
    const [resource = '', attribute = ''] = argument as string[];
    return attribute === 'Arn' ? arnOf(types.get(resource) ?? '', resource) : `${resource}.${attribute}`;
  }
  if (name === 'Fn::FindInMap')
    return (argument as unknown[]).map((part) => String(resolved(part, types))).join('.');
  if (name === 'Fn::Sub') return String(argument);
  if (name === 'Fn::GetStackOutput') return argument;
  if (name !== 'Ref') throw new Error(`Unknown function of CloudFormation: ${name}`);
  const pseudo: Record<string, string> = {
    'AWS::Partition': 'aws',
    'AWS::AccountId': ACCOUNT,
    'AWS::Region': REGION,
  };
  const resource = String(argument);
  const isArn = ['AWS::IAM::ManagedPolicy', 'AWS::IAM::OIDCProvider'].includes(types.get(resource) ?? '');
  return pseudo[resource] ?? (isArn ? arnOf(types.get(resource) ?? '', resource) : resource);
}

export type Settings = Readonly<Partial<Record<SettingName, unknown>>>;

/** An app as `npx cdk synth` makes it: with the flags of cdk.json. */
export function appWith(settings: Settings, outdir: string): App {
  const { context } = JSON.parse(readFileSync(new URL('../../cdk.json', import.meta.url), 'utf8')) as {
    context: Record<string, unknown>;
  };
  return createApp({ outdir, context: { ...context, ...settings }, analyticsReporting: false });
}

/** The templates of an assembly, by the names of their stacks. */
export function templatesOf(assembly: CloudAssembly): Map<string, Template> {
  return new Map(
    assembly.stacks.map(({ stackName, template, templateFullPath }) => [
      stackName,
      new Template(template, templateFullPath),
    ]),
  );
}

/** The template of the index itself. */
export function synthesize(settings: Settings, outdir: string): Template {
  const name = String(settings.stackName ?? 'Wheelstore');
  const template = templatesOf(appWith(settings, outdir).synth()).get(name);
  if (template === undefined) throw new Error(`There is no stack ${name}`);
  return template;
}
