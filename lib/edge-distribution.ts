import { fileURLToPath } from 'node:url';
import { Annotations, Duration, Names, RemovalPolicy, Stack, Token, Validations } from 'aws-cdk-lib';
import type * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as cloudfront from 'aws-cdk-lib/aws-cloudfront';
import * as origins from 'aws-cdk-lib/aws-cloudfront-origins';
import * as route53 from 'aws-cdk-lib/aws-route53';
import * as targets from 'aws-cdk-lib/aws-route53-targets';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { FILES_PREFIX } from '../core/keys.ts';
import type { Access, EdgeLocations } from './settings.ts';

/** The name that clients use, instead of CloudFront's own. */
export interface IndexDomain {
  readonly name: string;
  /** In us-east-1. */
  readonly certificate: acm.ICertificate;
  /** Where DNS records are made for it; by hand unless given. */
  readonly zone?: route53.IHostedZone;
}

export interface EdgeDistributionProps {
  readonly bucket: s3.IBucket;
  readonly access: Access;
  /** Of every key; empty, or with a slash at its end. */
  readonly prefix: string;
  readonly domain?: IndexDomain;
  readonly priceClass: EdgeLocations;
  /** See `StackSettings`. */
  readonly pageTtlSeconds: number;
  readonly webAclArn?: string;
  readonly logs?: s3.IBucket;
}

/** What `npm run build` makes of lambda/*.cff.ts. */
const VIEWER_REQUEST: Readonly<Record<Access, string>> = {
  private: fileURLToPath(new URL('../dist/edge/private-viewer-request.js', import.meta.url)),
  public: fileURLToPath(new URL('../dist/edge/viewer-request.js', import.meta.url)),
};

const PRICE_CLASSES: Readonly<Record<EdgeLocations, cloudfront.PriceClass>> = {
  '100': cloudfront.PriceClass.PRICE_CLASS_100,
  '200': cloudfront.PriceClass.PRICE_CLASS_200,
  all: cloudfront.PriceClass.PRICE_CLASS_ALL,
};

/** Long enough to take load off the origin; short enough that a project is there when it is published. */
const ERROR_TTL = Duration.seconds(5);

const YEAR = Duration.days(365);

/**
 * CloudFront in front of the bucket. The edge function turns each request into the key of an object,
 * so the path alone is the cache key.
 */
export class EdgeDistribution extends Construct {
  readonly distribution: cloudfront.Distribution;
  /** What is kept of the tokens; `undefined` where everyone may read. */
  readonly tokens: cloudfront.KeyValueStore | undefined;
  /** The host that clients use. */
  readonly host: string;

  constructor(scope: Construct, id: string, props: EdgeDistributionProps) {
    super(scope, id);
    const { bucket, access, prefix, domain, logs } = props;
    this.tokens = access === 'private' ? this.#tokenStore() : undefined;
    const origin = origins.S3BucketOrigin.withOriginAccessControl(bucket, {
      originAccessControl: new cloudfront.S3OriginAccessControl(this, 'OriginAccess', {
        originAccessControlName: this.#globalName('OriginAccess'),
      }),
      // LIST, so that a missing key is a 404 and not a 403.
      originAccessLevels: [cloudfront.AccessLevel.READ, cloudfront.AccessLevel.LIST],
      ...(prefix === '' ? {} : { originPath: `/${prefix.slice(0, -1)}` }),
    });
    const behavior = this.#behavior(origin, access);
    this.distribution = new cloudfront.Distribution(this, 'Distribution', {
      comment: 'Python package index (Wheelstore)',
      defaultBehavior: { ...behavior, cachePolicy: this.#pagePolicy(props.pageTtlSeconds) },
      additionalBehaviors: {
        [`/${FILES_PREFIX}*`]: { ...behavior, cachePolicy: this.#filePolicy() },
      },
      defaultRootObject: 'simple/index.html',
      httpVersion: cloudfront.HttpVersion.HTTP2_AND_3,
      enableIpv6: true,
      priceClass: PRICE_CLASSES[props.priceClass],
      errorResponses: [403, 404, 500, 502, 503, 504].map((httpStatus) => ({ httpStatus, ttl: ERROR_TTL })),
      ...(domain === undefined
        ? {}
        : {
            domainNames: [domain.name],
            certificate: domain.certificate,
            // With CloudFront's own certificate, it cannot be said.
            minimumProtocolVersion: cloudfront.SecurityPolicyProtocol.TLS_V1_2_2021,
          }),
      ...(props.webAclArn === undefined ? {} : { webAclId: props.webAclArn }),
      ...(logs === undefined
        ? {}
        : { enableLogging: true, logBucket: logs, logFilePrefix: 'cloudfront/', logIncludesCookies: false }),
    });
    this.#acknowledge(props);
    // The root has an object, and no query of a client ever reaches the bucket.
    Annotations.of(this).acknowledgeWarning('@aws-cdk/aws-cloudfront-origins:listBucketSecurityRisk');
    // The bucket's key may be one that exists; an output says what its policy needs.
    Annotations.of(this).acknowledgeWarning('@aws-cdk/aws-cloudfront-origins:updateImportedKeyPolicyOac');
    this.host = domain?.name ?? this.distribution.distributionDomainName;
    if (domain?.zone !== undefined) this.#pointAt(domain.name, domain.zone);
  }

  /** What the policy of a key that is not the stack's own has to say, so that CloudFront can read objects. */
  keyStatement(): object {
    const distribution = Stack.of(this).formatArn({
      service: 'cloudfront',
      region: '',
      resource: 'distribution',
      resourceName: this.distribution.distributionId,
    });
    return {
      Sid: 'WheelstoreDistribution',
      Effect: 'Allow',
      Principal: { Service: 'cloudfront.amazonaws.com' },
      Action: 'kms:Decrypt',
      Resource: '*',
      Condition: { StringEquals: { 'aws:SourceArn': distribution } },
    };
  }

  #acknowledge({ domain, logs }: EdgeDistributionProps): void {
    const { distribution } = this;
    Validations.of(distribution).acknowledge({
      id: 'AwsSolutions-CFR1',
      reason: 'Where the users of an index are is not known here; a web ACL (-c webAclArn=...) can say it.',
    });
    Validations.of(distribution).acknowledge({
      id: 'AwsSolutions-CFR2',
      reason: 'Nothing is computed from a request but a path; a web ACL is a setting, because it costs.',
    });
    if (logs === undefined) {
      Validations.of(distribution).acknowledge({
        id: 'AwsSolutions-CFR3',
        reason: 'Access logs are a setting, because they cost: -c logs=true.',
      });
    }
    if (domain === undefined) {
      Validations.of(distribution).acknowledge({
        id: 'AwsSolutions-CFR4',
        reason: 'CloudFront has no minimum of TLS for its own name; with a domain, it is TLSv1.2_2021.',
      });
    }
  }

  /**
   * It goes with the stack, and where an index becomes public: its name is taken as long as it is there,
   * so one that was left behind would be in the way of the next one.
   */
  #tokenStore(): cloudfront.KeyValueStore {
    const store = new cloudfront.KeyValueStore(this, 'Tokens', {
      keyValueStoreName: this.#globalName('Tokens'),
      comment: 'Who may read the Python package index: hashes of tokens',
    });
    store.applyRemovalPolicy(RemovalPolicy.DESTROY);
    return store;
  }

