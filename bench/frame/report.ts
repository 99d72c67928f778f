import { cpus, totalmem } from 'node:os';
import { WHEELSTORE } from './command.ts';
import { peer, python } from './peers.ts';
import type { Goal, Group, Measured, PartResult } from './part.ts';
import { versionOf, versionOfScript } from './versions.ts';

/** What the numbers are worth nothing without. */
export function describeMachine(): Readonly<Record<string, string>> {
  const [cpu] = cpus();
  const theirs = (['s3pypi', 'dumb-pypi', 'pypiserver'] as const).flatMap((name) => {
    const command = peer(name);
    return command === undefined ? [] : [[name, versionOfScript(command, name)] as const];
  });
  return {
    wheelstore: versionOf(WHEELSTORE),
    node: process.version,
    python: versionOf(python()),
    pip: versionOf(python(), ['-m', 'pip', '--version']).replace(/ from .*/, ''),
    ...Object.fromEntries(theirs),
    system: `${process.platform} ${process.arch}`,
    processor: `${cpus().length} cores, ${cpu?.model ?? 'of an unknown make'}`,
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
  };
}

/** The result of a part, to be read. */
export function printPart(id: string, title: string, { groups, goals, notMeasured }: PartResult): void {
  console.log(`\n${id}  ${title}`);
  for (const group of groups) printGroup(group);
  for (const goal of goals) console.log(`  ${verdictOf(goal)}  ${goal.text}: ${goal.found}`);
  for (const { what, because } of notMeasured) console.log(`  not measured: ${what}: ${because}`);
}

function verdictOf({ met }: Goal): string {
  if (met === undefined) return 'goal, open  ';
  return met ? 'goal, met   ' : 'goal, MISSED';
}

function printGroup({ title, measured }: Group): void {
  console.log(`  ${title}`);
  const first = measured[0]?.median ?? Number.NaN;
  for (const one of measured) {
    const spread = `(${inUnits(one.fastest)} to ${inUnits(one.slowest)})`;
    const ratio = `${(one.median / first).toFixed(2)} x`;
    const words = [
      one.name.padEnd(26),
      inUnits(one.median).padStart(10),
      spread.padEnd(24),
      ratio.padStart(9),
    ];
    console.log(`    ${words.join('  ')}  ${detailsOf(one)}`.trimEnd());
  }
}

function detailsOf({ perSecond, peakMemory, counts }: Measured): string {
  const rate =
    perSecond === undefined
      ? []
      : [`${Math.round(perSecond.times).toLocaleString('en')} ${perSecond.what} a second`];
  const peak = peakMemory === undefined ? [] : [`${(peakMemory / 1024).toFixed(0)} MiB`];
  const others = Object.entries(counts).map(
    ([name, count]) => `${Number(count.toPrecision(6)).toLocaleString('en')} ${name}`,
  );
  return [...rate, ...peak, ...others].join(', ');
}

function inUnits(milliseconds: number): string {
  if (milliseconds >= 10_000) return `${(milliseconds / 1000).toFixed(1)} s`;
  if (milliseconds >= 0.1) return `${milliseconds.toFixed(milliseconds < 10 ? 2 : 0)} ms`;
  return `${(milliseconds * 1000).toFixed(2)} µs`;
}
