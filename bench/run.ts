// Measures on this machine: npm run bench [-- --json] [-- --only growth|serve|edge]
import { cpus } from 'node:os';
import { measureEdge } from './edge.ts';
import { measureGrowth } from './growth.ts';
import type { Measured } from './measure.ts';
import { measureServe } from './serve.ts';

const PARTS: Readonly<Record<string, () => Promise<Measured[]>>> = {
  growth: measureGrowth,
  serve: measureServe,
  edge: measureEdge,
};

const words = process.argv.slice(2);
const only = words.includes('--only') ? words[words.indexOf('--only') + 1] : undefined;
if (only !== undefined && !(only in PARTS)) {
  console.error(`--only takes one of ${Object.keys(PARTS).join(', ')}`);
  process.exit(2);
}

const machine = `node ${process.version}, ${cpus().length} cores, ${process.platform} ${process.arch}`;
const results: Record<string, Measured[]> = {};
for (const [part, run] of Object.entries(PARTS)) {
  if (only === undefined || only === part) results[part] = await run();
}

if (words.includes('--json')) console.log(JSON.stringify({ machine, results }, null, 2));
else {
  console.log(machine);
  for (const [part, measured] of Object.entries(results)) {
    console.log(`\n${part}`);
    const first = measured[0]?.median ?? Number.NaN;
    for (const { name, median, fastest, slowest } of measured) {
      const spread = `${fastest.toFixed(2)} to ${slowest.toFixed(2)} ms`;
      console.log(
        `  ${name.padEnd(44)} ${median.toFixed(2).padStart(9)} ms  (${spread})  ${(median / first).toFixed(2)} x`,
      );
    }
  }
}
