import { readProject } from '../../core/catalog.ts';
import { fileKey } from '../../core/keys.ts';
import { normalizeName } from '../../core/names.ts';
import type { FileEntry, ProjectRecord } from '../../core/record.ts';
import { parseVersion } from '../../core/versions.ts';
import { environmentFor, existingFolder, type RepositoryOptions } from '../repository.ts';
import { formatBytes, printJson, printLine, styled, type Piece, type Terminal } from '../terminal.ts';

export interface ShowOptions extends RepositoryOptions {
  readonly json?: boolean;
}

/** `wheelstore show NAME` */
export async function show(terminal: Terminal, name: string, options: ShowOptions): Promise<void> {
  const project = normalizeName(name);
  const record = await readProject(environmentFor(await existingFolder(options)), project);
  if (options.json === true) return printJson(terminal, recordAsJson(record));
  const { status } = record;
  const reason = status.reason === undefined ? '' : `: ${status.reason}`;
  printLine(
    terminal,
    status.status === 'active' ? record.name : `${record.name} (${status.status}${reason})`,
  );
  for (const [version, files] of releasesOf(record)) {
    printLine(terminal, `  ${version}`);
    for (const file of files) printLine(terminal, '    ', ...fileLine(file));
  }
}

/** Files by release: `1.0` and `1.0.0` are one. */
function releasesOf({ files }: ProjectRecord): Map<string, FileEntry[]> {
  const releases = new Map<string, FileEntry[]>();
  const spellings = new Map<string, string>();
  for (const file of files) {
    const { key } = parseVersion(file.version);
    const version = spellings.get(key) ?? file.version;
    spellings.set(key, version);
    releases.set(version, [...(releases.get(version) ?? []), file]);
  }
  return releases;
}

function fileLine(file: FileEntry): Piece[] {
  const facts = [formatBytes(file.size), file.uploadTime.slice(0, 10)];
  if (file.requiresPython !== undefined) facts.push(`Python ${file.requiresPython}`);
  const line = `${file.filename}  (${facts.join(', ')})`;
  if (file.yanked === false) return [line];
  return [`${line}  `, styled('yellow', file.yanked === true ? 'yanked' : `yanked: ${file.yanked}`)];
}

function recordAsJson({ name, status, files }: ProjectRecord): object {
  return {
    name,
    status,
    files: files.map((file) => ({ ...file, key: fileKey({ project: name, ...file }) })),
  };
}
