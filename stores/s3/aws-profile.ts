import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** The variables that the AWS CLI listens to. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** Where requests are to go. */
interface AwsPlace {
  readonly region: string | undefined;
  readonly endpointUrl: string | undefined;
}

type Sections = ReadonlyMap<string, ReadonlyMap<string, string>>;

/**
 * Finds region and endpoint as the AWS CLI does: what is given, then variables, then the profile. The
 * SDK would miss AWS_DEFAULT_REGION, and the endpoint of a profile that was given as an option.
 *
 * @param given what the person has said for this command
 */
export async function findAwsPlace(
  given: { readonly region?: string; readonly endpointUrl?: string; readonly profile?: string },
  variables: Variables,
): Promise<AwsPlace> {
  const path = variables['AWS_CONFIG_FILE'] ?? join(homeFolder(), '.aws', 'config');
  // Without a file, or with one that this user may not read, the SDK goes on too.
  const sections = parseSections(await readFile(path, 'utf8').catch(() => ''));
  const name = given.profile ?? variables['AWS_PROFILE'] ?? variables['AWS_DEFAULT_PROFILE'] ?? 'default';
  const profile =
    sections.get(`profile ${name}`) ?? (name === 'default' ? sections.get('default') : undefined);
  return {
    region: firstOf(
      given.region,
      variables['AWS_REGION'],
      variables['AWS_DEFAULT_REGION'],
      profile?.get('region'),
    ),
    endpointUrl: firstOf(given.endpointUrl, configuredEndpoint(variables, profile, sections)),
  };
}

/**
 * The home of whoever runs this. In a container, it may be a user without a name, for whom Node fails
 * unless HOME is set. It is set to what Docker says then, since the SDK asks Node too.
 */
function homeFolder(): string {
  try {
    return homedir();
  } catch {
    process.env['HOME'] = '/';
    return '/';
  }
}

function configuredEndpoint(
  variables: Variables,
  profile: ReadonlyMap<string, string> | undefined,
  sections: Sections,
): string | undefined {
  const ignored =
    variables['AWS_IGNORE_CONFIGURED_ENDPOINT_URLS'] ?? profile?.get('ignore_configured_endpoint_urls');
  if (ignored?.toLowerCase() === 'true') return undefined;
  const services = sections.get(`services ${profile?.get('services') ?? ''}`);
  return firstOf(
    variables['AWS_ENDPOINT_URL_S3'],
    variables['AWS_ENDPOINT_URL'],
    services?.get('s3.endpoint_url'),
    profile?.get('endpoint_url'),
  );
}

/** An empty variable is as good as none. */
function firstOf(...values: readonly (string | undefined)[]): string | undefined {
  return values.find((value) => value !== undefined && value !== '');
}

/** The settings by section; `s3 =` with indented lines below it gives `s3.endpoint_url`. */
function parseSections(text: string): Sections {
  const sections = new Map<string, Map<string, string>>();
  let section: Map<string, string> | undefined;
  let group = '';
  for (const line of text.split(/\r?\n/)) {
    const header = /^\[\s*([^\]]*?)\s*\]/.exec(line)?.[1];
    if (header !== undefined) {
      const name = header.replace(/\s+/, ' ').replaceAll(/["']/g, '');
      section = sections.get(name) ?? new Map<string, string>();
      sections.set(name, section);
      continue;
    }
    const setting = /^(\s*)([^#;=\s][^=]*?)\s*=\s*(.*?)(?:\s+[#;].*)?$/.exec(line);
    if (setting === null || section === undefined) continue;
    const [, indent = '', name = '', value = ''] = setting;
    if (indent === '') group = name;
    section.set(indent === '' ? name : `${group}.${name}`, value);
  }
  return sections;
}
