import { BucketPolicy } from './bucket-policy.ts';
import { Fields, isJson } from './fields.ts';
import { Intrinsics, type Template } from './intrinsics.ts';
import type { Behavior, CacheTtl, Distribution, EdgeFunction } from './model.ts';
import { readHeadersPolicy } from './response-headers.ts';

/** What a behaviour reads beside what a template says about it. */
type Lookup = (id: unknown, type: string) => Fields;

/**
 * Reads what a template says about its distribution.
 *
 * @param bucket the name that the repository's bucket is to have
 * @throws where it says something that the stand-in does not do
 */
export function readDistribution(template: Template, bucket: string): Distribution {
  const intrinsics = new Intrinsics(template, { id: servedBucketOf(template), name: bucket });
  const lookup: Lookup = (id, type) => {
    const resource = template.Resources[String(id)];
    if (resource?.Type !== type) throw new Error(`${String(id)} is no ${type}`);
    return new Fields(intrinsics.resolve(resource.Properties), String(id));
  };
  const fields = lookup(
    onlyResource(template, 'AWS::CloudFront::Distribution'),
    'AWS::CloudFront::Distribution',
  );
  const config = fields.object('DistributionConfig');
  const origin = readOrigin(config.list('Origins'), bucket, lookup);
  const behaviors = [
    ...config.list('CacheBehaviors').map((one) => readBehavior(one, origin.id, lookup)),
    readBehavior(config.take('DefaultCacheBehavior'), origin.id, lookup),
  ];
  config.expect('Enabled', true);
  config.expect('HttpVersion', 'http2and3');
  config.ignore('Comment', 'IPV6Enabled', 'PriceClass', 'ViewerCertificate', 'WebACLId', 'Logging');
  const distribution: Distribution = {
    behaviors,
    defaultRootObject: config.has('DefaultRootObject') ? config.text('DefaultRootObject') : undefined,
    aliases: config.list('Aliases').map(String),
    errorTtl: readErrorTtl(config.list('CustomErrorResponses')),
    bucket,
    originPath: origin.path,
    policy: readPolicy(template, lookup, bucket),
  };
  config.end();
  fields.ignore('Tags');
  fields.end();
  return distribution;
}

function onlyResource(template: Template, type: string): string {
  const ids = Object.entries(template.Resources).flatMap(([id, { Type }]) => (Type === type ? [id] : []));
  const [id, ...others] = ids;
  if (id === undefined || others.length > 0)
    throw new Error(`There are ${ids.length} of ${type}, and not one`);
  return id;
}

/** The logical id of the bucket that the one origin names. */
function servedBucketOf(template: Template): string {
  const id = onlyResource(template, 'AWS::CloudFront::Distribution');
  const config = template.Resources[id]?.Properties?.['DistributionConfig'];
  const origins = isJson(config) && Array.isArray(config['Origins']) ? (config['Origins'] as unknown[]) : [];
  const [origin, ...others] = origins;
  const domain = isJson(origin) ? origin['DomainName'] : undefined;
  const found = isJson(domain) && Array.isArray(domain['Fn::GetAtt']) ? domain['Fn::GetAtt'] : [];
  if (others.length > 0 || found[1] !== 'RegionalDomainName') throw new Error('There is no bucket behind it');
  return String(found[0]);
}

function readOrigin(
  origins: readonly unknown[],
  bucket: string,
  lookup: Lookup,
): { id: string; path: string } {
  const fields = new Fields(origins[0], 'Origin');
  const id = fields.text('Id');
  fields.expect('DomainName', `${bucket}.s3.us-east-1.amazonaws.com`);
  const path = fields.has('OriginPath') ? fields.text('OriginPath') : '';
  const identity = fields.object('S3OriginConfig');
  identity.expect('OriginAccessIdentity', '');
  identity.end();
  const control = lookup(fields.take('OriginAccessControlId'), 'AWS::CloudFront::OriginAccessControl');
  const signing = control.object('OriginAccessControlConfig');
  signing.ignore('Name');
  signing.expect('OriginAccessControlOriginType', 's3');
  signing.expect('SigningBehavior', 'always');
  signing.expect('SigningProtocol', 'sigv4');
  signing.end();
  fields.end();
  return { id, path };
}

