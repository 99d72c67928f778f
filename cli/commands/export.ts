import { quote, WheelstoreError } from '../../core/errors.ts';
import { exportRepository, type Exported } from '../../core/export.ts';
import { DirectoryStore } from '../../stores/directory.ts';
import { endpointWithoutSecrets } from '../../stores/s3/endpoint.ts';
import { FileSpool } from '../../stores/spool.ts';
import { CommandReporter } from '../command-reporter.ts';
import { reportFailure } from '../failure.ts';
import { interruptSignal } from '../interrupt.ts';
import { environmentOf, openRepository, type RepositoryOptions } from '../repository.ts';
import { splitUrl } from '../store-url.ts';
import { count, formatBytes, printJson, printLine, type Terminal } from '../terminal.ts';

export interface ExportOptions extends RepositoryOptions {
  readonly json?: boolean;
}

/** `wheelstore export DIR` */
export async function exportTo(terminal: Terminal, dir: string, options: ExportOptions): Promise<number> {
  if (splitUrl(dir) !== undefined) throw notFolder(dir);
  const reporter = new CommandReporter(terminal);
  const signal = interruptSignal(terminal);
  const environment = await openRepository(options, { reporter, signal, access: 'read' });
  const { jobs } = options;
  const target = environmentOf(new DirectoryStore(dir), { signal, ...(jobs === undefined ? {} : { jobs }) });
  const spool = await FileSpool.open();
  try {
    const exported = await reporter.during(() => exportRepository(environment, target, spool));
    const code = Math.max(0, ...exported.problems.map((problem) => reportFailure(terminal, problem)));
    if (options.json === true) printJson(terminal, asJson(exported));
    else print(terminal, exported, dir);
    return code;
  } finally {
    await spool.close();
  }
}

function notFolder(dir: string): WheelstoreError {
  const value = endpointWithoutSecrets(dir);
  return new WheelstoreError('usage', `${quote(value)} is no folder`, {
    value,
    fix: 'Name a folder. To copy a repository to a bucket: "wheelstore import DIR --to s3://bucket/prefix".',
  });
}

function print(terminal: Terminal, { projects, copied, bytes, problems }: Exported, dir: string): void {
  const whole = problems.length === 0 ? '' : `, ${problems.length} of them not`;
  printLine(
    terminal,
    `${count(projects, 'project')} in ${dir}${whole}; ${count(copied, 'file')} copied (${formatBytes(bytes)}).`,
  );
  printLine(terminal, `Any web server can serve it: python3 -m http.server --directory ${dir}`);
}

function asJson({ projects, copied, bytes, problems }: Exported): object {
  return {
    projects,
    copied,
    bytes,
    problems: problems.map(({ code, message, value, fix }) => ({ code, message, value, fix })),
  };
}
