import { EXPLANATIONS, identityOf, type Finding, type FindingKind } from '../../core/findings.ts';
import { repair } from '../../core/repair.ts';
import { verify as verifyRepository, type Verification } from '../../core/verify.ts';
import { CommandReporter } from '../command-reporter.ts';
import { FAILED } from '../failure.ts';
import { interruptSignal } from '../interrupt.ts';
import { openRepository, type RepositoryOptions } from '../repository.ts';
import { count, formatBytes, note, printJson, printLine, styled, type Terminal } from '../terminal.ts';

export interface VerifyOptions extends RepositoryOptions {
  readonly deep?: boolean;
  readonly repair?: boolean;
  readonly json?: boolean;
}

/** What was found, and what has become of that. */
interface Report {
  readonly verification: Verification;
  readonly mended: readonly Finding[];
  readonly left: readonly Finding[];
}

/** `wheelstore verify` */
export async function verify(terminal: Terminal, options: VerifyOptions): Promise<number> {
  const reporter = new CommandReporter(terminal);
  const environment = await openRepository(options, {
    reporter,
    signal: interruptSignal(terminal),
    access: options.repair === true ? 'write' : 'read',
  });
  const deep = options.deep === true;
  const report = await reporter.during(async (): Promise<Report> => {
    const verification = await verifyRepository(environment, { deep });
    const { findings } = verification;
    const left = options.repair === true ? await repair(environment, findings) : findings;
    const isLeft = new Set(left.map(identityOf));
    return { verification, left, mended: findings.filter((finding) => !isLeft.has(identityOf(finding))) };
  });
  if (options.json === true) printJson(terminal, asJson(report, deep));
  else print(terminal, report);
  return report.left.length === 0 ? 0 : FAILED;
}

/** So much of what is beside a repository is told. */
const MOST_TOLD = 5;

function print(terminal: Terminal, { verification, mended, left }: Report): void {
  for (const { kind, key, project } of mended) {
    printLine(terminal, styled('green', 'mended'), `  ${kind}  ${subjectOf(kind, key, project)}`);
  }
  for (const { kind, key, project, detail } of left) {
    const more = detail === undefined ? '' : `  (${detail})`;
    printLine(terminal, styled('red', kind), `  ${subjectOf(kind, key, project)}${more}`);
  }
  const { projects, files, bytes, elsewhere } = verification;
  for (const [name, number] of [...elsewhere].slice(0, MOST_TOLD)) {
    note(terminal, `note: beside the repository there is ${name} (${count(number, 'object')})`);
  }
  if (elsewhere.size > MOST_TOLD) note(terminal, `note: and ${elsewhere.size - MOST_TOLD} more`);
  const checked = `${count(projects, 'project')}, ${count(files, 'file')} (${formatBytes(bytes)})`;
  if (left.length === 0) return printLine(terminal, `${checked}: everything fits together.`);
  printLine(terminal);
  for (const kind of new Set(left.map((finding) => finding.kind))) {
    const { meaning, fix } = EXPLANATIONS[kind];
    printLine(terminal, `${kind}: ${meaning}.`);
    printLine(terminal, `  ${fix}`);
  }
  printLine(terminal);
  printLine(terminal, `${checked}: ${count(left.length, 'problem')}.`);
}

/** A project that is not on the list is the matter, not the page that does not name it. */
function subjectOf(kind: FindingKind, key: string, project: string | undefined): string {
  return kind === 'unlisted-project' && project !== undefined ? project : key;
}

function asJson({ verification, mended, left }: Report, deep: boolean): object {
  const { projects, files, bytes, elsewhere } = verification;
  return {
    deep,
    projects,
    files,
    bytes,
    findings: left.map(findingAsJson),
    mended: mended.map(findingAsJson),
    elsewhere: Object.fromEntries(elsewhere),
  };
}

function findingAsJson({ kind, key, project, detail }: Finding): object {
  const { meaning, fix } = EXPLANATIONS[kind];
  return { kind, key, project: project ?? null, ...(detail === undefined ? {} : { detail }), meaning, fix };
}
