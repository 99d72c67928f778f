import { once } from 'node:events';
import { WHEELSTORE, type Command, type CommandOptions } from './command.ts';
import { missingPeers, peer } from './peers.ts';
import type { NotMeasured, Setting } from './part.ts';
import { startProxy } from './proxy.ts';
import { AWS, type DistantS3 } from './s3.ts';
import { startHelper } from './servers.ts';

/** The table with which s3pypi locks, where it does. */
const LOCKS = 'locks';

/** Someone that publishes to a bucket. The command lines are the same but for the name of the program. */
export interface Publisher {
  readonly name: string;
  readonly command: Command;
  readonly words: (files: readonly string[], bucket: string) => string[];
  readonly options: CommandOptions;
}

/** The publishers that are at hand, ourselves first, and those that are not. */
export async function publishers(
  setting: Setting,
  s3: DistantS3,
  { withLocks = false } = {},
): Promise<{ readonly all: readonly Publisher[]; readonly notMeasured: readonly NotMeasured[] }> {
  const words = (files: readonly string[], bucket: string): string[] => [
    'upload',
    ...files,
    '--bucket',
    bucket,
    '--s3-endpoint-url',
    s3.proxy.url,
  ];
  const own = { name: 'wheelstore', command: WHEELSTORE, words, options: { env: AWS } };
  const s3pypi = peer('s3pypi');
  if (s3pypi === undefined) return { all: [own], notMeasured: missingPeers('s3pypi') };
  // It asks DynamoDB for a table in any case, and locks nothing where there is none.
  const theirs = async (name: string, table: readonly string[]): Promise<Publisher> => ({
    name,
    command: s3pypi,
    words: (files, bucket) => [
      ...words(files, bucket),
      '--index.html',
      ...table.flatMap((each) => ['--locks-table', each]),
    ],
    options: { env: { ...AWS, AWS_ENDPOINT_URL_DYNAMODB: await startDynamoDb(setting, table) } },
  });
  const all = [own, await theirs('s3pypi', [])];
  if (withLocks) all.push(await theirs('s3pypi-locks', [LOCKS]));
  return { all, notMeasured: [] };
}

async function startDynamoDb({ scope, latency }: Setting, tables: readonly string[]): Promise<string> {
  const child = startHelper(scope, 'dynamodb', tables);
  const [url] = (await once(child, 'message')) as [string];
  return (await startProxy(scope, url, latency)).url;
}

/** The names of all that may publish, for their buckets. */
export const PUBLISHERS = ['wheelstore', 's3pypi', 's3pypi-locks'];