function readBehavior(value: unknown, origin: string, lookup: Lookup): Behavior {
  const fields = new Fields(value, 'CacheBehavior');
  fields.expect('TargetOriginId', origin);
  fields.expect('ViewerProtocolPolicy', 'https-only');
  fields.expect('Compress', false);
  const behavior: Behavior = {
    pathPattern: fields.has('PathPattern') ? fields.text('PathPattern') : '*',
    allowedMethods: fields.list('AllowedMethods').map(String),
    ttl: readCachePolicy(lookup(fields.take('CachePolicyId'), 'AWS::CloudFront::CachePolicy')),
    headers: fields.has('ResponseHeadersPolicyId')
      ? readHeadersPolicy(
          lookup(fields.take('ResponseHeadersPolicyId'), 'AWS::CloudFront::ResponseHeadersPolicy'),
        )
      : [],
    viewerRequest: readFunction(fields.list('FunctionAssociations'), lookup),
  };
  fields.end();
  return behavior;
}

/** A policy by which the path alone is the key, and nothing of a request reaches the origin. */
function readCachePolicy(fields: Fields): CacheTtl {
  const config = fields.object('CachePolicyConfig');
  config.ignore('Name', 'Comment');
  const ttl = {
    min: config.number('MinTTL'),
    default: config.number('DefaultTTL'),
    max: config.number('MaxTTL'),
  };
  if (ttl.min > ttl.default || ttl.default > ttl.max)
    throw new Error('CloudFront refuses TTLs in this order');
  const key = config.object('ParametersInCacheKeyAndForwardedToOrigin');
  for (const [name, behavior] of [
    ['CookiesConfig', 'CookieBehavior'],
    ['HeadersConfig', 'HeaderBehavior'],
    ['QueryStringsConfig', 'QueryStringBehavior'],
  ] as const) {
    const part = key.object(name);
    part.expect(behavior, 'none');
    part.end();
  }
  key.expect('EnableAcceptEncodingBrotli', false);
  key.expect('EnableAcceptEncodingGzip', false);
  key.end();
  config.end();
  fields.end();
  return ttl;
}

function readFunction(associations: readonly unknown[], lookup: Lookup): EdgeFunction | undefined {
  const [association, ...others] = associations;
  if (association === undefined) return undefined;
  if (others.length > 0) throw new Error('The stand-in runs one function');
  const fields = new Fields(association, 'FunctionAssociation');
  fields.expect('EventType', 'viewer-request');
  const code = lookup(fields.take('FunctionARN'), 'AWS::CloudFront::Function');
  fields.end();
  const text = code.text('FunctionCode');
  code.ignore('Name');
  // What was not published does not run.
  code.expect('AutoPublish', true);
  const config = code.object('FunctionConfig');
  config.expect('Runtime', 'cloudfront-js-2.0');
  config.ignore('Comment');
  const hasTokens = readsTokens(config.list('KeyValueStoreAssociations'), lookup);
  config.end();
  code.end();
  return { code: text, hasTokens };
}

/** Whether there is the one key-value store: empty at first, and filled by nothing but its API. */
function readsTokens(associations: readonly unknown[], lookup: Lookup): boolean {
  const [association, ...others] = associations;
  if (association === undefined) return false;
  if (others.length > 0) throw new Error('CloudFront associates one key-value store with a function');
  const fields = new Fields(association, 'KeyValueStoreAssociation');
  const store = lookup(fields.take('KeyValueStoreARN'), 'AWS::CloudFront::KeyValueStore');
  store.ignore('Name', 'Comment');
  store.end();
  fields.end();
  return true;
}

function readErrorTtl(responses: readonly unknown[]): Map<number, number> {
  return new Map(
    responses.map((response) => {
      const fields = new Fields(response, 'CustomErrorResponse');
      const entry = [fields.number('ErrorCode'), fields.number('ErrorCachingMinTTL')] as const;
      // No page in place of the error.
      fields.end();
      return entry;
    }),
  );
}

function readPolicy(template: Template, lookup: Lookup, bucket: string): BucketPolicy {
  const policies = Object.entries(template.Resources)
    .filter(([, { Type }]) => Type === 'AWS::S3::BucketPolicy')
    .map(([id]) => lookup(id, 'AWS::S3::BucketPolicy'))
    .filter((fields) => fields.take('Bucket') === bucket);
  const [fields, ...others] = policies;
  if (fields === undefined || others.length > 0) throw new Error('The bucket has not one policy');
  const policy = new BucketPolicy(fields.take('PolicyDocument'));
  fields.end();
  return policy;
}
