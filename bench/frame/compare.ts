import type { BenchResult } from './result.ts';
import { firstLine, inTime } from './wording.ts';

/** One contestant of a group, in two results. Medians in milliseconds; `undefined` where it was not measured. */
export interface ComparedLine {
  readonly id: string;
  readonly group: string;
  readonly name: string;
  readonly before: number | undefined;
  readonly after: number | undefined;
}

/** What two results have been measured with that is not the same, in words. */
export function differencesOf(before: BenchResult, after: BenchResult): string[] {
  const conditionsOf = ({ machine, runs, latency, quick }: BenchResult): Record<string, string> => ({
    ...machine,
    runs: String(runs),
    latency: `${latency} ms`,
    quick: quick ? 'yes' : 'no',
  });
  const [was, is] = [conditionsOf(before), conditionsOf(after)];
  return Object.keys({ ...was, ...is })
    .filter((key) => was[key] !== is[key])
    .map((key) => `${key}: ${was[key] ?? 'none'}, then ${is[key] ?? 'none'}`);
}

/** The parts that both have run. */
export function sharedParts(before: BenchResult, after: BenchResult): string[] {
  return Object.keys(before.parts).filter((id) => id in after.parts);
}

/** All lines that one of two results has of these parts, in the order of the first one, what is new behind it. */
export function linesOf(before: BenchResult, after: BenchResult): ComparedLine[] {
  const shared = sharedParts(before, after);
  const lines = new Map<string, ComparedLine>();
  for (const [when, { parts }] of Object.entries({ before, after })) {
    for (const id of shared) {
      for (const { title, measured } of parts[id]?.groups ?? []) {
        for (const { name, median } of measured) {
          const key = JSON.stringify([id, title, name]);
          const line = lines.get(key) ?? { id, group: title, name, before: undefined, after: undefined };
          lines.set(key, { ...line, [when]: median });
        }
      }
    }
  }
  return [...lines.values()];
}

/** How much longer it takes than before, as a text of its own width. */
function ratioOf({ before, after }: ComparedLine): string {
  if (before === undefined) return 'new';
  return after === undefined ? 'gone' : `${(after / before).toFixed(2)} x`;
}

/** Two results beside each other, to be read: the second in times of the first. */
export function comparisonOf(before: BenchResult, after: BenchResult): string {
  const text = [
    `before  ${before.date}  ${before.command}`,
    `after   ${after.date}  ${after.command}`,
    ...differencesOf(before, after).map((difference) => `not the same: ${difference}`),
  ];
  const lines = linesOf(before, after);
  const time = (milliseconds: number | undefined): string =>
    (milliseconds === undefined ? '-' : inTime(milliseconds)).padStart(10);
  for (const id of sharedParts(before, after)) {
    text.push('', `${id}  ${after.parts[id]?.title}`);
    for (const [when, { parts }] of Object.entries({ before, after })) {
      const failed = parts[id]?.failed;
      if (failed !== undefined) text.push(`  ${when}, FAILED: ${firstLine(failed)}`);
    }
    const own = lines.filter((line) => line.id === id);
    for (const group of new Set(own.map((line) => line.group))) {
      text.push(`  ${group}`);
      for (const line of own.filter((each) => each.group === group)) {
        const words = [time(line.before), time(line.after), ratioOf(line).padStart(9)];
        text.push(`    ${line.name.padEnd(26)}  ${words.join('  ')}`);
      }
    }
  }
  return text.join('\n');
}
