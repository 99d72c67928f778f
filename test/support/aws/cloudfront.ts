import { parseXml, xmlDocument, type Xml } from '../s3/xml.ts';
import type { AwsWorld } from '../aws-endpoint.ts';
import { AwsError } from './error.ts';

const NAMESPACE = 'http://cloudfront.amazonaws.com/doc/2020-05-31/';
const MODIFIED = '2026-01-01T00:00:00.000Z';

/** A distribution, as far as anybody asks. */
export interface Distribution {
  readonly status: 'Deployed' | 'InProgress';
  readonly enabled: boolean;
  readonly domain: string;
  readonly aliases: readonly string[];
  /** The host of its origin, and the path there. */
  readonly origin: string;
  readonly originPath: string;
  readonly webAcl: string;
}

/** One as a stack makes it. */
export const DISTRIBUTION: Distribution = {
  status: 'Deployed',
  enabled: true,
  domain: 'd111111abcdef8.cloudfront.net',
  aliases: [],
  origin: '',
  originPath: '',
  webAcl: '',
};

export interface Invalidation {
  readonly id: string;
  readonly distribution: string;
  readonly callerReference: string;
  readonly paths: readonly string[];
  polls: number;
}

interface Call {
  readonly method: string;
  readonly path: string;
  readonly body: string;
}

interface Answer {
  readonly status?: number;
  readonly document: string;
}

/** What CloudFront answers. */
export function serveCloudFront(world: AwsWorld, enter: (operation: string) => void, call: Call): Answer {
  const [, , what, id = '', beneath, invalidation] = call.path.split('/');
  const operation =
    beneath === undefined
      ? 'GetDistribution'
      : call.method === 'POST'
        ? 'CreateInvalidation'
        : 'GetInvalidation';
  enter(operation);
  if (what !== 'distribution') throw new AwsError(404, 'UnknownOperation', call.path);
  const distribution = world.distributions.get(id);
  if (distribution === undefined) {
    throw new AwsError(404, 'NoSuchDistribution', 'The specified distribution does not exist.');
  }
  if (operation === 'GetDistribution') return { document: describe(id, distribution) };
  if (operation === 'CreateInvalidation')
    return { status: 201, document: shown(world, create(world, id, call.body)) };
  const found = world.invalidations.find((one) => one.id === invalidation);
  if (found === undefined) throw new AwsError(404, 'NoSuchInvalidation', 'There is none.');
  found.polls += 1;
  return { document: shown(world, found) };
}

function create(world: AwsWorld, distribution: string, body: string): Invalidation {
  const batch = parseXml(body.replace(/ xmlns="[^"]*"/, ''), 'InvalidationBatch');
  const [all] = batch.all('Paths');
  const paths = all?.all('Items')[0]?.all('Path') ?? [];
  if (paths.length !== Number(all?.get('Quantity'))) {
    throw new AwsError(400, 'InconsistentQuantities', 'The quantity is not that of the items.');
  }
  for (const { text } of paths) {
    if (!text.startsWith('/') || /\*./.test(text)) {
      throw new AwsError(400, 'InvalidArgument', 'Your request contains one or more invalid paths.');
    }
  }
  const callerReference = batch.get('CallerReference') ?? '';
  const known = world.invalidations.find((one) => one.callerReference === callerReference);
  if (known !== undefined) return known;
  const id = `I${String(world.invalidations.length + 1).padStart(13, '0')}`;
  const made = { id, distribution, callerReference, paths: paths.map(({ text }) => text), polls: 0 };
  world.invalidations.push(made);
  return made;
}

function shown(world: AwsWorld, { id, polls, paths, callerReference }: Invalidation): string {
  const isCompleted = polls > world.pollsBeforeCompletion;
  const batch: Xml = [
    'InvalidationBatch',
    [
      [
        'Paths',
        [
          ['Quantity', paths.length],
          ['Items', paths.map((path): Xml => ['Path', path])],
        ],
      ],
      ['CallerReference', callerReference],
    ],
  ];
  const fields: Xml[] = [
    ['Id', id],
    ['Status', isCompleted ? 'Completed' : 'InProgress'],
    ['CreateTime', MODIFIED],
    batch,
  ];
  return xmlDocument(['Invalidation', fields], NAMESPACE);
}

function describe(id: string, distribution: Distribution): string {
  const { status, enabled, domain, aliases, origin, originPath, webAcl } = distribution;
  const config: Xml = [
    'DistributionConfig',
    [
      ['CallerReference', 'test'],
      [
        'Aliases',
        [
          ['Quantity', aliases.length],
          ['Items', aliases.map((alias): Xml => ['CNAME', alias])],
        ],
      ],
      [
        'Origins',
        [
          ['Quantity', 1],
          [
            'Items',
            [
              [
                'Origin',
                [
                  ['Id', 'bucket'],
                  ['DomainName', origin],
                  ['OriginPath', originPath],
                ],
              ],
            ],
          ],
        ],
      ],
      ['Comment', ''],
      ['Enabled', enabled],
      ['WebACLId', webAcl],
    ],
  ];
  return xmlDocument(
    [
      'Distribution',
      [
        ['Id', id],
        ['ARN', `arn:aws:cloudfront::123456789012:distribution/${id}`],
        ['Status', status],
        ['LastModifiedTime', MODIFIED],
        ['InProgressInvalidationBatches', 0],
        ['DomainName', domain],
        config,
      ],
    ],
    NAMESPACE,
  );
}
