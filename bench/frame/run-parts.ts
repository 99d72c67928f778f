import type { Options } from './options.ts';
import type { Part, PartResult } from './part.ts';
import type { PartReport } from './result.ts';
import type { Scope } from './scope.ts';

/** Who is told of each part. */
export interface Watcher {
  begins(id: string, title: string): void;
  /** @param milliseconds how long all of it has taken */
  ended(id: string, report: PartReport, milliseconds: number): void;
}

const NOTHING: PartResult = { groups: [], goals: [], notMeasured: [] };

/**
 * Runs the parts that were asked for, one after the other. One that fails says so in its report: what others
 * have measured in an hour is not lost for it.
 *
 * @param newScope for each part, closed behind it
 * @param signal aborted, it keeps further parts from beginning
 */
export async function runParts(
  parts: Readonly<Record<string, Part>>,
  options: Pick<Options, 'ids' | 'runs' | 'quick' | 'latency'>,
  watcher: Watcher,
  newScope: () => Scope,
  signal: AbortSignal,
): Promise<Record<string, PartReport>> {
  const reports: Record<string, PartReport> = {};
  for (const [id, part] of Object.entries(parts)) {
    if (!options.ids.includes(id) || signal.aborted) continue;
    watcher.begins(id, part.title);
    const started = performance.now();
    const report = await reportOf(part, options, newScope());
    reports[id] = report;
    watcher.ended(id, report, performance.now() - started);
  }
  return reports;
}

async function reportOf(
  part: Part,
  { runs, quick, latency }: Pick<Options, 'runs' | 'quick' | 'latency'>,
  scope: Scope,
): Promise<PartReport> {
  const { title } = part;
  const size = (full: number, small: number): number => (quick ? small : full);
  try {
    return { title, ...(await part.run({ runs, quick, latency, scope, size })) };
  } catch (error) {
    return { title, ...NOTHING, failed: error instanceof Error ? error.message : String(error) };
  } finally {
    await scope.close();
  }
}
