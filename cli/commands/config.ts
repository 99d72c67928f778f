import { findAwsPlace, type Found } from '../../stores/s3/aws-profile.ts';
import { checkedEndpoint } from '../../stores/s3/endpoint.ts';
import { Location } from '../../stores/s3/location.ts';
import { checkedRegion } from '../../stores/s3/region.ts';
import type { Configuration } from '../configuration/configuration.ts';
import { naming } from '../configuration/naming.ts';
import { shownValue } from '../configuration/shown.ts';
import { wholePath } from '../current-folder.ts';
import { placeOf, type RepositoryOptions, type RepositoryPlace } from '../repository.ts';
import { SETTINGS, type SettingName } from '../settings.ts';
import { printJson, printLine, type Terminal } from '../terminal.ts';

export interface ConfigOptions extends RepositoryOptions {
  readonly configuration: Configuration;
  readonly json?: boolean;
}

/** A setting as it is printed. */
interface Line {
  readonly key: string;
  readonly value: string | number | boolean | null;
  readonly origin: string;
}

/** `wheelstore config`: asks nobody, so it needs no network and no credentials. */
export async function config(terminal: Terminal, options: ConfigOptions): Promise<void> {
  const place = placeOf(options);
  const { file, settings } = options.configuration;
  const ofAws = place.kind === 'folder' ? new Map<SettingName, Line>() : await linesOfAws(options, place);
  const lines = SETTINGS.flatMap(({ name, key }): Line[] => {
    const found = settings.get(name);
    if (found === undefined) {
      const other = ofAws.get(name);
      return other === undefined ? [] : [other];
    }
    const { value, origin } = found;
    const isPlain = typeof value === 'number' || typeof value === 'boolean';
    return [{ key, value: isPlain ? value : shownValue(name, value), origin }];
  });
  const repository = describePlace(place);
  if (options.json === true) {
    const shown = lines.map(({ key, value, origin }) => [key, { value, origin }]);
    return printJson(terminal, { repository, file: file ?? null, settings: Object.fromEntries(shown) });
  }
  const { kind, url } = repository;
  printLine(terminal, `repository: ${kind} ${url}`);
  printLine(terminal, `configuration file: ${file ?? 'none'}`);
  printLine(terminal);
  const widest = Math.max(...lines.map(({ key }) => key.length));
  const widestValue = Math.max(...lines.map(({ value }) => textOf(value).length));
  for (const { key, value, origin } of lines) {
    printLine(terminal, `${key.padEnd(widest)}  ${textOf(value).padEnd(widestValue)}  ${origin}`);
  }
}

function textOf(value: Line['value']): string {
  return value === null ? '-' : String(value);
}

/** @throws {WheelstoreError} `usage` for an impossible bucket or prefix */
function describePlace(place: RepositoryPlace) {
  if (place.kind === 'folder') return { kind: place.kind, url: wholePath(place.folder) };
  if (place.kind === 'stack') return { kind: place.kind, url: place.stack };
  const { bucket, prefix, url } = new Location(place.bucket, place.prefix);
  return { kind: place.kind, url, bucket, prefix };
}

/** What AWS's own variables and files say, for where nobody has said it to us. */
async function linesOfAws(
  options: RepositoryOptions,
  { kind }: RepositoryPlace,
): Promise<ReadonlyMap<SettingName, Line>> {
  const { profile, region, s3EndpointUrl: endpointUrl } = options;
  const found = await findAwsPlace({ profile, region, endpointUrl }, process.env);
  // Refused here as they would be when they are used.
  const { region: where, endpointUrl: other } = found;
  if (where !== undefined) naming(where.origin ?? '--region', () => checkedRegion(where.value));
  if (other !== undefined) naming(other.origin ?? '--s3-endpoint-url', () => checkedEndpoint(other.value));
  const silence =
    kind === 'stack'
      ? 'missing: a stack is in a region'
      : other === undefined
        ? 'S3 says where the bucket is'
        : 'of no account at this endpoint';
  return new Map<SettingName, Line>([
    ['profile', lineOfAws('profile', found.profile, 'default')],
    ['region', lineOfAws('region', where, silence)],
    ['s3EndpointUrl', lineOfAws('s3-endpoint-url', other, 'S3 itself')],
  ]);
}

function lineOfAws(key: string, found: Found | undefined, silence: string): Line {
  return { key, value: found?.value ?? null, origin: found?.origin ?? silence };
}
