import { createHash } from 'node:crypto';
import { bytesOf, gzipOf, tarOf, zipOf, type Content, type TarMemberSpec } from './archives.ts';

/** What the builders of distributions are told. Only the name and the version are needed. */
export interface DistributionSpec {
  readonly name: string;
  readonly version: string;
  /** The whole of METADATA or PKG-INFO, in place of what follows. */
  readonly metadata?: Content;
  readonly metadataVersion?: string;
  readonly requiresDist?: readonly string[];
  readonly requiresPython?: string;
  /** Further lines of the metadata, such as `License-File: LICENSE`. */
  readonly extraHeaders?: readonly string[];
  /** Added to the default files, or in their place. Of an sdist: below its top-level folder. */
  readonly files?: Readonly<Record<string, Content>>;
  readonly filename?: string;
}

export interface WheelSpec extends DistributionSpec {
  /** `py3-none-any` unless given. */
  readonly tags?: string;
  readonly build?: string;
}

export interface SdistSpec extends DistributionSpec {
  readonly format?: 'tar.gz' | 'zip';
}

export interface BuiltFile {
  readonly filename: string;
  readonly bytes: Uint8Array;
}

/** An installable wheel with one module, `<name>/__init__.py`, that has `__version__`. */
export function buildWheel(spec: WheelSpec): BuiltFile {
  const { name, version, tags = 'py3-none-any', build } = spec;
  const module = moduleName(name);
  const folder = `${module}-${version}.dist-info`;
  const files: Record<string, Content> = {
    [`${module}/__init__.py`]: `__version__ = ${JSON.stringify(version)}\n`,
    ...spec.files,
    [`${folder}/METADATA`]: metadataOf(spec),
    [`${folder}/WHEEL`]: wheelFile(tags, build),
  };
  const record = [
    ...Object.entries(files).map(([path, content]) => recordLine(path, content)),
    `${folder}/RECORD,,`,
  ];
  const members = { ...files, [`${folder}/RECORD`]: `${record.join('\n')}\n` };
  const stem = [module, version, ...(build === undefined ? [] : [build]), tags].join('-');
  return { filename: spec.filename ?? `${stem}.whl`, bytes: zipOf(membersOf(members)) };
}

/** A source distribution with the same module and a `setup.py`. */
export function buildSdist(spec: SdistSpec): BuiltFile {
  const { name, version, format = 'tar.gz' } = spec;
  const module = moduleName(name);
  const stem = `${module}-${version}`;
  const names = `name=${JSON.stringify(name)}, version=${JSON.stringify(version)}`;
  const files: Record<string, Content> = {
    'PKG-INFO': metadataOf(spec),
    'pyproject.toml': '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n',
    'setup.py': `from setuptools import setup\nsetup(${names}, packages=[${JSON.stringify(module)}])\n`,
    [`${module}/__init__.py`]: `__version__ = ${JSON.stringify(version)}\n`,
    ...spec.files,
  };
  const members = membersOf(files).map((member) => ({ ...member, name: `${stem}/${member.name}` }));
  const bytes = format === 'zip' ? zipOf(members) : gzipOf(tarOf(members.map(withLongName)));
  return { filename: spec.filename ?? `${stem}.${format}`, bytes };
}

/** A header has room for 100 bytes. */
function withLongName(member: { name: string; content: Content }): TarMemberSpec {
  return bytesOf(member.name).length <= 100 ? member : { ...member, pax: { path: member.name } };
}

function membersOf(files: Readonly<Record<string, Content>>): { name: string; content: Content }[] {
  return Object.entries(files).map(([name, content]) => ({ name, content }));
}

/** As filenames have it: PEP 503 with `_` in place of `-`. */
function moduleName(name: string): string {
  return name.replace(/[-_.]+/g, '_').toLowerCase();
}

function metadataOf(spec: DistributionSpec): Content {
  if (spec.metadata !== undefined) return spec.metadata;
  const lines = [
    `Metadata-Version: ${spec.metadataVersion ?? '2.1'}`,
    `Name: ${spec.name}`,
    `Version: ${spec.version}`,
    ...(spec.requiresPython === undefined ? [] : [`Requires-Python: ${spec.requiresPython}`]),
    ...(spec.requiresDist ?? []).map((requirement) => `Requires-Dist: ${requirement}`),
    ...(spec.extraHeaders ?? []),
  ];
  return `${lines.join('\n')}\n\n`;
}

/** PEP 425: a compressed set of tags stands for all of its combinations. */
function wheelFile(tags: string, build: string | undefined): string {
  const [pythons = [], abis = [], platforms = []] = tags.split('-').map((tag) => tag.split('.'));
  const expanded = pythons.flatMap((python) =>
    abis.flatMap((abi) => platforms.map((platform) => `Tag: ${python}-${abi}-${platform}\n`)),
  );
  const pure = `Root-Is-Purelib: ${tags.endsWith('-none-any')}\n`;
  const head = `Wheel-Version: 1.0\nGenerator: wheelstore-tests\n${pure}`;
  return head + expanded.join('') + (build === undefined ? '' : `Build: ${build}\n`);
}

/** A line of RECORD, without the line break. */
export function recordLine(path: string, content: Content): string {
  const bytes = bytesOf(content);
  const digest = createHash('sha256').update(bytes).digest('base64url');
  const field = /[",\n]/.test(path) ? `"${path.replaceAll('"', '""')}"` : path;
  return `${field},sha256=${digest},${bytes.length}`;
}
