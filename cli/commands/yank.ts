import { normalizeName } from '../../core/names.ts';
import { parseVersion } from '../../core/versions.ts';
import { setYanked } from '../../core/yank.ts';
import { interruptSignal } from '../interrupt.ts';
import { checkedReason } from '../reason.ts';
import { openRepository, type RepositoryOptions } from '../repository.ts';
import { count, printLine, type Terminal } from '../terminal.ts';

export interface YankOptions extends RepositoryOptions {
  readonly reason?: string;
}

/** `wheelstore yank NAME VERSION` */
export async function yank(
  terminal: Terminal,
  name: string,
  version: string,
  options: YankOptions,
): Promise<void> {
  await change(terminal, name, version, options, checkedReason(options.reason) ?? true);
}

/** `wheelstore unyank NAME VERSION` */
export async function unyank(
  terminal: Terminal,
  name: string,
  version: string,
  options: RepositoryOptions,
): Promise<void> {
  await change(terminal, name, version, options, false);
}

async function change(
  terminal: Terminal,
  name: string,
  version: string,
  options: RepositoryOptions,
  yanked: boolean | string,
): Promise<void> {
  const project = normalizeName(name);
  const release = parseVersion(version);
  const environment = await openRepository(options, { signal: interruptSignal(terminal), access: 'write' });
  const { files, isChanged } = await setYanked(environment, project, release, yanked);
  const state = yanked === false ? 'not yanked' : 'yanked';
  const ending = isChanged ? `now ${state}` : `${state} already`;
  printLine(terminal, `${project} ${release.normalized}: ${count(files.length, 'file')} ${ending}`);
}
