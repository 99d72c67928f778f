import { parseArgs } from 'node:util';

/** Fewer tell nothing of the spread. */
const RUNS = 5;

const USAGE =
  'npm run bench -- [--only B1,B4]... [--runs N] [--latency MILLISECONDS] [--json] [--quick]\n' +
  '--quick: once and small, to try the benchmark itself; its numbers mean nothing';

export interface Options {
  /** The parts to run. */
  readonly ids: readonly string[];
  readonly runs: number;
  readonly latency: number;
  readonly json: boolean;
  readonly quick: boolean;
}

/**
 * What the command line asks for.
 *
 * @param known the ids of all parts, in their order
 * @throws {Error} where it makes no sense; the message is for the person that wrote it
 */
export function readOptions(words: readonly string[], known: readonly string[]): Options {
  try {
    const { values } = parseArgs({
      args: [...words],
      options: {
        only: { type: 'string', multiple: true, default: [] },
        runs: { type: 'string' },
        latency: { type: 'string', default: '20' },
        json: { type: 'boolean', default: false },
        quick: { type: 'boolean', default: false },
      },
    });
    const { only, json, quick } = values;
    const asked = only.flatMap((list) => list.split(',')).map((id) => id.trim().toUpperCase());
    const unknown = asked.find((id) => !known.includes(id));
    if (unknown !== undefined) throw new Error(`There is no ${unknown}: ${known.join(', ')}`);
    return {
      ids: asked.length === 0 ? known : known.filter((id) => asked.includes(id)),
      runs: wholeNumber('--runs', values.runs ?? String(quick ? 1 : RUNS), 1),
      latency: wholeNumber('--latency', values.latency, 0),
      json,
      quick,
    };
  } catch (error) {
    throw new Error(`${(error as Error).message}\n${USAGE}`, { cause: error });
  }
}

function wholeNumber(flag: string, text: string, least: number): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number >= least) return number;
  throw new Error(`${flag} takes a whole number, ${least} or more: ${text}`);
}
