import { WheelstoreError } from '../../core/errors.ts';
import { connectCloudFront } from '../../stores/aws/edge-caches.ts';
import { readDistribution } from '../../stores/aws/distribution.ts';
import type { StackOutputs } from '../../stores/aws/stack-outputs.ts';
import { BucketSettings } from '../../stores/s3/bucket-settings.ts';
import { connectS3Client, storeOf } from '../../stores/s3/connect.ts';
import { Location } from '../../stores/s3/location.ts';
import { connectionOf } from '../bucket.ts';
import { openKeyValueStore } from '../key-value-store.ts';
import { placeOf, type RepositoryOptions } from '../repository.ts';
import { DEFAULT_JOBS } from '../settings.ts';
import { placedInStack } from '../stack.ts';
import { bucketSection } from './bucket.ts';
import { examine, examineAll, ok, verdictOn, type Finding, type Section } from './check.ts';
import { edgeChecks } from './edge.ts';
import { folderSection } from './folder.ts';
import { NETWORK } from './outside.ts';

/** What was found, and of which repository. */
export interface Examination {
  /** For people: `bucket s3://b/p`. */
  readonly repository: string;
  readonly findings: readonly Finding[];
}

/**
 * Looks at all that has to be right for a repository to be published to and installed from.
 *
 * @throws {WheelstoreError} `usage`; everything else is a finding
 */
export async function examineRepository(options: RepositoryOptions): Promise<Examination> {
  const { jobs = DEFAULT_JOBS } = options;
  const place = placeOf(options);
  if (place.kind === 'folder') {
    const findings = await examine(folderSection(place.folder), jobs);
    return { repository: `folder ${place.folder}`, findings };
  }
  if (place.kind === 'bucket') {
    const findings = await examine(await sectionOfBucket(options, place), jobs);
    return { repository: `bucket ${new Location(place.bucket, place.prefix).url}`, findings };
  }
  const { stack } = place;
  const repository = `stack ${stack}`;
  try {
    const within = await placedInStack({ ...options, stack });
    return { repository, findings: await examineStack(within, within.edge.outputs, jobs) };
  } catch (error) {
    if (error instanceof WheelstoreError && error.code === 'usage') throw error;
    return { repository, findings: [{ name: 'stack', ...verdictOn(error) }] };
  }
}

async function examineStack(
  options: RepositoryOptions,
  outputs: StackOutputs,
  jobs: number,
): Promise<Finding[]> {
  const { bucket, prefix, distributionId, indexUrl } = outputs;
  const client = connectCloudFront({ profile: options.profile });
  const edge = edgeChecks({
    outputs,
    readDistribution: () => readDistribution(client, distributionId),
    readTokenStore: async (arn) => (await openKeyValueStore(arn, options)).readState(),
    outside: NETWORK,
  });
  const section = await sectionOfBucket(options, { bucket, prefix });
  const stack = { name: 'stack', ...ok(`its outputs say that ${indexUrl} serves ${bucket}`) };
  return [stack, ...(await examine(section, jobs)), ...(await examineAll(edge, jobs))];
}

async function sectionOfBucket(
  options: RepositoryOptions,
  place: { readonly bucket: string; readonly prefix: string | undefined },
): Promise<Section> {
  const connection = connectionOf(place, options);
  const connected = await connectS3Client(connection);
  const location = new Location(place.bucket, place.prefix);
  const { client, endpoint, region } = connected;
  return bucketSection({
    settings: new BucketSettings(client, location, endpoint?.origin ?? 'S3'),
    store: storeOf(connected, connection),
    location,
    isS3Itself: endpoint === undefined,
    singleWriter: options.singleWriter === true,
    region,
  });
}
