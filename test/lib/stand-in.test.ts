import { describe, expect, it } from 'vitest';
import { small } from '../cli/repositories.ts';
import { isCertificateMissing } from '../support/certificate.ts';
import { replaced } from './changed-template.ts';
import { ServedBuckets } from './served.ts';

const buckets = new ServedBuckets();

/** Gives up the function of the distribution: every path is asked for as it is. */
const withoutFunction = replaced(/"FunctionAssociations":\[[^\]]*\]\}\}\],/g, '');

const isSkipped = isCertificateMissing();
const title = 'The stand-in for CloudFront';

describe.skipIf(isSkipped)(isSkipped ? `${title} (skipped: needs openssl)` : title, () => {
  it.each([
    ['a setting of the distribution', /"PriceClass"/, '"ContinuousDeploymentPolicyId":"x","PriceClass"'],
    ['a way to cache', /"EnableAcceptEncodingGzip":false/, '"EnableAcceptEncodingGzip":true'],
    ['a query in the cache key', /"QueryStringBehavior":"none"/, '"QueryStringBehavior":"all"'],
    ['a function at another moment', /"viewer-request"/, '"viewer-response"'],
    ['a function that is not published', /"AutoPublish":true/, '"AutoPublish":false'],
    ['a policy of headers', /"FrameOptions"/, '"XSSProtection"'],
    ['plain HTTP', /"https-only"/, '"redirect-to-https"'],
    ['a page in place of an error', /"ErrorCode":404/, '"ErrorCode":404,"ResponsePagePath":"/x"'],
    ['requests that are not signed', /"SigningBehavior":"always"/, '"SigningBehavior":"never"'],
    ['a condition of a policy', /"StringEquals":\{"AWS:SourceArn"/, '"StringNotLike":{"AWS:SourceArn"'],
    ['an exception in a policy', /"Action":"s3:PutObject"/, '"NotAction":"s3:PutObject"'],
  ])('refuses %s that it does not know', async (_what, pattern, by) => {
    await expect(buckets.serve({ change: replaced(pattern, by) })).rejects.toThrow(/stand-in does not know/);
  });

  it.each(['public', 'private'])('reads what every setting of a deployment adds: %s', async (access) => {
    const arn = (service: string, rest: string): string =>
      `arn:aws:${service}:us-east-1:123456789012:${rest}`;
    const settings = {
      access,
      stackName: 'Other',
      domainName: 'pypi.example.com',
      hostedZoneId: 'Z0123456789ABC',
      prefix: 'team',
      priceClass: 'all',
      pageTtlSeconds: '60',
      githubRepositories: 'octo/app',
      logs: 'true',
      webAclArn: arn('wafv2', 'global/webacl/one/1a2b'),
      kmsKeyArn: arn('kms', 'key/01234567-89ab-cdef-0123-456789abcdef'),
      removalPolicy: 'destroy',
    };
    const { ask, front, repository } = await buckets.serve({ settings });
    await repository.add(...small('foo', '1.0'));
    const isPrivate = access === 'private';
    expect((await ask('/simple/foo/')).status).toBe(isPrivate ? 401 : 200);
    expect((await ask('/nothing/here')).status).toBe(isPrivate ? 401 : 404);
    expect(front.distribution).toMatchObject({ aliases: ['pypi.example.com'], originPath: '/team' });
  });

  it('shows no record even to an edge function that would lead there, because the bucket refuses', async () => {
    const { ask, repository } = await buckets.serve({ change: withoutFunction });
    await repository.add(...small('foo', '1.0'));
    await repository.run('status', 'foo', 'archived');
    await repository.run('status', 'foo', 'quarantined');
    for (const path of ['/records/default/foo.json', '/repository.json']) {
      const { status, text } = await ask(path);
      expect([status, text], path).toEqual([403, expect.stringContaining('AccessDenied')]);
    }
    expect((await ask('/simple/foo/index.html')).status).toBe(200);
  });

  it('tells 404 from 403 only where the distribution may list the bucket', async () => {
    const change = replaced(/\["s3:GetObject","s3:ListBucket"\]/, '["s3:GetObject"]');
    const { ask, repository } = await buckets.serve({ change });
    await repository.add(...small('foo', '1.0'));
    expect((await ask('/simple/foo/')).status).toBe(200);
    expect((await ask('/simple/nothing/')).status).toBe(403);
  });

  it('is refused everything where the policy is for another distribution', async () => {
    const change = replaced(/":distribution\/",\{"Ref":"\w+"\}/, '":distribution/","EOTHER"');
    const { ask, repository } = await buckets.serve({ change });
    await repository.add(...small('foo', '1.0'));
    expect((await ask('/simple/foo/')).status).toBe(403);
  });
});
