import { isJson, type Json } from './fields.ts';

/** A template of CloudFormation. */
export interface Template {
  readonly Resources: Readonly<Record<string, Resource>>;
}

export interface Resource {
  readonly Type: string;
  readonly Properties?: Json;
}

/** The bucket that is served: its logical id, and the name that it is to have. */
export interface ServedBucket {
  readonly id: string;
  readonly name: string;
}

export const ACCOUNT = '123456789012';
export const DISTRIBUTION_ID = 'ESTANDIN';

const PSEUDO: Readonly<Record<string, string>> = {
  'AWS::AccountId': ACCOUNT,
  'AWS::Partition': 'aws',
  'AWS::Region': 'us-east-1',
  'AWS::URLSuffix': 'amazonaws.com',
};

/** Gives the values that a template would have once it is deployed, as far as the stand-in needs them. */
export class Intrinsics {
  readonly #template: Template;
  readonly #served: ServedBucket;

  constructor(template: Template, served: ServedBucket) {
    this.#template = template;
    this.#served = served;
  }

  /** @throws where a function is not known */
  resolve(value: unknown): unknown {
    if (Array.isArray(value)) return value.map((one) => this.resolve(one));
    if (!isJson(value)) return value;
    const [name = '', ...more] = Object.keys(value);
    if (more.length === 0 && (name === 'Ref' || name.startsWith('Fn::'))) {
      return this.#call(name, value[name]);
    }
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, this.resolve(one)]));
  }

  #call(name: string, argument: unknown): unknown {
    if (name === 'Ref') return this.#ref(String(argument));
    if (name === 'Fn::GetAtt' && Array.isArray(argument)) {
      return this.#attribute(String(argument[0]), String(argument[1]));
    }
    if (name === 'Fn::Join' && Array.isArray(argument) && Array.isArray(argument[1])) {
      const parts = argument[1].map((part) => String(this.resolve(part)));
      return parts.join(String(argument[0]));
    }
    // Of another stack: a certificate, which is not what the stand-in shows.
    if (name === 'Fn::GetStackOutput') return `output:${JSON.stringify(argument)}`;
    throw new Error(`The stand-in does not know ${name} of ${JSON.stringify(argument)}`);
  }

  /** A policy, a function, a store or a control is known by its logical id. */
  #ref(id: string): string {
    const pseudo = PSEUDO[id];
    if (pseudo !== undefined) return pseudo;
    const type = this.#typeOf(id);
    if (type === 'AWS::S3::Bucket') return this.#bucketName(id);
    return type === 'AWS::CloudFront::Distribution' ? DISTRIBUTION_ID : id;
  }

  #attribute(id: string, attribute: string): string {
    const type = this.#typeOf(id);
    switch (`${type} ${attribute}`) {
      case 'AWS::S3::Bucket Arn':
        return `arn:aws:s3:::${this.#bucketName(id)}`;
      case 'AWS::S3::Bucket RegionalDomainName':
        return `${this.#bucketName(id)}.s3.us-east-1.amazonaws.com`;
      case 'AWS::CloudFront::Function FunctionARN':
      case 'AWS::CloudFront::KeyValueStore Arn':
      case 'AWS::CloudFront::OriginAccessControl Id':
        return id;
      case 'AWS::IAM::Role Arn':
        return `arn:aws:iam::${ACCOUNT}:role/${id}`;
      default:
        throw new Error(`The stand-in does not know ${attribute} of ${type}`);
    }
  }

  /** A bucket for logs has a name of its own. */
  #bucketName(id: string): string {
    return id === this.#served.id ? this.#served.name : `other-${id.toLowerCase()}`;
  }

  #typeOf(id: string): string {
    const type = this.#template.Resources[id]?.Type;
    if (type === undefined) throw new Error(`There is no resource ${id} in the template`);
    return type;
  }
}
