import { isIP } from 'node:net';
import { quote } from '../../core/errors.ts';
import { RECORDS_PREFIX, SETTINGS_KEY, TOKENS_KEY } from '../../core/keys.ts';
import type { Distribution } from '../../stores/aws/distribution.ts';
import type { StackOutputs } from '../../stores/aws/stack-outputs.ts';
import type { KeyValueStoreState } from '../../stores/aws/key-value-store-state.ts';
import { judgeStranger, judgeTokenStore } from './access.ts';
import { failure, ok, skipped, unlessDenied, warning, type Check, type Verdict } from './check.ts';
import type { HttpAnswer, Outside } from './outside.ts';

/** Certificates that are renewed by themselves are so long before. */
const DAYS_LEFT = 21;

const DAY = 24 * 60 * 60 * 1000;

const JSON_PAGE = 'application/vnd.pypi.simple.v1+json';

/** What is in front of the bucket of a stack. */
export interface EdgePatient {
  readonly outputs: StackOutputs;
  readonly readDistribution: () => Promise<Distribution>;
  /** Of a private stack: its key-value store, by its ARN. */
  readonly readTokenStore: (arn: string) => Promise<KeyValueStoreState>;
  readonly outside: Outside;
}

/** What has to be right between clients and the bucket of a stack. */
export function edgeChecks(patient: EdgePatient): Check[] {
  const { outputs, readDistribution, readTokenStore, outside } = patient;
  const { access, tokensStoreArn: tokens } = outputs;
  const index = new URL(outputs.indexUrl);
  return [
    {
      name: 'distribution',
      look: () => unlessDenied(async () => judgeDistribution(await readDistribution(), outputs)),
    },
    { name: 'dns', look: () => judgeNames(index.hostname, outputs.distributionDomain, outside) },
    { name: 'certificate', look: () => judgeCertificate(index, outside) },
    {
      name: 'index',
      look: async () => {
        const answer = await outside.get(index.href, JSON_PAGE);
        return access === 'private' ? judgeStranger(index.href, answer) : judgeIndex(index.href, answer);
      },
    },
    ...(tokens === undefined
      ? []
      : [
          {
            name: 'tokens',
            look: () => unlessDenied(async () => judgeTokenStore(await readTokenStore(tokens))),
          },
        ]),
    { name: 'hidden', look: () => judgeHidden(index, outside) },
  ];
}

function judgeDistribution(found: Distribution, outputs: StackOutputs): Verdict {
  const { distributionId: id, bucket, prefix } = outputs;
  const host = new URL(outputs.indexUrl).hostname;
  if (!found.isEnabled) {
    return failure(`the distribution ${id} is disabled`, 'Enable it in the console of CloudFront.');
  }
  if (host !== found.domain && !found.aliases.includes(host)) {
    const served = [found.domain, ...found.aliases].map((name) => quote(name)).join(', ');
    return failure(
      `the distribution ${id} does not serve ${host}, but ${served}`,
      'Deploy the stack again: -c domainName=... makes it an alternate domain name.',
    );
  }
  const path = prefix === '' ? '' : `/${prefix.slice(0, -1)}`;
  if (!found.origins.some((origin) => origin.host.startsWith(`${bucket}.s3.`) && origin.path === path)) {
    return failure(
      `the distribution ${id} does not serve s3://${bucket}${path}`,
      'Deploy the stack again, after "cdk diff" has shown what was changed by hand.',
    );
  }
  const acl = found.webAcl === '' ? 'without a web ACL' : `with the web ACL ${quote(found.webAcl)}`;
  if (found.status === 'Deployed') return ok(`the distribution ${id} is deployed and enabled, ${acl}`);
  return warning(
    `a change of the distribution ${id} is on its way (${quote(found.status)})`,
    'Wait for some minutes, then look again.',
  );
}

