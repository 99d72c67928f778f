import type { Goal, Group } from './part.ts';
import type { PartReport } from './result.ts';
import { countsIn, inMebibytes, inTime } from './wording.ts';

/** The result of a part, to be read. */
export function printPart(id: string, { title, groups, goals, notMeasured, failed }: PartReport): void {
  console.log(`\n${id}  ${title}`);
  for (const group of groups) printGroup(group);
  for (const goal of goals) console.log(`  ${verdictOf(goal)}  ${goal.text}: ${goal.found}`);
  for (const { what, because } of notMeasured) console.log(`  not measured: ${what}: ${because}`);
  if (failed !== undefined) console.log(`  FAILED: ${failed}`);
}

function verdictOf({ met }: Goal): string {
  if (met === undefined) return 'goal, open  ';
  return met ? 'goal, met   ' : 'goal, MISSED';
}

function printGroup({ title, measured }: Group): void {
  console.log(`  ${title}`);
  const first = measured[0]?.median ?? Number.NaN;
  for (const one of measured) {
    const spread = `(${inTime(one.fastest)} to ${inTime(one.slowest)})`;
    const ratio = `${(one.median / first).toFixed(2)} x`;
    const words = [
      one.name.padEnd(26),
      inTime(one.median).padStart(10),
      spread.padEnd(24),
      ratio.padStart(9),
    ];
    const peak = one.peakMemory === undefined ? [] : [inMebibytes(one.peakMemory)];
    console.log(`    ${words.join('  ')}  ${[...peak, ...countsIn(one)].join(', ')}`.trimEnd());
  }
}
