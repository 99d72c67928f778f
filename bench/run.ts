// Measures on this machine: see bench/README.md.
import { memoryNote } from './frame/memory.ts';
import { readOptions, type Options } from './frame/options.ts';
import type { Part, PartResult } from './frame/part.ts';
import { describeMachine, printPart } from './frame/report.ts';
import { Scope } from './frame/scope.ts';
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

async function runPart(part: Part, { runs, quick, latency }: Options): Promise<PartResult> {
  current = new Scope();
  const scope = current;
  const size = (full: number, small: number): number => (quick ? small : full);
  try {
    return await part.run({ runs, quick, latency, scope, size });
  } finally {
    await scope.close();
  }
}

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2), Object.keys(PARTS));
  const { ids, json, runs, quick, latency } = options;
  const machine = describeMachine();
  const note = memoryNote();
  if (!json) {
    for (const [what, is] of Object.entries(machine)) console.log(`${what.padEnd(10)}  ${is}`);
    console.log(
      `${runs} runs each, after a warm-up; median (fastest to slowest), ratio, peak memory, counts`,
    );
    if (note !== undefined) console.log(`not measured: ${note}`);
    if (quick) console.log('--quick: these numbers mean nothing');
  }
  const parts: Record<string, PartResult & { readonly title: string }> = {};
  for (const [id, part] of Object.entries(PARTS)) {
    if (!ids.includes(id)) continue;
    const result = await runPart(part, options);
    parts[id] = { title: part.title, ...result };
    if (!json) printPart(id, part.title, result);
  }
  const date = new Date().toISOString();
  if (json) console.log(JSON.stringify({ date, machine, runs, latency, quick, note, parts }, null, 2));
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    void current.close().finally(() => process.exit(130));
  });
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
