import { readProject } from '../../core/catalog.ts';
import { fileKey } from '../../core/keys.ts';
import { normalizeName } from '../../core/names.ts';
import type { FileEntry, ProjectRecord } from '../../core/record.ts';
import { releasesOf } from '../../core/record-changes.ts';
import { openRepository, type RepositoryOptions } from '../repository.ts';
import { formatBytes, printJson, printLine, styled, type Piece, type Terminal } from '../terminal.ts';

export interface ShowOptions extends RepositoryOptions {
  readonly json?: boolean;
}

/** `wheelstore show NAME` */
export async function show(terminal: Terminal, name: string, options: ShowOptions): Promise<void> {
  const project = normalizeName(name);
  const record = await readProject(await openRepository(options, { access: 'read' }), project);
  if (options.json === true) return printJson(terminal, recordAsJson(record));
  const { status } = record;
  const reason = status.reason === undefined ? '' : `: ${status.reason}`;
  printLine(
    terminal,
    status.status === 'active' ? record.name : `${record.name} (${status.status}${reason})`,
  );
  for (const [version, files] of releasesOf(record.files)) {
    printLine(terminal, `  ${version}`);
    for (const file of files) printLine(terminal, '    ', ...fileLine(file));
  }
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
