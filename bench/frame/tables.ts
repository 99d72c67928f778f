import type { Goal, Group } from './part.ts';
import type { BenchResult, PartReport } from './result.ts';
import { countsIn, firstLine, inMebibytes, inTime } from './wording.ts';

/** A result in Markdown: what it was measured with, the goals, and all that was measured. */
export function tablesOf(result: BenchResult): string {
  const parts = Object.entries(result.parts);
  return [
    conditions(result),
    goals(parts),
    ...parts.flatMap(([id, part]) => [`### ${id}: ${part.title}`, ...details(part)]),
  ].join('\n\n');
}

type Parts = readonly (readonly [id: string, part: PartReport])[];

/** @param columns what is above them; those that end in a colon have numbers */
function table(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replace(/\s+/g, ' ')).join(' | ')} |`;
  const rule = `| ${columns.map((column) => (column.endsWith(':') ? '---:' : '---')).join(' | ')} |`;
  return [line(columns.map((column) => column.replace(/:$/, ''))), rule, ...rows.map(line)].join('\n');
}

function conditions({ date, command, machine, runs, latency, quick, note }: BenchResult): string {
  const rows = [
    ...Object.entries(machine),
    ['measured', `${date.slice(0, 10)}, \`${command}\``],
    ['runs', `${runs} each, after a warm-up${quick ? '; --quick: these numbers mean nothing' : ''}`],
    ['latency', `${latency} ms a request`],
    ...(note === undefined ? [] : [['not measured', note]]),
  ];
  return table(['', ''], rows);
}

function goals(parts: Parts): string {
  const rows = parts.flatMap(([id, { title, failed, goals: own }]) => [
    ...(failed === undefined ? [] : [[id, title, '', '', '', '', `failed: ${firstLine(failed)}`]]),
    ...own.map((goal, index) => [id, index === 0 ? title : '', goal.text, ...foundCells(goal)]),
  ]);
  return table(['', 'what', 'goal', 'wheelstore:', 'peer:', 'times as fast:', ''], rows);
}

function foundCells({ found, met, compared }: Goal): string[] {
  if (met === undefined) return ['', '', '', `open: ${found}`];
  const verdict = met ? 'met' : 'MISSED';
  if (compared === undefined) return [found, '', '', verdict];
  const { own, peer, theirs } = compared;
  return [inTime(own), `${peer}: ${inTime(theirs)}`, (theirs / own).toFixed(2), verdict];
}

function details({ groups, notMeasured, failed }: PartReport): string[] {
  const missing = notMeasured.map(({ what, because }) => `- not measured: ${what}: ${firstLine(because)}`);
  return [
    ...(failed === undefined ? [] : [`Failed: ${firstLine(failed)}`]),
    ...(groups.length === 0 ? [] : [table(DETAILS, groups.flatMap(groupRows))]),
    ...(missing.length === 0 ? [] : [missing.join('\n')]),
  ];
}

const DETAILS = ['', '', 'median:', 'fastest to slowest:', 'ratio:', 'peak memory:', 'counts'];

function groupRows({ title, measured }: Group): string[][] {
  const first = measured[0]?.median ?? Number.NaN;
  return measured.map((one, index) => [
    index === 0 ? title : '',
    one.name,
    inTime(one.median),
    `${inTime(one.fastest)} to ${inTime(one.slowest)}`,
    (one.median / first).toFixed(2),
    one.peakMemory === undefined ? '' : inMebibytes(one.peakMemory),
    countsIn(one).join(', '),
  ]);
}
