import { FAILED } from '../failure.ts';
import { examineRepository } from '../doctor/examine.ts';
import type { Finding, Outcome } from '../doctor/check.ts';
import type { RepositoryOptions } from '../repository.ts';
import { count, printJson, printLine, styled, type Piece, type Terminal } from '../terminal.ts';

export interface DoctorOptions extends RepositoryOptions {
  readonly json?: boolean;
}

/** `wheelstore doctor` */
export async function doctor(terminal: Terminal, options: DoctorOptions): Promise<number> {
  const { repository, findings } = await examineRepository(options);
  const failures = findings.filter(({ outcome }) => outcome === 'failure').length;
  if (options.json === true)
    printJson(terminal, { repository, healthy: failures === 0, checks: findings.map(asJson) });
  else print(terminal, repository, findings);
  return failures === 0 ? 0 : FAILED;
}

const LABELS: Readonly<Record<Outcome, Piece>> = {
  ok: styled('green', 'ok     '),
  warning: styled('yellow', 'warning'),
  failure: styled('red', 'failure'),
  skipped: 'skipped',
};

function print(terminal: Terminal, repository: string, findings: readonly Finding[]): void {
  printLine(terminal, `repository: ${repository}`);
  printLine(terminal);
  const widest = Math.max(...findings.map(({ name }) => name.length));
  for (const { name, outcome, message, fix } of findings) {
    printLine(terminal, LABELS[outcome], `  ${name.padEnd(widest)}  ${message}`);
    if (fix !== undefined) printLine(terminal, `${' '.repeat(widest + 11)}${fix}`);
  }
  printLine(terminal);
  const numberOf = (wanted: Outcome): number => findings.filter(({ outcome }) => outcome === wanted).length;
  printLine(
    terminal,
    `${count(findings.length, 'check')}: ${numberOf('ok')} ok, ${count(numberOf('warning'), 'warning')}, ` +
      `${count(numberOf('failure'), 'failure')}, ${numberOf('skipped')} skipped.`,
  );
}

function asJson({ name, outcome, message, fix }: Finding): object {
  return { name, outcome, message, fix: fix ?? null };
}
