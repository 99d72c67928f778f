import { quote } from './errors.ts';
import { licensingOf } from './metadata-licensing.ts';
import { MetadataFields } from './metadata-fields.ts';
import { parseMetadataMessage } from './metadata-message.ts';
import { normalizeName, type NormalizedName } from './names.ts';
import { parseRequirement } from './requirements.ts';
import { parseSpecifierSet } from './specifiers.ts';
import { parseVersion, type Version } from './versions.ts';

/** `Metadata-Version`, the version of the format. */
export interface MetadataVersion {
  readonly major: number;
  readonly minor: number;
}

/** A link that the project names. Neither part is checked: the URL may have any scheme. */
export interface ProjectUrl {
  readonly label: string;
  readonly url: string;
}

/** Core metadata, as a distribution carries it. Texts for people are hostile until they are escaped. */
export interface CoreMetadata {
  readonly metadataVersion: MetadataVersion;
  /** As it is spelled. */
  readonly name: string;
  readonly project: NormalizedName;
  readonly version: Version;
  /** Without whitespace. */
  readonly requiresPython: string | undefined;
  /** As they are spelled, each valid. */
  readonly requiresDist: readonly string[];
  readonly providesExtra: readonly string[];
  /** Lower-case names of fields. */
  readonly dynamic: readonly string[];
  readonly licenseExpression: string | undefined;
  readonly licenseFiles: readonly string[];
  readonly license: string | undefined;
  readonly classifiers: readonly string[];
  readonly summary: string | undefined;
  readonly description: string | undefined;
  readonly descriptionContentType: string | undefined;
  readonly keywords: readonly string[];
  readonly author: string | undefined;
  readonly authorEmail: string | undefined;
  readonly maintainer: string | undefined;
  readonly maintainerEmail: string | undefined;
  readonly homePage: string | undefined;
  readonly projectUrls: readonly ProjectUrl[];
  /** Sentences about what is accepted, but not as it should be. */
  readonly warnings: readonly string[];
}

// The newest format that was read when this was written (PEP 808).
const NEWEST_MINORS: Readonly<Record<number, number>> = { 1: 2, 2: 6 };

const REBUILD = 'Mend the project’s build configuration, and build the distribution again.';

// What an index or an installer decides by (PEP 643).
const DEPENDENCY_FIELDS = ['requires-dist', 'requires-python', 'provides-extra'];

/**
 * Reads the bytes of a METADATA or PKG-INFO file (core metadata 1.0 to 2.6).
 *
 * @throws {WheelstoreError} `invalid-metadata`; with all `problems` where there are several
 */
export function parseMetadata(bytes: Uint8Array): CoreMetadata {
  const message = parseMetadataMessage(bytes);
  const fields = new MetadataFields(message.fields);
  const metadataVersion = metadataVersionOf(fields);
  const identity = identityOf(fields);
  const dependencies = dependenciesOf(fields);
  const licensing = licensingOf(fields, metadataVersion !== undefined && isAtLeast(metadataVersion, 2, 4));
  const texts = { ...textsOf(fields), description: descriptionOf(fields, message.body) };
  fields.finish();
  if (metadataVersion === undefined || identity === undefined) {
    throw new Error('A field that is required is absent, and nothing was refused');
  }
  return { metadataVersion, ...identity, ...dependencies, ...licensing, ...texts, warnings: fields.warnings };
}

/**
 * PEP 643: whether an sdist's metadata says of every wheel built from it what it depends on, so that an
 * index may offer it as the distribution's metadata.
 */
export function sdistMetadataIsReliable({ metadataVersion, dynamic }: CoreMetadata): boolean {
  return isAtLeast(metadataVersion, 2, 2) && !dynamic.some((field) => DEPENDENCY_FIELDS.includes(field));
}

function isAtLeast(version: MetadataVersion, major: number, minor: number): boolean {
  return version.major > major || (version.major === major && version.minor >= minor);
}

// Core metadata: "SHOULD warn if metadata_version is greater than the highest version they support,
// and MUST fail if metadata_version has a greater major version".
function metadataVersionOf(fields: MetadataFields): MetadataVersion | undefined {
  const value = fields.single('Metadata-Version');
  const [, major = '', minor = ''] = /^([0-9]{1,4})\.([0-9]{1,4})$/.exec(value ?? '') ?? [];
  const newestMinor = NEWEST_MINORS[Number(major)];
  if (newestMinor === undefined) {
    const message =
      value === undefined
        ? 'Metadata-Version is missing'
        : `Metadata-Version ${quote(value)} is not supported`;
    fields.refuse(message, { value, fix: 'Build the distribution for a Metadata-Version from 1.0 to 2.6.' });
    return undefined;
  }
  if (Number(minor) > newestMinor) {
    fields.warnings.push(
      `Metadata-Version ${value} is newer than ${major}.${newestMinor}; what it adds is not checked.`,
    );
  }
  return { major: Number(major), minor: Number(minor) };
}