  #behavior(origin: cloudfront.IOrigin, access: Access): Omit<cloudfront.BehaviorOptions, 'cachePolicy'> {
    const viewerRequest = new cloudfront.Function(this, 'ViewerRequest', {
      comment: 'Turns requests of the simple API into keys of objects',
      code: cloudfront.FunctionCode.fromFile({ filePath: VIEWER_REQUEST[access] }),
      runtime: cloudfront.FunctionRuntime.JS_2_0,
      ...(this.tokens === undefined ? {} : { keyValueStore: this.tokens }),
    });
    return {
      origin,
      // No redirect from http: the request would have shown its credentials already.
      viewerProtocolPolicy: cloudfront.ViewerProtocolPolicy.HTTPS_ONLY,
      allowedMethods: cloudfront.AllowedMethods.ALLOW_GET_HEAD,
      // What is kept is compressed where it is to be; CloudFront must not change an ETag.
      compress: false,
      functionAssociations: [
        { function: viewerRequest, eventType: cloudfront.FunctionEventType.VIEWER_REQUEST },
      ],
      responseHeadersPolicy: this.#headersPolicy(),
    };
  }

  /** CloudFront is the same in all regions: a stack of the same name in another one needs other names. */
  #globalName(what: string): string {
    const { region } = Stack.of(this);
    const own = `${Names.uniqueResourceName(this, { maxLength: 32 })}${what}`;
    return Token.isUnresolved(region) ? own : `${own}-${region}`;
  }

  #headersPolicy(): cloudfront.ResponseHeadersPolicy {
    return new cloudfront.ResponseHeadersPolicy(this, 'Headers', {
      responseHeadersPolicyName: this.#globalName('Headers'),
      securityHeadersBehavior: {
        strictTransportSecurity: { accessControlMaxAge: YEAR, includeSubdomains: false, override: true },
        contentTypeOptions: { override: true },
        referrerPolicy: { referrerPolicy: cloudfront.HeadersReferrerPolicy.NO_REFERRER, override: true },
        frameOptions: { frameOption: cloudfront.HeadersFrameOption.DENY, override: true },
        // No page has scripts; one that something else has put there runs none.
        contentSecurityPolicy: {
          contentSecurityPolicy:
            "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
          override: true,
        },
      },
    });
  }

  /** A page is asked for anew each time, or after `pageTtlSeconds`; then publishing invalidates. */
  #pagePolicy(pageTtlSeconds: number): cloudfront.CachePolicy {
    const ttl = Duration.seconds(pageTtlSeconds);
    return new cloudfront.CachePolicy(this, 'Pages', {
      comment: 'Pages: the path is the whole cache key',
      // A minimum above zero overrides max-age=0, which is for clients.
      minTtl: ttl,
      defaultTtl: ttl,
      maxTtl: pageTtlSeconds === 0 ? Duration.seconds(1) : ttl,
      ...KEYED_BY_PATH,
    });
  }

  #filePolicy(): cloudfront.CachePolicy {
    return new cloudfront.CachePolicy(this, 'Files', {
      comment: 'Files: never change',
      minTtl: Duration.seconds(0),
      defaultTtl: YEAR,
      maxTtl: YEAR,
      ...KEYED_BY_PATH,
    });
  }

  #pointAt(recordName: string, zone: route53.IHostedZone): void {
    const target = route53.RecordTarget.fromAlias(new targets.CloudFrontTarget(this.distribution));
    // The dot ends the name: it may be that of the zone itself.
    const record = { zone, recordName: `${recordName}.`, target };
    new route53.ARecord(this, 'A', record);
    new route53.AaaaRecord(this, 'AAAA', record);
  }
}

/** The edge function has put all that distinguishes answers into the path. */
const KEYED_BY_PATH = {
  cookieBehavior: cloudfront.CacheCookieBehavior.none(),
  headerBehavior: cloudfront.CacheHeaderBehavior.none(),
  queryStringBehavior: cloudfront.CacheQueryStringBehavior.none(),
  enableAcceptEncodingGzip: false,
  enableAcceptEncodingBrotli: false,
};