async function judgeNames(host: string, domain: string, outside: Outside): Promise<Verdict> {
  if (isIP(host) !== 0) return skipped(`${host} is no name`);
  const [own, theirs] = await Promise.all([outside.addressesOf(host), outside.addressesOf(domain)]);
  const point = `Make A and AAAA records (aliases), or a CNAME, that point from ${host} to ${domain}.`;
  if (own.length === 0) return failure(`there is no name ${host} in DNS`, point);
  const isSame = host === domain || own.some((address) => theirs.includes(address));
  if (!isSame && (await outside.canonicalNameOf(host)) !== domain) {
    return warning(
      `${host} and ${domain} have no address in common (${own.slice(0, 4).join(', ')})`,
      `${point} If they do, CloudFront has answered from two places: look again.`,
    );
  }
  const hasIPv6 = (addresses: readonly string[]): boolean => addresses.some((one) => isIP(one) === 6);
  if (hasIPv6(theirs) && !hasIPv6(own))
    return warning(`${host} has no address of IPv6`, `Make an AAAA record that points to ${domain}.`);
  return ok(`${host} leads to the distribution (${hasIPv6(own) ? 'IPv4 and IPv6' : 'IPv4'})`);
}

async function judgeCertificate({ hostname, port }: URL, outside: Outside): Promise<Verdict> {
  const { problem, validUntil } = await outside.handshake(hostname, port === '' ? 443 : Number(port));
  if (problem !== undefined) {
    return failure(
      `clients do not trust the certificate of ${hostname} (${quote(problem)})`,
      problem === 'ERR_TLS_CERT_ALTNAME_INVALID'
        ? 'It is of another name: give the distribution a certificate for this one.'
        : 'Look at the certificate in ACM (us-east-1), and at the DNS records that validate it.',
    );
  }
  const days = Math.floor((validUntil.getTime() - outside.now().getTime()) / DAY);
  if (!Number.isFinite(days)) {
    return failure(`the certificate of ${hostname} does not say how long it is valid`, 'Replace it.');
  }
  const date = validUntil.toISOString().slice(0, 10);
  if (days >= DAYS_LEFT) return ok(`the certificate of ${hostname} is trusted, until ${date}`);
  return warning(
    `the certificate of ${hostname} expires on ${date}, in ${days} days`,
    'ACM renews it as long as the DNS records that validate it are there; one that you have imported is yours to renew.',
  );
}

function judgeIndex(url: string, { status, contentType, via }: HttpAnswer): Verdict {
  const answer = `${url} answers ${status}`;
  if (status === 403) {
    return failure(
      `${answer}: CloudFront may not read the bucket, or a web ACL refuses this machine`,
      'Check the statement for cloudfront.amazonaws.com in the bucket policy, the key policy with SSE-KMS, and the web ACL.',
    );
  }
  if (status !== 200 && status !== 404) {
    return failure(answer, 'Look at the distribution, and at who answers: it may not be CloudFront.');
  }
  if (!via.includes('CloudFront')) {
    return warning(
      `${answer}, and does not say that it comes from CloudFront`,
      'Check where the name leads, and whether a proxy of this network is in between.',
    );
  }
  if (status === 404) return ok(`${url} answers; nothing is published yet`);
  if (contentType.startsWith(JSON_PAGE)) return ok(`${url} answers`);
  return failure(
    `${answer} with ${quote(contentType)} for ${JSON_PAGE}`,
    'The edge function does not run: deploy the stack again.',
  );
}

/** What is never served: records, the settings, and tokens that are kept for `serve`. */
async function judgeHidden({ origin }: URL, outside: Outside): Promise<Verdict> {
  const hidden = [`/${RECORDS_PREFIX}`, `/${SETTINGS_KEY}`, `/${TOKENS_KEY}`];
  const answers = await Promise.all(hidden.map((path) => outside.get(`${origin}${path}`, '*/*')));
  const shown = hidden.filter((_path, index) => {
    const { status = 0 } = answers[index] ?? {};
    return ![401, 403, 404].includes(status);
  });
  if (shown.length === 0) return ok('records and settings are not served');
  return failure(
    `${shown.join(' and ')} should be refused, and ${shown.length === 1 ? 'is' : 'are'} not`,
    'The edge function does not run: deploy the stack again.',
  );
}
