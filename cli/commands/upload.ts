import { stopIfAborted } from '../../core/environment.ts';
import { WheelstoreError } from '../../core/errors.ts';
import type { OverwritePolicy, PlannedFile } from '../../core/publish-plan.ts';
import { publish, type PublishPlan, type PublishResult } from '../../core/publish.ts';
import { CommandReporter } from '../command-reporter.ts';
import { planInputs } from '../distributions.ts';
import { interruptSignal } from '../interrupt.ts';
import { printPublished, reportFailures } from '../published.ts';
import { openRepository, placeOf, type RepositoryOptions, type RepositoryPlace } from '../repository.ts';
import { formatBytes, printJson, printLine, type Terminal } from '../terminal.ts';

export interface UploadOptions extends RepositoryOptions {
  readonly dryRun?: boolean;
  readonly strict?: boolean;
  readonly force?: boolean;
  readonly json?: boolean;
}

/** `wheelstore upload DIST...` */
export async function upload(
  terminal: Terminal,
  inputs: readonly string[],
  options: UploadOptions,
): Promise<number> {
  const reporter = new CommandReporter(terminal);
  const environment = await openRepository(options, {
    reporter,
    signal: interruptSignal(terminal),
    access: options.dryRun === true ? 'dry run' : 'create',
  });
  const plan = await reporter.during(() => planInputs(environment, inputs, policyOf(options)));
  stopIfAborted(environment);
  if (options.dryRun === true) return showPlan(terminal, plan, options);
  const result = await reporter.during(() => publish(environment, plan));
  const code = reportFailures(terminal, result.failures);
  if (options.json === true) printJson(terminal, resultAsJson(result));
  else if (result.published.length > 0) showResult(terminal, options, result);
  return code;
}

function policyOf({ strict, force }: UploadOptions): OverwritePolicy {
  if (strict === true) return 'strict';
  return force === true ? 'replace' : 'refuse';
}

function showPlan(terminal: Terminal, { files }: PublishPlan, { json }: UploadOptions): number {
  if (json === true) printJson(terminal, { dryRun: true, files: files.map(fileAsJson) });
  else {
    for (const file of files) printLine(terminal, planLine(file));
    printLine(terminal, 'Nothing was written (--dry-run).');
  }
  return 0;
}

const FORESEEN = {
  publish: 'would publish',
  replace: 'would replace',
  restore: 'would restore',
  unchanged: 'already there',
} as const;

function planLine({ action, distribution: { filename, source } }: PlannedFile): string {
  return `${FORESEEN[action].padEnd(13)}  ${filename}  (${formatBytes(source.size)})`;
}

function showResult(terminal: Terminal, options: UploadOptions, result: PublishResult): void {
  const place = placeOf(options);
  printPublished(terminal, result);
  const projects = [...new Set(result.published.map(({ distribution }) => distribution.project))];
  printLine(terminal);
  if (place.kind === 'folder') printLine(terminal, `Serve:    wheelstore serve ${shellWord(place.folder)}`);
  printLine(
    terminal,
    `Install:  pip install --index-url ${indexUrl(place, options)} ${projects.slice(0, 5).join(' ')}`,
  );
}

/** Where clients find the index: a bucket of AWS is often named like the host that serves it. */
function indexUrl(place: RepositoryPlace, { s3EndpointUrl, edge }: UploadOptions): string {
  if (edge !== undefined) return edge.outputs.indexUrl;
  if (place.kind !== 'bucket') return 'http://127.0.0.1:8080/simple/';
  const { bucket, prefix = '' } = place;
  const isLikeHost = bucket.includes('.') && prefix === '' && s3EndpointUrl === undefined;
  return `https://${isLikeHost ? bucket : 'HOST'}/simple/`;
}

/** A path as a shell takes it. */
function shellWord(text: string): string {
  return /^[\w./~@%+=:-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

function resultAsJson({ published, failures }: PublishResult): object {
  return {
    files: published.map(fileAsJson),
    failures: failures.map(({ project, error }) => ({
      project: project ?? null,
      problems: problemsAsJson(error),
    })),
  };
}

function problemsAsJson(error: unknown): object[] {
  if (!(error instanceof WheelstoreError)) return [{ code: 'defect', message: String(error) }];
  if (error.problems.length > 0) return error.problems.flatMap(problemsAsJson);
  return [{ code: error.code, message: error.message, value: error.value, fix: error.fix }];
}

function fileAsJson({ action, key, distribution }: PlannedFile): object {
  const { filename, project, version, sha256, source, warnings } = distribution;
  return { filename, project, version, action, sha256, size: source.size, key, warnings };
}
