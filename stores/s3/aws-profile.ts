import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { quote } from '../../core/errors.ts';

/** The variables that the AWS CLI listens to. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** A value, and where it was found, for people. */
export interface Found {
  readonly value: string;
  /** `undefined` where the person has said it for this command. */
  readonly origin: string | undefined;
}

/** Where requests are to go, and as whom. */
export interface AwsPlace {
  readonly profile: Found | undefined;
  readonly region: Found | undefined;
  readonly endpointUrl: Found | undefined;
  /** Whether a profile was named that is in none of the files. */
  readonly isProfileMissing: boolean;
}

type Section = ReadonlyMap<string, string>;
type Sections = ReadonlyMap<string, Section>;

interface Profile {
  readonly settings: Section | undefined;
  readonly origin: string;
}

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
  const named = firstOf(
    [given.profile, undefined],
    ofVariable(variables, 'AWS_PROFILE'),
    ofVariable(variables, 'AWS_DEFAULT_PROFILE'),
  );
  const name = named?.value ?? 'default';
  const profile = {
    settings: sections.get(`profile ${name}`) ?? (name === 'default' ? sections.get('default') : undefined),
    origin: `the profile ${quote(name)} in ${quote(path)}`,
  };
  const known = [...sections.keys(), ...(await credentialSections(variables))];
  return {
    profile: named,
    isProfileMissing: name !== 'default' && !known.includes(`profile ${name}`) && !known.includes(name),
    region: firstOf(
      [given.region, undefined],
      ofVariable(variables, 'AWS_REGION'),
      ofVariable(variables, 'AWS_DEFAULT_REGION'),
      [profile.settings?.get('region'), profile.origin],
    ),
    endpointUrl: firstOf(
      [given.endpointUrl, undefined],
      ...configuredEndpoints(variables, profile, sections),
    ),
  };
}

/**
 * The profile whose credentials count, where none was given: the SDK does not know this variable. As with
 * the AWS CLI, keys in variables go before it.
 */
export function defaultProfile(variables: Variables): string | undefined {
  if (variables['AWS_PROFILE'] || variables['AWS_ACCESS_KEY_ID']) return undefined;
  return variables['AWS_DEFAULT_PROFILE'] || undefined;
}

/** The profiles that have keys of their own. */
async function credentialSections(variables: Variables): Promise<Iterable<string>> {
  const path = variables['AWS_SHARED_CREDENTIALS_FILE'] ?? join(homeFolder(), '.aws', 'credentials');
  return parseSections(await readFile(path, 'utf8').catch(() => '')).keys();
}

/** What a place may say, and how it is called. */
type Candidate = readonly [value: string | undefined, origin: string | undefined];

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

function configuredEndpoints(
  variables: Variables,
  { settings, origin }: Profile,
  sections: Sections,
): Candidate[] {
  const ignored =
    variables['AWS_IGNORE_CONFIGURED_ENDPOINT_URLS'] ?? settings?.get('ignore_configured_endpoint_urls');
  if (ignored?.toLowerCase() === 'true') return [];
  const services = sections.get(`services ${settings?.get('services') ?? ''}`);
  return [
    ofVariable(variables, 'AWS_ENDPOINT_URL_S3'),
    ofVariable(variables, 'AWS_ENDPOINT_URL'),
    [services?.get('s3.endpoint_url'), origin],
    [settings?.get('endpoint_url'), origin],
  ];
}

function ofVariable(variables: Variables, name: string): Candidate {
  return [variables[name], `variable ${name}`];
}

/** An empty variable is as good as none. */
function firstOf(...candidates: readonly Candidate[]): Found | undefined {
  for (const [value, origin] of candidates) {
    if (value !== undefined && value !== '') return { value, origin };
  }
  return undefined;
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
