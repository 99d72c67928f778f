import { readCatalog } from '../../core/catalog.ts';
import { releasesOf } from '../../core/record-changes.ts';
import type { FileEntry, ProjectRecord } from '../../core/record.ts';
import { parseVersion } from '../../core/versions.ts';
import { openRepository, type RepositoryOptions } from '../repository.ts';
import { count, printJson, printLine, type Terminal } from '../terminal.ts';

export interface ListOptions extends RepositoryOptions {
  readonly json?: boolean;
}

/** `wheelstore list` */
export async function list(terminal: Terminal, options: ListOptions): Promise<void> {
  const records = await readCatalog(await openRepository(options, { access: 'read' }));
  const projects = records.map(summaryOf);
  if (options.json === true) return printJson(terminal, { projects });
  const widest = Math.max(0, ...projects.map(({ name }) => name.length));
  const widestVersion = Math.max(0, ...projects.map(({ latest }) => (latest ?? '-').length));
  for (const { name, latest, files, status } of projects) {
    const line = `${name.padEnd(widest)}  ${(latest ?? '-').padEnd(widestVersion)}  ${count(files, 'file')}`;
    printLine(terminal, status === 'active' ? line : `${line}  ${status}`);
  }
}

function summaryOf({ name, files, status }: ProjectRecord) {
  return { name, latest: latestOf(files), files: files.length, status: status.status };
}

/** What an installer takes that is asked for nothing special: the last final release that is not yanked. */
function latestOf(files: readonly FileEntry[]): string | null {
  const releases = releasesOf(files.filter(({ yanked }) => yanked === false));
  const versions = [...releases.keys()];
  return versions.findLast((version) => !parseVersion(version).isPrerelease) ?? versions.at(-1) ?? null;
}
