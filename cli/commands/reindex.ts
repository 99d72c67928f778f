import { WheelstoreError } from '../../core/errors.ts';
import { fileKey } from '../../core/keys.ts';
import { reindex as rebuildPages, reindexFromFiles, type Reindexed } from '../../core/reindex.ts';
import { CommandReporter } from '../command-reporter.ts';
import { reportFailure } from '../failure.ts';
import { interruptSignal } from '../interrupt.ts';
import { openRepository, type RepositoryOptions } from '../repository.ts';
import { count, note, printJson, printLine, styled, type Terminal } from '../terminal.ts';

export interface ReindexOptions extends RepositoryOptions {
  readonly fromFiles?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

/** `wheelstore reindex` */
export async function reindex(terminal: Terminal, options: ReindexOptions): Promise<number> {
  const dryRun = options.dryRun === true;
  if (dryRun && options.fromFiles !== true) {
    throw new WheelstoreError('usage', '--dry-run belongs to --from-files', {
      value: '--dry-run',
      fix: '"wheelstore verify" says which pages are not what the records say.',
    });
  }
  const reporter = new CommandReporter(terminal);
  const environment = await openRepository(options, {
    reporter,
    signal: interruptSignal(terminal),
    access: dryRun ? 'read' : 'write',
  });
  const result = await reporter.during(() =>
    options.fromFiles === true ? reindexFromFiles(environment, { dryRun }) : rebuildPages(environment),
  );
  const code = Math.max(0, ...result.problems.map((problem) => reportFailure(terminal, problem)));
  if (options.json === true) printJson(terminal, asJson(result, dryRun));
  else print(terminal, result, options);
  return code;
}

function print(terminal: Terminal, { projects, restored }: Reindexed, options: ReindexOptions): void {
  const files = [...restored.values()].flat();
  const isDry = options.dryRun === true;
  for (const { filename } of files) {
    printLine(terminal, styled('green', isDry ? 'would record' : 'recorded'), `  ${filename}`);
  }
  if (files.length > 0) {
    note(
      terminal,
      'Yanks, deletions and statuses are in records alone. What was lost of them has to be done again.',
    );
  }
  if (isDry) return printLine(terminal, 'Nothing was written (--dry-run).');
  const recorded = options.fromFiles === true ? `${count(files.length, 'file')} recorded; ` : '';
  printLine(terminal, `${recorded}pages rebuilt of ${count(projects, 'project')}.`);
}

function asJson({ projects, restored, problems }: Reindexed, dryRun: boolean): object {
  const files = [...restored].flatMap(([project, entries]) =>
    entries.map((entry) => ({ project, ...entry, key: fileKey({ project, ...entry }) })),
  );
  return {
    dryRun,
    projects,
    restored: files,
    problems: problems.map(({ code, message, value, fix }) => ({ code, message, value, fix })),
  };
}
