import { normalizeName } from '../../core/names.ts';
import type { FileEntry } from '../../core/record.ts';
import { planRemoval, removeVersion } from '../../core/remove.ts';
import { parseVersion } from '../../core/versions.ts';
import { interruptSignal } from '../interrupt.ts';
import { openRepository, type RepositoryOptions } from '../repository.ts';
import { count, formatBytes, printLine, type Terminal } from '../terminal.ts';

export interface DeleteOptions extends RepositoryOptions {
  readonly dryRun?: boolean;
}

/** `wheelstore delete NAME VERSION` */
export async function deleteRelease(
  terminal: Terminal,
  name: string,
  version: string,
  options: DeleteOptions,
): Promise<void> {
  const project = normalizeName(name);
  const release = parseVersion(version);
  const isDry = options.dryRun === true;
  const signal = interruptSignal(terminal);
  const environment = await openRepository(options, { signal, access: isDry ? 'read' : 'write' });
  const files = isDry
    ? (await planRemoval(environment, project, release)).files
    : await removeVersion(environment, project, release);
  for (const file of files) printLine(terminal, fileLine(file, isDry ? 'would delete' : 'deleted'));
  const title = `${project} ${release.normalized}`;
  if (isDry) printLine(terminal, 'Nothing was written (--dry-run).');
  else if (files.length === 0) printLine(terminal, `${title} was deleted before`);
  else printLine(terminal, `${title}: ${count(files.length, 'file')} deleted`);
}

function fileLine({ filename, size }: FileEntry, what: string): string {
  return `${what}  ${filename}  (${formatBytes(size)})`;
}
