import { readProject } from '../../core/catalog.ts';
import { quote, WheelstoreError } from '../../core/errors.ts';
import { normalizeName } from '../../core/names.ts';
import { setStatus } from '../../core/project-status.ts';
import { STATUSES, type ProjectStatus, type Status } from '../../core/record.ts';
import { interruptSignal } from '../interrupt.ts';
import { checkedReason } from '../reason.ts';
import { openRepository, type RepositoryOptions } from '../repository.ts';
import { printLine, type Terminal } from '../terminal.ts';

export interface StatusOptions extends RepositoryOptions {
  readonly reason?: string;
}

/** `wheelstore status NAME [STATUS]` */
export async function status(
  terminal: Terminal,
  name: string,
  wanted: string | undefined,
  options: StatusOptions,
): Promise<void> {
  const project = normalizeName(name);
  const next = wanted === undefined ? undefined : wantedStatus(wanted, options);
  if (next === undefined && options.reason !== undefined) {
    throw new WheelstoreError('usage', 'A reason belongs to a status, and none is given', {
      fix: `Name the status as well: wheelstore status ${project} archived --reason "..."`,
    });
  }
  const signal = interruptSignal(terminal);
  const access = next === undefined ? 'read' : 'write';
  const environment = await openRepository(options, { signal, access });
  if (next === undefined) {
    const { status: current } = await readProject(environment, project);
    printLine(
      terminal,
      `${project}: ${current.status}${current.reason === undefined ? '' : ` (${current.reason})`}`,
    );
    return;
  }
  const isChanged = await setStatus(environment, project, next);
  printLine(terminal, `${project} is ${isChanged ? 'now' : 'already'} ${next.status}`);
}

function wantedStatus(text: string, options: StatusOptions): ProjectStatus {
  const reason = checkedReason(options.reason);
  return { status: checkedStatus(text), ...(reason === undefined ? {} : { reason }) };
}

function checkedStatus(text: string): Status {
  const found = STATUSES.find((known) => known === text);
  if (found !== undefined) return found;
  throw new WheelstoreError('usage', `${quote(text)} is no status`, {
    value: text,
    fix: `Use one of ${STATUSES.join(', ')}.`,
  });
}
