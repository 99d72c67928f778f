import { parseArgs } from 'node:util';

/** Fewer tell nothing of the spread. */
const RUNS = 5;

const USAGE =
  'npm run bench -- [--only B1,B4]... [--runs N] [--latency MILLISECONDS] [--json] [--quick]\n' +
  'npm run bench -- --compare BEFORE.json AFTER.json\n' +
  'npm run bench -- --table RESULT.json\n' +
  '--quick: once and small, to try the benchmark itself; its numbers mean nothing';

const READING = '--compare takes two files, and --table one, and nothing else';

/** What to measure. */
export interface Options {
  /** The parts to run. */
  readonly ids: readonly string[];
  readonly runs: number;
  readonly latency: number;
  readonly json: boolean;
  readonly quick: boolean;
}

/** What is to be done: measure, or say something of results that `--json` has written. */
export type Task =
  | { readonly task: 'measure'; readonly options: Options }
  | { readonly task: 'compare'; readonly before: string; readonly after: string }
  | { readonly task: 'table'; readonly file: string };

/**
 * What the command line asks for.
 *
 * @param known the ids of all parts, in their order
 * @throws {Error} where it makes no sense; the message is for the person that wrote it
 */
export function readTask(words: readonly string[], known: readonly string[]): Task {
  try {
    const { values, positionals } = parseArgs({
      args: [...words],
      allowPositionals: true,
      options: {
        only: { type: 'string', multiple: true, default: [] },
        runs: { type: 'string' },
        latency: { type: 'string', default: '20' },
        json: { type: 'boolean', default: false },
        quick: { type: 'boolean', default: false },
        compare: { type: 'boolean', default: false },
        table: { type: 'boolean', default: false },
      },
    });
    const { compare, table, only, json, quick } = values;
    if (compare || table) {
      // Nothing is measured: no other option has a meaning.
      if (words.length !== positionals.length + 1) throw new Error(READING);
      return readingTask(compare, positionals);
    }
    const [extra] = positionals;
    if (extra !== undefined) throw new Error(`There is nothing to do with ${extra}`);
    const asked = only.flatMap((list) => list.split(',')).map((id) => id.trim().toUpperCase());
    const unknown = asked.find((id) => !known.includes(id));
    if (unknown !== undefined) throw new Error(`There is no ${unknown}: ${known.join(', ')}`);
    const ids = asked.length === 0 ? known : known.filter((id) => asked.includes(id));
    const runs = wholeNumber('--runs', values.runs ?? String(quick ? 1 : RUNS), 1);
    const latency = wholeNumber('--latency', values.latency, 0);
    return { task: 'measure', options: { ids, runs, latency, json, quick } };
  } catch (error) {
    throw new Error(`${(error as Error).message}\n${USAGE}`, { cause: error });
  }
}

function readingTask(isComparison: boolean, [first, second, ...more]: readonly string[]): Task {
  if (first !== undefined && more.length === 0) {
    if (isComparison && second !== undefined) return { task: 'compare', before: first, after: second };
    if (!isComparison && second === undefined) return { task: 'table', file: first };
  }
  throw new Error(READING);
}

function wholeNumber(flag: string, text: string, least: number): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number >= least) return number;
  throw new Error(`${flag} takes a whole number, ${least} or more: ${text}`);
}
