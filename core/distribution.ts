import { createHash } from 'node:crypto';
import type { ArchiveContents } from './archive/archive.ts';
import { inspectSdistTarGz, inspectSdistZip } from './archive/sdist.ts';
import { inspectWheel } from './archive/wheel.ts';
import { bytesInMemory, chunksOf, type ByteSource } from './bytes.ts';
import { checkDistribution } from './distribution-identity.ts';
import { quote, WheelstoreError } from './errors.ts';
import { parseFilename, type ParsedFilename } from './filenames.ts';
import { parseMetadata, sdistMetadataIsReliable, type CoreMetadata } from './metadata.ts';
import { isValidName, normalizeName, type NormalizedName } from './names.ts';
import { parseRequirement } from './requirements.ts';
import { isVersion, parseVersion } from './versions.ts';

/** What is known of a distribution that was published elsewhere before. */
export interface PublicationHistory {
  /** PEP 700: when it was, `yyyy-mm-ddThh:mm:ss.fffZ`. */
  readonly uploadTime?: string;
  /** PEP 592: a text is the reason. */
  readonly yanked: boolean | string;
}

/** A wheel or an sdist that has passed every check, with what an index tells of it. */
export interface Distribution {
  readonly filename: string;
  readonly kind: 'wheel' | 'sdist';
  readonly project: NormalizedName;
  /** PEP 440 normal form. */
  readonly version: string;
  /** Lower-case hex. */
  readonly sha256: string;
  readonly source: ByteSource;
  readonly requiresPython?: string;
  /** Names of the projects that it needs, extras aside. */
  readonly dependencies: readonly NormalizedName[];
  /** PEP 658: what to offer as the metadata file, byte for byte, where it can be relied on. */
  readonly metadata?: { readonly bytes: Uint8Array; readonly sha256: string };
  /** PEP 740: what its publisher has attested, where another index has it. Not checked. */
  readonly provenance?: { readonly bytes: Uint8Array; readonly sha256: string };
  /** Sentences about what is accepted but should be mended. */
  readonly warnings: readonly string[];
  /** Whether one of them is that the filename is not what current tools would write. */
  readonly isOlderSpelling?: true;
  /** Without it, it is published for the first time. */
  readonly history?: PublicationHistory;
}

/**
 * Checks a distribution completely: its filename, its archive, its metadata, and that they agree.
 *
 * @throws {WheelstoreError} `invalid-filename`, `unsupported-format`, `invalid-archive` or
 *   `invalid-metadata`; what `source` throws
 */
export async function inspectDistribution(filename: string, source: ByteSource): Promise<Distribution> {
  const parsed = parseFilename(filename);
  const contents = await inspectArchive(parsed, source);
  const metadata = parseMetadata(contents.metadata);
  const spelling = checkDistribution(parsed, metadata);
  if (parsed.kind === 'wheel') checkInfoFolder(filename, contents, metadata);
  checkLicenseFiles(filename, parsed.kind, contents, metadata);
  const isReliable = parsed.kind === 'wheel' || sdistMetadataIsReliable(metadata);
  const { requiresPython } = metadata;
  return {
    filename,
    kind: parsed.kind,
    project: metadata.project,
    version: metadata.version.normalized,
    sha256: await digestOf(source),
    source,
    ...(requiresPython === undefined ? {} : { requiresPython }),
    dependencies: dependenciesOf(metadata),
    ...(isReliable
      ? { metadata: { bytes: contents.metadata, sha256: await digestOf(bytesInMemory(contents.metadata)) } }
      : {}),
    warnings: [...metadata.warnings, ...spelling],
    ...(spelling.length > 0 ? { isOlderSpelling: true } : {}),
  };
}

function inspectArchive(parsed: ParsedFilename, source: ByteSource): Promise<ArchiveContents> {
  if (parsed.kind === 'wheel') return inspectWheel(source);
  return parsed.format === 'zip' ? inspectSdistZip(source) : inspectSdistTarGz(source);
}

// Binary distribution format: `{name}-{version}.dist-info`. pip takes the folder that fits the name;
// another one would install as another project.
function checkInfoFolder(filename: string, { folder }: ArchiveContents, metadata: CoreMetadata): void {
  const [name = '', version = ''] = folder.slice(0, -'.dist-info'.length).split('-');
  const isIts =
    isValidName(name) &&
    normalizeName(name) === metadata.project &&
    isVersion(version) &&
    parseVersion(version).key === metadata.version.key;
  if (isIts) return;
  throw new WheelstoreError(
    'invalid-metadata',
    `${quote(filename)} holds ${quote(folder)}, which is not of ${metadata.name} ${metadata.version.normalized}`,
    { value: folder, fix: 'Build the wheel again: its metadata folder belongs to something else.' },
  );
}

/** PEP 639: from metadata 2.4 on, every `License-File` is in the archive. */
function checkLicenseFiles(
  filename: string,
  kind: ParsedFilename['kind'],
  { folder, members }: ArchiveContents,
  { licenseFiles, metadataVersion: { major, minor } }: CoreMetadata,
): void {
  if (major < 2 || (major === 2 && minor < 4)) return;
  const home = kind === 'wheel' ? `${folder}/licenses` : folder;
  for (const path of licenseFiles) {
    if (members.has(`${home}/${path}`)) continue;
    throw new WheelstoreError(
      'invalid-metadata',
      `${quote(filename)} names the License-File ${quote(path)}, and does not hold it`,
      { value: path, fix: 'Mend the list of license files in the project’s configuration, and build again.' },
    );
  }
}

function dependenciesOf({ requiresDist }: CoreMetadata): readonly NormalizedName[] {
  const requirements = requiresDist.map((text) => parseRequirement(text));
  const needed = requirements.filter(({ marker }) => marker === undefined || !/\bextra\b/.test(marker));
  return [...new Set(needed.map(({ name }) => normalizeName(name)))];
}

async function digestOf(source: ByteSource): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of chunksOf(source)) hash.update(chunk);
  return hash.digest('hex');
}
