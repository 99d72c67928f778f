import type { Contestant, Group, Measured, Sample, Setting } from './part.ts';

/**
 * Has the contestants run in turns, after one turn that does not count, so that all see the same machine.
 * Every other turn goes the other way round: nobody always follows the same neighbour.
 */
export async function measure(
  { runs }: Pick<Setting, 'runs'>,
  title: string,
  contestants: readonly Contestant[],
): Promise<Group> {
  const samples = contestants.map((): Sample[] => []);
  const inOrder = [...contestants.entries()];
  for (let turn = 0; turn <= runs; turn++) {
    for (const [index, { run }] of turn % 2 === 0 ? inOrder : inOrder.toReversed()) {
      const sample = await run(turn);
      if (turn > 0) samples[index]?.push(sample);
    }
  }
  return {
    title,
    measured: contestants.map((contestant, index) => summary(contestant, samples[index] ?? [])),
  };
}

function summary({ name, work }: Contestant, samples: readonly Sample[]): Measured {
  const sorted = samples.map(({ milliseconds }) => milliseconds).toSorted((a, b) => a - b);
  const peaks = samples.flatMap(({ peakMemory }) => (peakMemory === undefined ? [] : [peakMemory]));
  const counts: Record<string, number> = {};
  for (const sample of samples) {
    for (const [key, count] of Object.entries(sample.counts ?? {})) {
      counts[key] = Math.max(counts[key] ?? 0, count);
    }
  }
  const median = medianOf(sorted);
  return {
    name,
    runs: sorted.length,
    median,
    fastest: sorted.at(0) ?? Number.NaN,
    slowest: sorted.at(-1) ?? Number.NaN,
    ...(work && { perSecond: { ...work, times: (work.times / median) * 1000 } }),
    ...(peaks.length === 0 ? {} : { peakMemory: Math.max(...peaks) }),
    counts,
  };
}

function medianOf(sorted: readonly number[]): number {
  const middle = sorted.length / 2;
  const low = sorted[Math.ceil(middle) - 1] ?? Number.NaN;
  const high = sorted[Math.floor(middle)] ?? Number.NaN;
  return (low + high) / 2;
}

/** What the runs of one contestant came to; `undefined` where it was not measured. */
export function medianIn({ measured }: Group, name: string): number | undefined {
  return measured.find((each) => each.name === name)?.median;
}

/** How much longer `other` takes than `own`, in medians; `undefined` where one of them was not measured. */
export function timesFaster(group: Group, own: string, other: string): number | undefined {
  const mine = medianIn(group, own);
  const theirs = medianIn(group, other);
  return mine === undefined || theirs === undefined ? undefined : theirs / mine;
}

/**
 * By which power of the size the time grows, by least squares of the logarithms: 1 is linear.
 *
 * @param points pairs of a size and a time
 */
export function exponentOf(points: readonly (readonly [size: number, time: number])[]): number {
  const logs = points.map(([size, time]) => [Math.log(size), Math.log(time)] as const);
  const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const x = mean(logs.map(([size]) => size));
  const y = mean(logs.map(([, time]) => time));
  const along = logs.reduce((sum, [size, time]) => sum + (size - x) * (time - y), 0);
  return along / logs.reduce((sum, [size]) => sum + (size - x) ** 2, 0);
}
