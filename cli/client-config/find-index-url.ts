import { quote, WheelstoreError } from '../../core/errors.ts';
import { connectCloudFormation, readStackOutputs } from '../../stores/aws/stack-outputs.ts';
import type { Configuration } from '../configuration/configuration.ts';
import { placeOf, type RepositoryOptions } from '../repository.ts';
import { WHERE } from '../settings.ts';
import { note, type Terminal } from '../terminal.ts';
import { parseIndexUrl, SERVED_HERE, type IndexUrl } from './index-url.ts';

interface Options extends RepositoryOptions {
  readonly configuration: Configuration;
  readonly indexUrl?: string;
}

/**
 * Where the index is: what `--index-url` says, or the stack, or else where `wheelstore serve` serves a folder.
 *
 * @throws {WheelstoreError} `usage`, and what asking AWS can come to
 */
export async function findIndexUrl(terminal: Terminal, options: Options): Promise<IndexUrl> {
  const { indexUrl, profile, region, explain } = options;
  if (indexUrl !== undefined) {
    refuseSecondPlace(options.configuration);
    return parseIndexUrl(indexUrl);
  }
  const place = placeOf(options);
  if (place.kind === 'bucket') {
    throw new WheelstoreError('usage', `Nobody says where the bucket ${quote(place.bucket)} is served`, {
      value: place.bucket,
      fix: 'Pass --index-url with the URL that clients use, or --stack with the stack of the bucket.',
    });
  }
  if (place.kind === 'stack') {
    const client = await connectCloudFormation({ profile, region });
    const outputs = await readStackOutputs(client, place.stack).finally(() => client.destroy());
    explain?.(`stack ${place.stack}: index ${outputs.indexUrl}`);
    return parseIndexUrl(outputs.indexUrl);
  }
  note(terminal, `note: the index is taken to be ${SERVED_HERE}, as "wheelstore serve" has it.`);
  note(terminal, '      --index-url or --stack names another.');
  return parseIndexUrl(SERVED_HERE);
}

/** A flag goes before what a file says, but two flags that contradict each other are a mistake. */
function refuseSecondPlace({ settings }: Configuration): void {
  const other = WHERE.map((name) => settings.get(name)).find((found) => found?.kind === 'flag');
  if (other === undefined) return;
  throw new WheelstoreError('usage', 'The command line says twice where the index is', {
    fix: `Keep --index-url, or the ${other.origin}.`,
  });
}
