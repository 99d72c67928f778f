/** What several interleaved runs of one case came to. Times in milliseconds. */
export interface Measured {
  readonly name: string;
  readonly median: number;
  readonly fastest: number;
  readonly slowest: number;
}

export interface Case {
  readonly name: string;
  /** One run. Returns the milliseconds that count, where these are not all of its time. */
  readonly run: () => Promise<number | void>;
}

const RUNS = 7;

/** Runs the cases in turns, after one turn that does not count, so that all see the same machine. */
export async function measure(cases: readonly Case[]): Promise<Measured[]> {
  const times = cases.map((): number[] => []);
  for (let turn = 0; turn <= RUNS; turn++) {
    for (const [index, { run }] of cases.entries()) {
      const started = performance.now();
      const counted = await run();
      if (turn > 0) times[index]?.push(counted ?? performance.now() - started);
    }
  }
  return cases.map(({ name }, index) => {
    const sorted = (times[index] ?? []).toSorted((a, b) => a - b);
    const at = (place: number): number => sorted.at(place) ?? Number.NaN;
    return { name, median: at(Math.floor(RUNS / 2)), fastest: at(0), slowest: at(-1) };
  });
}
