// Measures on this machine: see bench/README.md.
import { comparisonOf } from './frame/compare.ts';
import { describeMachine } from './frame/machine.ts';
import { memoryNote } from './frame/memory.ts';
import { readTask, type Options } from './frame/options.ts';
import type { Part } from './frame/part.ts';
import { printPart } from './frame/report.ts';
import { readResult, type BenchResult } from './frame/result.ts';
import { runParts, type Watcher } from './frame/run-parts.ts';
import { Scope } from './frame/scope.ts';
import { tablesOf } from './frame/tables.ts';
import { firstLine, inTime } from './frame/wording.ts';
import { newProjects } from './parts/b1-new-projects.ts';
import { oneFile } from './parts/b2-one-file.ts';
import { atOnce } from './parts/b3-at-once.ts';
import { rebuild } from './parts/b4-rebuild.ts';
import { serve } from './parts/b5-serve.ts';
import { install } from './parts/b6-install.ts';
import { start } from './parts/b7-start.ts';
import { memory } from './parts/b8-memory.ts';
import { edge } from './parts/b9-edge.ts';
import { growth } from './parts/b10-growth.ts';

const PARTS: Readonly<Record<string, Part>> = {
  B1: newProjects,
  B2: oneFile,
  B3: atOnce,
  B4: rebuild,
  B5: serve,
  B6: install,
  B7: start,
  B8: memory,
  B9: edge,
  B10: growth,
};

/** What is to be ended and removed should somebody interrupt. */
let current = new Scope();
const interruption = new AbortController();

const newScope = (): Scope => (current = new Scope());

/** What a terminal is told. */
function onTerminal(machine: BenchResult['machine'], { runs, quick, latency }: Options): Watcher {
  for (const [what, is] of Object.entries(machine)) console.log(`${what.padEnd(10)}  ${is}`);
  console.log(
    `${runs} runs each, after a warm-up; median (fastest to slowest), ratio, peak memory, counts\n` +
      `a bucket or an index at a distance: ${latency} ms a request`,
  );
  const note = memoryNote();
  if (note !== undefined) console.log(`not measured: ${note}`);
  if (quick) console.log('--quick: these numbers mean nothing');
  return { begins: () => undefined, ended: printPart };
}

/** What is told while a file gets the result, on the other stream: all of it can take an hour. */
const BESIDE_JSON: Watcher = {
  begins: (id, title) => console.error(`${id}  ${title}`),
  ended: (id, { failed }, milliseconds) => {
    // All of the message is in the result.
    const how = failed === undefined ? 'ended' : `failed: ${firstLine(failed)}`;
    console.error(`${id}  after ${inTime(milliseconds)}: ${how}`);
  },
};

async function measureAll(words: readonly string[], options: Options): Promise<void> {
  const { json, runs, quick, latency } = options;
  const machine = describeMachine();
  const watcher = json ? BESIDE_JSON : onTerminal(machine, options);
  const parts = await runParts(PARTS, options, watcher, newScope, interruption.signal);
  if (json) {
    const date = new Date().toISOString();
    const command = ['npm run bench --', ...words].join(' ');
    const note = memoryNote();
    const result: BenchResult = {
      date,
      command,
      machine,
      runs,
      latency,
      quick,
      ...(note === undefined ? {} : { note }),
      parts,
    };
    console.log(JSON.stringify(result, null, 2));
  }
  if (Object.values(parts).some(({ failed }) => failed !== undefined)) process.exitCode = 1;
}

async function main(): Promise<void> {
  const words = process.argv.slice(2);
  const task = readTask(words, Object.keys(PARTS));
  switch (task.task) {
    case 'measure':
      return measureAll(words, task.options);
    case 'compare':
      return console.log(comparisonOf(await readResult(task.before), await readResult(task.after)));
    case 'table':
      return console.log(tablesOf(await readResult(task.file)));
  }
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    interruption.abort();
    void current.close().finally(() => process.exit(130));
  });
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