function identityOf(fields: MetadataFields): Pick<CoreMetadata, 'name' | 'project' | 'version'> | undefined {
  const name = required(fields, 'Name');
  const versionText = required(fields, 'Version');
  const project = name === undefined ? undefined : fields.parsed('Name', () => normalizeName(name));
  const version =
    versionText === undefined ? undefined : fields.parsed('Version', () => parseVersion(versionText));
  if (name === undefined || project === undefined || version === undefined) return undefined;
  return { name, project, version };
}

// An older setuptools does not read pyproject.toml, and builds a project with the name UNKNOWN.
function required(fields: MetadataFields, field: string): string | undefined {
  const value = fields.single(field);
  if (value !== undefined) return value;
  const problem = fields.all(field).includes('UNKNOWN') ? 'is UNKNOWN' : 'is missing';
  fields.refuse(`${field} ${problem}`, {
    fix: `Set it in the project’s build configuration, use a current build backend, and build the distribution again.`,
  });
  return undefined;
}

function dependenciesOf(
  fields: MetadataFields,
): Pick<CoreMetadata, 'requiresPython' | 'requiresDist' | 'providesExtra' | 'dynamic'> {
  const requiresPython = fields.parsed('Requires-Python', () =>
    parseSpecifierSet(fields.single('Requires-Python') ?? ''),
  );
  const requiresDist = fields.all('Requires-Dist');
  for (const requirement of requiresDist) fields.parsed('Requires-Dist', () => parseRequirement(requirement));
  const providesExtra = fields.all('Provides-Extra');
  for (const extra of providesExtra) fields.parsed('Provides-Extra', () => normalizeName(extra));
  return {
    requiresPython: requiresPython || undefined,
    requiresDist,
    providesExtra,
    dynamic: dynamicOf(fields),
  };
}

// Core metadata: "Name, Version and Metadata-Version may not be specified in this field."
function dynamicOf(fields: MetadataFields): readonly string[] {
  const dynamic = fields.all('Dynamic').map((field) => field.toLowerCase());
  for (const field of dynamic.filter((name) => ['name', 'version', 'metadata-version'].includes(name))) {
    fields.refuse(`Dynamic names ${quote(field)}, which cannot be dynamic`, { value: field, fix: REBUILD });
  }
  return dynamic;
}

function textsOf(fields: MetadataFields) {
  return {
    license: fields.line('License'),
    classifiers: fields.all('Classifier').filter(isGiven),
    summary: fields.line('Summary'),
    descriptionContentType: fields.line('Description-Content-Type'),
    keywords: keywordsOf(fields.line('Keywords') ?? ''),
    author: fields.line('Author'),
    authorEmail: fields.line('Author-email'),
    maintainer: fields.line('Maintainer'),
    maintainerEmail: fields.line('Maintainer-email'),
    homePage: fields.line('Home-page'),
    projectUrls: fields
      .all('Project-URL')
      .map(projectUrlOf)
      .filter(({ url }) => isGiven(url)),
  };
}

function isGiven(value: string): boolean {
  return value !== '' && value !== 'UNKNOWN';
}

// Core metadata: separated by commas; distutils wrote what it was given, which often had spaces only.
function keywordsOf(keywords: string): readonly string[] {
  const separator = keywords.includes(',') ? ',' : ' ';
  return keywords
    .split(separator)
    .map((keyword) => keyword.trim())
    .filter((keyword) => keyword !== '');
}

function projectUrlOf(value: string): ProjectUrl {
  const comma = value.indexOf(',');
  return { label: value.slice(0, Math.max(comma, 0)).trim(), url: value.slice(comma + 1).trim() };
}

function descriptionOf(fields: MetadataFields, body: string): string | undefined {
  const header = fields.single('Description');
  if (body.trim() !== '') return body.replace(/\r\n?/g, '\n');
  // Core metadata: lines after the first start with 7 spaces and a pipe; setuptools writes 8 spaces.
  return header?.replace(/\n(?: {7}\|| {8})/g, '\n');
}
